-- Views for tools that analyse. They are made again with every generation of tables, in the transaction that shows it.
-- {decimal AMOUNT CURRENCY} turns minor units into units. Nothing here says who acted, and nothing about a beneficiary;
-- texts that people write freely are left out.

create view aidledger_bi.ledgers as
select ledger, title, zone as time_zone, currency, invented from aidledger.ledgers;
comment on view aidledger_bi.ledgers is 'The ledgers: one programme of aid each.';
comment on column aidledger_bi.ledgers.ledger is 'Name of the ledger.';
comment on column aidledger_bi.ledgers.title is 'What the programme is called.';
comment on column aidledger_bi.ledgers.time_zone is 'Zone in which its days begin and end.';
comment on column aidledger_bi.ledgers.currency is 'Currency (ISO 4217) of amounts that name none.';
comment on column aidledger_bi.ledgers.invented is 'Its figures are made up for a demonstration.';

create view aidledger_bi.organisations as
select ledger, organisation, name, kind, credit_code, place from aidledger.organisations where kind <> 'other' or credit_code <> '';
comment on view aidledger_bi.organisations is 'Organisations that give, implement or are paid. One of the kind other without a credit code may be a person and is left out.';
comment on column aidledger_bi.organisations.ledger is 'Name of the ledger.';
comment on column aidledger_bi.organisations.organisation is 'Id of the organisation.';
comment on column aidledger_bi.organisations.name is 'Its name.';
comment on column aidledger_bi.organisations.kind is 'Kind, such as government or company.';
comment on column aidledger_bi.organisations.credit_code is 'Unified social credit code; empty: not said.';
comment on column aidledger_bi.organisations.place is 'Place where it is; empty: not said.';

create view aidledger_bi.places as
select ledger, place, name, level, parent, code_year from aidledger.places;
comment on view aidledger_bi.places is 'Counties, townships and villages.';
comment on column aidledger_bi.places.ledger is 'Name of the ledger.';
comment on column aidledger_bi.places.place is 'Code or id of the place.';
comment on column aidledger_bi.places.name is 'Its name.';
comment on column aidledger_bi.places.level is 'county, township or village.';
comment on column aidledger_bi.places.parent is 'Place that it is a part of; empty: none.';
comment on column aidledger_bi.places.code_year is 'Year of the list of codes; 0: not said.';

create view aidledger_bi.projects as
select ledger, project, name, sector, county, implementer, state, started, ended from aidledger.projects;
comment on view aidledger_bi.projects is 'Projects with their state.';
comment on column aidledger_bi.projects.ledger is 'Name of the ledger.';
comment on column aidledger_bi.projects.project is 'Id of the project.';
comment on column aidledger_bi.projects.name is 'Its name.';
comment on column aidledger_bi.projects.sector is 'Sector, in the words of the programme; empty: not said.';
comment on column aidledger_bi.projects.county is 'County in which it is; empty: not said.';
comment on column aidledger_bi.projects.implementer is 'Organisation that carries it out; empty: not said.';
comment on column aidledger_bi.projects.state is 'registered, approved, started, suspended, accepted or cancelled.';
comment on column aidledger_bi.projects.started is 'Day, month or year in which it started; empty: it has not.';
comment on column aidledger_bi.projects.ended is 'When it was accepted or cancelled; empty: it was not.';

create view aidledger_bi.project_places as
select ledger, project, place, percent from aidledger.project_places;
comment on view aidledger_bi.project_places is 'Where projects are, with the share of each place.';
comment on column aidledger_bi.project_places.ledger is 'Name of the ledger.';
comment on column aidledger_bi.project_places.project is 'Id of the project.';
comment on column aidledger_bi.project_places.place is 'Code or id of the place.';
comment on column aidledger_bi.project_places.percent is 'Share of the place; those of a project add up to 100.';

create view aidledger_bi.funds as
select ledger, fund, provider, budget_year, currency, purpose, reimbursement, closed, date, document from aidledger.funds;
comment on view aidledger_bi.funds is 'Funds: each one notified amount of one provider in one budget year.';
comment on column aidledger_bi.funds.ledger is 'Name of the ledger.';
comment on column aidledger_bi.funds.fund is 'Id of the fund.';
comment on column aidledger_bi.funds.provider is 'Organisation that gives it.';
comment on column aidledger_bi.funds.budget_year is 'Budget year of the provider.';
comment on column aidledger_bi.funds.currency is 'Currency of all its amounts.';
comment on column aidledger_bi.funds.purpose is 'What it is for; empty: not said.';
comment on column aidledger_bi.funds.reimbursement is 'It pays after a project was accepted.';
comment on column aidledger_bi.funds.closed is 'It is closed.';
comment on column aidledger_bi.funds.date is 'Day, month or year from which it is known.';
comment on column aidledger_bi.funds.document is 'Number of its document; empty: not said.';

