create table totals (
	ledger      text collate "C" not null,
	dimension   text collate "C" not null,
	year        smallint not null,
	key         text collate "C" not null,
	currency    text collate "C" not null,
	stage       text collate "C" not null,
	amount      bigint not null,
	entries     bigint not null,
	approximate bigint not null
);
comment on table totals is 'Totals by one dimension. The sum over the keys of one dimension is the same for every dimension. A stage without a row was not reported; so was one with neither amount nor entries, since all its entries were taken back.';
comment on column totals.dimension is 'year, budget-year, project, place, provider or fund.';
comment on column totals.year is 'Year of the effective date; 0: all years together.';
comment on column totals.key is 'Id in the dimension. Empty: not allocated to a project, or not yet assigned to a village.';
comment on column totals.stage is 'At which step of its life an amount is counted; stages are never added up.';
comment on column totals.amount is 'Minor units of the currency.';
comment on column totals.entries is 'Entries that are counted, less those that were taken back.';
comment on column totals.approximate is 'How many of them are approximate.';

-- after a bulk load
alter table totals add primary key (ledger, dimension, year, key, currency, stage);
