package projections

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections/localpg/pgtest"

	"github.com/go-json-experiment/json"
)

// memory is a log of encoded blocks in memory.
type memory struct {
	mu       sync.Mutex
	messages []eventstore.Message
	heads    map[string]eventstore.Hash
	grown    chan struct{}
}

func newMemory() *memory {
	return &memory{heads: map[string]eventstore.Hash{}, grown: make(chan struct{})}
}

// End returns the last sequence.
func (l *memory) End(context.Context) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.messages)), nil
}

// Blocks reads like a store does.
func (l *memory) Blocks(ctx context.Context, after, until uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for until == 0 || after < until {
			l.mu.Lock()
			rest, grown := l.messages[min(after, uint64(len(l.messages))):], l.grown
			l.mu.Unlock()
			for _, m := range rest {
				if until != 0 && after == until {
					return
				}
				if !yield(m, nil) {
					return
				}
				after++
			}
			if len(rest) > 0 {
				continue
			}
			select {
			case <-grown:
			case <-ctx.Done():
				yield(eventstore.Message{}, ctx.Err())
				return
			}
		}
	}
}

// append stores a block that is chained to the one before it.
func (l *memory) append(t testing.TB, ledger string, entries ...eventstore.Entry) uint64 {
	t.Helper()
	b := eventstore.Block{Format: 1, Ledger: ledger, Previous: l.heads[ledger], Entries: entries}
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return l.appendRaw(ledger, data)
}

func (l *memory) appendRaw(ledger string, data []byte) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := eventstore.Message{Sequence: uint64(len(l.messages)) + 1, Ledger: ledger, Data: data}
	l.messages = append(l.messages, m)
	l.heads[ledger] = m.Hash()
	close(l.grown)
	l.grown = make(chan struct{})
	return m.Sequence
}

// prefix returns a log that ends after a block.
func (l *memory) prefix(end uint64) *memory {
	p := newMemory()
	p.messages = l.messages[:end]
	for _, m := range p.messages {
		p.heads[m.Ledger] = m.Hash()
	}
	return p
}

// programme gives commands to a ledger and appends what it decides to a log.
// The same seed always gives the same programme.
type programme struct {
	t       testing.TB
	name    string
	actor   string
	role    string
	log     *memory
	ledger  *domain.Ledger
	dice    *rand.Rand
	entries []eventstore.Entry // of the block that is being filled
	size    int                // entries of that block
	count   int                // entries in all
	ids     []string           // entries about money, to reverse
	facts   map[string][]domain.Event
	gifts   int
	funds   []domain.ID
	refused int
	setback time.Duration // of the clock
}

// began is when the first entry of a programme is recorded; each further one
// follows a minute later.
var began = time.Date(2024, 1, 2, 3, 4, 5, 678000, time.UTC)

const (
	villages = 6
	aims     = 5 // projects
	donors   = 3
)

func newProgramme(t testing.TB, log *memory, name string, seed uint64) *programme {
	p := &programme{t: t, name: name, actor: "owner", role: "owner", log: log, ledger: domain.NewLedger(), dice: rand.New(rand.NewPCG(seed, 7)), size: 1, facts: map[string][]domain.Event{}}
	p.must(&domain.OpenLedger{Title: "Programme " + name})
	p.must(&domain.RegisterPlace{Place: "130732", Name: "赤城县", Level: "county"})
	p.must(&domain.RegisterPlace{Place: "130732100", Name: "赤城镇", Level: "township", Parent: "130732"})
	for i := range villages {
		p.must(&domain.RegisterPlace{Place: nth("v", i), Name: fmt.Sprintf("村 %d", i), Level: "village", Parent: "130732100"})
	}
	for i := range donors {
		p.must(&domain.RegisterOrganisation{Organisation: nth("org", i), Name: fmt.Sprintf("单位 %d", i), Kind: "government"})
	}
	for i := range aims {
		id := nth("p", i)
		p.must(&domain.RegisterProject{Project: id, Name: fmt.Sprintf("项目 %d", i)})
		p.must(&domain.SetTargets{Project: id, Targets: []domain.Target{{Indicator: "people", Value: domain.WholeQuantity(100), Unit: "人"}}})
		p.must(&domain.ApproveProject{ProjectStep: domain.ProjectStep{Project: id}})
	}
	return p
}

func nth(prefix string, i int) domain.ID { return domain.ID(prefix + "-" + strconv.Itoa(i)) }

// must gives a command that is not refused.
func (p *programme) must(c domain.Command) string {
	p.t.Helper()
	id, err := p.give(c)
	if err != nil {
		p.t.Fatalf("%s: %v", domain.CommandName(c), err)
	}
	return id
}

