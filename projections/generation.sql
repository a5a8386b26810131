create table checkpoint (
	projection    text collate "C" primary key,
	block         bigint not null,
	hash          text not null,
	updated_at    timestamptz not null default now(),
	halted_block  bigint,
	halted_event  bigint,
	halted_code   text,
	halted_reason text
);
comment on table checkpoint is 'How far each projection has read the log.';
comment on column checkpoint.block is 'Stream sequence of the last block that its rows contain.';
comment on column checkpoint.hash is 'SHA-256 of that block in hexadecimal; empty before the first one.';
comment on column checkpoint.halted_block is 'Block that it cannot read; null while it goes on.';
comment on column checkpoint.halted_event is 'Index of the event at fault in that block; 4294967295 stands for the whole block.';
comment on column checkpoint.halted_code is 'Stable code of what is wrong.';
comment on column checkpoint.halted_reason is 'What is wrong, for people.';

create table heads (
	projection text collate "C" not null,
	ledger     text collate "C" not null,
	hash       text not null,
	primary key (projection, ledger)
);
comment on table heads is 'The last block of each ledger that a projection has read, to which the next one must be chained.';
comment on column heads.hash is 'SHA-256 of the stored bytes of that block in hexadecimal.';

create table stages (
	stage        text collate "C" primary key,
	reported     boolean not null,
	from_account text not null,
	to_account   text not null
);
comment on table stages is 'The steps in the life of an amount and the accounts between which each moves it.';
comment on column stages.reported is 'A fact from outside: where nobody reported it, it is unknown and not zero.';
