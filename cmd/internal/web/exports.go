package web

import (
	"io"
	"net/http"
	"slices"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange"
	"aidledger/projections/people"
)

// getExport answers with a view as a file. Who took it out is recorded first.
func (s *Server) getExport(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	format, why := p.text("format"), p.text("reason")
	publication := exchange.Publication{Organisation: p.id("reporting_org"), Reference: p.text("reporting_ref"),
		Country: p.text("country"), Sector: p.text("sector"), Now: time.Now()}
	name, ledger := r.PathValue("view"), ledgerOf(r)
	views := s.Views
	if name != exchange.Commands { // which come from the log
		views = views.Until(p.asOf())
	}
	published := name == exchange.Activities || name == exchange.OrganisationsFile
	switch {
	case published:
		format = exchange.FormatIATI
	case format == "":
		format = exchange.FormatJSONLines
	}
	if !published && !slices.Contains([]string{exchange.FormatCSV, exchange.FormatXLSX, exchange.FormatJSONLines, exchange.FormatParquet}, format) {
		p.malformed("format", "use csv, xlsx, json-lines or parquet")
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	export := &exchange.Exporter{Views: views, Store: s.Store}
	var write func(io.Writer) error
	var err error
	if published {
		write, err = export.Publish(r.Context(), ledger, name, publication)
	} else {
		write, err = export.Rows(r.Context(), ledger, name, format)
	}
	if err != nil {
		return err
	}
	if err := s.noteExport(r, c, name, why); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a file takes as long as it takes
	fileHeaders(w, ledger+"-"+name+extensions[format], format)
	if err := write(w); err != nil && r.Context().Err() == nil {
		s.Log.Error("an export broke off", "ledger", ledger, "view", name, "error", err)
		panic(http.ErrAbortHandler) // so that the client does not take half a file for a whole one
	}
	return nil
}

var extensions = map[string]string{exchange.FormatCSV: ".csv", exchange.FormatXLSX: ".xlsx", exchange.FormatJSONLines: ".jsonl", exchange.FormatIATI: ".xml",
	exchange.FormatParquet: ".parquet"}

// noteExport records who takes something out, before it leaves.
func (s *Server) noteExport(r *http.Request, c access.Caller, thing, why string) error {
	if s.People == nil {
		return nil
	}
	return s.People.Record(r.Context(), people.Access{Person: c.Person, Role: c.Role, Act: people.ActExport, Ledger: ledgerOf(r), Thing: thing, Why: why})
}
