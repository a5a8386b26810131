// Package migration keeps tables that a replay of the log cannot rebuild: each
// package that has such tables has a schema of its own, and brings it up to
// date with numbered SQL files. What is committed there is synced to disk.
package migration

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

const connectionsMax = 4

// Connect makes connections to the tables of a schema. They act as the role
// where one is named, and use UTC.
func Connect(ctx context.Context, url, schema, role string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the connection string of PostgreSQL: %w", err)
	}
	config.MaxConns = connectionsMax
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["search_path"] = schema
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on" // a replay cannot bring these rows back
	if role != "" {
		config.ConnConfig.RuntimeParams["role"] = role
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// Up makes the schema with its comment where there is none, and applies the
// files of the folder migrations that it lacks. Several processes may do that at once. Where nothing is
// missing it needs no right to change anything.
func Up(ctx context.Context, pool *pgxpool.Pool, schema, comment string, files fs.FS) error {
	files, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	if err := create(ctx, pool, schema, comment); err != nil {
		return err
	}
	versions, err := database.NewStore(database.DialectPostgres, schema+".version")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider("", db, files, goose.WithStore(versions), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func create(ctx context.Context, pool *pgxpool.Pool, schema, comment string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext($1))`, schema); err != nil {
			return err
		}
		var exists bool
		if err := tx.QueryRow(ctx, `select to_regnamespace($1) is not null`, schema).Scan(&exists); err != nil || exists {
			return err
		}
		_, err := tx.Exec(ctx, `create schema `+schema+`; comment on schema `+schema+` is '`+comment+`'`)
		return err
	})
}
