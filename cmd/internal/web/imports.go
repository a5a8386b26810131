package web

import (
	"context"
	"errors"
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/checks"
	"aidledger/cmd/internal/exchange"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// postImport brings the file in the body into a ledger. The answer is JSON
// lines: progress, and at the end the report.
func (s *Server) postImport(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	name := p.text("file")
	o := exchange.Options{Command: p.text("command"), Sheet: p.text("sheet"), Unit: p.text("unit"), System: p.text("system"),
		SkipBad: p.flag("skip_bad"), DryRun: p.flag("dry_run"), Open: p.flag("open_ledger"), Title: p.text("title")}
	wait, statement := p.flag("wait"), p.id("statement")
	if err := p.err(); err != nil {
		return err
	}
	if statement != "" {
		if err := s.asStatement(r, statement, &o); err != nil {
			return err
		}
	}
	if o.Command != "" {
		if _, err := commandType(o.Command); err != nil {
			return err
		}
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(noDeadline) // a file takes as long as it takes
	_ = control.SetWriteDeadline(noDeadline)
	file, err := exchange.Receive(http.MaxBytesReader(w, r.Body, exchange.FileMax+1), name)
	if err != nil {
		return err
	}
	defer file.Close()
	return s.work(w, r, func(ctx context.Context, progress func(done, total uint64)) (any, error) {
		report, err := s.importer(ctx, c, r).Import(ctx, ledgerOf(r), file, o, progress)
		if err == nil && wait {
			err = s.look(ctx, &report)
		}
		return report, err
	})
}

// look waits until the read models have what an import recorded. What others
// reported is no rule's business and is recorded as it is; checks then say what
// is odd about it.
func (s *Server) look(ctx context.Context, report *exchange.Report) error {
	if report.Position.Block == 0 {
		return nil
	}
	err := s.Runner.WaitFor(ctx, report.Position.Block)
	if err == nil && report.Events["transaction-reported"] > 0 {
		var found checks.Outcome
		var end uint64
		if found, err = s.checker().Run(ctx, report.Ledger); err == nil {
			end, err = s.Store.End(ctx)
		}
		if err == nil {
			err = s.Runner.WaitFor(ctx, end) // whoever asks next finds the findings
		}
		report.Findings = found.Raised
	}
	return err
}

// Import brings a file into the ledger in the path for a caller, and waits until
// the read models have it. A bank statement is read as its format says.
func (s *Server) Import(r *http.Request, c access.Caller, file *exchange.File, o exchange.Options) (exchange.Report, error) {
	ctx := r.Context()
	if o.Statement != "" {
		if err := s.asStatement(r, o.Statement, &o); err != nil {
			return exchange.Report{}, err
		}
	}
	report, err := s.importer(ctx, c, r).Import(ctx, ledgerOf(r), file, o, func(uint64, uint64) {})
	if err == nil {
		err = s.look(ctx, &report)
	}
	return report, err
}

// UndoImport takes an import back for a caller.
func (s *Server) UndoImport(r *http.Request, c access.Caller, id domain.ID, reason string) (exchange.UndoReport, error) {
	ctx := r.Context()
	report, err := s.importer(ctx, c, r).Undo(ctx, ledgerOf(r), id, reason, exchange.Options{}, func(uint64, uint64) {})
	if err == nil && report.Position.Block > 0 {
		err = s.Runner.WaitFor(ctx, report.Position.Block)
	}
	return report, err
}

// asStatement reads the file as a bank statement of a format.
func (s *Server) asStatement(r *http.Request, format domain.ID, o *exchange.Options) error {
	found, err := s.Views.StatementFormats(r.Context(), projections.ListQuery{Ledger: ledgerOf(r), Filter: map[string]string{"format": string(format)}})
	if err != nil {
		return err
	}
	if len(found.Rows) == 0 {
		return &domain.Refusal{Kind: domain.NotFound, Code: "statement_format_not_found", Field: "statement", Message: "no format of statements is called " + string(format),
			Hint: "say it first with define-statement-format"}
	}
	o.Command, o.Statement, o.Columns = "record-statement-line", format, found.Rows[0].Columns
	return nil
}

// getTemplate answers with an empty table for a command.
func (s *Server) getTemplate(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	format := p.text("format")
	if err := p.err(); err != nil {
		return err
	}
	name := r.PathValue("command")
	if _, err := commandType(name); err != nil {
		return err
	}
	if format != exchange.FormatCSV {
		format = exchange.FormatXLSX
	}
	fileHeaders(w, name+"."+format, format)
	return exchange.WriteTemplate(w, name, format)
}

// mediaTypes are those of the formats of files.
var mediaTypes = map[string]string{
	exchange.FormatCSV:       "text/csv; charset=utf-8",
	exchange.FormatXLSX:      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	exchange.FormatJSONLines: "application/x-ndjson",
	exchange.FormatIATI:      "application/xml",
	exchange.FormatParquet:   "application/vnd.apache.parquet",
}

// fileHeaders says that the answer is a file, and of which name.
func fileHeaders(w http.ResponseWriter, name, format string) {
	w.Header().Set("Content-Type", mediaTypes[format])
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// postUndo takes an import back.
func (s *Server) postUndo(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	reason := p.text("reason")
	o := exchange.Options{SkipBad: p.flag("skip_bad"), DryRun: p.flag("dry_run")}
	wait := p.flag("wait")
	if err := p.err(); err != nil {
		return err
	}
	id, err := domain.ParseID(r.PathValue("import"))
	if err != nil {
		return err
	}
	return s.work(w, r, func(ctx context.Context, progress func(done, total uint64)) (any, error) {
		report, err := s.importer(ctx, c, r).Undo(ctx, ledgerOf(r), id, reason, o, progress)
		if err == nil && wait && report.Position.Block > 0 {
			err = s.Runner.WaitFor(ctx, report.Position.Block)
		}
		return report, err
	})
}

// importer imports for a caller, who needs the capability of every command that
// a file leads to.
func (s *Server) importer(ctx context.Context, c access.Caller, r *http.Request) *exchange.Importer {
	return &exchange.Importer{
		Store: s.Store,
		Stamp: func(q eventstore.Request) (eventstore.Request, error) { return s.stamp(ctx, c, ledgerOf(r), q) },
		Decode: func(command string, line []byte) (string, domain.Command, error) {
			name, id, err := nameAndID(line)
			if err != nil {
				return "", nil, err
			}
			if name == "" {
				name = command
			}
			// A line needs no id of its own: where it stands in the file is one.
			given := id
			if id == "" {
				given = "line"
			}
			decoded, err := decodeLine(name, given, line)
			var problem *Problem
			if errors.As(err, &problem) {
				err = &domain.Refusal{Code: problem.Code, Message: problem.Detail, Hint: problem.Hint}
			}
			return id, decoded, err
		},
	}
}
