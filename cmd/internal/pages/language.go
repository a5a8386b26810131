package pages

import (
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
)

//go:embed messages/*.json
var messageFiles embed.FS

// tongue is a language that the pages speak, with its texts by key.
type tongue struct {
	tag   string // of BCP 47
	texts map[string]string
}

// tongues lists the languages; the first is spoken where none is asked for.
var tongues = []*tongue{readTongue("zh-Hans", "messages/zh.json"), readTongue("en", "messages/en.json")}

func readTongue(tag, file string) *tongue {
	text, err := messageFiles.ReadFile(file)
	if err != nil {
		panic(err) // it is part of the binary
	}
	l := &tongue{tag: tag}
	if err := json.Unmarshal(text, &l.texts); err != nil {
		panic(fmt.Sprintf("%s: %v", file, err))
	}
	return l
}

// text returns the text of a key, with the arguments in the places of {0}, {1}
// and so on. A template with a key that does not exist fails, and so do the
// tests.
func (l *tongue) text(key string, args ...any) (string, error) {
	text, ok := l.texts[key]
	if !ok {
		return "", fmt.Errorf("there is no text %q in %s", key, l.tag)
	}
	for i, arg := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", fmt.Sprint(arg))
	}
	return text, nil
}

// say is text for a key that a test has seen.
func (l *tongue) say(key string, args ...any) string {
	text, err := l.text(key, args...)
	if err != nil {
		return key
	}
	return text
}

// label returns what a code of the ledger is called, such as the state
// "approved". A code that this version does not know stands for itself.
func (l *tongue) label(kind, code string) string {
	if code == "" {
		return ""
	}
	if text, ok := l.texts[kind+"."+code]; ok {
		return text
	}
	return code
}

// half is the part of a title in this language, where it has both: the Chinese
// first.
func (l *tongue) half(title string) string {
	end := strings.LastIndexFunc(title, func(r rune) bool { return unicode.Is(unicode.Han, r) || r >= '\uff00' })
	if end < 0 {
		return title
	}
	_, size := utf8.DecodeRuneInString(title[end:])
	chinese, other := strings.TrimSpace(title[:end+size]), strings.TrimSpace(title[end+size:])
	switch {
	case !strings.ContainsFunc(other, unicode.IsLetter):
		return title
	case l == tongues[0]:
		return chinese
	}
	return other
}

// tongueCookie keeps the choice of a person.
const tongueCookie = "language"

// tongueOf returns the language that a person chose, or that the browser asks
// for.
func tongueOf(r *http.Request) *tongue {
	if c, err := r.Cookie(tongueCookie); err == nil {
		for _, l := range tongues {
			if l.tag == c.Value {
				return l
			}
		}
	}
	asked, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return tongues[0]
	}
	for _, tag := range asked {
		base, _ := tag.Base()
		for _, l := range tongues {
			if strings.HasPrefix(l.tag, base.String()) {
				return l
			}
		}
	}
	return tongues[0]
}