// give decides a command and puts its events into the next block.
func (p *programme) give(c domain.Command) (string, error) {
	p.t.Helper()
	if err := domain.Check(c); err != nil {
		return "", err
	}
	id := fmt.Sprintf("%s-entry-%d", p.name, p.count)
	recorded := began.Add(time.Duration(p.count)*time.Minute - p.setback)
	ctx := domain.Context{Entry: id, Actor: p.actor, Role: p.role, Recorded: recorded, Today: domain.DateOf(recorded)}
	if r, ok := c.(domain.Referrer); ok {
		ctx.Original = p.facts[r.RefersTo()]
	}
	events, err := p.ledger.Decide(c, ctx)
	if err != nil {
		return "", err
	}
	entry := eventstore.Entry{ID: id, Command: domain.CommandName(c), Actor: p.actor, Role: p.role, Recorded: recorded}
	for i, e := range events {
		p.ledger.Evolve(e)
		data, err := json.Marshal(e)
		if err != nil {
			p.t.Fatal(err)
		}
		entry.Events = append(entry.Events, eventstore.Event{ID: id + "-" + strconv.Itoa(i), Type: e.EventType(), Version: 1, Data: data})
	}
	p.count++
	p.facts[id] = events
	if len(events) > 0 && len(domain.Movements(events[0])) > 0 {
		p.ids = append(p.ids, id)
	}
	if p.entries = append(p.entries, entry); len(p.entries) >= p.size {
		p.close()
	}
	return id, nil
}

// as lets another person give a command that is not refused.
func (p *programme) as(actor string, c domain.Command) string {
	p.t.Helper()
	p.actor = actor
	defer func() { p.actor = "owner" }()
	return p.must(c)
}

// close ends the block that is being filled.
func (p *programme) close() {
	if len(p.entries) > 0 {
		p.log.append(p.t, p.name, p.entries...)
	}
	p.entries, p.size = nil, 1+p.dice.IntN(5)
}

// run gives random commands, some of which are refused, and closes the block.
func (p *programme) run(steps int) *programme {
	p.t.Helper()
	for range steps {
		if _, err := p.give(p.random()); err != nil {
			p.refused++
		}
	}
	p.oversee()
	return p
}

func (p *programme) amount(most int) domain.Amount {
	return amountOf(strconv.Itoa(1+p.dice.IntN(most)) + "." + strconv.Itoa(10+p.dice.IntN(90)))
}

func amountOf(s string) domain.Amount {
	a, err := domain.ParseAmount(s)
	if err != nil {
		panic(err)
	}
	return a
}

