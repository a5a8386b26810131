package domain

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

// A sample (抽样) is a part of the entries that an auditor looks at instead of all.
// Rules:
//   - the population are the entries of one stage and currency, in the order of
//     the log up to a signed checkpoint, whose amount is above zero after what
//     took them back; the server puts it in, and nobody types it;
//   - it is drawn by a seed that is kept, so anybody can draw it again: the same
//     seed, checkpoint and population give the same sample;
//   - it can be extended: a larger sample of the same seed and checkpoint begins
//     with the smaller one.

// The methods of sampling: each entry, or each minor unit of money, is as likely
// to be drawn as any other one.
const (
	SampleRecords      = "record"
	SampleMonetaryUnit = "monetary-unit"
)

// sampleMax is how many draws a sample may have.
const sampleMax = 5_000

// SampleScope says what is drawn from, and how.
type SampleScope struct {
	Method   string   `json:"method" enum:"record,monetary-unit" doc:"record: every entry is as likely; monetary-unit: every unit of money is"`
	Seed     string   `json:"seed" doc:"what the draw follows from; choose it by dice, in public, after the checkpoint"`
	Stage    string   `json:"stage" enum:"pledged,committed,recognised,received,carried-in,carried-out,allocated,disbursed,spent,returned,repaid,in-kind,distributed" doc:"stage of the entries to draw from"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Fund     ID       `json:"fund,omitempty" doc:"only entries of this fund"`
	Project  ID       `json:"project,omitempty" doc:"only entries of this project"`
	Place    ID       `json:"place,omitempty" doc:"only entries of this place"`
	Provider ID       `json:"provider,omitempty" doc:"only entries of money of this organisation"`
	Year     int      `json:"year,omitzero" whole:"year" doc:"only entries of this year"`
}

// SampleItem is an entry that can be drawn, or was. Hits is how many of its
// minor units were drawn.
type SampleItem struct {
	Entry  string `json:"entry"`
	Amount Money  `json:"amount"`
	Hits   int    `json:"hits,omitzero"`
}

// SampleDrawn says which entries were drawn, in the order in which they were.
// Population and Total are how many entries could be, and their amounts
// together.
type SampleDrawn struct {
	Evidence
	SampleScope
	Sample     ID           `json:"sample"`
	Size       int          `json:"size"`
	Extends    ID           `json:"extends,omitempty"`
	Checkpoint Checkpoint   `json:"checkpoint"`
	Population int          `json:"population"`
	Total      Money        `json:"total"`
	Items      []SampleItem `json:"items"`
}

// DrawSample draws entries for an audit. Drawn is put in by whoever can read the
// journal (see [DrawSample.From]), and by nobody else.
type DrawSample struct {
	Sample ID  `json:"sample" doc:"id of the new sample"`
	Size   int `json:"size" doc:"how many entries, or units of money, are drawn"`
	SampleScope
	Extends ID `json:"extends,omitempty" doc:"smaller sample that this one begins with; the rest has to be as it was there"`
	Evidence
	Drawn *SampleDraw `json:"-"`
}

// SampleDraw is what was drawn from a population of so many entries.
type SampleDraw struct {
	Checkpoint Checkpoint
	Population int
	Total      Money
	Items      []SampleItem
}

var (
	_ = command[DrawSample]("draw-sample", "Draws entries for an audit, so that anybody can draw them again (审计抽样).")
	_ = event[SampleDrawn]()
)

type sample struct {
	scope      SampleScope
	size       int
	checkpoint Checkpoint
}

func (s *sample) fields() []any { return []any{&s.scope, &s.size, &s.checkpoint} }

func (c *DrawSample) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Sample, "sample"); err != nil {
		return nil, err
	}
	if err := l.known(ref{NounSample, c.Extends, "extends"}); err != nil {
		return nil, err
	}
	if c.Drawn == nil {
		return nil, refuse("population_missing", "the entries to draw from are not known here").in("sample").
			hint("draw it with: aidledger sample, or POST the command")
	}
	n := c.Drawn.Population
	if n == 0 {
		return nil, refuse("population_empty", "no entry of the stage %s has an amount there", c.Stage).in("stage").
			hint("choose another stage, currency or part").with("stage", c.Stage)
	}
	if most := c.most(n); c.Size < 1 || c.Size > most {
		return nil, refuse("sample_size", "%d is no size of a sample here", c.Size).in("size").
			hint("give 1 to %d; %d entries can be drawn", most, n).with("size", c.Size).with("population", n)
	}
	scope := c.SampleScope
	scope.Currency = cmp.Or(c.Currency, l.Facts().Currency)
	if err := l.extends(c, scope); err != nil {
		return nil, err
	}
	e, err := l.evidence("sample-drawn", c.Evidence, ctx)
	return one(&SampleDrawn{Evidence: e, SampleScope: scope, Sample: c.Sample, Size: c.Size, Extends: c.Extends,
		Checkpoint: c.Drawn.Checkpoint, Population: n, Total: c.Drawn.Total, Items: c.Drawn.Items}, err)
}

// most is how many draws a population allows: an entry is drawn once, a unit of
// money may be drawn again.
func (s SampleScope) most(population int) int {
	if s.Method == SampleRecords {
		return min(sampleMax, population)
	}
	return sampleMax
}

// From draws the sample from a population, which is in the order of the log. A
// size that the population does not allow draws nothing, and is refused later.
func (c *DrawSample) From(at Checkpoint, population []SampleItem) error {
	c.Drawn = &SampleDraw{Checkpoint: at, Population: len(population)}
	if len(population) == 0 || c.Size < 1 || c.Size > c.most(len(population)) {
		return nil
	}
	c.Drawn.Total.Currency = population[0].Amount.Currency
	for _, item := range population {
		total, err := c.Drawn.Total.Add(item.Amount)
		if err != nil {
			return err
		}
		c.Drawn.Total = total
	}
	c.Drawn.Items = c.Draw(c.Size, population)
	return nil
}

// extends refuses a sample that does not begin with the one that it extends.
func (l *Ledger) extends(c *DrawSample, scope SampleScope) error {
	if c.Extends == "" {
		return nil
	}
	smaller, _ := l.samples.get(c.Extends)
	if smaller.scope != scope || smaller.checkpoint != c.Drawn.Checkpoint || smaller.size >= c.Size {
		return refuse("sample_differs", "the sample does not extend %s, which has %d draws", c.Extends, smaller.size).in("extends").
			hint("give the same seed, method, stage and parts, and a larger size").with("extends", c.Extends).with("size", smaller.size)
	}
	return nil
}

// Draw draws from a population in the order of the log. The first draws of a
// larger sample are those of a smaller one:
//
//   - record: the entries whose SHA-256(seed, line feed, id of the entry) is the
//     smallest;
//   - monetary-unit: the k-th draw, from 1, is a unit below the total of all
//     amounts: the first eight bytes, big-endian, of SHA-256(seed, line feed, k,
//     line feed, try), modulo the total. Try is 0, and one more as long as the
//     number is among the last ones that would make small units likelier. The
//     entry is the one in which that unit lies when the amounts are laid end to
//     end.
func (s SampleScope) Draw(size int, population []SampleItem) []SampleItem {
	if s.Method == SampleMonetaryUnit {
		return s.drawUnits(size, population)
	}
	type ticket struct {
		number [sha256.Size]byte
		item   SampleItem
	}
	tickets := make([]ticket, len(population))
	for i, item := range population {
		tickets[i] = ticket{sha256.Sum256([]byte(s.Seed + "\n" + item.Entry)), item}
	}
	slices.SortFunc(tickets, func(a, b ticket) int { return bytes.Compare(a.number[:], b.number[:]) })
	drawn := make([]SampleItem, size)
	for i := range drawn {
		drawn[i] = tickets[i].item
	}
	return drawn
}

func (s SampleScope) drawUnits(size int, population []SampleItem) (drawn []SampleItem) {
	ends := make([]uint64, len(population)) // of each amount, laid end to end
	total := uint64(0)
	for i, item := range population {
		total += uint64(item.Amount.Minor)
		ends[i] = total
	}
	place := map[int]int{} // in drawn, of each item
	for k := range size {
		unit := s.unit(k+1, total)
		at, _ := slices.BinarySearch(ends, unit+1) // the first that ends behind it
		i, ok := place[at]
		if !ok {
			i = len(drawn)
			place[at] = i
			drawn = append(drawn, population[at])
		}
		drawn[i].Hits++
	}
	return drawn
}

// unit returns the k-th draw: a number below total, each as likely as another.
func (s SampleScope) unit(k int, total uint64) uint64 {
	unfair := (math.MaxUint64%total + 1) % total // how many of the last numbers are left over
	for try := 0; ; try++ {
		sum := sha256.Sum256([]byte(s.Seed + "\n" + strconv.Itoa(k) + "\n" + strconv.Itoa(try)))
		if v := binary.BigEndian.Uint64(sum[:]); v <= math.MaxUint64-unfair {
			return v % total
		}
	}
}

// EventType is sample-drawn.
func (*SampleDrawn) EventType() string { return "sample-drawn" }

func (e *SampleDrawn) evolve(l *Ledger) {
	l.names.put(e.Sample, NounSample)
	l.samples.put(e.Sample, sample{e.SampleScope, e.Size, e.Checkpoint})
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
