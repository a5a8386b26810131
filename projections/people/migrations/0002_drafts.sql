-- +goose Up
create table drafts (
	draft   text collate "C" primary key,
	person  text collate "C" not null,
	ledger  text collate "C" not null,
	command text collate "C" not null,
	form    jsonb not null,
	kept_at timestamptz not null
);
comment on table drafts is 'Forms that somebody began and has not recorded. Nothing personal is in them.';
comment on column drafts.form is 'Values by the name of the input.';
create index on drafts (person, ledger, kept_at);
create index on drafts (kept_at);
