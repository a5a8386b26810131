package pages

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// How the code names the codes of its errors.
var (
	codeInCall  = regexp.MustCompile(`\b(?:refuse|missing|clash|newProblem|failure|fail|fault|refusal)\("([a-z_]+)"`)
	codeInField = regexp.MustCompile(`(?:\bCode:\s*|BadBlock\{)"([a-z_]+)"`)
	codeInConst = regexp.MustCompile(`(?m)^\s+[A-Z]\w+\s+= "([a-z]+(?:_[a-z]+)*)"\s+// `)
)

// codesOfErrors collects them from the source. Codes stand in a call, in a field,
// or in the list of constants of their package.
func codesOfErrors(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := os.DirFS("../../..")
	for _, dir := range []string{"domain", "eventstore", "projections", "projections/people", "cmd/internal/access", "cmd/internal/exchange",
		"cmd/internal/exchange/fts", "cmd/internal/exchange/iati", "cmd/internal/exchange/sheet", "cmd/internal/web"} {
		files, err := fs.Glob(root, dir+"/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(root, file)
			if err != nil {
				t.Fatal(err)
			}
			forms := []*regexp.Regexp{codeInCall, codeInField}
			if regexp.MustCompile(`codes of (?:a|an|the) `).Match(text) {
				forms = append(forms, codeInConst)
			}
			for _, form := range forms {
				for _, m := range form.FindAllSubmatch(text, -1) {
					found[string(m[1])] = file
				}
			}
		}
	}
	return found
}

// The English texts stand where the errors are made.
func TestEveryCodeOfAnErrorIsToldInChinese(t *testing.T) {
	codes := codesOfErrors(t)
	for _, sure := range []string{"insufficient_allocation", "busy", "rebuild_running", "sign_in_refused", "outside_limit", "unauthenticated"} {
		if codes[sure] == "" {
			t.Errorf("%s was not found, so others may be missing", sure)
		}
	}
	for code, file := range codes {
		if text, hint, ok := Problem(code); !ok || text == "" || hint == "" {
			t.Errorf("%s: add problem.%s and remedy.%s to messages/zh.json", file, code, code)
		}
	}
}
