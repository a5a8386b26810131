package pages

import (
	"regexp"
	"strings"
	"sync"

	"aidledger/domain"
	"aidledger/projections"
)

// sentence is how a check says what it found, with its numbers.
type sentence struct {
	key  string
	says *regexp.Regexp
}

// sentences are those of every check. A check writes into the log in English: its
// sentence is in the English messages, with braces for the numbers.
var sentences = sync.OnceValue(func() map[string][]sentence {
	const prefix = "found."
	all := map[string][]sentence{}
	for key, text := range tongues[1].texts {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		check, _, _ := strings.Cut(name, ".")
		pattern := regexp.MustCompile(`\\\{(\d)\\\}`).ReplaceAllString(regexp.QuoteMeta(text), `(?P<n$1>.+?)`)
		all[check] = append(all[check], sentence{key, regexp.MustCompile("^" + pattern + "$")})
	}
	return all
})

// found is what a finding says: what a person wrote, or what a check found, in the
// language of the reader.
func (v *visit) found(f projections.Finding) string {
	for _, s := range sentences()[f.Check] {
		numbers := s.says.FindStringSubmatch(f.Text)
		if numbers == nil {
			continue
		}
		said := make([]any, len(numbers)-1)
		for i, name := range s.says.SubexpNames()[1:] {
			said[name[1]-'0'] = v.inSentence(numbers[i+1])
		}
		return v.say(s.key, said...)
	}
	return f.Text
}

// inSentence writes an amount as people do, exactly; what is none stays as it is.
func (v *visit) inSentence(text string) string {
	var m domain.Money
	if m.UnmarshalText([]byte(text)) != nil {
		return text
	}
	if m.Currency == "CNY" {
		return v.say("money.CNY", m.Grouped())
	}
	return m.Grouped() + " " + string(m.Currency)
}
