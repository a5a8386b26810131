create table approvals (
	ledger           text collate "C" not null,
	entry            text collate "C" not null,
	what             text not null,
	thing            text collate "C" not null,
	content          text not null,
	person           text not null,
	role             text not null,
	recorded         timestamptz not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, entry)
);
comment on table approvals is 'Who approved or rejected what: payments, projects, entries in closed years, and that findings are done with.';
comment on column approvals.what is 'Type of the event, such as disbursement-approved.';
comment on column approvals.thing is 'Id of the request, project, entry or finding.';
comment on column approvals.content is 'Hash of what was approved, where it has one; a reason where it was rejected.';

-- for queries
create index on approvals (ledger, person);
create index on approvals (ledger, thing);
