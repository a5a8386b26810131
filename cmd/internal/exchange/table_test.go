package exchange_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange"
	"aidledger/cmd/internal/exchange/sheet"
	"aidledger/domain"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// receipts is the command that the tables of these tests are about.
var receipts = exchange.Options{Command: "receive-funds"}

// received is a ledger with a fund, and what was received for it after a file
// was imported: each amount with its date and note.
func received(t *testing.T, w *world, ledger, name string, content []byte, o exchange.Options) (got []string, r exchange.Report, err error) {
	t.Helper()
	w.give(ledger, "open.jsonl", `{"command":"register-organisation","organisation":"giver","name":"单位","kind":"government"}
{"command":"commit-funds","fund":"f","provider":"giver","amount":"90000000","document":"d","date":"2017"}`, exchange.Options{})
	if r, err = w.try(ledger, name, string(content), o); err != nil {
		return nil, r, err
	}
	err = w.store.EntriesOf(t.Context(), ledger, string(r.Import), func(e *eventEntry) error {
		for _, event := range e.Events {
			if event.Type == "funds-received" {
				got = append(got, fmt.Sprintf("%s %s %s", field(event.Data, "amount"), field(event.Data, "date"), field(event.Data, "note")))
			}
		}
		return nil
	})
	return got, r, err
}

func encoded(t *testing.T, text string, with func(string) (string, error)) []byte {
	t.Helper()
	out, err := with(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func TestTablesAreReadAsPeopleWriteThem(t *testing.T) {
	w := newWorld(t)
	const usual = "资金 fund,金额 amount,日期 date,备注 note\nf,100.50,2018-03-05,甲\n"
	want := []string{"100.50 CNY 2018-03-05 甲"}
	for i, c := range []struct {
		name    string
		file    []byte
		options exchange.Options
		want    []string
	}{
		{"a byte order mark", []byte("\xef\xbb\xbf" + usual), receipts, want},
		{"GBK", encoded(t, usual, simplifiedchinese.GBK.NewEncoder().String), receipts, want},
		{"UTF-16 with tabs", encoded(t, strings.ReplaceAll(usual, ",", "\t"), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String), receipts, want},
		{"CR alone", []byte(strings.ReplaceAll(usual, "\n", "\r")), receipts, want},
		{"CRLF and LF, and a line break in quotation marks", []byte("fund,amount,date,note\r\nf,1,2018,\"a\r\nb\"\nf,2,2018,c\r\n"), receipts, []string{"1.00 CNY 2018 a\nb", "2.00 CNY 2018 c"}},
		{"columns in another order, with English names and a star", []byte("Date *;NOTE;Amount;#mine;Fund\n2018年3月5日;甲;100.5;x;F\n"), receipts, want},
		{"a title and a merged head above the names", []byte("赤城县资金台账,,,\n,到位,,\n" + usual), receipts, want},
		{"full-width digits and spaces", []byte("fund,amount,date,note\nf, １００．５０　,２０１８年３月５日,甲\n"), receipts, want},
		{"a unit in the head", []byte("资金,金额（万元）,日期,备注\nf,0.01005,2018/3/5,甲\n"), receipts, want},
		{"a unit as an option", []byte("资金,金额,日期,备注\nf,0.01005,2018-03-05 00:00:00,甲\n"), exchange.Options{Command: "receive-funds", Unit: "万元"}, want},
		{"a hundred-thousandth of a unit", []byte("资金,金额（万元）,日期,备注\nf,0.00001,2018-03-05,甲\n"), receipts, []string{"0.10 CNY 2018-03-05 甲"}},
		{"an apostrophe before a number and a formula", []byte("fund,amount,date,note\nf,'100.5,2018-03-05,'=1+1\n"), receipts, []string{"100.50 CNY 2018-03-05 =1+1"}},
		{"the command in a column", []byte("命令 command,fund,amount,date,note\nreceive-funds,f,100.5,2018-03-05,甲\n"), exchange.Options{}, want},
		{"totals and examples", []byte(usual + "合计,100.50,,\n总计 100.50,,,\n# 例,1,,\n,,,\n"), receipts, want},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, err := received(t, w, fmt.Sprintf("l-%d", i), "table.csv", c.file, c.options)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q %v %+v, want %q", got, err, r, c.want)
			}
		})
	}
}

