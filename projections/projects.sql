create table projects (
	ledger           text collate "C" not null,
	project          text collate "C" not null,
	name             text not null,
	sector           text not null,
	county           text collate "C" not null,
	implementer      text collate "C" not null,
	state            text not null,
	started          text not null default '',
	ended            text not null default '',
	targets          jsonb not null default '[]',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, project)
);
comment on table projects is 'What money is for.';
comment on column projects.state is 'registered, approved, started, suspended, accepted or cancelled.';
comment on column projects.started is 'When work began; empty: it has not.';
comment on column projects.ended is 'When it was accepted or cancelled; empty: it was not.';
comment on column projects.targets is 'What it is meant to reach: a list of indicator, value and unit.';

create table project_places (
	ledger  text collate "C" not null,
	project text collate "C" not null,
	place   text collate "C" not null,
	line    integer not null,
	percent numeric not null,
	primary key (ledger, project, place)
);
comment on table project_places is 'The places of each project now; their shares are 100 percent together.';
comment on column project_places.line is 'Order in which they were given, from 0.';
