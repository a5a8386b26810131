create schema if not exists aidledger_archive;
comment on schema aidledger_archive is 'The second copy of the log. It belongs to no generation of the read models: a rebuild keeps it.';

create table if not exists aidledger_archive.blocks (
	sequence bigint primary key,
	ledger   text collate "C" not null,
	first    bigint not null,
	leaves   integer not null,
	hash     bytea not null,
	stored   timestamptz not null,
	data     bytea not null
);
-- What follows needs access to the table alone in the end, which this statement takes. Taking a weaker lock first would be a
-- deadlock with a runner that is adding blocks; and lock table may not be used by who may not update the table, as below.
alter table aidledger_archive.blocks alter column data set storage external;
create index if not exists blocks_leaf on aidledger_archive.blocks (ledger, first, sequence);
comment on table aidledger_archive.blocks is 'Every block as it is in the stream, byte for byte. Rows are added and never changed.';
comment on column aidledger_archive.blocks.sequence is 'Sequence of the block in the stream; there is no gap.';
comment on column aidledger_archive.blocks.first is 'Index of its first entry among all entries of the ledger, from 0: the leaf of the ledger''s tree.';
comment on column aidledger_archive.blocks.leaves is 'How many entries it has.';
comment on column aidledger_archive.blocks.hash is 'SHA-256 of the data.';
comment on column aidledger_archive.blocks.stored is 'When the log stored it, by the clock of its server.';

create or replace function aidledger_archive.refuse_change() returns trigger language plpgsql as $$
begin
	raise exception 'the table %.% is added to and never changed', tg_table_schema, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create or replace trigger never_changed before update or delete or truncate on aidledger_archive.blocks
	for each statement execute function aidledger_archive.refuse_change();
revoke update, delete, truncate on aidledger_archive.blocks from public, current_user;
