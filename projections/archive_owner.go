package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// MakeArchive makes what is missing of the archive, as the user that owns it, in
// the database of a connection string whose user may act for that one.
func MakeArchive(ctx context.Context, url, owner string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer release(conn)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(lockOpen)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "set local role "+pgx.Identifier{owner}.Sanitize()); err != nil {
			return err
		}
		return createArchive(ctx, tx)
	})
}

// createArchive makes what is missing of the archive, unless it is of a user
// whom this one cannot act for: setup made it then, and brings it up to date.
func createArchive(ctx context.Context, tx pgx.Tx) error {
	owner, err := asArchiveOwner(ctx, tx)
	if err != nil || owner.other {
		return err
	}
	if err := exec(ctx, tx.Conn(), archiveSQL+treeSQL+repairSQL); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "set local role "+pgx.Identifier{owner.asked}.Sanitize())
	return err
}

// archiveOwner is whose the archive is.
type archiveOwner struct {
	name, asked string // asked is the user who asks
	other       bool   // whom the one who asks cannot act for
}

// asArchiveOwner lets a transaction go on as the owner of the archive, if the
// user of the connection may act for that one. What is not there yet is its own.
func asArchiveOwner(ctx context.Context, tx pgx.Tx) (o archiveOwner, err error) {
	err = tx.QueryRow(ctx, `select current_user::text, coalesce(max(nspowner::regrole::text), current_user), coalesce(bool_and(not pg_has_role(nspowner, 'member')), false)
		from pg_namespace where nspname = 'aidledger_archive'`).Scan(&o.asked, &o.name, &o.other)
	if err == nil && !o.other {
		_, err = tx.Exec(ctx, "set local role "+o.name) // regrole quotes where it has to
	}
	return o, err
}
