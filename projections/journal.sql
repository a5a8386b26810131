create table journal (
	block                  bigint not null,
	event                  integer not null,
	leg                    integer not null,
	flow                   uuid not null,
	amount                 bigint not null,
	recorded               timestamptz not null,
	date                   date not null,
	year                   smallint not null,
	budget_year            smallint not null,
	entries                smallint not null,
	place_entries          smallint not null,
	approximate            boolean not null,
	on_receipt             boolean not null,
	flow_amount            bigint not null,
	flow_entries           integer not null,
	flow_approximate       integer not null,
	flow_place_entries     integer not null,
	flow_place_approximate integer not null,
	ledger                 text collate "C" not null,
	entry                  text collate "C" not null,
	disbursement           text collate "C" not null,
	voucher                text not null,
	event_type             text not null,
	stage                  text collate "C" not null,
	fund                   text collate "C" not null,
	provider               text collate "C" not null,
	project                text collate "C" not null,
	place                  text collate "C" not null,
	currency               text collate "C" not null,
	precision              text not null,
	document               text not null,
	source_reference       text not null,
	payer                  text collate "C" not null,
	payee                  text collate "C" not null,
	reverses               text not null,
	actor                  text not null,
	other_fund             text collate "C" not null
);
comment on table journal is 'Every movement of money: one row for each leg of an event, in the order of the log.';
comment on column journal.block is 'Stream sequence of the block.';
comment on column journal.event is 'Index of the event in its block.';
comment on column journal.leg is 'Index of the movement in its event.';
comment on column journal.entry is 'Id of the command that recorded it.';
comment on column journal.stage is 'At which step of its life the amount is counted; stages are never added up.';
comment on column journal.fund is 'Fund, or gift for goods.';
comment on column journal.project is 'Empty: of no project.';
comment on column journal.place is 'Empty: not yet assigned to a village.';
comment on column journal.amount is 'Minor units of the currency; negative: takes an earlier amount back.';
comment on column journal.date is 'Effective date: the last day of the period that is known.';
comment on column journal.precision is 'How much of the date is known: day, month or year.';
comment on column journal.year is 'Year of the effective date.';
comment on column journal.recorded is 'When it was recorded.';
comment on column journal.on_receipt is 'The fund is funded by its receipts, not by a commitment.';
comment on column journal.entries is 'What the leg adds to a count of entries: 1, -1 for a reversal, 0 for a further leg of one amount.';
comment on column journal.place_entries is 'The same, where entries are counted by place.';
comment on column journal.reverses is 'Entry that is taken back; empty: none.';
comment on column journal.other_fund is 'Fund on the other side of what was carried over; empty: not carried over.';
comment on column journal.flow is 'Flow that it belongs to; see the table flows.';
comment on column journal.flow_amount is 'What the flow adds up to after this movement, in minor units: the sum as of any position is found at the last movement before it.';
comment on column journal.flow_entries is 'The entries of the flow, less those that were taken back, after this movement.';
comment on column journal.flow_approximate is 'How many of them are approximate.';
comment on column journal.flow_place_entries is 'The entries, where they are counted by place.';
comment on column journal.flow_place_approximate is 'How many of them are approximate.';

-- for queries
create unique index journal_pkey on journal (ledger, block, event, leg);
create index journal_flow on journal (flow, block, event, leg) include (date, amount, entries, place_entries, approximate);
create index journal_entry on journal (entry);
create index journal_disbursement on journal (disbursement) where disbursement <> '';
create index journal_voucher on journal (ledger, year, payer, voucher) where voucher <> '';

-- at last
alter table journal add primary key using index journal_pkey;
