-- +goose Up
create table people (
	person        text collate "C" primary key,
	login         text collate "C" not null unique,
	name          text not null,
	role          text collate "C" not null,
	demo          boolean not null default false,
	disabled      boolean not null default false,
	password      text not null default '',
	totp          bytea,
	totp_pending  bytea,
	totp_step     bigint not null default 0,
	created_at    timestamptz not null,
	created_by    text not null
);
comment on table people is 'Who may sign in. The id of a person stands in the log and is never given to another one, so rows are disabled and not deleted.';
comment on column people.demo is 'Made for a demonstration: the password is public.';
comment on column people.password is 'Argon2id in the PHC form; empty until the person has chosen one.';
comment on column people.totp is 'Secret of the second factor (RFC 6238); null without one.';
comment on column people.totp_step is 'Time step of the last code that was accepted, so that none works twice.';

create table subjects (
	issuer     text collate "C" not null,
	subject    text collate "C" not null,
	person     text collate "C" not null references people,
	created_at timestamptz not null,
	primary key (issuer, subject)
);
comment on table subjects is 'Which person an identity provider means by a subject.';

create table grants (
	person     text collate "C" not null references people,
	capability text collate "C" not null,
	places     text[] not null default '{}',
	projects   text[] not null default '{}',
	primary key (person, capability)
);
comment on table grants is 'Capabilities beside those of the role, and limits of those of the role.';

create table recovery_codes (
	person  text collate "C" not null references people,
	hash    bytea not null,
	used_at timestamptz,
	primary key (person, hash)
);
comment on table recovery_codes is 'SHA-256 of codes that stand in for the second factor once.';

create table invitations (
	hash       bytea primary key,
	person     text collate "C" not null references people,
	created_at timestamptz not null,
	expires_at timestamptz not null,
	used_at    timestamptz
);
comment on table invitations is 'One-time links by which a person chooses a password; only their SHA-256 is kept.';

create table sessions (
	hash       bytea primary key,
	person     text collate "C" not null references people,
	method     text collate "C" not null,
	created_at timestamptz not null,
	seen_at    timestamptz not null,
	expires_at timestamptz not null
);
comment on table sessions is 'Who is signed in, by the SHA-256 of the cookie.';
create index on sessions (person);

create table tokens (
	token        text collate "C" primary key,
	hash         bytea not null unique,
	person       text collate "C" not null references people,
	name         text not null,
	capabilities text[],
	ledgers      text[],
	created_at   timestamptz not null,
	expires_at   timestamptz not null,
	revoked_at   timestamptz
);
comment on table tokens is 'Secrets by which programs act for a person, by their SHA-256.';
comment on column tokens.capabilities is 'What the token is for, as far as the person may do it; null for all of that.';
comment on column tokens.ledgers is 'Ledgers that the token is for; null for all.';
create index on tokens (person);

create table attempts (
	key      bytea primary key,
	failures integer not null,
	since    timestamptz not null
);
comment on table attempts is 'Failed attempts to sign in, by a hash of the name that was given.';

create table access_log (
	number bigint generated always as identity primary key,
	at     timestamptz not null,
	person text collate "C" not null,
	role   text collate "C" not null,
	act    text collate "C" not null,
	ledger text collate "C" not null,
	thing  text not null,
	why    text not null
);
comment on table access_log is 'Who read what about beneficiaries, who exported what, and who changed what people may do. Apart from the log of money, and only ever added to.';
comment on column access_log.act is 'read, reveal, export, people or sign-in.';
create index on access_log (person, number);
create index on access_log (ledger, thing, number);

-- +goose StatementBegin
create function refuse_change() returns trigger language plpgsql as $$
begin
	raise exception 'the access log is only ever added to';
end $$;
-- +goose StatementEnd
create trigger access_log_is_append_only before update or delete or truncate on access_log execute function refuse_change();
