package projections

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// The size of the benchmarked programme: AIDLEDGER_BENCH_EVENTS events, each
// one disbursement, among so many funds, projects, villages and years.
const (
	benchFunds    = 50
	benchProjects = 300
	benchVillages = 500
	benchYears    = 10
	benchBlock    = 100 // events in a block
)

func benchEvents(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("AIDLEDGER_BENCH_EVENTS"))
	if err != nil {
		n = 200_000
	}
	return n
}

// large is a log with a programme of many disbursements. Only what projections
// look at is in it: its amounts break rules of the domain.
var large = sync.OnceValue(func() *memory {
	log := newMemory()
	n := 0
	var entries []eventstore.Entry
	add := func(e domain.Event) {
		data, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		id := fmt.Sprintf("0197f4a4-2b1c-7c3e-8a53-%012d", n)
		entries = append(entries, eventstore.Entry{ID: id, Command: "import", Content: "0123456789abcdef", Actor: "owner", Role: "owner",
			Recorded: began.Add(time.Duration(n) * time.Second),
			Events:   []eventstore.Event{{ID: id, Type: e.EventType(), Version: 1, Data: data}}})
		n++
		if len(entries) == benchBlock {
			log.appendLarge(entries)
			entries = nil
		}
	}
	day := domain.Evidence{Date: dateOf("2015-01-01")}
	add(&domain.LedgerOpened{Evidence: day, Title: "large", Zone: "Asia/Shanghai", Currency: "CNY"})
	for i := range benchVillages {
		add(&domain.PlaceRegistered{Evidence: day, Place: nth("village", i), Name: fmt.Sprint("村", i), Level: "village"})
	}
	for i := range benchProjects {
		add(&domain.ProjectRegistered{Evidence: day, Project: nth("project", i), Name: fmt.Sprint("项目", i)})
	}
	for i := range benchFunds {
		add(&domain.OrganisationRegistered{Evidence: day, Organisation: nth("org", i), Name: fmt.Sprint("单位", i), Kind: "government"})
		add(&domain.FundsCommitted{FundFacts: benchFund(i), Evidence: day, Amount: domain.Money{Minor: 1_000_000, Currency: "CNY"}})
	}
	amount := domain.Money{Minor: 123_456, Currency: "CNY"}
	for i := range benchSize {
		place := nth("village", i*7%benchVillages)
		date := dateOf(fmt.Sprintf("%d-%02d-%02d", 2015+i%benchYears, 1+i%12, 1+i%28))
		add(&domain.FundsDisbursed{FundFacts: benchFund(i * 3 % benchFunds), Evidence: domain.Evidence{Date: date},
			Project: nth("project", i*11%benchProjects), Amount: amount, Places: []domain.PlaceAmount{{Place: place, Amount: amount}},
			Voucher: fmt.Sprintf("V-%08d", i), Payee: nth("org", i%benchFunds)})
	}
	log.appendLarge(entries)
	return log
})

var benchSize int

func benchFund(i int) domain.FundFacts {
	return domain.FundFacts{Fund: nth("fund", i), Provider: nth("org", i), BudgetYear: 2015 + i%benchYears}
}

func (l *memory) appendLarge(entries []eventstore.Entry) {
	if len(entries) == 0 {
		return
	}
	data, err := json.Marshal(eventstore.Block{Format: 1, Ledger: "large", Previous: l.heads["large"], Entries: entries})
	if err != nil {
		panic(err)
	}
	l.appendRaw("large", data)
}

// largeLog returns the log, built once.
func largeLog(b *testing.B) *memory {
	benchSize, cutoffAfter = benchEvents(b), usualCutoffs
	return large()
}

// timed runs f once for each iteration and reports events per second: on
// average, and in the fastest one, which says more on a machine that others use.
func timed(b *testing.B, events int, f func() error) {
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(events)/best.Seconds(), "best-events/s")
	b.ReportMetric(0, "ns/op")
}

// peak samples the memory of the process until stop is called.
func peak() (stop func() uint64) {
	var most atomic.Uint64
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), m.HeapInuse))
			<-tick.C
		}
	})
	return func() uint64 { cancel(); wait.Wait(); return most.Load() }
}

func BenchmarkRebuild(b *testing.B) {
	log := largeLog(b)
	db := open(b)
	r := NewRunner(db, log, slog.New(slog.DiscardHandler))
	runtime.GC()
	stop := peak()
	timed(b, benchSize, func() error { return r.Rebuild(b.Context(), quiet) })
	b.ReportMetric(float64(stop())/(1<<20), "MiB-heap-with-log")
}

func BenchmarkVerify(b *testing.B) {
	log := largeLog(b)
	db := open(b)
	r := NewRunner(db, log, slog.New(slog.DiscardHandler))
	if err := r.Rebuild(b.Context(), quiet); err != nil {
		b.Fatal(err)
	}
	timed(b, benchSize, func() error { verified(b, r); return nil })
}

