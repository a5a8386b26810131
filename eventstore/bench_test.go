package eventstore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"aidledger/eventstore"

	"github.com/nats-io/nats.go/jetstream"
)

// The benchmarks compare a durable command with one raw durable publish of the
// same size to the same server; what counts is the ratio.

func clients(b *testing.B, n int, do func()) {
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				do()
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per_s")
}

func BenchmarkCommand(b *testing.B) {
	for name, n := range map[string]int{"1_client": 1, "64_clients": 64} {
		b.Run(name, func(b *testing.B) {
			store := open(b, server(b))
			programme(b, store, "10000000")
			clients(b, n, func() {
				if _, err := store.Submit(b.Context(), ledger, ask(pay(b, "0.01"))); err != nil {
					b.Error(err)
				}
			})
		})
	}
}

func BenchmarkRawPublish(b *testing.B) {
	for name, n := range map[string]int{"1_client": 1, "64_clients": 64} {
		b.Run(name, func(b *testing.B) {
			srv := server(b)
			open(b, srv)
			js, err := jetstream.New(srv.Conn())
			if err != nil {
				b.Fatal(err)
			}
			data := []byte(strings.Repeat("x", 600))
			clients(b, n, func() {
				if _, err := js.Publish(b.Context(), eventstore.DefaultStream+".raw", data); err != nil {
					b.Error(err)
				}
			})
		})
	}
}
