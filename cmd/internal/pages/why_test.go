package pages

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange/sheet"
)

// rowsOfSheet reads a workbook that a page exported.
func rowsOfSheet(t *testing.T, file string) [][]sheet.Cell {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader([]byte(file)), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]sheet.Cell
	for r, err := range book.Rows("", func(string) {}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, append([]sheet.Cell(nil), r.Cells...))
	}
	return all
}

var whyLink = regexp.MustCompile(`<a href="[^"]*stage=disbursed[^"]*"[^>]*>([^<]*)</a> <a class="why" href="([^"]*)"`)

func everyStepToANumberIsShown(t *testing.T, s *running) {
	_, page, _ := s.get(t, invented+"/totals?by=village&year=2019")
	found := whyLink.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the totals lead to no steps: %.3000s", page)
	}
	number, steps := found[1], strings.ReplaceAll(found[2], "&amp;", "&")
	status, page, _ := s.get(t, steps)
	if status != 200 || !strings.Contains(page, "<h1>这个数怎么来的：拨付</h1>") || !strings.Contains(page, "/events/") {
		t.Errorf("%s answers %d: %s", steps, status, page)
	}
	_, file, _ := s.get(t, steps+"&format=xlsx")
	rows := rowsOfSheet(t, file)
	running := -1
	for i, c := range rows[0] {
		if c.Value == "累计" {
			running = i
		}
	}
	last := rows[len(rows)-1]
	if running < 0 || last[running].Kind != sheet.Number || last[running].Value != strings.ReplaceAll(number, ",", "") {
		t.Errorf("the last of %d steps is %v, and the number %s", len(rows)-1, last, number)
	}
	_, page, _ = s.get(t, invented+"/why?stage="+derived["cash"])
	if !strings.Contains(page, "结存") || !regexp.MustCompile(`拨付</span><td class="number"><a href="[^"]*/why\?stage=disbursed"[^>]* class="negative">-`).MatchString(page) {
		t.Errorf("what is left is not shown with its parts: %s", page)
	}
	if _, page, _ := s.get(t, programme+"/why?stage=disbursed"); !strings.Contains(page, "不是 0") {
		t.Error("where nobody reported payments the steps do not say so")
	}
}
