package domain

import (
	"cmp"
	"crypto/sha256"
)

// Ledger is the state of one programme of aid, folded from its events: what
// the rules need to know and nothing else. The zero Ledger is not usable; use
// [NewLedger]. A Ledger is not safe for concurrent use: one writer owns it.
type Ledger struct {
	undo  undoLog
	facts table[struct{}, LedgerFacts]
	names table[ID, Noun]

	organisations table[ID, organisation]
	places        table[ID, place]
	agreements    table[ID, agreement]
	pairings      table[ID, pairing]
	activePairs   table[pairKey, ID]
	projects      table[ID, project]
	funds         table[ID, fund]
	lines         table[lineKey, Sums]
	waits         table[ID, int] // entries of a project that wait for its places
	waiting       table[waitKey, []Waiting]
	gifts         table[ID, gift]
	indicators    table[ID, indicator]
	earmarks      table[ID, Earmark]      // by fund
	paidPlaces    table[fundPlace, int64] // paid for each place, less what was returned
	thresholds    table[Currency, int64]  // above which a payment needs an approval
	requests      table[ID, request]
	openRequests  table[ID, []ID] // of each fund
	findings      table[ID, finding]
	findingKeys   table[key, struct{}] // of checks; see FindingClosed
	checkLimits   table[string, int]
	beneficiaries table[ID, beneficiary]
	benefits      table[benefitKey, []Date] // periods
	paid          table[ID, payment]        // by disbursement
	standards     table[ID, Money]          // of projects
	notices       table[ID, bool]           // withdrawn?
	samples       table[ID, sample]
	signingKeys   table[string, signingKey]
	totals        table[Currency, Sums]
	closedYears   table[int, bool]
	restatements  table[string, restatement] // allowed, by entry
	payments      table[key, []Date]         // with a voucher, by the date that its number counts for
	reversed      table[string, bool]
	imports       table[ID, bool] // whether they were reversed
	keys          table[key, struct{}]

	statementFormats table[ID, statementFormat]
	statementLines   table[ID, statementLine]
	matchedEntries   table[string, ID] // with which line of a statement
}

// NewLedger returns the state before the first event.
func NewLedger() *Ledger {
	l := &Ledger{}
	u := &l.undo
	l.facts = newTable[struct{}, LedgerFacts](u)
	l.names = newTable[ID, Noun](u)
	l.organisations = newTable[ID, organisation](u)
	l.places = newTable[ID, place](u)
	l.agreements = newTable[ID, agreement](u)
	l.pairings = newTable[ID, pairing](u)
	l.activePairs = newTable[pairKey, ID](u)
	l.projects = newTable[ID, project](u)
	l.funds = newTable[ID, fund](u)
	l.lines = newTable[lineKey, Sums](u)
	l.waits = newTable[ID, int](u)
	l.waiting = newTable[waitKey, []Waiting](u)
	l.gifts = newTable[ID, gift](u)
	l.indicators = newTable[ID, indicator](u)
	l.earmarks = newTable[ID, Earmark](u)
	l.paidPlaces = newTable[fundPlace, int64](u)
	l.thresholds = newTable[Currency, int64](u)
	l.requests = newTable[ID, request](u)
	l.openRequests = newTable[ID, []ID](u)
	l.findings = newTable[ID, finding](u)
	l.findingKeys = newTable[key, struct{}](u)
	l.checkLimits = newTable[string, int](u)
	l.beneficiaries = newTable[ID, beneficiary](u)
	l.benefits = newTable[benefitKey, []Date](u)
	l.paid = newTable[ID, payment](u)
	l.standards = newTable[ID, Money](u)
	l.notices = newTable[ID, bool](u)
	l.samples = newTable[ID, sample](u)
	l.signingKeys = newTable[string, signingKey](u)
	l.totals = newTable[Currency, Sums](u)
	l.payments = newTable[key, []Date](u)
	l.closedYears = newTable[int, bool](u)
	l.restatements = newTable[string, restatement](u)
	l.reversed = newTable[string, bool](u)
	l.imports = newTable[ID, bool](u)
	l.keys = newTable[key, struct{}](u)
	l.statementFormats = newTable[ID, statementFormat](u)
	l.statementLines = newTable[ID, statementLine](u)
	l.matchedEntries = newTable[string, ID](u)
	return l
}

