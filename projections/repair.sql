create table if not exists aidledger_archive.repairs (
	repaired_at timestamptz not null,
	what        text not null,
	reason      text not null,
	blocks      bigint not null,
	head        bytea not null
);
comment on table aidledger_archive.repairs is 'Which copy of the log was made anew from the other one, when and why. Rows are added and never changed.';
create or replace trigger never_changed before update or delete or truncate on aidledger_archive.repairs
	for each statement execute function aidledger_archive.refuse_change();
revoke update, delete, truncate on aidledger_archive.repairs from public, current_user;
