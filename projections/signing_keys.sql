create table signing_keys (
	ledger           text collate "C" not null,
	key              text collate "C" not null,
	since            bigint not null default 0,
	until            bigint not null default 0,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, key)
);
comment on table signing_keys is 'Keys that have begun or ceased to sign the checkpoints of a ledger. The first key is there once it has ceased.';
comment on column signing_keys.key is 'Public half, as verifiers keep it.';
comment on column signing_keys.since is 'Smallest tree that it may have signed, in entries.';
comment on column signing_keys.until is 'Largest tree that it may have signed; 0: it still signs.';