// Decide answers a command with the events that it leads to, or refuses it
// with a *Refusal or Refusals. It changes nothing: the caller records the
// events and then gives each of them to Evolve. No event and no error means
// that the command asks for what is already so.
func (l *Ledger) Decide(c Command, ctx Context) ([]Event, error) {
	if _, opening := c.(*OpenLedger); !opening && !l.Opened() {
		return nil, missing("ledger_not_found", "this ledger does not exist").
			hint("open it with open-ledger, or check its name")
	}
	if err := l.moving(c); err != nil {
		return nil, err
	}
	events, err := c.decide(l, ctx)
	if err == nil {
		err = l.withinCeiling(c, events)
	}
	if err == nil {
		events, err = l.restated(events, ctx)
	}
	if err != nil {
		return nil, err
	}
	return events, nil
}

// Evolve folds one event into the state. It never refuses: what was recorded
// has happened.
func (l *Ledger) Evolve(e Event) { e.evolve(l) }

// Track makes the ledger remember how to take back what is folded from now on.
func (l *Ledger) Track() { l.undo.on = true }

// Mark returns a point to which Rollback can return.
func (l *Ledger) Mark() int { return len(l.undo.steps) }

// Rollback takes back everything that was folded since the mark.
func (l *Ledger) Rollback(mark int) { l.undo.rollback(mark) }

// Keep forgets how to take back what was folded: it is in the log.
func (l *Ledger) Keep() {
	clear(l.undo.steps)
	l.undo.steps = l.undo.steps[:0]
}

// KeepUntil forgets how to take back what was folded before the mark. What was
// folded since can still be taken back, by Rollback(0).
func (l *Ledger) KeepUntil(mark int) {
	n := copy(l.undo.steps, l.undo.steps[mark:])
	clear(l.undo.steps[n:])
	l.undo.steps = l.undo.steps[:n]
}

// Noun says what kind of thing an id names. Ids are unique in a ledger across
// all nouns, so that an id alone is enough to trace a thing.
type Noun string

// The nouns that can be named.
const (
	NounOrganisation Noun = "organisation"
	NounPlace        Noun = "place"
	NounAgreement    Noun = "agreement"
	NounPairing      Noun = "pairing"
	NounProject      Noun = "project"
	NounFund         Noun = "fund"
	NounGift         Noun = "gift"
	NounIndicator    Noun = "indicator"
	NounDisbursement Noun = "disbursement"
	NounRequest      Noun = "request"
	NounFinding      Noun = "finding"
	NounAttachment   Noun = "attachment"
	NounNotice       Noun = "notice"
	NounBeneficiary  Noun = "beneficiary"
	NounNote         Noun = "note"
	NounImport       Noun = "import"
	NounReport       Noun = "report"
	NounSample       Noun = "sample"

	NounStatementFormat Noun = "statement_format"
)

// free refuses an id that names something already.
func (l *Ledger) free(id ID, field string) *Refusal {
	if noun, ok := l.names.get(id); ok {
		return clash("id_taken", "%s names a %s already", id, noun).in(field).
			hint("choose another id").with("id", id).with("noun", noun)
	}
	return nil
}

// noun refuses an id that does not name a thing of the wanted kind.
func (l *Ledger) noun(want Noun, id ID, field string) *Refusal {
	switch got, ok := l.names.get(id); {
	case !ok:
		return missing(string(want)+"_not_found", "no %s is called %q", want, id).in(field).
			hint("register it first, or check the id").with("id", id)
	case got != want:
		return refuse(string(want)+"_expected", "%s is not a name of the kind %s but of the kind %s", id, want, got).in(field).
			hint("check the id").with("id", id).with("noun", got)
	}
	return nil
}

// ref is an id in a command together with what it has to name.
type ref struct {
	noun  Noun
	id    ID
	field string
}

// known refuses the first id that does not name a thing of its kind. An id that
// is left out names nothing and is passed over.
func (l *Ledger) known(refs ...ref) error {
	for _, r := range refs {
		if r.id == "" {
			continue
		}
		if err := l.noun(r.noun, r.id, r.field); err != nil {
			return err
		}
	}
	return nil
}

// key is a hash of something that may be recorded only once (a voucher number,
// a source reference). 128 bits of SHA-256 keep a million of them small; two
// different ones do not meet by chance.
type key [16]byte

func keyOf(parts ...string) key {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	var k key
	copy(k[:], h.Sum(nil))
	return k
}

// claim records a key, or frees it when the event reverses the one that took
// it, so that the corrected entry can be recorded under the same number.
func (l *Ledger) claim(c Correction, k key) {
	if c.Reverses != "" {
		l.keys.del(k)
		return
	}
	l.keys.put(k, struct{}{})
}