func TestTablesAreRefusedWhereTheyCouldMeanSomethingElse(t *testing.T) {
	w := newWorld(t)
	const head = "fund,amount,date,note\n"
	for i, c := range []struct {
		name, file string
		options    exchange.Options
		want       []string // faults, or the code of the whole file
	}{
		{"a name that is missing", "fund,date\nf,2018\n", receipts, []string{"import_header"}},
		{"a name that is there twice", "fund,amount,金额\nf,1,1\n", receipts, []string{"import_header"}},
		{"a name that was changed", "fund,amount,datum\nf,1,2018\n", receipts, []string{"import_header"}},
		{"no names at all", "1,2\n3,4\n", receipts, []string{"import_header"}},
		{"no command", head + "f,1,2018,\n", exchange.Options{}, []string{"import_header"}},
		{"a unit that there is not", head, exchange.Options{Command: "receive-funds", Unit: "吨"}, []string{"unit_unknown"}},
		{"quotation marks", head + "f,\"1\"2,2018,\n", receipts, []string{"csv_syntax"}},
		{"a quotation mark that is not closed", head + "f,1,2018,\"" + strings.Repeat("a\n", 2<<20), receipts, []string{"file_too_large"}},
		{"bytes of no encoding", head + "f,1,2018,\xff\xff\xff\x20\n", receipts, []string{"invalid_utf8"}},
		{"cells at fault, all of them", head + "f,3721万,2018-02-30,a\x00b\nf,1,2018,\nf,1e3,2018,\ng,1,2018,,,x\n", receipts,
			[]string{"encoding_unknown"}},
		{"values at fault, all of them", head + "f,3721万,2018-02-30,\nf,1,2018,\nf,1e3,2018,\nf,1,2018,,x\n", receipts,
			[]string{"2 amount amount_unit_ambiguous", "2 date date_invalid", "4 amount amount_format", "5 E cell_extra"}},
		{"a formula that failed in the first cell", "fund,amount,date,note\n#N/A,1,2018,\n#REF!,1,2018,\n", receipts,
			[]string{"2 fund id_format", "3 fund id_format"}},
		{"names of columns alone", head, receipts, []string{"file_empty"}},
		{"a unit twice", "fund,金额(万元),date\nf,3721万,2018\n", receipts, []string{"2 金额(万元) amount_unit_twice"}},
		{"a unit above the table that no column names", "台账,,\n,,单位：万元\nfund,金额,date\nf,3721,2018\n", receipts, []string{"unit_above"}},
		{"what a rule refuses, under the name of its column", "资金,金额,日期\nf,1.234,2018\n", receipts, []string{"2 金额 amount_precision"}},
		{"a command that there is not", "command,fund\nteleport,f\n", exchange.Options{}, []string{"2 命令 command command_not_found"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ledger := fmt.Sprintf("l-%d", i)
			got, r, err := received(t, w, ledger, "table.csv", []byte(c.file), c.options)
			told := faults(r)
			if err != nil {
				told = []string{code(err)}
			}
			if !slices.Equal(told, c.want) || len(got) > 0 {
				t.Errorf("got %q %v, want %q", told, got, c.want)
			}
		})
	}
}

func TestOneRowAtFaultOfTen(t *testing.T) {
	w := newWorld(t)
	file := "fund,amount,date\n"
	for i := range 10 {
		if i == 6 {
			file += "f,0,2018\n"
			continue
		}
		file += fmt.Sprintf("f,%d,2018\n", i+1)
	}
	got, r, err := received(t, w, "a", "ten.csv", []byte(file), receipts)
	if err != nil || len(got) != 0 || !slices.Equal(faults(r), []string{"8 amount amount_not_positive"}) {
		t.Errorf("%q %+v %v", got, r, err)
	}
	skip := receipts
	skip.SkipBad = true
	got, r, err = received(t, w, "a", "ten.csv", []byte(file), skip)
	if err != nil || len(got) != 9 {
		t.Errorf("%q %+v %v", got, r, err)
	}
	counts(t, r, exchange.Recorded, 9, 0, 1)
}

func TestATemplateIsReadBack(t *testing.T) {
	w := newWorld(t)
	for _, command := range domain.Commands() {
		for _, format := range []string{exchange.FormatCSV, exchange.FormatXLSX} {
			var b bytes.Buffer
			if err := exchange.WriteTemplate(&b, command.Name, format); err != nil {
				t.Fatal(err)
			}
			f, err := exchange.Receive(&b, "template")
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.Import(t.Context(), "a", f, exchange.Options{Command: command.Name, DryRun: true, Open: true}, func(uint64, uint64) {})
			f.Close()
			if err != nil || r.Rows != 0 || r.LeftOut != 1 {
				t.Errorf("%s as %s: %+v %v", command.Name, format, r, err)
			}
		}
	}
	for _, command := range domain.Commands() {
		if domain.HoldsPersonal(command.New()) {
			continue // nothing here seals what is about a person
		}
		var b bytes.Buffer
		if err := exchange.WriteTemplate(&b, command.Name, exchange.FormatCSV); err != nil {
			t.Fatal(err)
		}
		r, err := w.try("c", "t.csv", strings.Replace(b.String(), "# ", "", 1), exchange.Options{Command: command.Name, DryRun: true})
		if err != nil || r.Rows != 1 || slices.ContainsFunc(r.Faults, func(f exchange.Fault) bool { return !lacksOthers(f.Code) }) {
			t.Errorf("the example of %s: %v %+v", command.Name, err, r)
		}
	}
	// The row of examples is one that could be recorded.
	var b bytes.Buffer
	if err := exchange.WriteTemplate(&b, "receive-funds", exchange.FormatCSV); err != nil {
		t.Fatal(err)
	}
	file := strings.NewReplacer("# ", "", "fund-1", "f", "provider-1", "giver", ",2018,", ",2017,").Replace(b.String())
	if got, r, err := received(t, w, "b", "t.csv", []byte(file), receipts); err != nil || len(got) != 1 {
		t.Errorf("the example is at fault: %+v %v", r, err)
	}
}

