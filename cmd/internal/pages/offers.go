package pages

import (
	"cmp"
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
)

// offers is what the inputs of a form offer to choose from.
type offers struct {
	byNoun map[string][]option
	lists  map[string][]option // by nouns
	used   map[string]bool     // lists that inputs of the form refer to
}

// offersMax is how many things an input lists; of more, people write the id or
// a part of the name.
const offersMax = 2000

func (v *visit) offers(t domain.CommandType) (*offers, error) {
	o := &offers{byNoun: map[string][]option{}, lists: map[string][]option{}, used: map[string]bool{}}
	if !v.caller.Has(access.ReadLedger) {
		return o, nil
	}
	nodes, err := v.Views.Nodes(v.ctx(), v.ledger.Ledger)
	for _, n := range nodes {
		if list := o.byNoun[n.Noun]; len(list) < offersMax && n.Noun != "note" {
			o.byNoun[n.Noun] = append(list, option{Value: n.ID, Label: cmp.Or(n.Name, n.ID)})
		}
	}
	for _, list := range o.byNoun {
		tellApart(list)
		slices.SortStableFunc(list, func(a, b option) int { return strings.Compare(pinyin().initials(a.Label), pinyin().initials(b.Label)) })
	}
	if err == nil {
		err = v.offerPapers(t, o)
	}
	return o, err
}

// tellApart puts the id behind a name that several things have.
func tellApart(list []option) {
	count := map[string]int{}
	for _, o := range list {
		count[o.Label]++
	}
	for i := range list {
		if o := &list[i]; count[o.Label] > 1 {
			o.Label += " (" + o.Value + ")"
		}
	}
}

// nounsOf says what kinds of thing a field names, in every command or in one.
var nounsOf = map[string][]string{
	"fund": {"fund"}, "project": {"project"}, "place": {"place"}, "county": {"place"}, "parent": {"place"},
	"provider": {"organisation"}, "payer": {"organisation"}, "payee": {"organisation"}, "implementer": {"organisation"},
	"receiver": {"organisation"}, "donor": {"organisation"}, "party": {"organisation"}, "other_side": {"organisation"}, "organisation": {"organisation"},
	"helper": {"organisation", "place"}, "helped": {"organisation", "place"}, "agreement": {"agreement"}, "pairing": {"pairing"},
	"gift": {"gift"}, "part_of": {"indicator"}, "about": {"project", "fund", "organisation", "place", "gift", "pairing", "agreement"},
	"reallocate-funds.from": {"project"}, "reallocate-funds.to": {"project"}, "carry-over.to": {"fund"},
	"record-benefit.disbursement": {"payment"}, "record-benefits.disbursement": {"payment"}, "reverse-entry.entry": {"entry"}, "match-statement-line.entry": {"entry"},
}

// newNoun says which field of a command names a new thing, and how its id
// begins.
var newNoun = map[string]struct{ field, prefix string }{
	"register-organisation": {"organisation", "org"}, "register-place": {"place", "place"}, "register-project": {"project", "project"},
	"sign-agreement": {"agreement", "agreement"}, "establish-pairing": {"pairing", "pairing"}, "receive-gift": {"gift", "gift"},
	"report-indicator": {"indicator", "indicator"}, "add-note": {"id", "note"},
	"pledge-funds": {"fund", "fund"}, "commit-funds": {"fund", "fund"}, "request-disbursement": {"request", "request"},
	"raise-finding": {"finding", "finding"}, "publish-notice": {"notice", "notice"}, "publish-report": {"report", "report"}, "draw-sample": {"sample", "sample"}, "add-attachment": {"attachment", "file"}, "register-beneficiary": {"beneficiary", "b"}, "receive-funds": {"fund", "fund"}, "define-statement-format": {"format", "bank"}, "disburse-funds": {"disbursement", "pay"},
}

