package pages

import (
	"encoding/csv"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	cellBegins = regexp.MustCompile(`<t[hd]\b[^>]*>`)
	aside      = regexp.MustCompile(`<a class="why"[^>]*>[^<]*</a>`)
)

// onScreen is the first table of a page as people read it.
func onScreen(page string) (rows [][]string) {
	_, rest, _ := strings.Cut(page, "<thead>")
	shown, _, _ := strings.Cut(rest, "</table>")
	for _, line := range strings.Split(shown, "<tr")[1:] {
		var cells []string
		for _, c := range cellBegins.Split(line, -1)[1:] {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(aside.ReplaceAllString(c, ""), ""))))
		}
		rows = append(rows, cells)
	}
	return rows
}

var grouped = regexp.MustCompile(`^(约 )?-?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?( [A-Z]{3})?$`)

// digits is a cell as a file has it: numbers without commas.
func digits(text string) string {
	if grouped.MatchString(text) {
		return strings.ReplaceAll(text, ",", "")
	}
	return text
}

// Whatever is filtered, of whichever past and in whichever unit: a file has the
// cells of the screen, and after them the rows of the pages that follow.
func aFileHasTheCellsOfTheScreen(t *testing.T, s *running) {
	for _, path := range []string{"/journal?stage=disbursed&year=2019", "/journal?project=inv-p10&as_of=24", "/totals?by=project", "/totals?by=village&as_of=20",
		"/totals?by=year&effective_until=2018-12-31", "/idle", "/compare?by=fund&column=received&from=2018-12-31&to=2019-12-31", "/vouchers?year=2019", "/projects"} {
		for _, u := range units {
			_, page, _ := s.get(t, invented+path, "Cookie", "unit="+u.name)
			separator := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
			_, file, _ := s.get(t, invented+path+separator+"format=csv", "Cookie", "unit="+u.name)
			_, book, _ := s.get(t, invented+path+separator+"format=xlsx", "Cookie", "unit="+u.name)
			read := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
			read.FieldsPerRecord = -1
			rows, err := read.ReadAll()
			shown, sheet := onScreen(page), rowsOfSheet(t, book)
			if err != nil || len(shown) < 2 || len(rows) < len(shown) || len(sheet) != len(rows) {
				t.Errorf("%s in %s: %d rows on the screen, %d and %d in the files, %v", path, u.name, len(shown), len(rows), len(sheet), err)
				continue
			}
			for i, cells := range shown {
				for j := range cells {
					cells[j] = digits(cells[j])
				}
				if !slices.Equal(cells, rows[i]) {
					t.Errorf("%s in %s: row %d is\n%q on the screen and\n%q in the file", path, u.name, i, cells, rows[i])
				}
				for j, c := range sheet[i] {
					if want := rows[i][j]; c.Value != want && c.Value != strings.TrimRight(strings.TrimRight(want, "0"), ".") {
						t.Errorf("%s in %s: row %d has %q in the workbook and %q in the other file", path, u.name, i, c.Value, rows[i][j])
					}
				}
			}
		}
	}
}
