package projections

import (
	"context"

	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/jackc/pgx/v5"
)

// Node is a thing that money comes from, passes through or reaches. Noun is
// one of the domain's nouns, or "entry".
type Node struct {
	Noun string `json:"noun"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Edge is all money of one stage and currency between two things. Amount is
// decimal text. Evidence is what its first entries rest on, 10 at most.
type Edge struct {
	From     Node            `json:"from"`
	To       Node            `json:"to"`
	Stage    string          `json:"stage"`
	Amount   string          `json:"amount"`
	Currency domain.Currency `json:"currency"`
	Entries  int64           `json:"entries"`
	Evidence []EdgeEvidence  `json:"evidence,omitempty"`
}

// TraceQuery asks where the money of a thing comes from and where it goes.
// Limit and After page through its movements.
type TraceQuery struct {
	Ledger string
	ID     string // of a fund, gift, project, place, organisation, disbursement, pairing, agreement, indicator, note or an entry
	AsOf   AsOf
	Limit  int    // movements; 0: 100; at most 1,000
	After  string // Next of the page before

	// MoneyOnly leaves out the facts, notes and pairings, which have to be replayed
	// for the past.
	MoneyOnly bool

	within Within // of the money; the facts of the thing are shown as a whole
}

// Trace is what is known about one thing: its facts, the edges towards the
// providers (Up) and towards villages and payees (Down), whether what goes into
// the funds and projects on the way is what comes out and what remains
// (Conservation), whom it has helped, its movements, and the notes and pairings
// that name it.
type Trace struct {
	Ledger   string              `json:"ledger"`
	Position eventstore.Position `json:"position"`
	Node
	Facts        any        `json:"facts,omitempty"` // a Fund, Gift, Project, Place, Organisation …
	Up           []Edge     `json:"up"`
	Down         []Edge     `json:"down"`
	Conservation []Balance  `json:"conservation"`
	Helped       []Helped   `json:"helped"` // one for each currency
	Movements    []Movement `json:"movements"`
	Next         string     `json:"next,omitzero"`
	Notes        []Note     `json:"notes"`
	Pairings     []Pairing  `json:"pairings"`
}

// Trace answers a TraceQuery. It returns not_found where nothing has that id,
// ledger_not_found, or bad_query for a limit or cursor that does not exist.
// The money of a county or township includes that of the places in it.
func (db *DB) Trace(ctx context.Context, q TraceQuery) (Trace, error) {
	out := Trace{Ledger: q.Ledger, Up: []Edge{}, Down: []Edge{}, Conservation: []Balance{}, Helped: []Helped{}}
	limit, err := limitOf(q.Limit, journalPage, journalPageMax)
	if err != nil {
		return out, err
	}
	if q.AsOf, err = db.Known(ctx, q.Ledger, q.AsOf); err != nil {
		return out, err
	}
	q.within = db.within
	err = db.snapshot(ctx, func(tx pgx.Tx) error {
		at, err := position(ctx, tx, q.Ledger, "journal")
		if err != nil {
			return err
		}
		out.Position = q.AsOf.limited(at)
		if out.Node, err = findNode(ctx, tx, q.Ledger, q.ID); err != nil {
			return err
		}
		if err := out.edges(ctx, tx, q); err != nil {
			return err
		}
		if err := out.conserved(ctx, tx, q); err != nil {
			return err
		}
		if err := out.helped(ctx, tx, q); err != nil {
			return err
		}
		c := &conditions{args: []any{q.Ledger}}
		c.touching(q, out.Noun)
		if err := c.after(q.After); err != nil {
			return err
		}
		out.Movements, out.Next, err = readMovements(ctx, tx, c, limit)
		if err != nil || q.MoneyOnly || !q.AsOf.IsZero() {
			return err
		}
		return out.facts(ctx, tx, db, q)
	})
	if err == nil && !q.MoneyOnly && !q.AsOf.IsZero() {
		err = db.Until(q.AsOf).at(ctx, q.Ledger, func(tx pgx.Tx) error { return out.facts(ctx, tx, db, q) })
	}
	return out, err
}

// nounEntry is the noun of what one command wrote.
const nounEntry = "entry"

// findNode says what an id names. Ids are unique in a ledger; an entry is
// looked for last.
func findNode(ctx context.Context, tx pgx.Tx, ledger, id string) (Node, error) {
	rows, _ := tx.Query(ctx, namesSQL+`
		union all (select 'disbursement', disbursement, '' from aidledger.movements j where ledger = $1 and disbursement = any($2) and disbursement <> '' limit 1)
		union all (select '`+nounEntry+`', entry, event_type from aidledger.movements j where ledger = $1 and entry = any($2) limit 1)
		union all (select '`+nounEntry+`', entry, event_type from aidledger.entries where ledger = $1 and entry = any($2))`, ledger, []string{id})
	nodes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Node])
	if err == nil && len(nodes) == 0 {
		err = fail(NotFound, "check the id", "nothing in the ledger %s has the id %.100q", ledger, id)
	}
	if err != nil {
		return Node{}, err
	}
	return nodes[0], nil
}

// facts reads what the registers know about the thing, its notes and pairings.
func (t *Trace) facts(ctx context.Context, tx pgx.Tx, db *DB, q TraceQuery) (err error) {
	lists := map[string]func(context.Context, pgx.Tx, *DB, string, string) (any, error){
		"organisation": organisationsList.one, "place": placesList.one, "project": projectsList.one, "fund": fundsList.one,
		"gift": giftsList.one, "agreement": agreementsList.one, "pairing": pairingsList.one, "indicator": indicatorsList.one,
		"note": notesList.one, nounEntry: readEntry,
	}
	if one := lists[t.Noun]; one != nil {
		if t.Facts, err = one(ctx, tx, db, q.Ledger, q.ID); err != nil {
			return err
		}
	}
	c := &conditions{}
	c.and("x.ledger = ? and x.about = ?", q.Ledger, q.ID)
	if t.Notes, err = notesList.read(ctx, tx, db, c, listPageMax); err != nil {
		return err
	}
	c = &conditions{}
	id := c.arg(q.ID)
	c.and("x.ledger = ? and ("+id+" in (x.helper, x.helped, x.agreement))", q.Ledger)
	t.Pairings, err = pairingsList.read(ctx, tx, db, c, listPageMax)
	return err
}
