package domain

// A signing key is what the checkpoints of a ledger are signed with. It is
// changed now and then, and both the old and the new key sign for a while.
// Rules:
//   - the server records itself when a key begins and ends; nobody else does,
//     since only the server knows what it signs with;
//   - a key is believed for checkpoints of the sizes between its begin and its
//     end alone, so that an old key that is stolen signs nothing new;
//   - the first key of a ledger began with it, and has no event for that.

// ServerRole is the role under which a server records what it does itself. No
// person has it.
const ServerRole = "server"

// SigningKeyIntroduced says that a further key signs from a size of the tree on.
// Key is its public half, as verifiers keep it.
type SigningKeyIntroduced struct {
	Evidence
	Key   string `json:"key"`
	Since int    `json:"since"`
}

// IntroduceSigningKey says that a further key signs.
type IntroduceSigningKey struct {
	Key string `json:"key" doc:"public half of the key, as verifiers keep it"`
	Evidence
	Since int `json:"-"` // the first size that it may sign; the server knows
}

// SigningKeyRetired says that a key signs no tree of a larger size.
type SigningKeyRetired struct {
	Evidence
	Key   string `json:"key"`
	Until int    `json:"until"`
}

// RetireSigningKey says that a key signs no more.
type RetireSigningKey struct {
	Key string `json:"key" doc:"public half of the key, as verifiers keep it"`
	Evidence
	Until int `json:"-"` // the last size that it signed; the server knows
}

var (
	_ = command[IntroduceSigningKey]("introduce-signing-key", "Records that a further key signs checkpoints; a server does it by itself.")
	_ = command[RetireSigningKey]("retire-signing-key", "Records that a key signs checkpoints no more; a server does it by itself.")
	_ = event[SigningKeyIntroduced]()
	_ = event[SigningKeyRetired]()
)

// signingKey is a key of which an event speaks.
type signingKey struct{ introduced, retired bool }

func (k *signingKey) fields() []any { return []any{&k.introduced, &k.retired} }

func serverOnly(ctx Context) error {
	if ctx.Role != ServerRole {
		return refuse("server_only", "only the server says what it signs with").in("key").hint("use: aidledger rotate-key")
	}
	return nil
}

func (c *IntroduceSigningKey) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := serverOnly(ctx); err != nil {
		return nil, err
	}
	if k, _ := l.signingKeys.get(c.Key); k.introduced {
		return nil, nil
	}
	e, err := l.evidence("signing-key-introduced", c.Evidence, ctx)
	return one(&SigningKeyIntroduced{Evidence: e, Key: c.Key, Since: c.Since}, err)
}

func (c *RetireSigningKey) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := serverOnly(ctx); err != nil {
		return nil, err
	}
	if k, _ := l.signingKeys.get(c.Key); k.retired {
		return nil, nil
	}
	e, err := l.evidence("signing-key-retired", c.Evidence, ctx)
	return one(&SigningKeyRetired{Evidence: e, Key: c.Key, Until: c.Until}, err)
}

// EventType is signing-key-introduced.
func (*SigningKeyIntroduced) EventType() string { return "signing-key-introduced" }

// EventType is signing-key-retired.
func (*SigningKeyRetired) EventType() string { return "signing-key-retired" }

func (e *SigningKeyIntroduced) evolve(l *Ledger) {
	k, _ := l.signingKeys.get(e.Key)
	k.introduced = true
	l.signingKeys.put(e.Key, k)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *SigningKeyRetired) evolve(l *Ledger) {
	k, _ := l.signingKeys.get(e.Key)
	k.retired = true
	l.signingKeys.put(e.Key, k)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
