create table samples (
	ledger           text collate "C" not null,
	sample           text collate "C" not null,
	method           text not null,
	seed             text not null,
	size             integer not null,
	stage            text not null,
	currency         text not null,
	fund             text not null,
	project          text not null,
	place            text not null,
	provider         text not null,
	year             integer not null,
	extends          text not null,
	position         text not null,
	head             text not null,
	entries          bigint not null,
	root             text not null,
	population       integer not null,
	total            bigint not null,
	items            jsonb not null,
	actor            text not null,
	recorded         timestamptz not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, sample)
);
comment on table samples is 'Entries that were drawn for an audit, and what the draw follows from.';
comment on column samples.extends is 'Smaller sample that it begins with; empty: none.';
comment on column samples.position is 'Block up to which entries could be drawn.';
comment on column samples.population is 'How many entries could be drawn.';
comment on column samples.total is 'Their amounts together, in minor units.';
comment on column samples.items is 'Entries in the order in which they were drawn, with their amounts and how many of their units were.';
