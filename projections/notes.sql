create table notes (
	ledger           text collate "C" not null,
	id               text collate "C" not null,
	about            text collate "C" not null,
	kind             text not null,
	text             text not null,
	amount           bigint,
	currency         text not null,
	approximate      boolean not null,
	quantity         numeric not null,
	unit             text not null,
	undated          boolean not null,
	reversed         boolean not null default false,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, id)
);
comment on table notes is 'What sources say and no total counts.';
comment on column notes.about is 'Id of the thing that it is about; empty: the ledger.';
comment on column notes.amount is 'Minor units of the currency, in no total; null: none.';
comment on column notes.reversed is 'It was taken back.';

-- for queries
create index on notes (ledger, about);
