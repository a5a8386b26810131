package domain

// A move (迁移) takes a ledger to another region, which is another log with servers
// of its own. Rules:
//   - a server records it, for the operator who moves the ledger; nobody else does;
//   - the move is the last event in the old region, so that whoever still writes
//     there loses the race against it, and finds out;
//   - until the new region has adopted the ledger nothing else is recorded,
//     in neither of them;
//   - the new region says after which block of the old one it goes on.

// LedgerMoved says that the ledger goes on in another region.
type LedgerMoved struct {
	Evidence
	From string `json:"from"`
	To   string `json:"to"`
}

// MoveLedger closes the ledger in its region, and names the one where it goes on.
type MoveLedger struct {
	From string `json:"from" doc:"region that has the ledger"`
	To   string `json:"to" doc:"region that adopts it"`
	Evidence
}

// LedgerAdopted says that a region goes on with a ledger. Position is that of
// the last block in the old region, Head the hash of that block, and Blocks how
// many came over with it.
type LedgerAdopted struct {
	Evidence
	Region   string `json:"region"`
	From     string `json:"from"`
	Position string `json:"position"`
	Head     string `json:"head"`
	Blocks   int    `json:"blocks"`
}

// AdoptLedger opens a moved ledger in its new region.
type AdoptLedger struct {
	Region   string `json:"region" doc:"region that goes on with the ledger"`
	From     string `json:"from" doc:"region that had it"`
	Position string `json:"position" doc:"position of the last block there"`
	Head     string `json:"head" doc:"SHA-256 of that block, in hexadecimal"`
	Blocks   int    `json:"blocks" whole:"count" doc:"how many blocks came over"`
	Evidence
}

var (
	_ = command[MoveLedger]("move-ledger", "Closes the ledger in its region; aidledger move-ledger does it, and what follows.")
	_ = command[AdoptLedger]("adopt-ledger", "Opens a moved ledger in its new region; aidledger move-ledger does it.")
	_ = event[LedgerMoved]()
	_ = event[LedgerAdopted]()
)

func byOperator(ctx Context) error {
	if ctx.Role != ServerRole {
		return refuse("operator_only", "only an operator moves a ledger").hint("use: aidledger move-ledger")
	}
	return nil
}

// moving refuses a command to a ledger that is on its way to another region.
func (l *Ledger) moving(c Command) error {
	to := l.Facts().MovedTo
	if _, over := c.(*AdoptLedger); over || to == "" {
		return nil
	}
	return clash("ledger_moved", "the ledger was moved to the region %s", shown(to)).hint("ask a server of that region").with("region", to)
}

func (c *MoveLedger) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := byOperator(ctx); err != nil {
		return nil, err
	}
	if c.From == c.To {
		return nil, refuse("same_region", "the ledger is in the region %s already", shown(c.To)).in("to").hint("name another region")
	}
	e, err := l.evidence("ledger-moved", c.Evidence, ctx)
	return one(&LedgerMoved{Evidence: e, From: c.From, To: c.To}, err)
}

func (c *AdoptLedger) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := byOperator(ctx); err != nil {
		return nil, err
	}
	if to := l.Facts().MovedTo; to != c.Region {
		return nil, clash("not_moved_here", "the ledger was not moved to the region %s", shown(c.Region)).in("region").hint("use: aidledger move-ledger")
	}
	e, err := l.evidence("ledger-adopted", c.Evidence, ctx)
	return one(&LedgerAdopted{Evidence: e, Region: c.Region, From: c.From, Position: c.Position, Head: c.Head, Blocks: c.Blocks}, err)
}

// EventType is ledger-moved.
func (*LedgerMoved) EventType() string { return "ledger-moved" }

// EventType is ledger-adopted.
func (*LedgerAdopted) EventType() string { return "ledger-adopted" }

func (e *LedgerMoved) evolve(l *Ledger) {
	f := l.Facts()
	f.MovedTo = e.To
	l.facts.put(struct{}{}, f)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *LedgerAdopted) evolve(l *Ledger) {
	f := l.Facts()
	f.MovedTo, f.Region = "", e.Region
	l.facts.put(struct{}{}, f)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
