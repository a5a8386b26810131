package pages

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
)

// many makes n things.
func many[T any](n int, make func(i int) T) []T {
	all := []T{}
	for i := range n {
		all = append(all, make(i))
	}
	return all
}

// Data in the tests has no letters, so that every letter is of the page itself.
func sampleCell(i int) cell {
	return []cell{
		{Text: "1,234.50", Exact: "1,234.50 CNY", Number: true, Href: "/ledgers/1/journal", Why: "/ledgers/1/why"},
		{Number: true, Unknown: true},
		{Text: "-7.00", Number: true, Negative: true, Approximate: true, Exact: "-7.00 CNY"},
		{Text: "<7>", State: "rest"},
		{},
	}[i%5]
}

func sampleTable(n int) table {
	return table{Caption: "4", Columns: many(5, func(i int) column { return column{Label: fmt.Sprint(i), Number: i > 2, Hint: "7"} }),
		Rows: many(n, func(i int) row {
			return row{Cells: many(5, func(j int) cell { return sampleCell(i + j) }), Sum: i == 2}
		}),
		Next: "/?after=1", First: "/", Export: "/?format=", Note: "9"}
}

func sampleFacts(n int) []fact {
	return many(n, func(i int) fact { return fact{"8", sampleCell(i)} })
}

func sampleOptions(n int) []option {
	return many(n, func(i int) option { return option{Value: "1", Label: "1", Href: "/", Current: i == 0} })
}

