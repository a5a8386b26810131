create table reported (
	ledger        text collate "C" not null,
	block         bigint not null,
	event         integer not null,
	entry         text collate "C" not null,
	system        text collate "C" not null,
	activity      text collate "C" not null,
	title         text not null,
	reference     text collate "C" not null,
	occurrence    integer not null,
	repeated      boolean not null,
	type          text collate "C" not null,
	provider      text collate "C" not null,
	provider_name text not null,
	receiver      text collate "C" not null,
	receiver_name text not null,
	amount        bigint not null,
	currency      text collate "C" not null,
	source_amount text not null,
	count         smallint not null,
	date          date not null,
	precision     text not null,
	year          smallint not null,
	budget_year   smallint not null,
	recorded      timestamptz not null,
	reason        text not null,
	anomalies     text not null,
	note          text not null,
	reverses      text not null
);
comment on table reported is 'What others published about flows of money, one row for each transaction; in no total of own figures.';
comment on column reported.block is 'Stream sequence of the block.';
comment on column reported.event is 'Index of the event in its block.';
comment on column reported.entry is 'Id of the command that recorded it.';
comment on column reported.system is 'Identifier of who published it.';
comment on column reported.activity is 'Identifier of the activity (iati-identifier).';
comment on column reported.reference is 'What the source calls the transaction; empty: it has no reference.';
comment on column reported.repeated is 'The source has the same transaction under the same reference before: published twice, counted once.';
comment on column reported.type is 'IATI transaction type.';
comment on column reported.provider is 'Identifier of who gives, or the name; empty: not said.';
comment on column reported.receiver is 'Identifier of who receives, or the name; empty: not said.';
comment on column reported.amount is 'Minor units of the currency; negative: corrects an earlier amount, or takes this report back.';
comment on column reported.source_amount is 'The amount as the source writes it, where that is not what is counted.';
comment on column reported.count is '1, or -1 where the report is taken back.';
comment on column reported.date is 'Date of the transaction: the last day of the period that is known.';
comment on column reported.precision is 'How much of the date is known: day, month or year.';
comment on column reported.budget_year is 'Year in which the source counts it; that of the date where it does not say.';
comment on column reported.anomalies is 'Codes of what is odd about it, separated by spaces.';
comment on column reported.reverses is 'Entry that is taken back; empty: none.';

create table reported_parts (
	ledger    text collate "C" not null,
	block     bigint not null,
	event     integer not null,
	dimension text collate "C" not null,
	part      integer not null,
	code      text collate "C" not null,
	amount    bigint not null
);
comment on table reported_parts is 'Parts of reported transactions that go to countries, regions and places. A transaction without parts is not assigned.';
comment on column reported_parts.dimension is 'recipient (a country or region) or place.';
comment on column reported_parts.part is 'Index of the part among those of one dimension.';
comment on column reported_parts.code is 'Code of it, as the source gives it.';
comment on column reported_parts.amount is 'Minor units of the currency of the transaction; the parts of one dimension add up to the whole.';

-- after a bulk load
alter table reported add primary key (ledger, block, event);
alter table reported_parts add primary key (ledger, block, event, dimension, part);

-- for queries
create index on reported (ledger, activity);
