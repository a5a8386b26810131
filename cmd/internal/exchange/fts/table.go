package fts

import (
	"strings"

	"aidledger/domain"
)

// columns are the headings of the columns that are read, in small letters and
// without what is no letter: those of the API, and those of the downloads of
// the website. All others are passed over.
var columns = map[string]func(*flow, string){
	"id": setID, "flowid": setID,
	"status": setStatus, "flowstatus": setStatus, "fundingstatus": setStatus,
	"boundary":  func(f *flow, s string) { f.boundary = s },
	"amountusd": setAmount, "amountus": setAmount,
	"date": setDate, "flowdate": setDate,
	"decisiondate": func(f *flow, s string) { f.date = first(f.date, s) },
	"description":  func(f *flow, s string) { f.description = s },
	"budgetyear":   func(f *flow, s string) { f.year = first(f.year, strings.TrimSuffix(s, ".0")) }, "contributiontype": func(f *flow, s string) { f.contribution = s },
	"method":         func(f *flow, s string) { f.method = s },
	"originalamount": func(f *flow, s string) { f.originalAmount = s }, "originalcurrency": func(f *flow, s string) { f.original = s },
	"exchangerate":    func(f *flow, s string) { f.exchange = s },
	"srcorganization": setSource, "sourceorg": setSource, "sourceorganization": setSource,
	"destorganization": setDestination, "destinationorg": setDestination, "destinationorganization": setDestination,
	"destlocations": setLocations, "destinationlocation": setLocations, "destlocation": setLocations,
	"destplanid":         func(f *flow, s string) { f.plan = strings.TrimSuffix(s, ".0") },
	"destusageyearstart": setYear, "destinationusageyear": setYear,
	"destusageyearend": func(f *flow, s string) { f.until = strings.TrimSuffix(s, ".0") },
	"flowtype":         func(f *flow, s string) { f.kind = s }, "parentflowid": func(f *flow, s string) { f.parent = s },
	"destplan": setPlan, "destinationplan": setPlan,
}

func setYear(f *flow, s string)        { f.year = strings.TrimSuffix(s, ".0") }
func setID(f *flow, s string)          { f.id = strings.TrimSuffix(s, ".0") }
func setStatus(f *flow, s string)      { f.status = s }
func setAmount(f *flow, s string)      { f.amount = s }
func setDate(f *flow, s string)        { f.date = s }
func setSource(f *flow, s string)      { f.sources = []string{s} }
func setDestination(f *flow, s string) { f.destinations = []string{s} }
func setLocations(f *flow, s string)   { f.locations = list(s) }
func setPlan(f *flow, s string)        { f.planName = s }

// Table reads the rows of a table of flows, the first of which has the headings.
type Table struct {
	*reader
	set []func(*flow, string)
}

// NewTable reads the headings. It returns a *domain.Refusal of code import_header
// where what a flow needs is missing.
func NewTable(headings []string) (*Table, error) {
	t := &Table{reader: newReader()}
	known := map[string]bool{}
	for _, h := range headings {
		name := letters(h)
		t.set = append(t.set, columns[name])
		known[name] = true
	}
	for _, need := range [][]string{{"amountusd", "amountus"}, {"status", "flowstatus", "fundingstatus"}, {"date", "flowdate", "decisiondate"}} {
		if !known[need[0]] && !known[need[1]] && (len(need) < 3 || !known[need[2]]) {
			return nil, refusal("import_header", "the table of flows has no column "+need[0], "take the file from FTS as it is")
		}
	}
	return t, nil
}

// letters are the letters of a text, small.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(text))
}

// isHeading tells whether a line has the headings of flows.
func isHeading(line string) bool {
	known := letters(line)
	return strings.Contains(known, "amountus") && strings.Contains(known, "status")
}

// IsHeading tells whether a row of a table has the headings of flows. In a
// workbook there may be a title above it.
func IsHeading(cells []string) bool { return isHeading(strings.Join(cells, ",")) }

// Command makes the command of a row. One of tags of HXL is no row: it gives
// nothing.
func (t *Table) Command(cells []string) (*domain.RecordReportedTransaction, error) {
	var f flow
	for i, cell := range cells {
		if i < len(t.set) && t.set[i] != nil && strings.TrimSpace(cell) != "" {
			t.set[i](&f, strings.TrimSpace(cell))
		}
	}
	if strings.HasPrefix(f.amount, "#") || strings.HasPrefix(f.date, "#") {
		return nil, nil
	}
	return t.command(f)
}
