create table entries (
	ledger     text collate "C" not null,
	entry      text collate "C" not null,
	block      bigint not null,
	event      integer not null,
	event_type text not null,
	recorded   timestamptz not null,
	actor      text not null
);
comment on table entries is 'What was recorded that moved no money; the journal has what did. One row for each entry, with its first such event.';
comment on column entries.entry is 'Id of the command that recorded it.';
comment on column entries.block is 'Stream sequence of the block.';
comment on column entries.event is 'Index of the event in its block.';

-- after a bulk load
alter table entries add primary key (ledger, entry);

-- for queries
create index entries_recorded on entries (ledger, block, event) include (recorded);
