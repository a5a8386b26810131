package roles_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"aidledger/eventstore"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
	"aidledger/projections/people"
	"aidledger/projections/roles"
	"aidledger/projections/vault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// empty is a log with nothing in it.
type empty struct{}

func (empty) End(context.Context) (uint64, error) { return 0, nil }

func (empty) none(func(eventstore.Message, error) bool) {}

func (empty) Blocks(ctx context.Context, _, _ uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		<-ctx.Done()
		yield(eventstore.Message{}, ctx.Err())
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// divided is a database with the users, the read models and the people in it,
// each opened by its own user.
func divided(t *testing.T) string {
	t.Helper()
	url := pgtest.Database(t)
	passwords := map[string]string{}
	for _, name := range roles.Names() {
		passwords[name] = "it's a secret of " + name
	}
	for range 2 { // it may be called again, by a version that had other rights too
		if err := roles.Create(t.Context(), url, passwords); err != nil {
			t.Fatal(err)
		}
		if _, err := connect(t, url).Exec(t.Context(), `alter table aidledger_archive.blocks owner to aidledger_projector`); err != nil {
			t.Fatal(err)
		}
	}
	if err := roles.Create(t.Context(), url, passwords); err != nil {
		t.Fatal(err)
	}
	views, err := projections.OpenApart(t.Context(), pgtest.As(url, roles.Projector), pgtest.As(url, roles.API))
	if err != nil {
		t.Fatal("the read models:", err)
	}
	t.Cleanup(views.Close)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := projections.NewRunner(views, empty{}, slog.New(slog.DiscardHandler)).Run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("the read models: %v", err)
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	made := connect(t, url)
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		var there bool
		if err := made.QueryRow(t.Context(), `select to_regclass('aidledger.totals') is not null`).Scan(&there); err != nil || there {
			break
		}
	}
	if _, err := views.Ledgers(t.Context(), projections.ListQuery{}); err != nil {
		t.Fatal("a query:", err)
	}
	store, err := people.Open(t.Context(), pgtest.As(url, roles.API), vault.NewKey(), time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal("people:", err)
	}
	t.Cleanup(store.Close)
	p, err := store.Add(t.Context(), "owner", people.Person{Login: "zhang", Role: "auditor"})
	if err == nil {
		_, err = store.Invite(t.Context(), "owner", p.Person)
	}
	if err != nil {
		t.Fatal("people:", err)
	}
	vault := connect(t, pgtest.As(url, roles.Vault))
	if _, err := vault.Exec(t.Context(), `create table aidledger_vault.keys (key bytea); insert into aidledger_vault.keys values ('x')`); err != nil {
		t.Fatal("the vault:", err)
	}
	return url
}

func TestEachUserCanDoWhatItIsForAndNothingElse(t *testing.T) {
	url := divided(t)
	for _, c := range []struct {
		user, sql string
		may       bool
	}{
		{roles.BI, `select count(*) from aidledger_bi.funds`, true},
		{roles.BI, `insert into aidledger_bi.funds (ledger) values ('one')`, false},
		{roles.BI, `select count(*) from aidledger.funds`, false},
		{roles.BI, `select count(*) from aidledger.beneficiaries`, false},
		{roles.BI, `create view aidledger_bi.mine as select 1`, false},
		{roles.BI, `select * from aidledger_people.people`, false},
		{roles.BI, `select * from aidledger_people.access_log`, false},
		{roles.BI, `select * from aidledger_vault.keys`, false},
		{roles.BI, `create table aidledger.mine (x int)`, false},
		{roles.BI, `create schema mine`, false},
		{roles.BI, `create table public.mine (x int)`, false},

		{roles.API, `select count(*) from aidledger_people.people`, true},
		{roles.API, `insert into aidledger_people.access_log (at, person, role, act, ledger, thing, why) values (now(), '', '', 'read', '', '', '')`, true},
		{roles.API, `update aidledger_people.access_log set why = 'x'`, false},
		{roles.API, `delete from aidledger_people.access_log`, false},
		{roles.API, `truncate aidledger_people.access_log`, false},
		{roles.API, `drop trigger access_log_is_append_only on aidledger_people.access_log`, false},
		{roles.API, `alter table aidledger_people.access_log disable trigger all`, false},
		{roles.API, `drop table aidledger_people.people`, false},
		{roles.API, `update aidledger_people.version set version_id = 0`, false},
		{roles.API, `select * from aidledger_vault.keys`, false},
		{roles.API, `select count(*) from aidledger.funds`, true},
		{roles.API, `select count(*) from aidledger_archive.blocks`, true},
		{roles.API, `delete from aidledger.funds`, false},
		{roles.API, `insert into aidledger_archive.checkpoints default values`, false},
		{roles.API, `create table aidledger.mine (x int)`, false},
		{roles.BI, `select count(*) from aidledger_archive.blocks`, false},

		{roles.Projector, `select count(*) from aidledger.funds`, true},
		{roles.Projector, `select count(*) from aidledger_archive.blocks`, true},
		{roles.Projector, `delete from aidledger_archive.tiles`, true},
		{roles.Projector, `insert into aidledger_archive.repairs (repaired_at, what, reason, blocks, head) values (now(), '', '', 0, '')`, true},
		{roles.Projector, `delete from aidledger_archive.repairs`, false},
		{roles.Projector, `update aidledger_archive.blocks set data = ''`, false},
		{roles.Projector, `truncate aidledger_archive.checkpoints`, false},
		{roles.Projector, `alter table aidledger_archive.blocks disable trigger all`, false},
		{roles.Projector, `alter table aidledger_archive.blocks rename to others`, false},
		{roles.Projector, `create table aidledger_archive.mine (x int)`, false},
		{roles.Projector, `create or replace function aidledger_archive.refuse_change() returns trigger language sql as ''`, false},
		{roles.Projector, `drop schema aidledger_archive cascade`, false},
		{roles.Projector, `select * from aidledger_people.people`, false},
		{roles.Projector, `update aidledger_people.people set role = 'administrator'`, false},
		{roles.Projector, `select * from aidledger_vault.keys`, false},

		{roles.Vault, `select * from aidledger_vault.keys`, true},
		{roles.Vault, `select * from aidledger_people.people`, false},
		{roles.Vault, `select * from aidledger.funds`, false},

		{roles.BI, `set role aidledger_projector`, false},
		{roles.API, `set role aidledger_owner`, false},
		{roles.Projector, `set role aidledger_vault`, false},
	} {
		conn := connect(t, url)
		// As somebody who signed in as that user, who cannot go back to another one.
		if _, err := conn.Exec(t.Context(), `set session authorization `+c.user); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Exec(t.Context(), c.sql)
		denied, _ := errors.AsType[*pgconn.PgError](err)
		if c.may != (err == nil) || !c.may && denied != nil && denied.Code != "42501" {
			t.Errorf("%s: %s: %v", c.user, c.sql, err)
		}
	}
}

