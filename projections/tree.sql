create table if not exists aidledger_archive.tiles (
	ledger text collate "C" not null,
	level  smallint not null,
	n      bigint not null,
	data   bytea not null,
	primary key (ledger, level, n)
);
comment on table aidledger_archive.tiles is 'The trees over the entries of the ledgers, in tiles of up to 256 hashes; they can be made again from the blocks.';

create table if not exists aidledger_archive.checkpoints (
	ledger    text collate "C" not null,
	size      bigint not null,
	signed_at timestamptz not null,
	root      bytea not null,
	block     bigint not null,
	head      bytea not null,
	signed    bytea not null,
	primary key (ledger, size, signed_at)
);
create index if not exists checkpoints_block on aidledger_archive.checkpoints (block);
comment on table aidledger_archive.checkpoints is 'What was signed about the trees. Rows are added and never changed.';
comment on column aidledger_archive.checkpoints.size is 'How many entries of the ledger the tree holds.';
comment on column aidledger_archive.checkpoints.block is 'The stream was read up to this block.';
comment on column aidledger_archive.checkpoints.head is 'SHA-256 of the ledger''s last block.';
comment on column aidledger_archive.checkpoints.signed is 'The checkpoint as a signed note.';

create table if not exists aidledger_archive.cosignatures (
	ledger text collate "C" not null,
	size   bigint not null,
	line   text not null,
	primary key (ledger, size, line)
);
comment on table aidledger_archive.cosignatures is 'Signature lines of auditors and witnesses on checkpoints. Rows are added and never changed.';

create or replace trigger never_changed before update or delete or truncate on aidledger_archive.checkpoints
	for each statement execute function aidledger_archive.refuse_change();
create or replace trigger never_changed before update or delete or truncate on aidledger_archive.cosignatures
	for each statement execute function aidledger_archive.refuse_change();
revoke update, delete, truncate on aidledger_archive.checkpoints, aidledger_archive.cosignatures from public, current_user;
