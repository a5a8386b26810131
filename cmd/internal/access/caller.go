package access

import (
	"slices"
	"sync"

	"aidledger/domain"
)

// Caller is who asks. Person stands as the actor in the entries that the caller
// writes and Role as the role; nothing is decided by the role. The zero Caller
// is nobody and may do nothing.
type Caller struct {
	Person  string   // id; empty for nobody
	Name    string   // for the caller's own eyes, never in a log
	Role    string   // name of the role
	Method  Method   // how the caller proved to be that person
	Demo    bool     // a person of a demonstration, whose password is public
	Token   string   // id of the token, where Method is Token
	Ledgers []string // a scope: no other ledger; nil for all
	Grants  map[Capability]Limit
}

// Method is how a caller was authenticated.
type Method string

// The methods.
const (
	OwnerToken Method = "owner-token" // the token of the server itself
	Token      Method = "token"       // an API token of a person
	Session    Method = "session"     // the cookie of a person who signed in
)

// Limit is where a capability holds: for these places with those that lie in
// them, and for these projects. Empty lists do not limit.
type Limit struct {
	Places   []domain.ID `json:"places,omitempty"`
	Projects []domain.ID `json:"projects,omitempty"`
}

// IsZero tells whether the capability holds everywhere.
func (l Limit) IsZero() bool { return len(l.Places) == 0 && len(l.Projects) == 0 }

// LocalOwner returns the caller who holds the token of the server itself.
func LocalOwner() Caller { return localOwner() }

var localOwner = sync.OnceValue(func() Caller {
	grants := make(map[Capability]Limit, len(meanings))
	for _, m := range meanings {
		grants[m.Capability] = Limit{}
	}
	return Caller{Person: Owner, Name: Owner, Role: Owner, Method: OwnerToken, Grants: grants}
})

// IsNobody tells whether the request had no caller.
func (c Caller) IsNobody() bool { return c.Person == "" }

// Has tells whether the caller has a capability somewhere. It is for leaving
// out what a caller cannot use; [Gate.Allow] is what decides.
func (c Caller) Has(needs Capability) bool {
	_, ok := c.Grants[needs]
	return ok || needs == Public || needs == SignedIn && !c.IsNobody()
}

// LimitOf returns where the caller has a capability.
func (c Caller) LimitOf(needs Capability) Limit { return c.Grants[needs] }

// reaches tells whether the caller may ask for a ledger at all.
func (c Caller) reaches(ledger string) bool {
	return ledger == "" || c.Ledgers == nil || slices.Contains(c.Ledgers, ledger)
}
