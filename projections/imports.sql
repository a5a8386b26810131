create table imports (
	ledger           text collate "C" not null,
	import           text collate "C" not null,
	file             text not null,
	sha256           text not null,
	format           text not null,
	mapping          text not null,
	rows             integer not null,
	skipped          integer not null,
	actor            text not null,
	recorded         timestamptz not null,
	reversed         text not null default '',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, import)
);
comment on table imports is 'Files whose rows were imported. The entries that came out of one carry its id as correlation.';
comment on column imports.sha256 is 'SHA-256 of the file in hexadecimal.';
comment on column imports.mapping is 'How it was read: command, sheet, unit, publisher.';
comment on column imports.rows is 'Rows that were recorded.';
comment on column imports.skipped is 'Rows at fault that were left out.';
comment on column imports.reversed is 'Entry that took it back; empty: none.';