// lacksOthers tells whether a row is refused for what is recorded, or who records
// it, and not for what it says.
func lacksOthers(code string) bool {
	return strings.HasSuffix(code, "_not_found") || slices.Contains([]string{"operator_only", "server_only", "year_open", "figures_missing"}, code)
}

func TestEachColumnHasAChineseNameOfItsOwn(t *testing.T) {
	for _, command := range domain.Commands() {
		var b bytes.Buffer
		if err := exchange.WriteTemplate(&b, command.Name, exchange.FormatCSV); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(strings.TrimPrefix(b.String(), "\ufeff"), "\n")
		seen := map[string]bool{}
		for name := range strings.SplitSeq(head, ",") {
			zh, _, _ := strings.Cut(name, " ")
			if zh[0] < 0x80 && zh != "SHA-256" || seen[zh] {
				t.Errorf("%s: the column %q", command.Name, name)
			}
			seen[zh] = true
		}
	}
}

func TestWorkbooksSayWhatAPersonDoesNotSee(t *testing.T) {
	w := newWorld(t)
	rows := `<row r="1"><c t="str"><v>资金 fund</v></c><c t="str"><v>金额</v></c><c t="str"><v>date</v></c><c t="str"><v>note</v></c></row>
		<row r="2"><c t="str"><v>f</v></c><c><v>1234.5599999999999</v></c><c s="1"><v>43101</v></c></row>
		<row r="3" hidden="1"><c t="str"><v>f</v></c><c><f>1+1</f><v>2</v></c><c><v>43102</v></c></row>
		<row r="4"><c t="str"><v>f</v></c><c t="str"><v>3</v></c><c><v>2018</v></c></row>
		<row r="5"><c t="str"><v>合计</v></c><c><f>SUM(B2:B4)</f><v>1239.56</v></c></row>`
	got, r, err := received(t, w, "a", "book.xlsx", workbook(rows, ""), receipts)
	want := []string{"1234.56 CNY 2018-01-01 ", "2.00 CNY 2018-01-02 ", "3.00 CNY 2018 "}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v %+v", got, err, r)
	}
	var notices []string
	for _, n := range r.Notices {
		notices = append(notices, fmt.Sprintf("%d %s", n.Row, n.Text))
	}
	if !slices.Equal(notices, []string{`0 the sheet "Second" is not imported`, "0 the columns D are hidden, and imported", "3 the row is hidden, and imported", "5 it is a total of other rows and is left out"}) {
		t.Errorf("the notices are %q", notices)
	}
	bad := `<row r="1"><c t="str"><v>fund</v></c><c t="str"><v>amount</v></c><c t="str"><v>date</v></c></row>
		<row r="2"><c t="str"><v>f</v></c><c t="e"><v>#DIV/0!</v></c><c s="1"><v>60</v></c></row>
		<row r="3"><c t="str"><v>f</v></c><c><f>1+1</f></c><c><v>60</v></c></row>`
	_, r, err = received(t, w, "b", "bad.xlsx", workbook(bad, ""), receipts)
	if err != nil || !slices.Equal(faults(r), []string{"2 amount cell_error", "2 date cell_error", "3 amount cell_formula", "3 date date_invalid"}) {
		t.Errorf("the faults are %q %v", faults(r), err)
	}
	got, _, err = received(t, w, "c", "mac.xlsx", workbook(strings.ReplaceAll(rows, "43101", "41639"), `date1904="1"`), receipts)
	if err != nil || len(got) != 3 || got[0] != "1234.56 CNY 2018-01-01 " {
		t.Errorf("from 1904: %q %v", got, err)
	}
	for name, file := range map[string]string{"a picture": "\x89PNG\r\n\x1a\n", "an old workbook": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an archive": "PK\x03\x04"} {
		if _, err := w.try("x", "renamed.xlsx", file, receipts); code(err) != "file_type" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// workbook packs rows as the first of two sheets.
func workbook(rows, properties string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"xl/workbook.xml":            `<workbook><workbookPr ` + properties + `/><sheets><sheet name="First" r:id="r1"/><sheet name="Second" r:id="r2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><cols><col min="4" max="4" hidden="1"/></cols><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		f, _ := z.Create(name)
		_, _ = f.Write([]byte(content))
	}
	_ = z.Close()
	return b.Bytes()
}

func TestColumnsHaveTheNamesOfSpreadsheets(t *testing.T) {
	for n, want := range map[int]string{1: "A", 26: "Z", 27: "AA", 702: "ZZ", 703: "AAA"} {
		if got := sheet.ColumnName(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
