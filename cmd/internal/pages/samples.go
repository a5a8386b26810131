package pages

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// samplesView lists what was drawn for audits.
type samplesView struct {
	Table table
	Draw  string // address of the form, for who may use it
}

func (v *visit) samples() error {
	all, err := v.Views.Samples(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: v.rowsAtOnce(), After: v.query.Get("after")})
	if err != nil {
		return err
	}
	view := samplesView{Table: table{Empty: v.say("register.empty"), Columns: v.columns("sample", "draw-sample.method", "stage", "+size", "+entries", "+population", "position", "person", "recorded")}}
	for _, s := range all.Rows {
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{linked(string(s.Sample), v.href("samples/"+url.PathEscape(string(s.Sample)))),
			text(v.label("method", s.Method)), {Text: v.label("stage", s.Stage), State: s.Stage}, count(s.Size), count(len(s.Items)), count(s.Population),
			text(s.Position.String()), text(v.who(s.Actor)), text(v.moment(s.Recorded))}})
	}
	v.paged(&view.Table, all.Next)
	if sent, err := v.sendFile("samples", &view.Table); sent {
		return err
	}
	if v.caller.Has(access.RecordSamples) {
		view.Draw = v.newSample(usualSample)
	}
	return v.show(http.StatusOK, "samples", v.say("page.samples"), view)
}

// usualSample is what most audits begin with.
var usualSample = projections.Sample{Size: 25, SampleScope: domain.SampleScope{Method: domain.SampleMonetaryUnit, Stage: domain.Disbursed.String()}}

// newSample is the address of the form of a new sample like another one. Where
// that has a seed it is the smaller one, which the new one begins with.
func (v *visit) newSample(like projections.Sample) string {
	seed := like.Seed
	if seed == "" {
		seed = strings.ToLower(rand.Text()[:10])
	}
	return v.href("record/draw-sample", "sample", "sample-"+strings.ToLower(rand.Text()[:8]), "size", strconv.Itoa(like.Size), "method", like.Method, "stage", like.Stage,
		"seed", seed, "currency", string(like.Currency), "fund", string(like.Fund), "project", string(like.Project), "place", string(like.Place), "provider", string(like.Provider),
		"year", year(like.Year), "extends", string(like.Sample))
}

func count(n int) cell { return cell{Text: strconv.Itoa(n), Number: true} }

// sampleView is a sample, drawn once more, and what was found in it.
type sampleView struct {
	Repeated bool // the same entries came out
	Facts    []fact
	Items    table
	Findings table
	Extend   string // address of the form of a larger one, for who may draw
	Raise    string // address of the form of a finding, for who may raise one
}

func (v *visit) sample() error {
	s, err := v.Views.DrawAgain(v.ctx(), v.ledger.Ledger, v.r.PathValue("sample"))
	if err != nil {
		return err
	}
	if err := v.learn(s.Fund, s.Project, s.Place, s.Provider); err != nil {
		return err
	}
	view := sampleView{Repeated: s.Repeated}
	drawn := domain.Money{Currency: s.Total.Currency}
	for _, i := range s.Items {
		if drawn, err = drawn.Add(i.Amount); err != nil {
			return err
		}
	}
	view.Facts = v.given("draw-sample.method", text(v.label("method", s.Method)), "seed", text(s.Seed), "stage", cell{Text: v.label("stage", s.Stage), State: s.Stage},
		"fund", v.thing(s.Fund), "project", v.thing(s.Project), "place", v.thing(s.Place), "provider", v.thing(s.Provider), "year", text(year(s.Year)),
		"extends", linked(string(s.Extends), v.href("samples/"+url.PathEscape(string(s.Extends)))),
		"size", count(s.Size), "entries", count(len(s.Items)), "drawn", v.exact(drawn, ""), "population", count(s.Population), "population_total", v.exact(s.Total, ""),
		"position", text(s.Position.String()), "person", text(v.who(s.Actor)), "recorded", text(v.moment(s.Recorded)), "entry", linked(s.Entry, v.href("trace/"+s.Entry)))
	v.sampled(&view, s)
	found, err := v.Views.Findings(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax, Filter: map[string]string{"about": string(s.Sample.Sample)}})
	if err != nil {
		return err
	}
	if view.Findings, err = v.findingsTable(found.Rows); err != nil {
		return err
	}
	view.Findings.Empty = v.say("sample.no-findings")
	if sent, err := v.sendFile(string(s.Sample.Sample), &view.Items); sent {
		return err
	}
	larger := s.Sample
	if larger.Size *= 2; v.caller.Has(access.RecordSamples) {
		view.Extend = v.newSample(larger)
	}
	if v.caller.Has(access.RaiseFindings) {
		view.Raise = v.href("record/raise-finding", "about", string(s.Sample.Sample))
	}
	return v.show(http.StatusOK, "sample", v.say("sample.title", s.Sample.Sample), view)
}

// sampled lists the entries of a sample in the order in which they were drawn.
func (v *visit) sampled(view *sampleView, s projections.SampleAgain) {
	view.Items = table{Columns: v.columns("+number", "entry", "+amount")}
	money := s.Method == domain.SampleMonetaryUnit
	if money {
		view.Items.Columns = append(view.Items.Columns, v.columns("+hits")...)
	}
	raises := v.caller.Has(access.RaiseFindings)
	if raises {
		view.Items.Columns = append(view.Items.Columns, v.columns("todo")...)
	}
	numbers := map[string]int{}
	for i, item := range s.Items {
		numbers[item.Entry] = i + 1
	}
	shown, next := pageOf(v, v.query.Get("after"), s.Items, func(i domain.SampleItem) string { return i.Entry })
	for _, item := range shown {
		amount := v.exact(item.Amount, "")
		amount.Href = v.href("journal", "entry", item.Entry)
		cells := []cell{count(numbers[item.Entry]), linked(item.Entry, v.href("trace/"+url.PathEscape(item.Entry))), amount}
		if money {
			cells = append(cells, count(item.Hits))
		}
		if raises {
			cells = append(cells, linked(v.label("command", "raise-finding"), v.href("record/raise-finding", "about", string(s.Sample.Sample), "text", v.say("sample.finding-text", item.Entry))))
		}
		view.Items.Rows = append(view.Items.Rows, row{Cells: cells})
	}
	v.paged(&view.Items, next)
}
