package exchange_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange"
	"aidledger/cmd/internal/exchange/sheet"
)

// flowsJSON is an answer as the API of FTS gives it: a flow of two organisations,
// one that is inside the plan, a pledge, and what is wrong.
const flowsJSON = `{"status":"ok","data":{"incoming":{"fundingTotal":1500000.5},"flows":[
{"id":"149198","amountUSD":1000000.505,"budgetYear":"2016","contributionType":"financial","date":"2016-12-14T00:00:00Z","description":"Aid, 援助","status":"paid","boundary":"incoming",
 "originalAmount":950000,"originalCurrency":"EUR","sourceObjects":[{"type":"Organization","id":"2927","name":"Japan, Government of"},{"type":"Location","id":"112","name":"Japan"}],
 "destinationObjects":[{"type":"Plan","id":"521","name":"Chad 2016"},{"type":"UsageYear","id":"37","name":"2017"},{"type":"Organization","id":"2915","name":"World Food Programme"},{"type":"Location","id":"44","name":"Chad"}]},
{"id":149199,"amountUSD":500000,"date":"2016-01-31","status":"commitment","boundary":"incoming","sourceObjects":[],"destinationObjects":[{"type":"Location","id":"44","name":"Chad"},{"type":"Location","id":"45","name":"Niger"}]},
{"id":"149200","amountUSD":1e3,"date":"2017-05-01","status":"pledge","sourceObjects":null,"destinationObjects":null},
{"id":"149201","amountUSD":400000,"date":"2016-05-01","status":"paid","boundary":"internal","sourceObjects":[],"destinationObjects":[]},
{"id":"149200","amountUSD":1e3,"date":"2017-05-01","status":"pledge","sourceObjects":null,"destinationObjects":null},
{"id":"149205","amountUSD":7,"date":"2016-05-02","status":"paid","flowType":"Pass through","parentFlowId":"149198","destinationObjects":[{"type":"UsageYear","name":"2016"},{"type":"UsageYear","name":"2017"}]},
{"id":"149202","amountUSD":"much","date":"2016-05-01","status":"paid"},
{"id":"149203","amountUSD":5,"date":"2016-05-01","status":"spent"}
]}}`

const flowsCSV = "\ufeffdate,budgetYear,description,amountUSD,srcOrganization,srcOrganizationTypes,destPlan,destPlanId,destOrganization,destLocations,boundary,status,decisionDate,originalAmount,originalCurrency,id\n" +
	"#date,#date+year+budget,#description,#value+funding+total+usd,#org+name+funder,#org+type,#activity+appeal,#activity+id,#org+name+impl,#country+iso3,#financial+direction,#status,#date+decision,#value,#currency,#activity+id\n" +
	"2016-12-14,2016,Aid,1000000.505,\"Japan, Government of\",Governments,Chad 2016,521.0,World Food Programme,TCD,incoming,paid,,950000,EUR,149198\n" +
	"2016-01-31,,,5e+05,,,,,,\"TCD,NER\",incoming,commitment,,,,149199\n" +
	"2017-05-01,,,1000.0,,,,,,,incoming,pledge,,,,149200\n"

// flowsBook is a download of the website: a title, the headings and the flows.
func flowsBook(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := sheet.NewWriter(&b)
	w.Sheet("Export data", nil)
	for _, line := range []string{"Results - Incoming", "", "Flow ID|Source org.|Destination org.|Destination usage year|Amount (US$)|Flow status|Flow date|Boundary",
		"149198|Japan, Government of|World Food Programme|2017|1000000.505|Paid|2016-12-14|Incoming", "149199||WFP|2016|500000|Commitment|2016-01-31|Incoming"} {
		var cells []sheet.Cell
		for i, text := range strings.Split(line, "|") {
			kind := sheet.Text
			if i == 4 && text != "" && text[0] < 'A' {
				kind = sheet.Number
			}
			cells = append(cells, sheet.Cell{Kind: kind, Value: text})
		}
		w.Row(cells...)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFlowsOfFTSAreReportedTransactions(t *testing.T) {
	w := newWorld(t)
	counts(t, w.give("json", "flows.json", flowsJSON, exchange.Options{}), exchange.Refused, 0, 0, 2)
	r := w.give("json", "flows.json", flowsJSON, exchange.Options{SkipBad: true})
	counts(t, r, exchange.Recorded, 6, 0, 2)
	if got := faults(r); !slices.Equal(got, []string{"7 amountUSD amount_format", "8 status value_malformed"}) {
		t.Errorf("at fault are %q", got)
	}
	counts(t, w.give("json", "flows.json", flowsJSON, exchange.Options{SkipBad: true}), exchange.Known, 0, 6, 2)
	counts(t, w.give("csv", "flows.csv", flowsCSV, exchange.Options{}), exchange.Recorded, 3, 0, 0)
	counts(t, w.give("book", "flows.xlsx", flowsBook(t), exchange.Options{}), exchange.Recorded, 2, 0, 0)
	counts(t, w.give("site", "flows.csv", "Flow ID,Source org.,Destination org.,Amount (US$),Flow status,Flow date\n7,Norway,WFP,12.5,Commitment,2016-05-01\n", exchange.Options{}), exchange.Recorded, 1, 0, 0)
	for _, c := range []struct {
		ledger, by string
		want       []string
	}{
		{"json", "system", []string{"fts.unocha.org,12,USD,2,2000", "fts.unocha.org,2,USD,1,500000", "fts.unocha.org,3,USD,1,1000000.50", "fts.unocha.org/internal,3,USD,2,400007"}},
		{"json", "budget-year", []string{"2016,2,USD,1,500000", "2016,3,USD,2,400007", "2017,12,USD,2,2000", "2017,3,USD,1,1000000.50"}},
		{"csv", "budget-year", []string{"2016,2,USD,1,500000", "2016,3,USD,1,1000000.50", "2017,12,USD,1,1000"}},
		{"csv", "system", []string{"fts.unocha.org,12,USD,1,1000", "fts.unocha.org,2,USD,1,500000", "fts.unocha.org,3,USD,1,1000000.50"}},
		{"csv", "flow", []string{"Japan, Government of,World Food Programme,3,USD,1,1000000.50", "none,none,12,USD,1,1000", "none,none,2,USD,1,500000"}},
		{"book", "system", []string{"fts.unocha.org,2,USD,1,500000", "fts.unocha.org,3,USD,1,1000000.50"}},
		{"book", "budget-year", []string{"2016,2,USD,1,500000", "2017,3,USD,1,1000000.50"}},
		{"site", "flow", []string{"Norway,WFP,2,USD,1,12.50"}},
		{"csv", "recipient", []string{"TCD,3,USD,1,1000000.50", "none,12,USD,1,1000", "none,2,USD,1,500000"}},
	} {
		if got := w.reported(c.ledger, c.by); !slices.Equal(got, c.want) {
			t.Errorf("%s by %s: %q, want %q", c.ledger, c.by, got, c.want)
		}
	}
	for name, content := range map[string]string{"json_syntax": `{"data":{"flows":{}}}`, "import_header": "amountUSD,id\n5,1\n"} {
		if _, err := w.try("bad", name, content, exchange.Options{}); code(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
