create table indicators (
	ledger           text collate "C" not null,
	indicator        text collate "C" not null,
	name             text not null,
	value            numeric not null,
	unit             text not null,
	qualifier        text not null,
	period_from      text not null,
	period_until     text not null,
	place            text collate "C" not null,
	project          text collate "C" not null,
	fund             text collate "C" not null,
	part_of          text collate "C" not null,
	commercial       boolean not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, indicator)
);
comment on table indicators is 'Results that are counted. They are not money that is disbursed and are never added up.';
comment on column indicators.qualifier is 'How exact the value is: about, at-least, at-most, expected; empty: exact.';
comment on column indicators.part_of is 'Indicator that contains this one; empty: none.';
comment on column indicators.commercial is 'Business, not aid.';
