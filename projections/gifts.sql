create table gifts (
	ledger           text collate "C" not null,
	gift             text collate "C" not null,
	donor            text collate "C" not null,
	item             text not null,
	quantity         numeric not null,
	distributed      numeric not null default 0,
	unit             text not null,
	value            bigint,
	currency         text not null,
	method           text not null,
	approximate      boolean not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, gift)
);
comment on table gifts is 'Goods that were given.';
comment on column gifts.distributed is 'How much of the quantity was handed out.';
comment on column gifts.value is 'Minor units of the currency; null: nobody valued it.';
