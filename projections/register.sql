create table ledgers (
	ledger           text collate "C" primary key,
	title            text not null,
	zone             text not null,
	currency         text not null,
	invented         boolean not null,
	closed_years     integer[] not null default '{}',
	moved_to         text not null default '',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null
);
comment on table ledgers is 'One row for each programme of aid.';
comment on column ledgers.zone is 'IANA time zone of its calendar dates.';
comment on column ledgers.currency is 'Currency of amounts that name none.';
comment on column ledgers.invented is 'The figures are made up, for demonstration.';
comment on column ledgers.closed_years is 'Years in which nothing more is recorded.';
comment on column ledgers.moved_to is 'Region to which it was moved, which has what is recorded since; empty: it is here.';
comment on column ledgers.entry is 'Entry that opened it; date, document, source_reference and note are those of that entry.';

create table organisations (
	ledger           text collate "C" not null,
	organisation     text collate "C" not null,
	name             text not null,
	kind             text not null,
	credit_code      text not null,
	place            text collate "C" not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, organisation)
);
comment on table organisations is 'Who gives, hands on, carries out and receives.';
comment on column organisations.kind is 'What it is; group: several units that the source does not tell apart.';
comment on column organisations.credit_code is 'Unified social credit code; empty: not known.';

create table places (
	ledger           text collate "C" not null,
	place            text collate "C" not null,
	name             text not null,
	level            text not null,
	parent           text collate "C" not null,
	code_year        integer not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, place)
);
comment on table places is 'Where aid goes: counties, townships, villages.';
comment on column places.place is 'Division code, or a local id of a village without one.';
comment on column places.parent is 'Place that it lies in; empty: the top.';
comment on column places.code_year is 'Year of the code list; 0: not known.';
