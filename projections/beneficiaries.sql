create table beneficiaries (
	ledger           text collate "C" not null,
	beneficiary      text collate "C" not null,
	kind             text not null,
	place            text collate "C" not null,
	name             text not null,
	id_number        text not null,
	phone            text not null,
	bank_card        text not null,
	state            text not null default 'registered',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, beneficiary)
);
comment on table beneficiaries is 'Who may be helped, under a pseudonym. What is personal is sealed with a key of each person; it is empty for who was forgotten.';
comment on column beneficiaries.kind is 'person, or household by its head.';
comment on column beneficiaries.state is 'registered, removed, restricted or forgotten.';

create table benefits (
	ledger       text collate "C" not null,
	block        bigint not null,
	event        bigint not null,
	entry        text collate "C" not null,
	beneficiary  text collate "C" not null,
	kind         text not null,
	place        text collate "C" not null,
	project      text collate "C" not null,
	period       text not null,
	year         integer not null,
	amount       bigint not null,
	currency     text not null,
	disbursement text collate "C" not null,
	date         date not null,
	reverses     text not null,
	primary key (ledger, block, event)
);
comment on table benefits is 'What beneficiaries got out of payments. It is in no total of money: the payment is.';
comment on column benefits.place is 'Where the beneficiary lived then.';
comment on column benefits.period is 'What it is for.';
comment on column benefits.year is 'Year of the period.';
comment on column benefits.amount is 'Minor units of the currency; negative: takes an earlier benefit back.';
comment on column benefits.reverses is 'Entry that is taken back; empty: none.';

create table benefit_standards (
	ledger   text collate "C" not null,
	project  text collate "C" not null,
	amount   bigint not null,
	currency text not null,
	entry    text not null,
	primary key (ledger, project)
);
comment on table benefit_standards is 'The most that one beneficiary gets of a project in one period.';
comment on column benefit_standards.amount is 'Minor units of the currency.';

create table helped (
	ledger     text collate "C" not null,
	dimension  text collate "C" not null,
	key        text collate "C" not null,
	currency   text collate "C" not null,
	persons    bigint not null,
	households bigint not null,
	benefits   bigint not null,
	amount     bigint not null,
	primary key (ledger, dimension, key, currency)
);
comment on table helped is 'How many people were helped, each once, kept as benefits come and are taken back.';
comment on column helped.dimension is 'village, project, year, or all of the ledger.';
comment on column helped.key is 'Which of them; empty: all of the ledger.';
comment on column helped.benefits is 'Benefits that were not taken back.';
comment on column helped.amount is 'Minor units of the currency.';

create table helped_people (
	ledger      text collate "C" not null,
	dimension   text collate "C" not null,
	key         text collate "C" not null,
	currency    text collate "C" not null,
	beneficiary text collate "C" not null,
	kind        text collate "C" not null,
	benefits    bigint not null,
	primary key (ledger, dimension, key, currency, beneficiary, kind)
);
comment on table helped_people is 'Whom each number in helped counts: everybody with a benefit that was not taken back.';
comment on column helped_people.kind is 'person, or household by its head.';

-- for queries
create index on beneficiaries (ledger, place);
create index beneficiaries_forgotten on beneficiaries (ledger, beneficiary) where state = 'forgotten';
create index on benefits (ledger, beneficiary);
create index on benefits (ledger, project, year);
