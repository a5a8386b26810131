package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"aidledger/cmd/internal/pages"
	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/jackc/pgx/v5"
)

// mainPages are those that people look at most, by the end of their address.
var mainPages = []struct{ name, path string }{
	{"overview", ""},
	{"totals", "totals"},
	{"totals-projects", "totals?by=project"},
	{"totals-villages", "totals?by=village"},
	{"totals-past", "totals?by=project&effective_until=2014-06-15"},
	{"journal", "journal"},
	{"journal-village", "journal?place=" + string(village(14))},
	{"journal-year", "journal?stage=disbursed&year=2015"},
	{"why", "why?by=village&key=" + string(village(14)) + "&stage=disbursed"},
	{"flow", "flow"},
	{"project", "trace/" + string(project(7))},
	{"village", "trace/" + string(village(14))},
	{"provider", "trace/provider-1"},
	{"projects", "projects"},
	{"places", "places"},
	{"search", "search?q=village"},
	{"idle", "idle"},
	{"compare", "compare?by=project&from=2014-12-31&until=2015-12-31"},
	{"coverage", "coverage"},
	{"notices", "notices"},
	{"vouchers", "vouchers"},
	{"requests", "requests"},
	{"findings", "findings"},
	{"events", "events"},
}

// A page should take at most so many times the time of its bare SQL, and must
// have at most so many bytes.
const (
	pageTimes = 5
	pageBytes = 100_000
)

// question is one query of a page.
type question struct {
	sql  string
	args []any
}

// pages measures the time of the server for each page against its bare SQL: the
// queries that the page asked, again and in their order, on one connection and
// without looking at the answers. The list of events is read from the log, so
// reading its last block is part of its limit.
func (b *bench) pages(ctx context.Context) error {
	short := *b
	short.Duration = b.Duration / 2 // there are many, and one collection of garbage must not be one percent of it
	log := slog.New(slog.DiscardHandler)
	site := pages.New(pages.Config{Store: b.large, Views: b.views, Runner: b.runner, Log: log, Now: time.Now})
	const token = "bench-token-of-this-run"
	server := web.New(web.Config{Store: b.large, Views: b.views, Runner: b.runner, Log: log, Token: token}, site.Routes()...)
	conn, err := b.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "set search_path = aidledger; set plan_cache_mode = force_generic_plan"); err != nil {
		return err
	}
	for _, p := range mainPages {
		target, err := url.Parse("/ledgers/" + largeLedger + "/" + p.path)
		if err != nil {
			return err
		}
		if p.path == "" {
			target.Path = "/ledgers/" + largeLedger
		}
		look := func(ctx context.Context) (int, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
			if err != nil {
				return 0, err
			}
			r.Header.Set("Accept", "text/html")
			r.Header.Set("Authorization", "Bearer "+token)
			got := &answer{header: http.Header{}}
			server.ServeHTTP(got, r)
			if got.status != http.StatusOK {
				return 0, fmt.Errorf("%s: status %d", target, got.status)
			}
			return got.bytes, nil
		}
		if err := short.page(ctx, p.name, look, conn); err != nil {
			return err
		}
	}
	return nil
}

// page measures one page, which look gets.
func (b *bench) page(ctx context.Context, name string, look func(context.Context) (bytes int, err error), conn *pgx.Conn) error {
	var asked []question
	size, err := look(projections.Watched(ctx, func(sql string, args []any) { asked = append(asked, question{sql, args}) }))
	if err == nil && size > pageBytes {
		err = fmt.Errorf("the page %s has %d bytes", name, size)
	}
	if err != nil {
		return err
	}
	raw, err := b.load(ctx, "sql-of-"+name, 1, 1, func(ctx context.Context, _ int) error {
		if name == "events" {
			if err := b.lastBlock(ctx); err != nil {
				return err
			}
		}
		for _, q := range asked {
			rows, err := conn.Query(ctx, q.sql, q.args...)
			if err != nil {
				return err
			}
			for rows.Next() { // what it says is of no interest
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	raw.Unit, raw.Note = "pages", fmt.Sprintf("the %d queries of the page alone", len(asked))
	b.record(raw)
	row, err := b.load(ctx, "page-"+name, 1, 1, func(ctx context.Context, _ int) error {
		_, err := look(ctx)
		return err
	})
	if err != nil {
		return err
	}
	row.Unit, row.Note = "pages", fmt.Sprintf("first view of %d bytes", size)
	row.Limit, row.Ratio = raw.Name+", p99", float64(row.P99)/float64(raw.P99)
	row.Goal, row.Reached = fmt.Sprintf("≤ %d.00", pageTimes), row.Ratio <= pageTimes
	b.record(row)
	return nil
}

// lastBlock reads the last block of the log.
func (b *bench) lastBlock(ctx context.Context) error {
	end, err := b.large.End(ctx)
	if err == nil {
		_, err = b.large.Block(ctx, end)
	}
	return err
}

// answer takes what a server sends, and counts it.
type answer struct {
	header        http.Header
	status, bytes int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		return 0, errors.New("the answer has no status")
	}
	a.bytes += len(p)
	return len(p), nil
}
