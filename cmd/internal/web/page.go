package web

import (
	"bytes"
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle []byte

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"amount": func(t projections.TotalsSum, text *string, stage string) string {
		return Grouped(text, t.Currency, IsApproximate(t, stage), "未报告 not reported")
	},
}).Parse(pageText))

// Grouped writes an amount of an answer for people: 37,210,000.00, with 约
// before it where it is approximate, and unknown where it is nil.
func Grouped(text *string, c domain.Currency, approximate bool, unknown string) string {
	if text == nil {
		return unknown
	}
	shown := *text
	var m domain.Money
	if err := m.UnmarshalText([]byte(*text + " " + string(c))); err == nil {
		shown = m.Grouped()
	}
	if approximate && !m.IsZero() {
		return "约 " + shown
	}
	return shown
}

// IsApproximate tells whether an approximate amount is counted in a column of
// totals, which is named as in JSON.
func IsApproximate(t projections.TotalsSum, column string) bool {
	stages := []string{strings.ReplaceAll(column, "_", "-")}
	if column == "funding" {
		stages = []string{"committed", "recognised", "in-kind"}
	}
	return slices.ContainsFunc(t.Approximate, func(s string) bool {
		return slices.Contains(stages, strings.ReplaceAll(s, "_", "-"))
	})
}

type pageLedger struct {
	projections.Ledger
	Totals projections.Totals
}

// getPage shows the totals of each ledger by year. A browser cannot send a
// token with its first request, so the page is empty unless it was opened to
// this machine.
func (s *Server) getPage(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	var shown struct {
		Open    bool
		Ledgers []pageLedger
	}
	if shown.Open = s.Pages && fromHere(r); shown.Open {
		ledgers, err := s.Views.Ledgers(r.Context(), projections.ListQuery{})
		if err != nil {
			return err
		}
		for _, l := range ledgers.Rows {
			totals, err := s.Views.Totals(r.Context(), projections.TotalsQuery{Ledger: l.Ledger, By: "year"})
			if err != nil {
				return err
			}
			shown.Ledgers = append(shown.Ledgers, pageLedger{l, totals})
		}
	}
	var body bytes.Buffer
	if err := page.Execute(&body, shown); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes())
	return nil
}

func (s *Server) getStyle(_ access.Caller, w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(pageStyle)
	return nil
}

// fromHere tells whether a request comes from this machine and names it as
// such. The second keeps out a foreign site whose name leads to 127.0.0.1.
func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().IsLoopback() {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
