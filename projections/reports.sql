create table reports (
	ledger           text collate "C" not null,
	report           text collate "C" not null,
	title            text not null,
	by               text not null,
	year             integer not null,
	currency         text not null,
	effective_until  text not null,
	position         text not null,
	head             text not null,
	entries          bigint not null,
	root             text not null,
	actor            text not null,
	recorded         timestamptz not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, report)
);
comment on table reports is 'Totals that were published, with the point of the log that they were taken at.';
comment on column reports.by is 'What each line stands for: a dimension of totals.';
comment on column reports.year is 'Only this year; 0: all.';
comment on column reports.currency is 'Only this currency; empty: all.';
comment on column reports.effective_until is 'Only what happened up to this date; empty: all.';
comment on column reports.position is 'Block up to which they count.';
comment on column reports.head is 'Hash of the last block of the ledger by then.';
comment on column reports.entries is 'Leaves of the tree that was signed.';
comment on column reports.root is 'Root of that tree.';

create table report_cells (
	ledger   text collate "C" not null,
	report   text collate "C" not null,
	key      text collate "C" not null,
	stage    text not null,
	currency text collate "C" not null,
	amount   bigint not null,
	primary key (ledger, report, key, stage, currency)
);
comment on table report_cells is 'The amounts of published reports. One that nobody had reported is not there.';
comment on column report_cells.key is 'What the line stands for; empty: not allocated, or not assigned to a village.';
comment on column report_cells.amount is 'In minor units.';
