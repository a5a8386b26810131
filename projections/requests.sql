create table requests (
	ledger           text collate "C" not null,
	request          text collate "C" not null,
	fund             text collate "C" not null,
	project          text collate "C" not null,
	amount           bigint not null,
	currency         text not null,
	places           jsonb not null,
	payer            text collate "C" not null,
	payee            text collate "C" not null,
	purpose          text not null,
	last_day         text not null,
	content          text not null,
	state            text not null,
	requested_by     text not null,
	approved_by      text not null default '',
	paid_by          text not null default '',
	payment          text not null default '',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, request)
);
comment on table requests is 'Payments that were asked for: what is asked now, and how far it is.';
comment on column requests.amount is 'Minor units of the currency.';
comment on column requests.places is 'Places that the request names, with their amounts; empty: the places of the project by their shares.';
comment on column requests.last_day is 'After this day it can no longer be approved or paid, whatever the state says; empty: there is none.';
comment on column requests.content is 'Hash by which an approval names the content.';
comment on column requests.state is 'requested, approved, rejected, withdrawn, lapsed or paid.';
comment on column requests.approved_by is 'Who approved the content as it is; empty: nobody.';
comment on column requests.payment is 'Entry that paid it; empty: none.';

create table request_steps (
	ledger   text collate "C" not null,
	request  text collate "C" not null,
	block    bigint not null,
	event    bigint not null,
	step     text not null,
	person   text not null,
	role     text not null,
	recorded timestamptz not null,
	content  text not null,
	reason   text not null,
	entry    text not null,
	primary key (ledger, request, block, event)
);
comment on table request_steps is 'Who did what with a request, and when.';
comment on column request_steps.step is 'requested, changed, approved, rejected, withdrawn, lapsed, paid or reversed.';
comment on column request_steps.content is 'Hash of what was requested, or approved.';

create table approval_thresholds (
	ledger   text collate "C" not null,
	currency text not null,
	amount   bigint not null,
	entry    text not null,
	primary key (ledger, currency)
);
comment on table approval_thresholds is 'The largest payment of each currency that needs no approval; none: none needs one.';
comment on column approval_thresholds.amount is 'Minor units of the currency.';

-- for queries
create index on requests (ledger, state, request);
create index on requests (ledger, fund);
create index on requests (ledger, payment) where payment <> '';
