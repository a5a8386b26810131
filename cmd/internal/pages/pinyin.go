package pages

import (
	"bytes"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// The first character of each initial in the order of Pinyin. No syllable
// begins with i, u or v.
const initialLetters = "abcdefghjklmnopqrstwxyz"

var initialFirst = []rune("阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他屲夕丫帀")

// pinyinOrder compares Chinese characters by their Pinyin. It is that of the
// Unicode locale data, which has every character in its most common reading.
type pinyinOrder struct {
	mu       sync.Mutex
	collator *collate.Collator
	buffer   collate.Buffer
	first    [][]byte
	known    map[rune]byte
}

var pinyin = sync.OnceValue(func() *pinyinOrder {
	p := &pinyinOrder{collator: collate.New(language.MustParse("zh-u-co-pinyin")), known: map[rune]byte{}}
	for _, r := range initialFirst {
		p.first = append(p.first, bytes.Clone(p.key(r)))
	}
	return p
})

func (p *pinyinOrder) key(r rune) []byte {
	p.buffer.Reset()
	return p.collator.KeyFromString(&p.buffer, string(r))
}

// initials returns the first letter of each character: "ccx" for 赤城县. What is
// not Chinese stands for itself, in small letters.
func (p *pinyinOrder) initials(s string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out strings.Builder
	for _, r := range s {
		switch {
		case !unicode.Is(unicode.Han, r):
			out.WriteRune(unicode.ToLower(r))
		default:
			letter, ok := p.known[r]
			if !ok {
				letter = p.letter(r)
				p.known[r] = letter
			}
			out.WriteByte(letter)
		}
	}
	return out.String()
}

func (p *pinyinOrder) letter(r rune) byte {
	key := p.key(r)
	for i := len(p.first) - 1; i >= 0; i-- {
		if bytes.Compare(key, p.first[i]) >= 0 {
			return initialLetters[i]
		}
	}
	return initialLetters[0]
}