// sourceKey is what makes a source reference unique: the event type and the
// reference.
func sourceKey(eventType, reference string) key { return keyOf("source", eventType, reference) }

// record is what most events about money do to the state: they claim their
// source reference and add to the sums.
func (l *Ledger) record(e Event, c Correction, evidence Evidence) {
	l.claimSource(e.EventType(), c, evidence)
	l.count(e)
}

func (l *Ledger) claimSource(eventType string, c Correction, e Evidence) {
	if e.SourceReference != "" {
		l.claim(c, sourceKey(eventType, e.SourceReference))
	}
}

// evidence settles the effective date and refuses dates in the future, in a
// closed year, and source references that were recorded before.
func (l *Ledger) evidence(eventType string, e Evidence, ctx Context) (Evidence, error) {
	if e.Date.IsZero() {
		e.Date = ctx.Today
	}
	if err := l.openDate(e.Date, ctx); err != nil {
		return e, err
	}
	if e.SourceReference != "" && l.keys.has(sourceKey(eventType, e.SourceReference)) {
		return e, clash("source_reference_used", "%q is recorded already as a source of %s", e.SourceReference, eventType).
			in("source_reference").hint("if it is another fact, give it its own reference").
			with("source_reference", e.SourceReference)
	}
	return e, nil
}

func (l *Ledger) openDate(d Date, ctx Context) error {
	if ctx.Today.Before(d.First()) {
		return refuse("date_in_future", "%s has not come yet; today is %s", d, ctx.Today).in("date").
			hint("give the date on which it happened").with("date", d).with("today", ctx.Today)
	}
	if l.closedYears.has(d.Year()) {
		return l.mayRestate(d, ctx)
	}
	return nil
}

// LedgerFacts is what a ledger says about itself.
type LedgerFacts struct {
	Title    string
	Zone     string // IANA time zone of its calendar dates
	Currency Currency
	Invented bool // the figures are made up, for demonstration

	MovedTo string // region that is to adopt the ledger; empty: it is not being moved
	Region  string // that adopted it last; empty: it was never moved
}

// Opened tells whether the ledger exists.
func (l *Ledger) Opened() bool { return l.facts.has(struct{}{}) }

// Facts returns what the ledger says about itself; zero before it is opened.
func (l *Ledger) Facts() LedgerFacts {
	f, _ := l.facts.get(struct{}{})
	return f
}

// LedgerOpened is the first event of every ledger.
type LedgerOpened struct {
	Evidence
	Title    string   `json:"title"`
	Zone     string   `json:"zone"`
	Currency Currency `json:"currency"`
	Invented bool     `json:"invented,omitzero"`
}

// OpenLedger starts a ledger for a programme of aid.
type OpenLedger struct {
	Evidence
	Title    string   `json:"title" doc:"name of the programme"`
	Zone     string   `json:"zone,omitempty" example:"Asia/Shanghai" doc:"IANA time zone of its dates; Asia/Shanghai if left out"`
	Currency Currency `json:"currency,omitempty" doc:"currency of amounts that name none; CNY if left out"`
	Invented bool     `json:"invented,omitzero" doc:"the figures are made up, for demonstration"`
}

var (
	_ = command[OpenLedger]("open-ledger", "Starts a ledger for a programme of aid.")
	_ = event[LedgerOpened]()
)

// DefaultZone is the time zone of a ledger that names none.
const DefaultZone = "Asia/Shanghai"

func (c *OpenLedger) decide(l *Ledger, ctx Context) ([]Event, error) {
	if l.Opened() {
		return nil, clash("ledger_exists", "this ledger is open already: %s", l.Facts().Title).
			hint("choose another name")
	}
	e, err := l.evidence("ledger-opened", c.Evidence, ctx)
	if err != nil {
		return nil, err
	}
	return []Event{&LedgerOpened{Evidence: e, Title: c.Title, Zone: cmp.Or(c.Zone, DefaultZone),
		Currency: cmp.Or(c.Currency, renminbi), Invented: c.Invented}}, nil
}

// EventType is ledger-opened.
func (*LedgerOpened) EventType() string { return "ledger-opened" }

func (e *LedgerOpened) evolve(l *Ledger) {
	l.facts.put(struct{}{}, LedgerFacts{Title: e.Title, Zone: e.Zone, Currency: e.Currency, Invented: e.Invented})
}