// samples are views of every template with n things in them.
func samples(n int) map[string]any {
	tiles := many(n, func(i int) tile { return tile{"1", "2", sampleCell(i)} })
	b := newBars("1", "2", "3", "4")
	for range n {
		g := b.group("5")
		amount := "12.00"
		b.add(g, 0, &amount, "CNY", sampleCell(0))
		b.add(g, 1, nil, "CNY", sampleCell(1))
	}
	b.scale()
	picture := flowPicture{Title: "1", Height: 100, Table: sampleTable(n), Ribbons: many(n, func(int) flowRibbon { return flowRibbon{Path: "M0 0"} }),
		Nodes: many(n, func(i int) flowNode {
			return flowNode{X: 1, Height: 2, Name: sampleCell(i * 3), Value: sampleCell(0), End: i == 2}
		})}
	all := map[string]any{
		"home":     homeView{many(n, func(i int) homeLedger { return homeLedger{"1", "2", "/", i > 0, tiles} })},
		"overview": overviewView{Live: "/", At: "7", Todo: sampleOptions(n), Tiles: tiles, Counts: sampleFacts(n), Years: sampleTable(n), Bars: *b, Helped: sampleTable(n), Latest: sampleTable(n)},
		"totals":   totalsView{By: "year", Roads: sampleOptions(n), Years: sampleOptions(n), Columns: sampleOptions(2), Table: sampleTable(n), Bars: *b},
		"journal": journalView{Filters: many(n, func(i int) filter {
			return filter{[]string{"fund", "year", "stage"}[i%3], "1", "2", sampleCell(i), "/"}
		}),
			Stages: sampleOptions(n), Years: "2019", Table: sampleTable(n), Active: n > 0, Clear: "/", Why: "/"},
		"flow": flowView{Stages: sampleOptions(n), Years: sampleOptions(n), Picture: picture},
		"trace": traceView{Noun: "project", ID: "1", Name: "2", Facts: sampleFacts(n), Tiles: tiles, Flow: picture, Targets: sampleTable(n), Shares: sampleTable(n),
			Progress: many(n, func(i int) progress {
				return progress{"1", sampleCell(i), sampleCell(0), 500, []string{"50.0%", ""}[i%2]}
			}),
			Up: sampleTable(n), Down: sampleTable(n), History: sampleTable(n), Notes: sampleTable(n), Pairings: sampleTable(n), Attachments: sampleTable(n), Journal: "/", Forms: sampleOptions(n)},
		"register": registerView{Table: sampleTable(n), Lead: "1"},
		"events":   eventsView{sampleTable(n)},
		"event":    eventView{Facts: sampleFacts(n), Things: sampleFacts(n), Raw: "{}", Earlier: "/", Later: "/"},
		"search":   searchView{Sought: "1", Table: sampleTable(n), More: n > 1},
		"status": statusView{Storage: sampleFacts(n), Operate: n > 0, Rebuild: rebuildView{Running: n == 1, Done: "7", Total: "8", Width: 500, Ended: "7"}, Facts: sampleFacts(n), Table: sampleTable(n), Halted: many(n, func(int) halted {
			return halted{&projections.Halted{Projection: "journal", Code: "x", Reason: "why"}, "7", []string{"journal"}}
		})},
		"verify":   verifyView{Done: n > 0, Clean: n > 1, Parts: sampleTable(n), Reasons: many(n, func(int) string { return "why" }), Table: sampleTable(n), Kept: "7"},
		"evidence": evidenceView{Facts: sampleFacts(n), Bundle: "/", Files: sampleTable(n), Name: "7"},
		"failure":  failure{Code: "x", Message: "why", Hint: "how", Request: "7", English: n > 0, Details: sampleFacts(n)},
	}
	account := accountView{Here: "/", Lead: "7", Demos: sampleOptions(n), Login: "7", Name: "7", Demo: n > 0, Identity: n > 0, Public: n > 0, Facts: sampleFacts(n), ReadOnly: n == 0, Recovery: many(n, func(int) string { return "7" })}
	account.Tokens, account.Secret, account.Wrong = sampleTokens(n), "7", n > 1
	if n > 1 {
		account.Problem, account.Address = &failure{Message: "7", English: true}, "7"
	}
	all["signin"], all["join"], all["account"] = account, account, account
	all["people"], all["person"] = samplePeople(n)
	all["accesslog"] = accessLogView{Acts: sampleOptions(n), Table: sampleTable(n)}
	all["public"] = publicView{Lead: "7", Tiles: tiles, Table: sampleTable(n), Texts: sampleFacts(n)}
	sampleOversight(all, n)
	all["settings"] = settingsView{Approvals: sampleTable(n), Checks: sampleTable(n), Set: "/", Lift: "/"}
	all["requests"] = requestsView{States: sampleOptions(n), Table: sampleTable(n), Ask: "/"}
	request := requestView{ID: "7", State: "requested", Facts: sampleFacts(n), Capitals: "7", Parts: sampleTable(n), Effect: sampleTable(n), Steps: sampleTable(n), Own: n == 0, Following: "/"}
	if n > 0 {
		request.Decide, request.Pay, request.Withdraw = &decision{"/", "/", "7", [2]string{"7", "7"}}, "/", "/"
	}
	all["request"] = request
	all["batch"] = batchView{Command: "7", Columns: many(n, func(int) string { return "7" }), Ready: n == 0, Faults: n, Heading: "7", Text: "7", Key: "7", Table: sampleTable(n), Sum: sampleFacts(n),
		Recorded: []string{"", "7"}[min(n, 1)], Position: sampleCell(0), Interrupted: n > 0}
	all["compare"] = compareView{From: "2018", To: "2019", By: sampleOptions(n), Columns: sampleOptions(n), Kept: many(n, func(int) kept { return kept{"7", "7"} }), Table: sampleTable(n)}
	all["why"] = whyView{Of: sampleFacts(n), Parts: sampleTable(n - 1), Steps: sampleTable(n), Rows: "/"}
	all["idle"] = idleView{Day: "2019", Table: sampleTable(n)}
	form := sampleForm(n)
	all["form"], all["disburse"], all["attach"] = form, form, form
	all["record"] = recordView{Desks: many(n, func(i int) navGroup { return navGroup{Label: "1", Items: sampleOptions(n)} }),
		Drafts: many(n, func(int) draftLine { return draftLine{"7", "7", "7", "/", "7"} }), Kept: n > 0}
	all["voucher"] = voucherView{Programme: "1", Facts: sampleFacts(n), Amount: sampleCell(0), Capitals: "1", Parts: sampleTable(n), Hash: "7", Printed: []string{"", "same", "other"}[min(n, 2)], Reversed: n > 0}
	if n == 0 {
		all["failure"] = failure{Code: "x", Message: "7"}
	}
	return all
}

