// Package roles divides one PostgreSQL database between the users of a server,
// so that each can do what it is for and nothing else:
//
//	aidledger_owner      owns the tables of people and the archive of the log; nobody signs in as it
//	aidledger_projector  makes and fills the read models, and adds to the archive
//	aidledger_api        answers queries, lets people in, and keeps the access log, which it can only add to
//	aidledger_vault      keeps the keys of personal data, which nobody else can read
//	aidledger_bi         reads the views of the schema aidledger_bi, for tools that analyse
//
// The server uses one connection string for each of projector, api and vault.
package roles

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aidledger/projections"
	"aidledger/projections/people"

	"github.com/jackc/pgx/v5"
)

// The users that sign in.
const (
	Projector = "aidledger_projector"
	API       = "aidledger_api"
	Vault     = "aidledger_vault"
	BI        = "aidledger_bi"

	owner = "aidledger_owner"
)

// Names lists the users that sign in.
func Names() []string { return []string{Projector, API, Vault, BI} }

// Create makes the users with their passwords, by name, and gives each what it
// needs in the database of the connection string, whose user must be able to
// make others. It may be called again: after an update, to bring the tables of
// people and the archive up to date, and to change passwords.
func Create(ctx context.Context, admin string, passwords map[string]string) error {
	config, err := pgx.ParseConfig(admin)
	if err != nil {
		return fmt.Errorf("the connection string of PostgreSQL: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var database string
	if err := conn.QueryRow(ctx, `select current_database()`).Scan(&database); err != nil {
		return err
	}
	for _, role := range append(Names(), owner) {
		if err := createRole(ctx, conn, role, passwords[role]); err != nil {
			return fmt.Errorf("the user %s: %w", role, err)
		}
	}
	name := pgx.Identifier{database}.Sanitize()
	if _, err := conn.Exec(ctx, strings.ReplaceAll(before, "DATABASE", name)); err != nil {
		return err
	}
	if err := people.Migrate(ctx, admin, owner); err != nil {
		return err
	}
	if err := projections.MakeArchive(ctx, admin, owner); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, after)
	return err
}

func createRole(ctx context.Context, conn *pgx.Conn, role, password string) error {
	var exists bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1)`, role).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := conn.Exec(ctx, `create role `+role+` nosuperuser nocreatedb nocreaterole noinherit`); err != nil {
			return err
		}
	}
	if role == owner || password == "" {
		return nil
	}
	var quoted string
	if err := conn.QueryRow(ctx, `select quote_literal($1::text)`, password).Scan(&quoted); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `alter role `+role+` login password `+quoted)
	return err
}

// before is what has to be there before the tables are made. A user that makes
// schemas needs the right to make them in the database.
const before = `
revoke all on database DATABASE from public;
revoke all on schema public from public;
grant connect on database DATABASE to aidledger_projector, aidledger_api, aidledger_vault, aidledger_bi;
grant create on database DATABASE to aidledger_owner, aidledger_projector, aidledger_vault;
grant aidledger_owner to current_user;
create schema if not exists aidledger authorization aidledger_projector;
create schema if not exists aidledger_archive authorization aidledger_owner;
create schema if not exists aidledger_vault authorization aidledger_vault;
create schema if not exists aidledger_bi authorization aidledger_projector;
grant usage on schema aidledger to aidledger_api;
grant select on all tables in schema aidledger to aidledger_api;
alter default privileges for role aidledger_projector in schema aidledger grant select on tables to aidledger_api;
revoke all on schema aidledger from aidledger_bi;
revoke all on all tables in schema aidledger from aidledger_bi;
alter default privileges for role aidledger_projector in schema aidledger revoke all on tables from aidledger_bi;
grant usage on schema aidledger_bi to aidledger_bi;
grant select on all tables in schema aidledger_bi to aidledger_bi;
alter default privileges for role aidledger_projector in schema aidledger_bi grant select on tables to aidledger_bi;
alter default privileges for role aidledger_owner in schema aidledger_archive grant select, insert on tables to aidledger_projector;
alter default privileges for role aidledger_owner in schema aidledger_archive grant select on tables to aidledger_api;
do $$ declare made text; begin -- by a version whose archive was the projector's own
	alter schema aidledger_archive owner to aidledger_owner;
	for made in select format('table %s owner to aidledger_owner', oid::regclass) from pg_class where relnamespace = 'aidledger_archive'::regnamespace and relkind = 'r'
		union all select format('function %s owner to aidledger_owner', oid::regprocedure) from pg_proc where pronamespace = 'aidledger_archive'::regnamespace
	loop
		execute 'alter ' || made;
	end loop;
end $$;
`

// after is what has to be there before the server starts. The access log cannot
// be changed by who writes it, and neither can the archive; trees can be made anew
// from it.
const after = `
grant usage on schema aidledger_archive to aidledger_projector, aidledger_api;
grant select on all tables in schema aidledger_archive to aidledger_api;
revoke all on all tables in schema aidledger_archive from aidledger_projector;
grant select, insert on all tables in schema aidledger_archive to aidledger_projector;
grant update, delete on aidledger_archive.tiles to aidledger_projector;
grant usage on schema aidledger_people to aidledger_api;
grant select, insert, update, delete on all tables in schema aidledger_people to aidledger_api;
revoke update, delete, truncate on aidledger_people.access_log from aidledger_api;
revoke insert, update, delete on aidledger_people.version from aidledger_api;
`

// Known tells whether there is a user of that name that signs in.
func Known(name string) bool { return slices.Contains(Names(), name) }
