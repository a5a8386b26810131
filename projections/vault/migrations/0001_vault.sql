-- +goose Up
create table persons (
	ledger      text collate "C" not null,
	beneficiary text collate "C" not null,
	found_by    bytea not null,
	key         bytea not null,
	primary key (ledger, beneficiary),
	unique (ledger, found_by)
);
comment on table persons is 'The key of each beneficiary. A row that is deleted makes what the log holds about the person unreadable for ever.';
comment on column persons.found_by is 'Keyed hash of the citizen number, by which a person who registers twice is found.';
comment on column persons.key is 'Key of the person, wrapped by the master key.';

create table secrets (
	name  text primary key,
	value bytea not null
);
comment on table secrets is 'Secrets of the vault itself, wrapped by the master key.';

-- +goose Down
drop table persons;
drop table secrets;
