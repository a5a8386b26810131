package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectionsMax is how many queries one process asks PostgreSQL at a time;
// more wait for their turn.
const connectionsMax = 8

// pool lends connections to queries.
type pool struct{ *pgxpool.Pool }

func newPool(ctx context.Context, url string) (pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return pool{}, fmt.Errorf("the connection string of PostgreSQL: %w", err)
	}
	config.MaxConns = connectionsMax
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// Statements of a batch are prepared before the batch chooses a generation of
	// tables. They find the views then, whatever the user is called.
	config.ConnConfig.RuntimeParams["search_path"] = "aidledger"
	config.AfterConnect = planOnce
	config.ConnConfig.Tracer = watch{}
	p, err := pgxpool.NewWithConfig(ctx, config)
	return pool{p}, err
}

// planOnce lets PostgreSQL plan a query once for all values that it is asked
// with. Planning takes longer than a total, which an index answers whatever the
// values are.
func planOnce(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "set plan_cache_mode = force_generic_plan")
	return err
}

// read calls f with a connection. A connection that has waited may have died
// while it did (the server was restarted), and a standby cancels a query that
// is in the way of what it follows, so f is called again: f must only read. It
// returns an *Error of
// code views_unavailable where there is no connection to be had.
func (p pool) read(ctx context.Context, f func(*pgx.Conn) error) error {
	for again := 0; ; again++ {
		conn, err := p.Acquire(ctx)
		if err != nil {
			return unavailable(ctx, err)
		}
		err = f(conn.Conn())
		lost := conn.Conn().IsClosed()
		conn.Release()
		switch {
		case err == nil, !lost && !cancelledByStandby(err), ctx.Err() != nil:
			return err
		case again == connectionsMax:
			return unavailable(ctx, err)
		}
	}
}

// cancelledByStandby tells whether a standby took back a query because of what
// its primary did meanwhile.
func cancelledByStandby(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "40001" // serialization_failure
}

// unavailable says that there is no connection to PostgreSQL.
func unavailable(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Error{Code: Unavailable, Message: "the read models do not answer",
		Hint: "commands are recorded meanwhile; try again when PostgreSQL is back", Err: cause}
}
