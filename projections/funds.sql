create table funds (
	ledger           text collate "C" not null,
	fund             text collate "C" not null,
	provider         text collate "C" not null,
	budget_year      integer not null,
	currency         text not null,
	purpose          text not null,
	reimbursement    boolean not null,
	closed           boolean not null default false,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, fund)
);
comment on table funds is 'One amount of one provider for one budget year.';
comment on column funds.reimbursement is 'Expenditure is reported only after the project is accepted.';
comment on column funds.entry is 'Entry that opened it, with its date.';
comment on column funds.document is 'Number of the document that committed it, or of the entry that opened it.';
