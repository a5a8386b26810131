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

create table cutoffs (
	ledger         text collate "C" not null,
	block          bigint not null,
	recorded_until timestamptz not null
);
comment on table cutoffs is 'Ends of blocks at which the sums of a ledger are kept, so that totals as of a later position are these and the movements after them.';
comment on column cutoffs.recorded_until is 'The latest time at which a movement up to there was recorded.';

create table since_cutoff (
	ledger         text collate "C" primary key,
	block          bigint not null,
	movements      bigint not null,
	due            bigint not null,
	recorded_until timestamptz not null
);
comment on table since_cutoff is 'How many movements a ledger has after its last cutoff.';
comment on column since_cutoff.block is 'Its last cutoff; 0: none yet.';
comment on column since_cutoff.due is 'The next one does not come before there are so many.';

create table year_sums (
	ledger                 text collate "C" not null,
	year                   smallint not null,
	budget_year            smallint not null,
	currency               text collate "C" not null,
	stage                  text collate "C" not null,
	block                  bigint not null,
	amount                 bigint not null,
	entries                bigint not null,
	approximate            bigint not null,
	day_amounts            bigint[],
	day_entries            bigint[],
	day_approximate        bigint[],
	flows                  uuid[] not null,
	flow_amounts           bigint[],
	flow_entries           bigint[],
	flow_approximate       bigint[],
	flow_place_entries     bigint[],
	flow_place_approximate bigint[]
);
comment on table year_sums is 'What the movements of one year, stage, currency and budget year add up to at a cutoff. There is a row where something has come since the cutoff before; an array of nothing but zeros is null.';
comment on column year_sums.block is 'The cutoff: movements up to the end of this block are in it.';
comment on column year_sums.day_amounts is 'The amount up to the end of each day of the year, from 1 January on.';
comment on column year_sums.flows is 'The flows of the year; the arrays after it hold the sums of each.';
alter table year_sums
	alter day_amounts set storage external, alter day_entries set storage external, alter flows set storage external,
	alter flow_amounts set storage external, alter flow_entries set storage external, alter flow_place_entries set storage external;

-- after a bulk load
alter table cutoffs add primary key (ledger, block);
alter table year_sums add primary key (ledger, year, budget_year, currency, stage, block);
alter table flows add primary key (flow);
alter table totals add primary key (ledger, dimension, year, key, currency, stage);

-- for queries
create index flows_fund on flows (ledger, fund, project);
create index flows_project on flows (ledger, project);
create index flows_place on flows (ledger, place);
create index flows_provider on flows (ledger, provider);
create index flows_payee on flows (ledger, payee);
create index cutoffs_recorded on cutoffs (ledger, recorded_until);