// BenchmarkBareCopy is the yardstick of the rebuild: the rows of its journal,
// copied into a table without indexes.
func BenchmarkBareCopy(b *testing.B) {
	_, conn := benchJournal(b)
	var rows [][]any
	found, err := conn.Query(b.Context(), "select * from aidledger_g2.journal order by block, event, leg")
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, f := range found.FieldDescriptions() {
		names = append(names, f.Name)
	}
	for found.Next() {
		values, err := found.Values()
		if err != nil {
			b.Fatal(err)
		}
		rows = append(rows, values)
	}
	timed(b, len(rows), func() error {
		run(b, conn, "drop table if exists public.bare")
		run(b, conn, "create table public.bare (like aidledger_g2.journal)")
		_, err := conn.CopyFrom(b.Context(), pgx.Identifier{"public", "bare"}, names, pgx.CopyFromRows(rows))
		return err
	})
}

// BenchmarkBareCopyEncoded is the same with rows that are encoded already: what
// PostgreSQL alone can take.
func BenchmarkBareCopyEncoded(b *testing.B) {
	log := largeLog(b)
	_, conn := benchJournal(b)
	t := newBulkTrack(projections)
	batch, err := t.project(decodeAll(log.messages))
	if err != nil {
		b.Fatal(err)
	}
	timed(b, benchSize, func() error {
		run(b, conn, "drop table if exists public.bare")
		run(b, conn, "create table public.bare (like aidledger_g2.journal)")
		return pgx.BeginFunc(b.Context(), conn, func(tx pgx.Tx) error {
			for _, m := range batch.members {
				if j, ok := m.projector.(*journalProjector); ok {
					rows := copying{rows: slices.Clone(j.rows)}
					return rows.flush(b.Context(), tx, "copy public.bare from stdin (format binary)")
				}
			}
			return nil
		})
	})
}

func benchJournal(b *testing.B) (*DB, *pgx.Conn) {
	db := open(b)
	r := NewRunner(db, largeLog(b), slog.New(slog.DiscardHandler))
	if err := r.Rebuild(b.Context(), quiet); err != nil {
		b.Fatal(err)
	}
	return db, connect(b, db)
}

func BenchmarkDecode(b *testing.B) {
	some := largeLog(b).messages[:100]
	timed(b, benchBlock*len(some), func() error { decodeAll(some); return nil })
}

func BenchmarkProject(b *testing.B) {
	blocks := decodeAll(largeLog(b).messages[:100])
	timed(b, benchBlock*len(blocks), func() error { _, err := newBulkTrack(projections).project(blocks); return err })
}

func BenchmarkTotals(b *testing.B) {
	db, conn := benchJournal(b)
	key := "village-7"
	for name, f := range map[string]func() error{
		"primary-key": func() error {
			var name string
			return conn.QueryRow(b.Context(), "select name from aidledger_g2.places where ledger = 'large' and place = $1", key).Scan(&name)
		},
		"by-year": func() error { _, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "year"}); return err },
		"one-village": func() error {
			_, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "village", Key: &key})
			return err
		},
		"one-village-one-year": func() error {
			_, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "village", Year: 2018, Key: &key})
			return err
		},
		"page-of-villages": func() error {
			_, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "village", Year: 2018, Limit: 50})
			return err
		},
		"all-projects": func() error {
			_, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "project"})
			return err
		},
		"as-of": func() error {
			_, err := db.Totals(b.Context(), TotalsQuery{Ledger: "large", By: "year", AsOf: AsOf{Position: eventstore.Position{Block: 1000}}})
			return err
		},
		"trace-village":  func() error { _, err := db.Trace(b.Context(), TraceQuery{Ledger: "large", ID: key}); return err },
		"trace-provider": func() error { _, err := db.Trace(b.Context(), TraceQuery{Ledger: "large", ID: "org-7"}); return err },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := f(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkFollow is the time from a recorded block to its rows.
func BenchmarkFollow(b *testing.B) {
	log := newMemory()
	p := newProgramme(b, log, "one", 1)
	p.must(&domain.CommitFunds{FundInput: domain.FundInput{Fund: "main", Provider: "org-0", Amount: amountOf("1000000")}, Evidence: domain.Evidence{Document: "文"}})
	p.close()
	r := running(b, open(b), log)
	reach(b, r)
	p.size = 1
	for b.Loop() {
		p.must(&domain.IncreaseCommitment{FundAmount: domain.FundAmount{Fund: "main", Amount: amountOf("1")}, Evidence: domain.Evidence{Document: "文"}})
		p.close()
		if err := r.WaitFor(b.Context(), uint64(len(log.messages))); err != nil {
			b.Fatal(err)
		}
	}
}
