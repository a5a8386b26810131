create table statement_formats (
	ledger           text collate "C" not null,
	format           text collate "C" not null,
	account          text collate "C" not null,
	currency         text not null,
	columns          jsonb not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, format)
);
comment on table statement_formats is 'How the bank statements of accounts are read.';
comment on column statement_formats.columns is 'Headings of the bank and the fields that stand under them.';

create table statement_lines (
	ledger           text collate "C" not null,
	line             text collate "C" not null,
	account          text collate "C" not null,
	serial           text collate "C" not null,
	amount           bigint not null,
	matched          bigint not null default 0,
	currency         text collate "C" not null,
	booked           date not null,
	reference        text collate "C" not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, line)
);
comment on table statement_lines is 'Lines of bank statements.';
comment on column statement_lines.amount is 'Minor units of the currency; negative: paid.';
comment on column statement_lines.matched is 'How much of the amount entries account for.';
comment on column statement_lines.serial is 'The number that the bank gave the line.';
create index on statement_lines (ledger, currency, amount) where amount <> matched;

create table statement_matches (
	ledger   text collate "C" not null,
	line     text collate "C" not null,
	entry    text collate "C" not null,
	amount   bigint not null,
	currency text not null,
	matched  text not null,
	person   text not null,
	recorded timestamptz not null,
	primary key (ledger, entry)
);
comment on table statement_matches is 'Which entries moved the money of which lines, as a person confirmed.';
comment on column statement_matches.matched is 'Entry that confirmed it.';
create index on statement_matches (ledger, line);
