create table notices (
	ledger           text collate "C" not null,
	notice           text collate "C" not null,
	project          text collate "C" not null,
	place            text collate "C" not null,
	amount           bigint not null,
	currency         text not null,
	contact          text not null,
	text             text not null,
	first_day        date not null,
	last_day         date not null,
	withdrawn        text not null default '',
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, notice)
);
comment on table notices is 'What was made public about money.';
comment on column notices.amount is 'Minor units of the currency.';
comment on column notices.contact is 'Whom people can complain to.';
comment on column notices.withdrawn is 'Why it was ended before its time; empty: it was not.';

create table attachments (
	ledger           text collate "C" not null,
	attachment       text collate "C" not null,
	about            text collate "C" not null,
	about_entry      text collate "C" not null,
	name             text not null,
	media_type       text not null,
	length           bigint not null,
	sha256           text not null,
	entry            text not null,
	date             text not null,
	document         text not null,
	source_reference text not null,
	note             text not null,
	primary key (ledger, attachment)
);
comment on table attachments is 'Files that prove something; their bytes lie beside the log.';
comment on column attachments.about is 'Id of the thing that it belongs to; empty: an entry, or the ledger.';
comment on column attachments.about_entry is 'Entry that it belongs to; empty: none.';
comment on column attachments.length is 'Bytes of the file.';
comment on column attachments.sha256 is 'SHA-256 of its bytes, in hexadecimal.';

-- for queries
create index on notices (ledger, project);
create index on notices (ledger, last_day);
create index on attachments (ledger, about);