// sampleOversight adds the pages of findings, notices, pairings and people.
func sampleOversight(all map[string]any, n int) {
	all["findings"] = findingsView{States: sampleOptions(n), Severities: sampleOptions(n), Table: sampleTable(n), Raise: "/", Check: "/", Checked: "7"}
	all["finding"] = findingView{Text: "7", Facts: sampleFacts(n), Answer: sampleFacts(n), Steps: sampleTable(n), Attachments: sampleTable(n), Next: sampleOptions(n)}
	all["notices"] = noticesView{Due: sampleTable(n), Table: sampleTable(n), Publish: "/"}
	all["notice"] = noticeView{Text: "7", Facts: sampleFacts(n), Attachments: sampleTable(n), Withdraw: "/"}
	all["coverage"] = coverageView{Sums: sampleTable(n), Show: sampleOptions(n), Table: sampleTable(n), Pairing: "/"}
	all["reports"] = reportsView{Table: sampleTable(n), Publish: "/"}
	changes := sampleTable(n)
	all["report"] = reportView{Table: sampleTable(n), Changes: &changes, Signed: "7", Position: "7", Recounted: n > 0}
	all["samples"] = samplesView{Table: sampleTable(n), Draw: "/"}
	all["sample"] = sampleView{Repeated: n > 0, Facts: sampleFacts(n), Items: sampleTable(n), Findings: sampleTable(n), Extend: "/", Raise: "/"}
	all["statements"] = statementsView{Show: "proposals", Shows: sampleOptions(n), Formats: sampleOptions(n), Define: "/", May: n > 0, Key: "7", Done: "7", Table: sampleTable(n), Reversed: sampleTable(n)}
	all["vouchers"] = vouchersView{Years: sampleOptions(n), Table: sampleTable(n)}
	imports := importsView{Desks: many(n, func(int) navGroup { return navGroup{Label: "1", Items: sampleOptions(n)} }), Units: sampleOptions(3), SkipBad: n > 0, Templates: "/", Imports: sampleTable(n)}
	if n > 0 {
		imports.Outcome, imports.State, imports.Waiting, imports.File, imports.Facts, imports.Undone = "7", "good", "7", "7", sampleFacts(n), "7"
	}
	if n > 1 {
		imports.Faults, imports.Notices, imports.Problem = sampleTable(n), []string{"why"}, &failure{Message: "7"}
	}
	all["imports"], all["undo"] = imports, undoView{Facts: sampleFacts(n), Problem: imports.Problem, Faults: sampleTable(n - 1), Reason: "7"}
	all["beneficiaries"] = beneficiariesView{Why: "7", States: sampleOptions(n), Table: sampleTable(n), Reading: n > 0, Register: "/"}
	all["reveal"] = revealView{Fields: sampleOptions(n), Why: "7", Shown: sampleFacts(n)}
}

func sampleTokens(n int) []tokenLine {
	return many(n, func(i int) tokenLine { return tokenLine{"7", "7", "", "7", i == 0} })
}

func samplePeople(n int) (peopleView, personView) {
	form := personForm{Login: "7", Roles: sampleOptions(n)}
	all, one := peopleView{Table: sampleTable(n), Form: form}, personView{Person: "7", Facts: sampleFacts(n), Form: form, Disabled: n > 1, Own: n == 0, Tokens: sampleTokens(n)}
	if n > 0 {
		all.Invited, all.Problem = &invited{"7", "/"}, &failure{Message: "7", English: true}
		one.Invited, one.Problem, one.Done = all.Invited, all.Problem, "7"
	}
	return all, one
}

