package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"
)

// commandLedger takes the commands of the cases that measure commands.
const commandLedger = "bench-commands"

// commands measures a durable command in this process against a raw durable
// publish of the same bytes: a smaller message would be no fair limit, since
// each byte is synced.
func (b *bench) commands(ctx context.Context) error {
	if err := submit(ctx, b.store, commandLedger, small()); err != nil {
		return err
	}
	js, err := jetstream.New(b.nats.Conn())
	if err != nil {
		return err
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "RAW", Subjects: []string{"raw"}, Storage: jetstream.FileStorage}); err != nil {
		return err
	}
	r, err := b.store.Submit(ctx, commandLedger, request(payment()))
	if err != nil {
		return err
	}
	block, err := b.store.Block(ctx, r.Position.Block)
	if err != nil {
		return err
	}
	message := block.Data // of the size of a block with one command
	for _, c := range []struct {
		clients int
		least   float64 // goal of the ratio; 0: none
	}{{1, 1 / 1.3}, {16, 0}, {64, 8}, {clientsMax, 0}} {
		raw, err := b.load(ctx, "publish", c.clients, 1, func(ctx context.Context, _ int) error {
			_, err := js.Publish(ctx, "raw", message)
			return err
		})
		if err != nil {
			return err
		}
		raw.Unit, raw.Note = "messages", fmt.Sprintf("raw durable JetStream publish of %d bytes, which is the block of one command", len(message))
		b.record(raw)
		own, err := b.load(ctx, "command", c.clients, 1, func(ctx context.Context, _ int) error {
			_, err := b.store.Submit(ctx, commandLedger, request(payment()))
			return err
		})
		if err != nil {
			return err
		}
		own.Unit, own.Note = "commands", "durable disbursement in process"
		b.record(b.against(own, "publish", c.clients, c.least))
	}
	return nil
}

// http measures commands over HTTP against single-row durable commits in the
// same PostgreSQL.
func (b *bench) http(ctx context.Context) error {
	const token = "bench-token-of-this-run"
	server := web.New(web.Config{Store: b.store, Views: b.views, Runner: b.runner, Log: slog.New(slog.DiscardHandler), Token: token}).HTTP()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go server.Serve(listener)
	defer server.Close()
	for _, c := range []struct {
		clients int
		least   float64
	}{{1, 0.25}, {16, 0}, {32, 1}, {64, 0}, {clientsMax, 0}} {
		if err := b.commits(ctx, c.clients); err != nil {
			return err
		}
		conns := make([]*client, c.clients)
		for i := range conns {
			if conns[i], err = dial(listener.Addr().String(), token); err != nil {
				return err
			}
			defer conns[i].Close()
		}
		own, err := b.load(ctx, "http-command", c.clients, 1, func(_ context.Context, i int) error {
			return conns[i].post("/v1/ledgers/"+commandLedger+"/commands/disburse-funds", http.StatusCreated,
				[]byte(`{"fund":"fund","project":"road","amount":"0.01"}`))
		})
		if err != nil {
			return err
		}
		own.Unit, own.Note = "commands", "one command per request"
		b.record(b.against(own, "commit", c.clients, c.least))
	}
	return b.batches(ctx, listener.Addr().String(), token)
}

// commits measures what PostgreSQL can do: one row, one durable transaction.
func (b *bench) commits(ctx context.Context, clients int) error {
	conns := make([]*pgx.Conn, clients)
	for i := range conns {
		conn, err := b.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		conns[i] = conn
	}
	if _, err := conns[0].Exec(ctx, "create table if not exists raw_commit (id bigint generated always as identity primary key, entry text, body text)"); err != nil {
		return err
	}
	body := strings.Repeat("x", 300)
	raw, err := b.load(ctx, "commit", clients, 1, func(ctx context.Context, i int) error {
		_, err := conns[i].Exec(ctx, "insert into raw_commit (entry, body) values ($1, $2)", "entry", body)
		return err
	})
	if err != nil {
		return err
	}
	raw.Unit, raw.Note = "rows", "single-row durable PostgreSQL commit"
	b.record(raw)
	return nil
}

func (b *bench) batches(ctx context.Context, address, token string) error {
	const clients, size, least = 4, 100, 30_000
	conns := make([]*client, clients)
	for i := range conns {
		c, err := dial(address, token)
		if err != nil {
			return err
		}
		defer c.Close()
		conns[i] = c
	}
	row, err := b.load(ctx, "http-batch-100", clients, size, func(_ context.Context, i int) error {
		var body bytes.Buffer
		for range size {
			fmt.Fprintf(&body, "{\"command\":\"disburse-funds\",\"id\":%q,\"fund\":\"fund\",\"project\":\"road\",\"amount\":\"0.01\"}\n", newID())
		}
		return conns[i].post("/v1/ledgers/"+commandLedger+"/commands", http.StatusOK, body.Bytes())
	})
	if err != nil {
		return err
	}
	row.Unit, row.Note = "commands", "100 commands per request"
	row.Goal, row.Reached = fmt.Sprintf("≥ %d/s", least), row.Rate >= least
	b.record(row)
	return nil
}

var serial atomic.Uint64

// newID makes the id of a command, unique among all runs.
func newID() string { return fmt.Sprintf("%s-%d", run, serial.Add(1)) }

var run = uuid.Must(uuid.NewV7()).String()

func request(c domain.Command) eventstore.Request {
	return eventstore.Request{ID: newID(), Command: c, Actor: "bench"}
}
