create table restatements (
	ledger           text collate "C" not null,
	restated         text collate "C" not null,
	year             integer not null,
	fund             text collate "C" not null,
	amount           bigint,
	currency         text not null,
	last_day         text not null,
	reason           text not null,
	allowed_by       text not null,
	state            text not null default 'allowed',
	recorded_by      text not null default '',
	recorded         timestamptz,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, restated)
);
comment on table restatements is 'Entries in closed years: those that somebody allowed, and those that were recorded.';
comment on column restatements.restated is 'Entry in the closed year.';
comment on column restatements.amount is 'Minor units of the currency that it moves; null: it moves no money.';
comment on column restatements.state is 'allowed, recorded or reversed.';
comment on column restatements.recorded is 'When it was recorded; null: not yet.';
comment on column restatements.entry is 'Entry that allowed it, with its date.';

-- for queries
create index on restatements (ledger, year);