func TestTheArchiveIsMadeAnewByWhoSetUpTheUsersAndByNoServer(t *testing.T) {
	url := divided(t)
	for user, may := range map[string]bool{pgtest.As(url, roles.Projector): false, url: true} {
		views, err := projections.Open(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = views.Archive().Rewrite(t.Context(), empty{}.none)
		views.Close()
		if may != (err == nil) || !may && !projections.Is(err, projections.ArchiveProtected) {
			t.Errorf("%s gets %v", user, err)
		}
	}
	for sql, may := range map[string]bool{`select count(*) from aidledger_archive.blocks`: true, `drop table aidledger_archive.blocks`: false} {
		if _, err := connect(t, pgtest.As(url, roles.Projector)).Exec(t.Context(), sql); may != (err == nil) {
			t.Errorf("afterwards %s: %v", sql, err)
		}
	}
}

func TestUsersHavePasswordsAndNoOtherRights(t *testing.T) {
	conn := connect(t, divided(t))
	rows, err := conn.Query(t.Context(), `select rolname, rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls, rolcanlogin, coalesce(rolpassword, '')
		from pg_authid where rolname like 'aidledger\_%' order by rolname`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	many := 0
	for rows.Next() {
		var name, password string
		var powerful, login bool
		if err := rows.Scan(&name, &powerful, &login, &password); err != nil {
			t.Fatal(err)
		}
		many++
		if powerful || login != roles.Known(name) || login != strings.HasPrefix(password, "SCRAM-SHA-256$") {
			t.Errorf("%s: powerful %t, signs in %t, password %.14q", name, powerful, login, password)
		}
	}
	if many != len(roles.Names())+1 {
		t.Errorf("there are %d users", many)
	}
}

func TestEveryViewForAnalysisCanBeReadAndSaysWhatItsColumnsMean(t *testing.T) {
	url := divided(t)
	conn := connect(t, pgtest.As(url, roles.BI))
	read := func() (names []string) {
		rows, _ := conn.Query(t.Context(), `select c.relname, coalesce(obj_description(c.oid), ''),
			coalesce(string_agg(a.attname, ' ') filter (where col_description(c.oid, a.attnum) is null), '')
			from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
			where c.relnamespace = 'aidledger_bi'::regnamespace group by 1, c.oid, 2 order by 1`)
		var name, comment, silent string
		if _, err := pgx.ForEachRow(rows, []any{&name, &comment, &silent}, func() error {
			names = append(names, name)
			if comment == "" || silent != "" {
				t.Errorf("%s: the comment is %q, and the columns without one are %q", name, comment, silent)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, err := conn.Exec(t.Context(), `select * from aidledger_bi.`+name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		return names
	}
	before := read()
	views, err := projections.OpenApart(t.Context(), pgtest.As(url, roles.Projector), pgtest.As(url, roles.API))
	if err != nil {
		t.Fatal(err)
	}
	defer views.Close()
	if err := projections.NewRunner(views, empty{}, slog.New(slog.DiscardHandler)).Rebuild(t.Context(), func(uint64, uint64) {}); err != nil {
		t.Fatal(err)
	}
	if after := read(); len(before) < 10 || !slices.Equal(after, before) {
		t.Errorf("there were %q and after a rebuild %q", before, after)
	}
}
