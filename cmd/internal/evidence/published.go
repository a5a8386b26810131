package evidence

import (
	"bufio"
	"fmt"
	"io/fs"
	"slices"

	"aidledger/domain"
	"aidledger/eventstore/proof"

	"golang.org/x/mod/sumdb/tlog"
)

// remade is what a ledger published about itself, to be made again from the
// entries before it: reports by adding up, samples by drawing. Each names a
// number of entries and the root over them.
type remade struct {
	checkpoint domain.Checkpoint
	at         int64 // index of the entry that published it
	what       string
	take       func(change)    // counts what was recorded before
	differs    func() []string // once all of it was
}

// remadeOf returns what a change published, nil where it published nothing.
func remadeOf(c change, at int64) *remade {
	switch e := c.fact.(type) {
	case *domain.ReportPublished:
		sums := tally{}
		return &remade{e.Checkpoint, at, fmt.Sprintf("report %q", e.Report),
			func(c change) { sums.count(c, e.ReportScope) }, func() []string { return reportDiffers(e, sums) }}
	case *domain.SampleDrawn:
		p := &population{scope: e.SampleScope, taken: map[string]int64{}, found: map[string]int{}}
		return &remade{e.Checkpoint, at, fmt.Sprintf("sample %q", e.Sample), p.take, func() []string { return p.differs(e) }}
	}
	return nil
}

// remake reads the entries once more, and makes everything again that was
// published about them.
func (r *Report) remake(bundle fs.FS) error {
	waiting := slices.Clone(r.published)
	slices.SortStableFunc(waiting, func(a, b *remade) int { return a.checkpoint.Entries - b.checkpoint.Entries })
	f, err := bundle.Open(EntriesFile)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, lineMax)
	var edge proof.Edge
	for more := true; more && len(waiting) > 0; {
		for len(waiting) > 0 && int64(waiting[0].checkpoint.Entries) <= edge.Size() {
			r.compare(waiting[0], edge)
			waiting = waiting[1:]
		}
		if more = lines.Scan(); !more || len(waiting) == 0 {
			break
		}
		changes, err := changesOf(lines.Bytes())
		if err != nil {
			return err
		}
		for _, c := range changes {
			for _, p := range waiting {
				p.take(c)
			}
		}
		edge.Add(tlog.RecordHash(lines.Bytes()))
	}
	for _, p := range waiting {
		r.Different = append(r.Different, fmt.Sprintf("%s is of %d entries, which are not there", p.what, p.checkpoint.Entries))
	}
	return lines.Err()
}

// compare says how what was published is not what the entries before it give.
func (r *Report) compare(p *remade, edge proof.Edge) {
	switch {
	case int64(p.checkpoint.Entries) > p.at:
		r.Different = append(r.Different, fmt.Sprintf("%s is of %d entries, and was published before all of them were there", p.what, p.checkpoint.Entries))
	case p.checkpoint.Root != edge.Root().String():
		r.Different = append(r.Different, fmt.Sprintf("%s names the root %s, and the first %d entries have %s", p.what, p.checkpoint.Root, edge.Size(), edge.Root()))
	}
	for _, d := range p.differs() {
		r.Different = append(r.Different, p.what+": "+d)
	}
}

// reportDiffers compares the amounts of a report with those of the entries.
func reportDiffers(e *domain.ReportPublished, sums tally) (all []string) {
	for _, c := range e.Cells {
		k := cell{e.By, c.Key, c.Amount.Currency, c.Stage}
		if sums[k] != c.Amount.Minor {
			all = append(all, fmt.Sprintf("%q %s: %s was published, and the entries say %s", c.Key, c.Stage, c.Amount, domain.Money{Minor: sums[k], Currency: k.currency}))
		}
		delete(sums, k)
	}
	for k, minor := range sums {
		if k.by == e.By && minor != 0 {
			all = append(all, fmt.Sprintf("%q %s: %s is missing", k.key, k.stage, domain.Money{Minor: minor, Currency: k.currency}))
		}
	}
	slices.Sort(all)
	return all
}

// population is what a sample could be drawn from: the entries of one stage and
// currency, in their order, with what took them back.
type population struct {
	scope domain.SampleScope
	items []domain.SampleItem
	found map[string]int // in items
	taken map[string]int64
}

func (p *population) take(c change) {
	s := p.scope
	for _, m := range domain.Movements(c.fact) {
		part := func(wanted, id domain.ID) bool { return wanted == "" || wanted == id }
		if m.Stage.String() != s.Stage || m.Money.Currency != s.Currency || !part(s.Fund, m.Fund) || !part(s.Project, m.Project) ||
			!part(s.Place, m.Place) || !part(s.Provider, m.Provider) {
			continue
		}
		if c.reverses != "" {
			p.taken[c.reverses] += m.Money.Minor
			continue
		}
		if s.Year != 0 && m.Date.Year() != s.Year {
			continue
		}
		i, ok := p.found[c.entry]
		if !ok {
			i = len(p.items)
			p.found[c.entry] = i
			p.items = append(p.items, domain.SampleItem{Entry: c.entry, Amount: domain.Money{Currency: s.Currency}})
		}
		p.items[i].Amount.Minor += m.Money.Minor
	}
}

// differs draws once more, and compares.
func (p *population) differs(e *domain.SampleDrawn) (all []string) {
	left := p.items[:0]
	total := int64(0)
	for _, item := range p.items {
		if item.Amount.Minor += p.taken[item.Entry]; item.Amount.Minor > 0 {
			left = append(left, item)
			total += item.Amount.Minor
		}
	}
	if len(left) != e.Population || total != e.Total.Minor {
		all = append(all, fmt.Sprintf("it was drawn from %d entries of %s, and there are %d of %s", e.Population, e.Total,
			len(left), domain.Money{Minor: total, Currency: e.Currency}))
	}
	if e.Size < 1 || len(left) == 0 || e.Method == domain.SampleRecords && e.Size > len(left) {
		return append(all, fmt.Sprintf("%d cannot be drawn from %d entries", e.Size, len(left)))
	}
	if !slices.Equal(e.Draw(e.Size, left), e.Items) {
		all = append(all, fmt.Sprintf("the seed %q draws other entries", e.Seed))
	}
	return all
}