func dateOf(s string) domain.Date {
	d, err := domain.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func quantityOf(s string) domain.Quantity {
	q, err := domain.ParseQuantity(s)
	if err != nil {
		panic(err)
	}
	return q
}

func (p *programme) date() domain.Evidence {
	year := 2018 + p.dice.IntN(4)
	forms := []string{fmt.Sprint(year), fmt.Sprintf("%d-%02d", year, 1+p.dice.IntN(12)), fmt.Sprintf("%d-%02d-%02d", year, 1+p.dice.IntN(12), 1+p.dice.IntN(28))}
	return domain.Evidence{Date: dateOf(forms[p.dice.IntN(len(forms))]), Document: "文 " + strconv.Itoa(p.count)}
}

func (p *programme) fund() domain.ID {
	if len(p.funds) == 0 {
		return "none"
	}
	return p.funds[p.dice.IntN(len(p.funds))]
}

func (p *programme) newFund(most int) domain.FundInput {
	id := nth("fund", len(p.funds))
	p.funds = append(p.funds, id)
	in := domain.FundInput{Fund: id, Provider: nth("org", p.dice.IntN(donors)), Amount: p.amount(most), Approximate: p.dice.IntN(4) == 0}
	if p.dice.IntN(4) == 0 {
		in.Currency = "USD"
	}
	if p.dice.IntN(4) == 0 {
		in.BudgetYear = 2021
	}
	return in
}

func (p *programme) random() domain.Command {
	of := func(most int) domain.FundAmount { return domain.FundAmount{Fund: p.fund(), Amount: p.amount(most)} }
	project := nth("p", p.dice.IntN(aims))
	switch p.dice.IntN(30) {
	case 0:
		return &domain.CommitFunds{FundInput: p.newFund(100_000), Evidence: p.date()}
	case 1:
		return &domain.ReceiveFunds{FundInput: p.newFund(100_000), Evidence: p.date()}
	case 2:
		return &domain.PledgeFunds{FundInput: p.newFund(100_000), Evidence: p.date()}
	case 3, 4:
		return &domain.ReceiveFunds{FundInput: domain.FundInput{Fund: p.fund(), Amount: p.amount(30_000)}, Evidence: p.date()}
	case 5:
		return &domain.IncreaseCommitment{FundAmount: of(5_000), Evidence: p.date()}
	case 6:
		return &domain.ReduceCommitment{FundAmount: of(5_000), Evidence: p.date()}
	case 7, 8, 9, 10:
		return &domain.AllocateFunds{FundAmount: of(10_000), Project: project, Evidence: p.date()}
	case 11:
		return &domain.ReallocateFunds{FundAmount: of(1_000), From: project, To: nth("p", p.dice.IntN(aims)), Evidence: p.date()}
	case 12, 13, 14, 15, 16:
		return &domain.DisburseFunds{FundAmount: of(3_000), Project: project, Payee: nth("org", 1), Voucher: strconv.Itoa(p.count), Evidence: p.date()}
	case 17, 18:
		return &domain.ReportExpenditure{FundAmount: of(1_000), Project: project, Evidence: p.date()}
	case 19:
		return &domain.ReturnFunds{FundAmount: of(500), Project: project, Evidence: p.date()}
	case 20:
		return &domain.CarryOver{FundAmount: of(500), To: p.fund(), Evidence: p.date()}
	case 21:
		return p.places(project)
	case 22:
		if len(p.ids) > 0 {
			return &domain.ReverseEntry{Entry: p.ids[p.dice.IntN(len(p.ids))], Reason: "entered twice"}
		}
	case 23:
		p.gifts++
		return &domain.ReceiveGift{Gift: nth("gift", p.gifts), Donor: nth("org", 0), Item: "电脑", Quantity: quantityOf("30"), Unit: "台",
			Value: p.amount(1_000), Method: "invoice", Evidence: p.date()}
	case 24:
		return &domain.DistributeGift{Gift: nth("gift", 1+p.dice.IntN(p.gifts+1)), Quantity: quantityOf("7"), Place: nth("v", p.dice.IntN(villages)), Evidence: p.date()}
	}
	return p.other()
}

// other gives commands that are not about money.
func (p *programme) other() domain.Command {
	id := domain.ID(fmt.Sprintf("x-%d", p.count))
	switch p.dice.IntN(7) {
	case 6:
		return &domain.RecordImport{Import: id, File: "a.csv", SHA256: "00", Format: "csv", Rows: 3}
	case 5:
		c := report("activity", string(id), "-12.345", "2019-03")
		c.Recipients = []domain.ReportedShare{{Code: "CD"}}
		return c
	case 0:
		return &domain.AddNote{NoteID: id, About: nth("p", 0), Kind: "memo", Text: "a part of it", Amount: p.amount(100), Evidence: p.date()}
	case 1:
		return &domain.ReportIndicator{Indicator: id, Name: "people", Value: quantityOf("12.5"), Unit: "人", Evidence: p.date()}
	case 2:
		return &domain.EstablishPairing{Pairing: id, Helper: nth("org", 0), Helped: nth("v", p.dice.IntN(villages)), Purpose: "village", Evidence: p.date()}
	case 3:
		return &domain.SignAgreement{Agreement: id, Title: "Agreement", Party: nth("org", 0), OtherSide: nth("org", 1), Evidence: p.date()}
	}
	return &domain.ReverseEntry{Entry: fmt.Sprintf("%s-entry-%d", p.name, p.dice.IntN(p.count)), Reason: "wrong"}
}

func (p *programme) places(project domain.ID) domain.Command {
	first := p.dice.IntN(villages)
	c := &domain.AssignPlaces{Project: project}
	for i, percent := range []string{"33.3", "33.3", "33.4"} {
		c.Shares = append(c.Shares, domain.PlaceShare{Place: nth("v", (first+i)%villages), Percent: quantityOf(percent)})
	}
	return c
}

// open opens a new database.
func open(t testing.TB) *DB {
	t.Helper()
	return openURL(t, pgtest.Database(t))
}

func openURL(t testing.TB, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// running starts a runner that ends with the test.
func running(t testing.TB, db *DB, log Log) *Runner {
	t.Helper()
	r := NewRunner(db, log, slog.New(slog.DiscardHandler))
	runs(t, r)
	return r
}

// runs lets a runner work until the end of the test.
func runs(t testing.TB, r *Runner) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// reach waits until a runner has read the whole log.
func reach(t testing.TB, r *Runner) uint64 {
	t.Helper()
	end, _ := r.log.End(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := r.WaitFor(ctx, end); err != nil {
		t.Fatalf("block %d: %v", end, err)
	}
	return end
}
