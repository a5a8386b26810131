create table agreements (
	ledger           text collate "C" not null,
	agreement        text collate "C" not null,
	title            text not null,
	party            text collate "C" not null,
	other_side       text collate "C" not null,
	until            text not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, agreement)
);
comment on table agreements is 'Written agreements between two organisations.';
comment on column agreements.until is 'Last day on which it holds; empty: it does not say.';

create table pairings (
	ledger           text collate "C" not null,
	pairing          text collate "C" not null,
	helper           text collate "C" not null,
	helped           text collate "C" not null,
	purpose          text not null,
	agreement        text collate "C" not null,
	pairs            integer not null,
	undated          boolean not null,
	ended            text not null default '',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, pairing)
);
comment on table pairings is 'Which unit helps which.';
comment on column pairings.pairs is 'Number of pairs that the row stands for.';
comment on column pairings.undated is 'The source does not say since when; otherwise date is since when.';
comment on column pairings.ended is 'Date on which it ended; empty: it holds.';
