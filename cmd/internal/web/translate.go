package web

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"
)

// languages are those in which problems are told; the first is that of the code.
var languages = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})

// speaksChinese tells whether a client rather wants Chinese than English.
func speaksChinese(r *http.Request) bool {
	asked := r.Header.Get("Accept-Language")
	if asked == "" {
		return false
	}
	tags, _, err := language.ParseAcceptLanguage(asked)
	if err != nil || len(tags) == 0 {
		return false
	}
	_, index, _ := languages.Match(tags...)
	return index == 1
}

// translated returns a problem in the language that a client asks for. Codes,
// names of fields and numbers are the same in every language; the English text
// names values, the Chinese one leaves those to the numbers.
func (s *Server) translated(r *http.Request, p *Problem) *Problem {
	if s.Translate == nil || !speaksChinese(r) {
		return p
	}
	out := *p
	if text, hint, ok := s.Translate(p.Code); ok {
		out.Title, out.Detail, out.Hint, out.language = text, text, hint, "zh-Hans"
	}
	out.Errors = slices.Clone(p.Errors)
	for i := range out.Errors {
		e := &out.Errors[i]
		if text, hint, ok := s.Translate(e.Code); ok {
			e.Message, e.Hint = text, hint
		}
	}
	return &out
}