// sampleForm has inputs of every type, right and wrong.
func sampleForm(n int) formView {
	var inputs []field
	for i, kind := range []string{"id", "text", "note", "amount", "date", "quantity", "integer", "yes/no", "thing", "list"} {
		f := field{Name: fmt.Sprint("f", i), Label: "1", Hint: "2", Type: kind, Value: "3", Required: i%2 == 0}
		switch {
		case n > 1:
			f.Problem = "4"
		case n == 1:
			f.Options, f.List = sampleOptions(2), "7"
		}
		if kind == "list" {
			f.Items = [][]field{{{Name: "x", Label: "1", Type: "amount", Problem: f.Problem}}}
		}
		inputs = append(inputs, f)
	}
	view := formView{Command: "1", Lead: "2", Fields: inputs, Key: "7", Interrupted: n > 0}
	if n > 0 {
		view.More = []field{{Name: "m", Label: "1"}}
		view.Done = &receiptView{Position: sampleCell(0), Entry: sampleCell(0), Voucher: "/", Reverse: "/"}
		view.Lists = []offerList{{"7", sampleOptions(n)}}
		view.Checked, view.Draft, view.MayDraft = sampleFacts(n), "7", true
	}
	if n > 1 {
		view.Problem = &failure{Message: "7", Details: sampleFacts(n)}
		view.Warnings, view.MoreOpen = many(n, sampleCell), true
	}
	return view
}

// callers are nobody, and one person of every role.
func callers() []access.Caller {
	all := []access.Caller{{}, access.LocalOwner()}
	for _, r := range access.Roles() {
		all = append(all, access.Caller{Person: "p-7", Name: "7", Role: r.Name, Method: access.Session, Grants: r.Grants()})
	}
	return all
}

func TestEveryPageIsWholeForEveryRoleLanguageAndNumber(t *testing.T) {
	site := New(Config{Views: new(projections.DB), Log: slog.New(slog.DiscardHandler)})
	for name := range site.templates["en"] {
		for _, n := range []int{0, 1, 3} {
			view, ok := samples(n)[name]
			if !ok {
				t.Fatalf("there is no sample of the page %s", name)
			}
			for _, l := range tongues {
				for _, c := range callers() {
					t.Run(fmt.Sprint(name, " ", n, " ", l.tag, " ", c.Role), func(t *testing.T) { checkPage(t, site, l, c, name, view) })
				}
			}
		}
	}
}

func checkPage(t *testing.T, site *Site, l *tongue, c access.Caller, name string, view any) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/ledgers/1/journal?as_of=12&stage=x", nil)
	r.Header.Set("Cookie", tongueCookie+"="+l.tag)
	v := site.begin(c, w, r)
	v.ledger = projections.Ledger{Ledger: "1", Title: "7", Currency: domain.Currency("CNY"), Invented: true}
	v.ledgers = []projections.Ledger{v.ledger, {Ledger: "2", Title: "8"}}
	v.readPast()
	if err := v.show(200, name, "7", view); err != nil {
		t.Fatal(err)
	}
	page := w.Body.String()
	if !strings.HasSuffix(strings.TrimSpace(page), "</html>") || strings.Contains(page, "<no value>") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page is not whole")
	}
	if strings.Contains(page, "<7>") {
		t.Error("text of the data is not escaped")
	}
	// What a page says does not depend on the role, but that the owner is shown most.
	if c.Role != access.Owner {
		return
	}
	if text := foreign(l.tag, page); text != "" {
		t.Errorf("the page has the foreign text %q", text)
	}
	forbids(t, page)
}

// forbids finds what the content policy would block, or what comes from
// elsewhere.
func forbids(t *testing.T, page string) {
	t.Helper()
	for what, pattern := range forbidden {
		if found := pattern.FindString(page); found != "" {
			t.Errorf("the page has %s: %s", what, found)
		}
	}
}

// All of it stands in a tag.
var forbidden = map[string]*regexp.Regexp{
	"a style of its own":  regexp.MustCompile(`\sstyle=|<style`),
	"a script of its own": regexp.MustCompile(`<script[^>]*>[^<]|\son[a-z]+=|javascript:`),
	"another address":     regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//`),
}
