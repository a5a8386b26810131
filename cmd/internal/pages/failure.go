package pages

import (
	"net/http"
	"slices"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
)

// failure is a page that says what is wrong and what to do.
type failure struct {
	Code    string
	Message string
	Hint    string
	Request string // for who looks into the server's log
	English bool   // the message is not translated
	Details []fact
}

// fact is a value with its label.
type fact struct {
	Label string
	Value cell
}

// ShowProblem answers with a page instead of a problem in JSON.
// Who has not signed in is asked to, and comes back; who has keeps their menu.
func (s *Site) ShowProblem(w http.ResponseWriter, r *http.Request, c access.Caller, p *web.Problem) {
	if c.Method == "" && (p.Code == "unauthenticated" || p.Code == access.Forbidden) {
		s.leadToSignIn(w, r)
		return
	}
	v := s.begin(c, w, r)
	v.failed = p.Status != http.StatusForbidden // which may be another for who signs in
	if err := v.enter(); err != nil {
		v.ledger.Ledger = "" // the page stands without its ledger
	}
	f := v.failure(p)
	if err := v.show(p.Status, "failure", v.say("failure.title"), f); err != nil {
		s.Log.Error("a page of a failure failed", "error", err)
		http.Error(w, http.StatusText(p.Status), p.Status)
	}
}

// failure says a problem in the language of the visit. The texts of refusals
// are in English in the domain; what the catalogue knows stands in their place.
func (v *visit) failure(p *web.Problem) failure {
	f := failure{Code: p.Code, Message: p.Detail, Hint: p.Hint, Request: p.Request, English: v.tongue != tongues[1]}
	if text, ok := v.texts["problem."+p.Code]; ok {
		f.Message, f.English = text, false
		f.Hint = v.texts["remedy."+p.Code]
	}
	f.Details = v.details(p.Numbers)
	return f
}

// details shows the numbers that explain a refusal, amounts as everywhere else.
func (v *visit) details(numbers map[string]string) []fact {
	var all []fact
	for name, value := range numbers {
		shown := text(value)
		var m domain.Money
		if m.UnmarshalText([]byte(value)) == nil {
			shown = v.exact(m, "")
		}
		all = append(all, fact{v.label("field", name), shown})
	}
	slices.SortFunc(all, func(a, b fact) int { return strings.Compare(a.Label, b.Label) })
	return all
}

// Problem returns the Chinese text of a code, and what to do.
func Problem(code string) (text, hint string, ok bool) {
	text, ok = tongues[0].texts["problem."+code]
	return text, tongues[0].texts["remedy."+code], ok
}

// problem is an error with a code, for what the path of a page names.
func problem(status int, code, detail, hint string) error {
	return &web.Problem{Status: status, Code: code, Detail: detail, Hint: hint}
}
