package projections

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Watched returns a context whose queries are told to seen before they are
// asked: which read models a page needs, and what they cost by themselves.
func Watched(ctx context.Context, seen func(sql string, args []any)) context.Context {
	return context.WithValue(ctx, watched{}, seen)
}

type watched struct{}

// watch is asked before and after every query of a pool.
type watch struct{}

func (watch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if seen, ok := ctx.Value(watched{}).(func(string, []any)); ok {
		seen(q.SQL, q.Args)
	}
	return ctx
}

func (watch) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
