package pages

import (
	"html/template"
	"net/http"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/qr"
	"aidledger/domain"
	"aidledger/projections"
)

// reportsView lists the totals that were published.
type reportsView struct {
	Table   table
	Publish string // address of the form, for who may use it
}

func (v *visit) reports() error {
	all, err := v.Views.PublishedReports(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax, After: v.query.Get("after")})
	if err != nil {
		return err
	}
	view := reportsView{Table: table{Empty: v.say("register.empty"), Columns: []column{{Label: v.say("field.report")}, {Label: v.say("field.title")},
		{Label: v.say("field.by")}, {Label: v.say("report.position")}, {Label: v.say("field.date")}}}}
	for _, r := range all.Rows {
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(string(r.Report), v.href("reports/"+string(r.Report))), text(r.Title),
			text(v.label("by", r.By)), text(r.Position.String()), text(r.Date.String())}})
	}
	v.paged(&view.Table, all.Next)
	if sent, err := v.sendFile("reports", &view.Table); sent {
		return err
	}
	if v.caller.Has(access.PublishReports) {
		view.Publish = v.href("record/publish-report")
	}
	return v.show(http.StatusOK, "reports", v.say("page.reports"), view)
}

// reportView is a report as it was published, and as it is now. Changes are what
// changed the amount that was asked for.
type reportView struct {
	Table     table
	Changes   *table
	Code      template.HTML // the signed checkpoint
	Signed    string
	Position  string
	Recounted bool
}

func (v *visit) report() error {
	c, err := v.Views.CompareReport(v.ctx(), v.ledger.Ledger, v.r.PathValue("report"))
	if err != nil {
		return err
	}
	view := reportView{Position: c.Position.String(), Recounted: c.Recounted}
	view.Table = table{Columns: []column{{Label: v.label("by", c.By)}, {Label: v.say("field.stage")}, {Label: v.say("report.published"), Number: true},
		{Label: v.say("report.now"), Number: true}, {Label: v.say("report.changed")}}}
	at := "reports/" + string(c.Report)
	for _, x := range c.Cells {
		changed := text("")
		if x.Changed {
			changed = linked(v.say("report.changed"), v.href(at, "key", x.Key, "stage", x.Stage.String(), "currency", string(x.Currency)))
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{text(v.lineName(x)), text(v.label("stage", x.Stage.String())),
			v.amount(x.Published, x.Currency, false, ""), v.amount(x.Now, x.Currency, false, ""), changed}})
	}
	if sent, err := v.sendFile("report", &view.Table); sent {
		return err
	}
	if stage := v.query.Get("stage"); stage != "" {
		if view.Changes, err = v.reportChanges(c, stage); err != nil {
			return err
		}
	}
	signed, err := v.Views.Archive().Checkpoint(v.ctx(), v.ledger.Ledger, c.Entries)
	if err != nil {
		return err
	}
	code, err := qr.Encode(signed.Note)
	if err != nil {
		return err
	}
	view.Code, view.Signed = template.HTML(code.SVG()), string(signed.Note)
	return v.show(http.StatusOK, "report", c.Title, view)
}

// lineName is what the line of an amount is called.
func (v *visit) lineName(x projections.ComparedCell) string {
	switch {
	case x.Key == "":
		return v.label("line", x.Line)
	case x.Name == "" || x.Name == x.Key:
		return x.Key
	}
	return x.Name + " " + x.Key
}

func (v *visit) reportChanges(c projections.Comparison, stage string) (*table, error) {
	changes, err := v.Views.ReportCell(v.ctx(), projections.CellQuery{Ledger: v.ledger.Ledger, Report: string(c.Report), Key: v.query.Get("key"),
		Stage: stage, Currency: domain.Currency(v.query.Get("currency"))})
	if err != nil {
		return nil, err
	}
	t := &table{Caption: v.lineName(changes.ComparedCell) + " · " + v.label("stage", stage), Empty: v.say("register.empty"),
		Columns: []column{{Label: v.say("report.position")}, {Label: v.say("field.date")}, {Label: v.say("report.event")},
			{Label: v.say("report.effect"), Number: true}, {Label: v.say("report.then"), Number: true}}}
	for _, s := range changes.Steps {
		t.Rows = append(t.Rows, row{Cells: []cell{text(s.Position.String()), text(s.Date.String()),
			linked(v.label("event", s.EventType), v.href("trace/"+s.Entry)),
			v.amount(&s.Effect, s.Currency, s.Approximate, ""), v.amount(&s.Running, s.Currency, false, "")}})
	}
	return t, nil
}
