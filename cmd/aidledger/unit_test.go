package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aidledger/cmd/internal/exchange"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
)

func TestNoControlCharacterReachesTheTerminal(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain 金额\n\tx", "plain 金额\n\tx"},
		{"\x1b[31mred\x1b[0m", `\u001b[31mred\u001b[0m`},
		{"a\rb\x00c\x7fd", `a\u000db\u0000c\u007fd`},
		{"a\u009b31m", `a\u009b31m`},
		{"£ ¥ é·", "£ ¥ é·"},
		{"\xc2\x1b[31m\xc2\xc2\u009b", "\xc2\\u001b[31m\xc2\xc2\\u009b"},
	} {
		var whole, single bytes.Buffer
		fmt.Fprint(&printable{w: &whole}, c.in)
		bytewise := &printable{w: &single}
		for i := range len(c.in) {
			fmt.Fprint(bytewise, c.in[i:i+1])
		}
		if whole.String() != c.want || single.String() != c.want {
			t.Errorf("%q becomes %q at once and %q by bytes, want %q", c.in, whole.String(), single.String(), c.want)
		}
	}
}

func TestASpreadsheetTakesNoTextForAFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+1+1": "'+1+1", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"赤城县": "赤城县", "": "",
	} {
		if got := exchange.Inert(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	negative := "-5.00"
	var out bytes.Buffer
	totals := projections.Totals{By: "fund", Rows: []projections.TotalsRow{{Key: "f", TotalsSum: projections.TotalsSum{Currency: "CNY", Received: &negative}}}}
	if err := web.TotalsCSV(&out, totals); err != nil || !strings.Contains(out.String(), ",-5.00,") {
		t.Errorf("a negative amount is no number in %q, %v", out.String(), err)
	}
}

func TestExitCodesFollowFromProblems(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{&usageError{text: "x"}, 2},
		{&web.Problem{Status: 400, Code: "json_syntax"}, 2},
		{&web.Problem{Status: 401, Code: "unauthenticated"}, 1},
		{&web.Problem{Status: 404, Code: "fund_not_found"}, 3},
		{&web.Problem{Status: 404, Code: "path_not_found"}, 1},
		{&web.Problem{Status: 409, Code: "id_taken"}, 3},
		{&web.Problem{Status: 409, Code: "idempotency_key_taken"}, 4},
		{&web.Problem{Status: 409, Code: "rebuild_running"}, 4},
		{&web.Problem{Status: 422, Code: "insufficient_funds"}, 3},
		{&web.Problem{Status: 422, Code: "idempotency_key_reused"}, 4},
		{&web.Problem{Status: 429, Code: "busy"}, 1},
		{&web.Problem{Status: 503, Code: "outcome_unknown"}, 1},
		{domain.Refusals{{Code: "amount_format"}}, 3},
		{fmt.Errorf("verify: %w", errDiffers), 5},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v exits with %d, want %d", c.err, got, c.want)
		}
	}
}

func TestTheTokenIsKeptForItsOwnerAlone(t *testing.T) {
	d, err := openDataDir(filepath.Join(t.TempDir(), "new", "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.release()
	first, err := d.secret("token")
	if err != nil || len(first) != 64 {
		t.Fatalf("got %q, %v", first, err)
	}
	if again, err := d.secret("token"); err != nil || again != first {
		t.Errorf("the second time it is %q, %v", again, err)
	}
	if err := d.announce(address{URL: "http://127.0.0.1:1", Token: first}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"token", addressFile} {
		if info, err := os.Stat(d.file(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
	if left, _ := fs.Glob(os.DirFS(d.path), ".*"); len(left) > 0 {
		t.Errorf("temporary files are left: %q", left)
	}
}

func TestALineWithoutAnIDGetsOneThatFollowsFromItsNumber(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"project":"p"}`, `{"id":"k-7","project":"p"}`},
		{` {} `, `{"id":"k-7"}`},
		{`{"id":"own"}`, `{"id":"own"}`},
		{`null`, `null`}, {`[1]`, `[1]`}, {`{"a":`, `{"a":`},
	} {
		if got := string(withID([]byte(c.in), "k", 7)); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.in, got, c.want)
		}
	}
}

// A field of a new command must not have the name of a flag of do.
func TestEveryCommandHasAFlagForEachOfItsFields(t *testing.T) {
	do := (&command{}).do()
	for _, ct := range domain.Commands() {
		cmd, _, err := do.Find([]string{ct.Name})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ct.Field {
			name := strings.ReplaceAll(f.Name, "_", "-")
			flag := cmd.Flags().Lookup(name)
			if inherited := do.PersistentFlags().Lookup(name); f.Name == "id" {
				flag = inherited
			} else if inherited != nil {
				t.Errorf("%s: --%s is a flag of do", ct.Name, name)
			}
			if flag == nil {
				t.Errorf("%s: there is no flag --%s", ct.Name, name)
			}
		}
	}
}

func TestEveryColumnOfTotalsIsShownOrLeftOutOnPurpose(t *testing.T) {
	var row map[string]any
	body, err := json.Marshal(projections.TotalsSum{})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &row); err != nil {
		t.Fatal(err)
	}
	for _, col := range columns {
		if _, ok := row[col.name]; !ok {
			t.Errorf("there is no amount %s", col.name)
		}
		delete(row, col.name)
	}
	delete(row, "currency")
	if len(row) > 0 {
		t.Errorf("no column shows %v", row)
	}
}