create view aidledger_bi.movements as
select j.ledger, j.block, j.event, j.leg, j.entry, j.event_type, j.stage, j.fund, j.provider, j.budget_year, j.project, j.place,
	{decimal j.amount} as amount, j.currency, j.date, j.precision, j.year, j.recorded, j.approximate, j.document, j.voucher, j.reverses
from aidledger.movements j left join aidledger_bi.currencies c on c.currency = j.currency;
comment on view aidledger_bi.movements is 'Every movement of money, one row for each leg of an event. Add up amounts of one stage and one currency only.';
comment on column aidledger_bi.movements.ledger is 'Name of the ledger.';
comment on column aidledger_bi.movements.block is 'Sequence of the block in the log.';
comment on column aidledger_bi.movements.event is 'Index of the event in its block.';
comment on column aidledger_bi.movements.leg is 'Index of the movement in its event.';
comment on column aidledger_bi.movements.entry is 'Id of the entry that recorded it.';
comment on column aidledger_bi.movements.event_type is 'Type of the event.';
comment on column aidledger_bi.movements.stage is 'At which step of its life the amount is counted; stages are never added up.';
comment on column aidledger_bi.movements.fund is 'Fund, or gift for goods.';
comment on column aidledger_bi.movements.provider is 'Organisation that gives it.';
comment on column aidledger_bi.movements.budget_year is 'Budget year of the fund; 0: none.';
comment on column aidledger_bi.movements.project is 'Project; empty: of no project.';
comment on column aidledger_bi.movements.place is 'Place; empty: not yet assigned to a village.';
comment on column aidledger_bi.movements.amount is 'Amount in units of the currency; negative: takes an earlier amount back.';
comment on column aidledger_bi.movements.currency is 'Currency (ISO 4217).';
comment on column aidledger_bi.movements.date is 'Effective date: the last day of the period that is known.';
comment on column aidledger_bi.movements.precision is 'How much of the date is known: day, month or year.';
comment on column aidledger_bi.movements.year is 'Year of the effective date.';
comment on column aidledger_bi.movements.recorded is 'When it was recorded.';
comment on column aidledger_bi.movements.approximate is 'The source says about.';
comment on column aidledger_bi.movements.document is 'Number of the document; empty: not said.';
comment on column aidledger_bi.movements.voucher is 'Number of the voucher; empty: not said.';
comment on column aidledger_bi.movements.reverses is 'Entry that it takes back; empty: none.';

create view aidledger_bi.totals as
select t.ledger, t.dimension, t.year, t.key, t.currency, t.stage, {decimal t.amount} as amount, t.entries, t.approximate
from aidledger.totals t left join aidledger_bi.currencies c on c.currency = t.currency;
comment on view aidledger_bi.totals is 'Totals by one dimension. A stage without a row was not reported, which is not zero.';
comment on column aidledger_bi.totals.ledger is 'Name of the ledger.';
comment on column aidledger_bi.totals.dimension is 'year, budget-year, project, place, provider or fund: filter by one.';
comment on column aidledger_bi.totals.year is 'Year of the effective date; 0: all years together.';
comment on column aidledger_bi.totals.key is 'Id in the dimension; empty: not allocated, or not yet assigned to a village.';
comment on column aidledger_bi.totals.currency is 'Currency (ISO 4217); currencies are never added up.';
comment on column aidledger_bi.totals.stage is 'committed, received, allocated, disbursed and so on; stages are never added up.';
comment on column aidledger_bi.totals.amount is 'Amount in units of the currency.';
comment on column aidledger_bi.totals.entries is 'Entries that are counted, less those that were taken back.';
comment on column aidledger_bi.totals.approximate is 'How many of them are approximate.';

create view aidledger_bi.reported as
select r.ledger, r.block, r.event, r.system, r.activity, r.title, r.reference, r.type, r.provider, r.provider_name, r.receiver, r.receiver_name,
	{decimal r.amount} as amount, r.currency, r.count, r.repeated, r.date, r.year, r.anomalies
