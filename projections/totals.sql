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

create table flows (
	flow          uuid not null,
	ledger        text collate "C" not null,
	fund          text collate "C" not null,
	project       text collate "C" not null,
	place         text collate "C" not null,
	payee         text collate "C" not null,
	other_fund    text collate "C" not null,
	stage         text collate "C" not null,
	currency      text collate "C" not null,
	year          smallint not null,
	provider      text collate "C" not null,
	budget_year   smallint not null,
	on_receipt    boolean not null,
	amount        bigint not null,
	entries       bigint not null,
	place_entries bigint not null
);
comment on table flows is 'The movements of the journal, added up where all that names them is the same. The columns mean what they mean there.';
comment on column flows.flow is 'First half of the SHA-256 of its names and numbers, by which the journal has an index.';

-- after a bulk load
alter table flows add primary key (flow);
alter table totals add primary key (ledger, dimension, year, key, currency, stage);

-- for queries
create index flows_fund on flows (ledger, fund, project);
create index flows_project on flows (ledger, project);
create index flows_place on flows (ledger, place);
create index flows_provider on flows (ledger, provider);
create index flows_payee on flows (ledger, payee);