// fill gives an input for an id what it can be. A new thing gets an id that
// nobody has to think about.
func (o *offers) fill(f *field, command, name string) {
	fresh, nouns := newNoun[command], nounsFor(command, name)
	f.Suggest = fresh.field == name && nouns != nil
	if fresh.field == name && f.Value == "" && command != "receive-funds" {
		f.Value = freshID(fresh.prefix)
	}
	if fresh.field == name && name != "fund" || len(nouns) == 0 {
		return
	}
	f.Type, f.List = "thing", strings.Join(nouns, "-")
	if _, ok := o.lists[f.List]; !ok {
		o.lists[f.List] = o.of(nouns)
	}
	options := o.lists[f.List]
	known := f.Value == "" || slices.ContainsFunc(options, func(have option) bool { return have.Value == f.Value })
	if len(options) > 0 && len(options) <= selectMax && !f.Suggest && known {
		for _, have := range options {
			have.Current = have.Value == f.Value
			f.Options = append(f.Options, have)
		}
		return
	}
	o.used[f.List] = true
	for _, have := range o.lists[f.List] {
		if have.Value == f.Value {
			f.Value = have.Label
		}
	}
}

// selectMax is how many things a person can overlook in a list that opens; for
// more there is an input that finds them by their name.
const selectMax = 40

func nounsFor(command, name string) []string {
	if nouns := nounsOf[command+"."+name]; nouns != nil {
		return nouns
	}
	return nounsOf[name]
}

func (o *offers) of(nouns []string) []option {
	var all []option
	for _, noun := range nouns {
		all = append(all, o.byNoun[noun]...)
	}
	return all
}

// listed returns the lists that inputs refer to.
func (o *offers) listed() []offerList {
	var all []offerList
	for _, name := range slices.Sorted(maps.Keys(o.used)) {
		all = append(all, offerList{name, o.lists[name]})
	}
	return all
}

// offerList is what inputs of one kind suggest.
type offerList struct {
	Name    string
	Options []option
}

// resolve turns the names that people wrote into ids: the id itself, a name, a
// name with the id behind it, or the initials of one name.
func (o *offers) resolve(command string, fields []domain.Field, prefix string, values url.Values) {
	for _, f := range fields {
		if f.Type == "list" {
			for i := range itemsMax {
				o.resolve(command, f.Item, prefix+f.Name+"."+strconv.Itoa(i)+".", values)
			}
			continue
		}
		name := prefix + f.Name
		if text := strings.TrimSpace(values.Get(name)); text != "" && (f.Type == "id" || f.Name == "entry") && !fresh(command, f.Name) {
			if id := o.find(nounsFor(command, f.Name), text); id != "" {
				values.Set(name, id)
			}
		}
	}
}

// find returns the id of the one thing that a text stands for, or nothing.
func (o *offers) find(nouns []string, text string) string {
	return cmp.Or(o.named(nouns, text), o.one(nouns, func(x option) bool { return strings.HasPrefix(pinyin().initials(x.Label), strings.ToLower(text)) }))
}

// named is find without initials, which stand for whole names where somebody sees
// what they became.
func (o *offers) named(nouns []string, text string) string {
	return cmp.Or(o.one(nouns, func(x option) bool { return x.Value == text || x.Label == text }),
		o.one(nouns, func(x option) bool { return domain.FoldName(x.Label) == domain.FoldName(text) }),
		o.one(nouns, func(x option) bool { return strings.HasPrefix(x.Label, text+paperGap) }))
}

// one returns the id of the one thing that meets a condition, or nothing.
func (o *offers) one(nouns []string, meets func(option) bool) string {
	found := ""
	for _, noun := range nouns {
		for _, x := range o.byNoun[noun] {
			if !meets(x) {
				continue
			}
			if found != "" {
				return ""
			}
			found = x.Value
		}
	}
	return found
}

// freshID returns an id that nothing has yet, short enough to be read aloud.
func freshID(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()[:8]) }