from aidledger.reported r left join aidledger_bi.currencies c on c.currency = r.currency;
comment on view aidledger_bi.reported is 'Transactions that others published; none of them is in the totals of own figures.';
comment on column aidledger_bi.reported.ledger is 'Name of the ledger.';
comment on column aidledger_bi.reported.block is 'Sequence of the block in the log.';
comment on column aidledger_bi.reported.event is 'Index of the event in its block.';
comment on column aidledger_bi.reported.system is 'Identifier of who published it.';
comment on column aidledger_bi.reported.activity is 'Identifier of the activity.';
comment on column aidledger_bi.reported.title is 'Title of the activity.';
comment on column aidledger_bi.reported.reference is 'What the source calls the transaction; empty: it has no reference.';
comment on column aidledger_bi.reported.type is 'IATI transaction type.';
comment on column aidledger_bi.reported.provider is 'Identifier of who gives, or the name.';
comment on column aidledger_bi.reported.provider_name is 'Name of who gives.';
comment on column aidledger_bi.reported.receiver is 'Identifier of who receives, or the name.';
comment on column aidledger_bi.reported.receiver_name is 'Name of who receives.';
comment on column aidledger_bi.reported.amount is 'Amount in units of the currency; negative: a correction.';
comment on column aidledger_bi.reported.currency is 'Currency (ISO 4217).';
comment on column aidledger_bi.reported.count is '1, or -1 where the report is taken back.';
comment on column aidledger_bi.reported.repeated is 'Published twice under one reference: leave it out to count it once.';
comment on column aidledger_bi.reported.date is 'Date of the transaction: the last day of the period that is known.';
comment on column aidledger_bi.reported.year is 'Year of that date.';
comment on column aidledger_bi.reported.anomalies is 'Codes of what is odd about it, separated by spaces.';

create view aidledger_bi.indicators as
select ledger, indicator, name, value, unit, qualifier, period_from, period_until, place, project, fund, commercial from aidledger.indicators;
comment on view aidledger_bi.indicators is 'Values of indicators. They are not to be added up, and none is an amount of aid.';
comment on column aidledger_bi.indicators.ledger is 'Name of the ledger.';
comment on column aidledger_bi.indicators.indicator is 'Id of the report.';
comment on column aidledger_bi.indicators.name is 'What is measured.';
comment on column aidledger_bi.indicators.value is 'The value.';
comment on column aidledger_bi.indicators.unit is 'Its unit.';
comment on column aidledger_bi.indicators.qualifier is 'exact, about, at-least or at-most.';
comment on column aidledger_bi.indicators.period_from is 'Begin of the period; empty: not said.';
comment on column aidledger_bi.indicators.period_until is 'End of the period; empty: not said.';
comment on column aidledger_bi.indicators.place is 'Place that it is about; empty: all.';
comment on column aidledger_bi.indicators.project is 'Project that it is about; empty: none.';
comment on column aidledger_bi.indicators.fund is 'Fund that it is about; empty: none.';
comment on column aidledger_bi.indicators.commercial is 'Business and no aid.';

create view aidledger_bi.gifts as
select g.ledger, g.gift, g.donor, g.item, g.quantity, g.distributed, g.unit, {decimal g.value} as value, g.currency, g.date
from aidledger.gifts g left join aidledger_bi.currencies c on c.currency = g.currency;
comment on view aidledger_bi.gifts is 'Gifts in kind.';
comment on column aidledger_bi.gifts.ledger is 'Name of the ledger.';
comment on column aidledger_bi.gifts.gift is 'Id of the gift.';
comment on column aidledger_bi.gifts.donor is 'Organisation that gives.';
comment on column aidledger_bi.gifts.item is 'What it is.';
comment on column aidledger_bi.gifts.quantity is 'How much of it.';
comment on column aidledger_bi.gifts.distributed is 'How much was distributed.';
comment on column aidledger_bi.gifts.unit is 'Unit of the quantities.';
comment on column aidledger_bi.gifts.value is 'Value in units of the currency; null: nobody has valued it.';
comment on column aidledger_bi.gifts.currency is 'Currency of the value.';
comment on column aidledger_bi.gifts.date is 'Day, month or year in which it came.';

create view aidledger_bi.findings as
select ledger, finding, about, severity, check_name, state, outcome, due_date from aidledger.findings;
comment on view aidledger_bi.findings is 'What was found wrong, by checks and by people, without the texts.';
comment on column aidledger_bi.findings.ledger is 'Name of the ledger.';
comment on column aidledger_bi.findings.finding is 'Id of the finding.';
comment on column aidledger_bi.findings.about is 'What it is about: an id; empty: the ledger.';
comment on column aidledger_bi.findings.severity is 'minor, major or severe.';
comment on column aidledger_bi.findings.check_name is 'Check that found it; empty: a person did.';
comment on column aidledger_bi.findings.state is 'raised, answered, rectified or closed.';
comment on column aidledger_bi.findings.outcome is 'How it was closed; empty: it is open.';
comment on column aidledger_bi.findings.due_date is 'Day by which it should be rectified; empty: none.';
