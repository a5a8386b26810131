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

create table listed_blocks (
	block  bigint not null,
	ledger text collate "C" not null
);
comment on table listed_blocks is 'Blocks in which there is something else than payments. Lists are made of nothing else, so a past one is a replay of these.';

-- after a bulk load
alter table listed_blocks add primary key (block);
alter table entries add primary key (ledger, entry);

-- for queries
create index entries_recorded on entries (ledger, block, event) include (recorded);
create index listed_blocks_ledger on listed_blocks (ledger, block);
