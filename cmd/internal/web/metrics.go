package web

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"aidledger/cmd/internal/access"
)

// meter counts the answers of one route.
type meter struct {
	answers [6]atomic.Uint64 // by the first digit of the status
	nanos   atomic.Uint64    // all together
}

func (m *meter) count(status int, took time.Duration) {
	m.answers[min(status/100, 5)].Add(1)
	m.nanos.Add(uint64(took))
}

// getMetrics shows the figures of the server in the text format of Prometheus.
// They name routes and projections, never a person, a ledger or a thing.
func (s *Server) getMetrics(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	status, err := s.Runner.Status(r.Context())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	family := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	family("aidledger_requests_total", "counter", "Answers by route and first digit of the status.")
	for _, rt := range s.routes {
		m := s.meters[rt.Method+" "+rt.Path]
		for digit := range m.answers {
			if n := m.answers[digit].Load(); n > 0 {
				fmt.Fprintf(&out, "aidledger_requests_total{method=%q,route=%q,status=\"%dxx\"} %d\n", rt.Method, rt.Path, digit, n)
			}
		}
	}
	family("aidledger_request_seconds_total", "counter", "Time that the answers of a route took, all together.")
	for _, rt := range s.routes {
		if nanos := s.meters[rt.Method+" "+rt.Path].nanos.Load(); nanos > 0 {
			fmt.Fprintf(&out, "aidledger_request_seconds_total{method=%q,route=%q} %g\n", rt.Method, rt.Path, time.Duration(nanos).Seconds())
		}
	}
	allowed, refused := s.gate.Counts()
	family("aidledger_gate_decisions_total", "counter", "What callers were allowed and refused.")
	fmt.Fprintf(&out, "aidledger_gate_decisions_total{decision=\"allowed\"} %d\naidledger_gate_decisions_total{decision=\"refused\"} %d\n", allowed, refused)
	family("aidledger_log_end_block", "gauge", "Sequence of the last block of the log.")
	fmt.Fprintf(&out, "aidledger_log_end_block %d\n", status.LogEnd)
	family("aidledger_projection_lag_blocks", "gauge", "Blocks of the log that a projection does not hold yet.")
	for _, p := range status.Projections {
		fmt.Fprintf(&out, "aidledger_projection_lag_blocks{projection=%q} %d\n", p.Name, p.Lag)
	}
	fmt.Fprintf(&out, "aidledger_projection_lag_blocks{projection=\"events\"} %d\n", s.Sent(status.LogEnd).Lag)
	family("aidledger_projection_halted", "gauge", "1 where a projection stopped at what it cannot read.")
	for _, p := range status.Projections {
		halted := 0
		if p.Halted != nil {
			halted = 1
		}
		fmt.Fprintf(&out, "aidledger_projection_halted{projection=%q} %d\n", p.Name, halted)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	family("go_goroutines", "gauge", "Goroutines of the process.")
	fmt.Fprintf(&out, "go_goroutines %d\n", runtime.NumGoroutine())
	family("go_memstats_heap_alloc_bytes", "gauge", "Bytes of the heap that are in use.")
	fmt.Fprintf(&out, "go_memstats_heap_alloc_bytes %d\n", memory.HeapAlloc)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(out.Bytes())
	return nil
}
