package web

import (
	"fmt"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"
)

const (
	reportOf2018 = `{"report":"r1","title":"One","by":"project"}`
	oneDrawn     = `{"sample":"s1","size":1,"method":"monetary-unit","seed":"4","stage":"disbursed"}`
)

// audited publishes a report and draws a sample, and returns the path of an
// operation about them.
func (a *api) audited(t *testing.T, id, path string) string {
	t.Helper()
	a.do(t, "paid-for-audit", "disburse-funds", pay(`"1"`))
	a.do(t, "published", "publish-report", reportOf2018)
	a.call(t, "POST", "/v1/ledgers/test/commands/draw-sample?wait=true", oneDrawn, "Idempotency-Key", "drawn")
	switch id {
	case "drawSampleAgain":
		return "/v1/ledgers/test/samples/s1"
	case "explainReportCell":
		return "/v1/ledgers/test/reports/r1/cell?key=" + cellsOf(t, a)[0].Key + "&stage=" + cellsOf(t, a)[0].Stage.String()
	}
	return "/v1/ledgers/test/reports/r1"
}

func cellsOf(t *testing.T, a *api) []projections.ComparedCell {
	t.Helper()
	return read[projections.Comparison](t, a.call(t, "GET", "/v1/ledgers/test/reports/r1", "")).Cells
}

func TestAReportIsFrozenAndEachCellSaysWhatChangedItSince(t *testing.T) {
	a := opened(t)
	a.must(t, "before", "disburse-funds", pay(`"1.10"`))
	first := a.must(t, "published", "publish-report", reportOf2018)
	paid := a.must(t, "after", "disburse-funds", pay(`"2"`))
	if again := read[recorded](t, a.do(t, "published", "publish-report", reportOf2018)); !again.Repeated || again.Entry != first.Entry {
		t.Errorf("sent again after the totals changed: %+v", again)
	}
	got := a.do(t, "forged", "publish-report", `{"report":"r2","title":"x","by":"year","cells":[{"key":"2018","stage":"disbursed","amount":"9"}]}`)
	if got.problem().Errors[0].Code != "unknown_field" {
		t.Errorf("figures that somebody typed: %d %s", got.status, got.body)
	}
	if got := a.do(t, "none", "publish-report", `{"report":"r2","title":"x","by":"month"}`); got.status != 422 {
		t.Errorf("a line that does not exist: %d %s", got.status, got.body)
	}
	a.call(t, "GET", "/v1/status?wait_for="+paid.Position.String(), "")
	c := read[projections.Comparison](t, a.call(t, "GET", "/v1/ledgers/test/reports/r1", ""))
	signed := read[Checkpoint](t, a.call(t, "GET", fmt.Sprintf("/v1/ledgers/test/checkpoint?size=%d", c.Entries), ""))
	if !c.Recounted || signed.Root.String() != c.Root || signed.Head.String() != c.Head || signed.Position != c.Position {
		t.Errorf("%+v, and the checkpoint of that size is %+v", c.PublishedReport, signed)
	}
	changed := 0
	for _, cell := range c.Cells {
		if cell.Stage != domain.Disbursed || !cell.Changed {
			continue
		}
		changed++
		path := "/v1/ledgers/test/reports/r1/cell?stage=disbursed&key=" + cell.Key
		changes := read[projections.CellChanges](t, a.call(t, "GET", path, ""))
		if *changes.Published != "1.10" || *changes.Now != "3.10" || len(changes.Steps) != 1 || changes.Steps[0].Entry != paid.Entry || changes.Steps[0].Running != "3.10" {
			t.Errorf("%+v", changes)
		}
	}
	if changed != 1 {
		t.Errorf("%d amounts of payments have changed, 1 expected", changed)
	}
}

func TestAnAuditorDrawsASampleAndExtendsIt(t *testing.T) {
	a := opened(t)
	for i := range 5 {
		a.must(t, fmt.Sprint("p", i), "disburse-funds", pay(fmt.Sprintf(`"%d"`, i+1)))
	}
	token := a.tokens(t)[access.Auditor]
	auditor := func(key, body string) answer {
		return a.call(t, "POST", "/v1/ledgers/test/commands/draw-sample?wait=true", body, "Idempotency-Key", key, "Authorization", token)
	}
	if got := auditor("s1", `{"sample":"s1","size":2,"method":"record","seed":"31","stage":"disbursed"}`); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := a.call(t, "POST", "/v1/ledgers/test/commands/publish-report", reportOf2018, "Idempotency-Key", "r", "Authorization", token); got.problem().Code != access.Forbidden {
		t.Errorf("an auditor publishes: %d %s", got.status, got.body)
	}
	a.must(t, "later", "disburse-funds", pay(`"9"`))
	if got := auditor("s2", `{"sample":"s2","size":4,"method":"record","seed":"31","stage":"disbursed","currency":"CNY","extends":"s1"}`); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := auditor("s3", `{"sample":"s3","size":6,"method":"record","seed":"31","stage":"disbursed","currency":"CNY","extends":"s1"}`); got.problem().Code != "sample_size" {
		t.Errorf("more than there were by then: %d %s", got.status, got.body)
	}
	if got := auditor("s4", `{"sample":"s4","size":6,"method":"record","seed":"31","stage":"disbursed","extends":"none"}`); got.problem().Code != "sample_not_found" {
		t.Errorf("what extends nothing: %d %s", got.status, got.body)
	}
	one := read[projections.SampleAgain](t, a.call(t, "GET", "/v1/ledgers/test/samples/s1", ""))
	two := read[projections.SampleAgain](t, a.call(t, "GET", "/v1/ledgers/test/samples/s2", ""))
	if !one.Repeated || !two.Repeated || one.Position != two.Position || len(two.Items) != 4 || one.Items[0] != two.Items[0] || one.Items[1] != two.Items[1] {
		t.Errorf("%+v is no beginning of %+v", one, two)
	}
	if (one.Position == eventstore.Position{}) || one.Population != 5 {
		t.Errorf("%+v", one)
	}
}
