package web

import (
	"context"
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

// auditRoutes is the part of the API by which auditors look at what was
// published and at what they drew.
var auditRoutes = []Route{
	{"GET", "/v1/ledgers/{ledger}/reports", access.ReadLedger, list((*projections.DB).PublishedReports, "by"), "Totals that were published, by id."},
	{"GET", "/v1/ledgers/{ledger}/reports/{id}", access.ReadLedger, (*Server).getReport, "A report as it was published, and as it is now."},
	{"GET", "/v1/ledgers/{ledger}/reports/{id}/cell", access.ReadLedger, (*Server).getReportCell,
		"What changed the amount of ?key=&stage=&currency= since it was published, with its value after each."},
	{"GET", "/v1/ledgers/{ledger}/late-postings", access.ReadLedger, (*Server).getLatePostings,
		"What was recorded more than ?late_days= after its date, or into a closed year; closed_period=true: the latter alone."},
	{"GET", "/v1/ledgers/{ledger}/approvals", access.ReadLedger, list((*projections.DB).Approvals, "person", "what", "thing"), "Who approved or rejected what, by entry."},
	{"GET", "/v1/ledgers/{ledger}/samples", access.ReadLedger, list((*projections.DB).Samples, "method", "stage"), "Entries that were drawn for audits, by id of the sample."},
	{"GET", "/v1/ledgers/{ledger}/samples/{id}", access.ReadLedger, (*Server).getSample, "A sample, drawn once more from the point of the log that it was drawn from."},
}

func (s *Server) getReport(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	c, err := s.Views.Until(as).CompareReport(r.Context(), ledgerOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, c)
}

func (s *Server) getReportCell(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.CellQuery{Ledger: ledgerOf(r), Report: r.PathValue("id"), Key: p.text("key"), Stage: p.text("stage"), Currency: p.currency("currency")}
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	changes, err := s.Views.Until(as).ReportCell(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, changes)
}

func (s *Server) getLatePostings(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.LateQuery{Ledger: ledgerOf(r), Days: p.number("late_days", 0, 1, 36_500), ClosedPeriod: p.flag("closed_period"), AsOf: p.asOf(),
		Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after")}
	if err := s.begin(r, p); err != nil {
		return err
	}
	late, err := s.Views.LatePostings(r.Context(), q)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, late)
}

func (s *Server) getSample(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	as := p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	again, err := s.Views.Until(as).DrawAgain(r.Context(), ledgerOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, again)
}

// complete puts into a command what its caller cannot say: the totals that a
// report publishes, and the entries that a sample draws from. It is no part of
// what the log remembers the command by, so that it can be sent again.
func (s *Server) complete(ctx context.Context, ledger string, c domain.Command) error {
	switch c := c.(type) {
	case *domain.PublishReport:
		if err := domain.Check(c); err != nil {
			return err
		}
		return s.takeFigures(ctx, ledger, c)
	case *domain.DrawSample:
		if err := domain.Check(c); err != nil {
			return err
		}
		return s.draw(ctx, ledger, c)
	}
	return nil
}

func (s *Server) takeFigures(ctx context.Context, ledger string, c *domain.PublishReport) error {
	signed, err := s.signNow(ctx, ledger)
	if err != nil {
		return err
	}
	cells, err := s.Views.ReportCells(ctx, projections.TotalsQuery{Ledger: ledger, By: c.By, Year: c.Year, Currency: c.Currency,
		AsOf: projections.AsOf{Position: wholeBlock(signed.Block), EffectiveUntil: c.EffectiveUntil}})
	c.Figures = &domain.ReportFigures{Checkpoint: checkpointOf(signed), Cells: cells}
	return err
}

// draw draws from what is signed now; an extension from where the smaller sample
// was drawn.
func (s *Server) draw(ctx context.Context, ledger string, c *domain.DrawSample) error {
	var from domain.Checkpoint
	var at eventstore.Position
	if c.Extends == "" {
		signed, err := s.signNow(ctx, ledger)
		if err != nil {
			return err
		}
		from, at = checkpointOf(signed), wholeBlock(signed.Block)
	} else {
		smaller, err := s.Views.Samples(ctx, projections.ListQuery{Ledger: ledger, Filter: map[string]string{"sample": string(c.Extends)}})
		if err != nil || len(smaller.Rows) == 0 {
			return err // the ledger refuses what extends nothing
		}
		from, at = smaller.Rows[0].Checkpoint, smaller.Rows[0].Position
	}
	population, err := s.Views.Population(ctx, ledger, c.SampleScope, at)
	if err != nil {
		return err
	}
	return c.From(from, population)
}

// signNow signs what was recorded until now, and returns the last checkpoint of
// a ledger: what follows it in the log is not of that ledger.
func (s *Server) signNow(ctx context.Context, ledger string) (c projections.SignedCheckpoint, err error) {
	if s.Notary == nil {
		return c, newProblem("not_signing", "this server signs nothing", "start it with aidledger serve")
	}
	if err := s.hasLedger(ctx, ledger); err != nil {
		return c, err
	}
	end, err := s.Store.End(ctx)
	if err != nil {
		return c, err
	}
	if err := s.reached(ctx, end); err != nil {
		return c, err
	}
	if err := s.Notary.Sign(ctx); err != nil {
		return c, err
	}
	return s.Views.Archive().Checkpoint(ctx, ledger, 0)
}

func wholeBlock(block uint64) eventstore.Position {
	return eventstore.Position{Block: block, Event: eventstore.WholeBlock}
}

func checkpointOf(c projections.SignedCheckpoint) domain.Checkpoint {
	return domain.Checkpoint{Position: wholeBlock(c.Block).String(), Head: c.Head.String(), Entries: int(c.Size), Root: c.Root.String()}
}
