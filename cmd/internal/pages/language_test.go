package pages

import (
	"html"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
)

func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	for _, l := range tongues {
		for _, other := range tongues {
			for key, text := range other.texts {
				// The domain says in English what is wrong and what to do.
				ofDomain := l.tag == "en" && (strings.HasPrefix(key, "problem.") || strings.HasPrefix(key, "remedy."))
				if _, ok := l.texts[key]; !ok && !ofDomain {
					t.Errorf("%s has no text %q (%s: %s)", l.tag, key, other.tag, text)
				}
			}
		}
	}
	used := regexp.MustCompile(`\bt "([^"]+)"`)
	files, _ := fs.Glob(templateFiles, "templates/*.html")
	for _, file := range files {
		content, _ := templateFiles.ReadFile(file)
		for _, m := range used.FindAllStringSubmatch(string(content), -1) {
			if _, ok := tongues[0].texts[m[1]]; !ok {
				t.Errorf("%s uses the text %q, which does not exist", file, m[1])
			}
		}
	}
}

// A text has its numbers in braces; with a verb of fmt they would be shown as they are.
func TestNoTextHasAVerb(t *testing.T) {
	for _, l := range tongues {
		for key, text := range l.texts {
			if regexp.MustCompile(`%[a-z]`).MatchString(text) {
				t.Errorf("%s %s: %s", l.tag, key, text)
			}
		}
	}
}

func TestChineseHasThePunctuationOfChinese(t *testing.T) {
	ofAnother := regexp.MustCompile(`\p{Han}[,;:?!()]|[,;:?!()]\p{Han}`)
	for key, text := range tongues[0].texts {
		if key != "remedy.list_format" && ofAnother.MatchString(text) { // which shows how a cell is written
			t.Errorf("%s: %s", key, text)
		}
	}
}

// codes are the codes of the ledger that pages show, by the first part of the
// keys of their labels.
func codes() map[string][]string {
	all := map[string][]string{
		"event": domain.EventTypes(), "column": allColumns(), "column-hint": allColumns(), "line": {"unallocated", "not-assigned"},
		"state": {"registered", "approved", "started", "suspended", "accepted", "cancelled"}, "basis": {"pledge", "commitment", "receipt"},
		"noun": {"organisation", "place", "agreement", "pairing", "project", "fund", "gift", "indicator", "disbursement", "note", "entry"},
	}
	all["finding-step"] = findingStates
	all["request-step"] = append([]string{"changed", "reversed"}, requestStates...)
	all["request-state"] = append([]string{"changed"}, requestStates...)
	for _, s := range domain.Stages() {
		all["stage"] = append(all["stage"], s.String())
	}
	for _, r := range access.Roles() {
		all["role"] = append(all["role"], r.Name)
	}
	for _, m := range access.Capabilities() {
		all["capability"] = append(all["capability"], string(m.Capability))
	}
	all["act"] = accessActs
	for _, c := range domain.Commands() {
		all["command"] = append(all["command"], c.Name)
		all["field"] = append(all["field"], fieldNames(c.Field)...)
	}
	for _, r := range roads {
		all["road"] = append(all["road"], r.by)
	}
	return all
}

func fieldNames(fields []domain.Field) []string {
	var names []string
	for _, f := range fields {
		names = append(append(names, f.Name), fieldNames(f.Item)...)
	}
	return names
}

// Columns and facts are named by fields; one without a label would show its name.
func TestEveryFieldThatAPageNamesHasALabel(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls, names := regexp.MustCompile(`v\.(columns|given)\((?s:(.*?))\n`), regexp.MustCompile(`(?:^|[,\n] ?\t*)"\+?([a-z_.-]+)"`)
	n := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls.FindAllStringSubmatch(string(source), -1) {
			for _, name := range names.FindAllStringSubmatch(call[2], -1) {
				n++
				if _, ok := tongues[0].texts["field."+name[1]]; !ok {
					t.Errorf("%s names %q, which has no label", file, name[1])
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d names were found", n)
	}
}

func TestEveryCodeHasALabel(t *testing.T) {
	for kind, all := range codes() {
		for _, code := range all {
			for _, l := range tongues {
				if _, ok := l.texts[kind+"."+code]; !ok {
					t.Errorf("%s: add the text %q to the messages: people read it instead of the code", l.tag, kind+"."+code)
				}
			}
		}
	}
}

func TestTheLanguageIsChineseUnlessSomebodyAsksForEnglish(t *testing.T) {
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", "zh-Hans"},
		{"en-GB,en;q=0.9", "", "en"},
		{"zh-CN,en;q=0.5", "", "zh-Hans"},
		{"zh-TW", "", "zh-Hans"},
		{"sw", "", "zh-Hans"},
		{"\x00;;", "", "zh-Hans"},
		{"zh-CN", "en", "en"},
		{"en", "zh-Hans", "zh-Hans"},
		{"en", "../../etc", "en"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", tongueCookie+"="+c.cookie)
		}
		if got := tongueOf(r).tag; got != c.want {
			t.Errorf("%q with the choice %q is answered in %s, not %s", c.accept, c.cookie, got, c.want)
		}
	}
}

var (
	marked     = regexp.MustCompile(`(?s)<(?:button|p|span|strong)[^>]* lang="[^"]*"[^>]*>.*?</(?:button|p|span|strong)>`)
	verbatim   = regexp.MustCompile(`(?s)<(?:code|pre)[ >].*?</(?:code|pre)>`)
	attributes = regexp.MustCompile(`(?:title|aria-label|placeholder|alt)="([^"]*)"`)
	tags       = regexp.MustCompile(`<[^>]*>`)
	chinese    = regexp.MustCompile(`\p{Han}+`)
	latin      = regexp.MustCompile(`[A-Za-z]{2,}`)
)

// spoken is what a page says in its own language: without tags, without what is
// marked as of another language.
func spoken(page string) string {
	page = verbatim.ReplaceAllString(marked.ReplaceAllString(page, ""), "")
	var said strings.Builder
	for _, m := range attributes.FindAllStringSubmatch(page, -1) {
		said.WriteString(m[1] + "\n")
	}
	said.WriteString(tags.ReplaceAllString(page, "\n"))
	return html.UnescapeString(said.String())
}

// Words that stand in Chinese texts as they are.
var international = regexp.MustCompile(`\b(CSV|XLSX|IATI|CNY|JSON|PDF|TOTP|Excel|ccx|sync_interval|always|aidledger|Enter)\b`)

func foreign(tag, page string) string {
	said := spoken(page)
	if tag == "en" {
		return chinese.FindString(said)
	}
	return latin.FindString(international.ReplaceAllString(said, ""))
}

func TestAForeignTextIsFound(t *testing.T) {
	for _, c := range []struct{ tag, page, want string }{
		{"en", `<p title="金额">x</p>`, "金额"},
		{"en", `<p>项目 project</p>`, "项目"},
		{"en", `<button lang="zh-Hans">中文</button>`, ""},
		{"zh-Hans", `<p>导出 CSV</p>`, ""},
		{"zh-Hans", `<p>Export 本表</p>`, "Export"},
	} {
		if got := foreign(c.tag, c.page); got != c.want {
			t.Errorf("in %s %q has the foreign text %q, want %q", c.tag, c.page, got, c.want)
		}
	}
}
