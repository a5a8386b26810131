package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"aidledger/projections"
	"aidledger/projections/localpg"

	"github.com/jackc/pgx/v5"
)

// standby lets a client record at one server process and read at another one,
// which asks a standby of the database, while that is behind and while it is
// gone.
func standby(ctx context.Context, r *Run) error {
	nats, err := r.startNode(ctx, "standby", filepath.Join(r.Dir, "nats"), "")
	if err != nil {
		return err
	}
	defer nats.kill()
	primary, err := localpg.Start(ctx, filepath.Join(r.Dir, "primary"), localpg.Config{Standbys: 1})
	if err != nil {
		return err
	}
	defer func() { _ = primary.Stop(context.WithoutCancel(ctx)) }()
	if err := primary.CreateDatabase(ctx, databaseName); err != nil {
		return err
	}
	follower, err := localpg.Start(ctx, filepath.Join(r.Dir, "standby"), localpg.Config{Primary: primary})
	if err != nil {
		return err
	}
	defer func() { _ = follower.Stop(context.WithoutCancel(ctx)) }()
	common := []string{"--nats-url", nats.url(), "--postgres-url", primary.ConnString(databaseName)}
	writes, err := r.serve(ctx, filepath.Join(r.Dir, "writes"), common...)
	if err != nil {
		return err
	}
	defer writes.kill()
	reads, err := r.serve(ctx, filepath.Join(r.Dir, "reads"), append(common, "--read-url", follower.ConnString(databaseName))...)
	if err != nil {
		return err
	}
	defer reads.kill()
	if err := must(ctx, writes.submit, ledger, programme(1, plenty)...); err != nil {
		return err
	}
	replay, err := pgx.Connect(ctx, follower.ConnString(databaseName))
	if err != nil {
		return err
	}
	defer replay.Close(context.WithoutCancel(ctx))
	c := &reader{Run: r, writes: writes, reads: reads}
	if err := c.readOwnWrites(ctx, r.scale(50, 2_000)); err != nil {
		return err
	}
	if err := c.behind(ctx, replay); err != nil {
		return err
	}
	return c.without(ctx, follower)
}

// reader pays at one server and asks another one for the sum.
type reader struct {
	*Run
	writes, reads *server
	paid          int64 // fen
}

// pay records a payment and returns its block.
func (c *reader) pay(ctx context.Context) (block uint64, err error) {
	receipt, err := insist(ctx, c.writes.submit, ledger, ask(pay(0, 1)))
	c.paid++
	return receipt.Position.Block, err
}

// shown asks for what was paid, as of a block or later.
func (c *reader) shown(ctx context.Context, block uint64) (fen int64, err error) {
	path := "/v1/ledgers/" + ledger + "/totals?by=fund"
	if !c.Unprotected {
		path += fmt.Sprintf("&wait_for=%d", block)
	}
	var totals projections.Totals
	err = c.reads.do(ctx, "GET", path, "", nil, &totals)
	switch {
	case codeOf(err) == "ledger_not_found": // it is older than the ledger
		return 0, nil
	case err != nil:
		return 0, err
	case len(totals.Rows) == 0:
		return 0, nil
	}
	return minorOf(totals.Rows[0].Disbursed)
}

func (c *reader) readOwnWrites(ctx context.Context, n int) error {
	begun := time.Now()
	for range n {
		block, err := c.pay(ctx)
		if err != nil {
			return err
		}
		switch fen, err := c.shown(ctx, block); {
		case err != nil:
			return err
		case fen != c.paid:
			return violated("%d fen were paid, and the standby shows %d", c.paid, fen)
		}
	}
	c.figure("%d payments at one server, each read at once from the standby of another one: 0 stale, %s for both", n,
		(time.Since(begun) / time.Duration(n)).Round(100*time.Microsecond))
	return nil
}

// behind holds the standby back: a server that reads there says so, and does not
// show what is old.
func (c *reader) behind(ctx context.Context, replay *pgx.Conn) error {
	if _, err := replay.Exec(ctx, "select pg_wal_replay_pause()"); err != nil {
		return err
	}
	block, err := c.pay(ctx)
	if err != nil {
		return err
	}
	if err := c.writes.caughtUp(ctx, block); err != nil {
		return err
	}
	switch fen, err := c.shown(ctx, block); {
	case err == nil && fen != c.paid:
		return violated("%d fen were paid, and the standby shows %d", c.paid, fen)
	case codeOf(err) != "projection_behind":
		return fmt.Errorf("%w: asking a standby that is held back ended with %v", errNothing, err)
	}
	if _, err := replay.Exec(ctx, "select pg_wal_replay_resume()"); err != nil {
		return err
	}
	if err := c.reads.caughtUp(ctx, block); err != nil {
		return err
	}
	c.figure("the standby held back: projection_behind, nothing old shown, exact once it follows again")
	return nil
}

// without ends the standby: commands go on at the server that reads there.
func (c *reader) without(ctx context.Context, follower *localpg.Cluster) error {
	if err := follower.Stop(ctx); err != nil {
		return err
	}
	if _, err := c.shown(ctx, 0); codeOf(err) != "views_unavailable" {
		return fmt.Errorf("%w: asking a standby that is gone ended with %v", errNothing, err)
	}
	if _, err := insist(ctx, c.reads.submit, ledger, ask(pay(0, 1))); err != nil {
		return err
	}
	c.figure("the standby gone: queries say views_unavailable, commands go on")
	return nil
}
