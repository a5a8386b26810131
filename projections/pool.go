package projections

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// connectionsMax is how many queries one process asks PostgreSQL at a time;
// more wait for their turn.
const connectionsMax = 8

var errClosed = errors.New("the connections to PostgreSQL are closed")

// pool lends connections to queries.
type pool struct {
	config *pgx.ConnConfig
	turns  chan struct{}  // one for each query that is running
	idle   chan *pgx.Conn // connections between queries
	closed chan struct{}
}

func newPool(config *pgx.ConnConfig) *pool {
	return &pool{
		config: config,
		turns:  make(chan struct{}, connectionsMax),
		idle:   make(chan *pgx.Conn, connectionsMax),
		closed: make(chan struct{}),
	}
}

// read calls f with a connection. A connection that has waited may have died
// while it did (the server was restarted), so f is called again with another
// one when it loses such a connection: f must only read.
func (p *pool) read(ctx context.Context, f func(*pgx.Conn) error) error {
	select {
	case <-p.closed:
		return errClosed
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		conn, waited, err := p.take(ctx)
		if err != nil {
			return err
		}
		err = f(conn)
		if conn.IsClosed() || conn.PgConn().TxStatus() != 'I' {
			_ = conn.Close(context.WithoutCancel(ctx))
			if err != nil && waited && ctx.Err() == nil {
				continue
			}
			return err
		}
		p.idle <- conn // never blocks: it has room for as many as there are turns
		return err
	}
}

func (p *pool) take(ctx context.Context) (conn *pgx.Conn, waited bool, err error) {
	select {
	case conn := <-p.idle:
		return conn, true, nil
	default:
		conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
		if err != nil {
			return nil, false, err
		}
		// A query of totals takes longer to plan than to run, and the plan is the
		// same for all values.
		return conn, false, exec(ctx, conn, "set plan_cache_mode = force_generic_plan")
	}
}

// close waits for the queries that are running and ends all connections.
func (p *pool) close() {
	close(p.closed)
	for range connectionsMax {
		p.turns <- struct{}{}
	}
	for len(p.idle) > 0 {
		_ = (<-p.idle).Close(context.Background())
	}
}
