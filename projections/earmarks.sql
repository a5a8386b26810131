create table earmarks (
	ledger           text collate "C" not null,
	fund             text collate "C" not null,
	purpose          text not null,
	projects         jsonb not null,
	places           jsonb not null,
	until            text not null,
	last_day         date,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, fund)
);
comment on table earmarks is 'What the money of funds is for; a fund without a row is not limited.';
comment on column earmarks.purpose is 'Only projects of this sector; empty: of any.';
comment on column earmarks.projects is 'Only these projects; empty: any.';
comment on column earmarks.places is 'Only these places and what lies in them; empty: any.';
comment on column earmarks.last_day is 'Last day of until, after which the fund pays nothing; null: there is none.';

-- for queries
create index on earmarks (ledger, last_day);
