create schema if not exists aidledger;
comment on schema aidledger is 'The read models of the ledgers, made from the log. Read them here: the views show one complete generation of tables at any time.';
create table if not exists aidledger.generation (
	one         boolean primary key default true check (one),
	current     integer not null,
	fingerprint text not null,
	since       timestamptz not null default now()
);
comment on table aidledger.generation is 'Which generation of tables the views show.';
comment on column aidledger.generation.current is 'The tables are in the schema aidledger_g with this number.';
comment on column aidledger.generation.fingerprint is 'Changes with the definition of the tables.';
