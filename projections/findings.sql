create table findings (
	ledger           text collate "C" not null,
	finding          text collate "C" not null,
	about            text collate "C" not null,
	severity         text not null,
	text             text not null,
	due_date         text not null,
	check_name       text not null,
	key              text not null,
	state            text not null default 'raised',
	outcome          text not null default '',
	raised_by        text not null,
	answer           text not null default '',
	rectification    text not null default '',
	proof            text not null default '',
	closed_by        text not null default '',
	steps            jsonb not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, finding)
);
comment on table findings is 'What somebody, or a check, found wrong, and what became of it.';
comment on column findings.about is 'Id of the thing that it is about; empty: the ledger.';
comment on column findings.check_name is 'Check that found it; empty: a person.';
comment on column findings.key is 'What the check found; the same as long as the facts are.';
comment on column findings.state is 'raised, answered, rectified or closed.';
comment on column findings.outcome is 'rectified, unfounded or facts-changed; empty: not closed.';
comment on column findings.proof is 'Document or attachment that proves what was done.';
comment on column findings.steps is 'Who did what, and when: a list of step, person and recorded.';

create table check_thresholds (
	ledger    text collate "C" not null,
	threshold text not null,
	value     integer not null,
	entry     text not null,
	primary key (ledger, threshold)
);
comment on table check_thresholds is 'Settings of checks that are not what they usually are.';

-- for queries
create index on findings (ledger, state, finding);
create index on findings (ledger, check_name, key);
create index on findings (ledger, about);
