package web

import (
	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// SignInForm is a name, a password, and a code where there is a second factor.
type SignInForm struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"`
}

// InvitationForm uses an invitation: the part of the link after /join/.
type InvitationForm struct {
	Invitation string `json:"invitation"`
	Password   string `json:"password"`
}

// PasswordForm is the password of now and the next one.
type PasswordForm struct {
	Old      string `json:"old"`
	Password string `json:"password"`
}

// SecondFactorForm is empty to start, and has a code of the authenticator to
// confirm.
type SecondFactorForm struct {
	Code string `json:"code,omitempty"`
}

// PersonForm is a new person. Grants are capabilities beside those of the role,
// or limits of those.
type PersonForm struct {
	Login  string         `json:"login"`
	Name   string         `json:"name,omitempty"`
	Role   string         `json:"role"`
	Grants []people.Grant `json:"grants,omitempty"`
}

// RoleForm is what a person may do from now on.
type RoleForm struct {
	Role   string         `json:"role"`
	Grants []people.Grant `json:"grants,omitempty"`
}

// DisabledForm says whether a person is kept out.
type DisabledForm struct {
	Disabled bool `json:"disabled"`
}

// SubjectForm is what an identity provider calls a person.
type SubjectForm struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// TokenForm says what a token is for. Without capabilities or ledgers it is for
// all that the person may do; Days is 90 where it is left out.
type TokenForm struct {
	Name         string   `json:"name"`
	Capabilities []string `json:"capabilities,omitempty"`
	Ledgers      []string `json:"ledgers,omitempty"`
	Days         int      `json:"days,omitzero"`
}

// SecondFactor is the address that an authenticator reads, or the codes that
// stand in for it once each.
type SecondFactor struct {
	Address  string   `json:"address,omitempty"`
	Recovery []string `json:"recovery,omitempty"`
}

// RoleTable is what people can be allowed to do.
type RoleTable struct {
	Roles        []access.Role    `json:"roles"`
	Capabilities []access.Meaning `json:"capabilities"`
}

// PeopleList is everybody who may sign in.
type PeopleList struct {
	People []people.Person `json:"people"`
}

// TokenList is the tokens of one person.
type TokenList struct {
	Tokens []people.Token `json:"tokens"`
}

// Me is the caller as the caller sees it.
type Me struct {
	Person       string         `json:"person"`
	Name         string         `json:"name"`
	Role         string         `json:"role"`
	Method       access.Method  `json:"method"`
	Demo         bool           `json:"demo,omitzero"`
	Ledgers      []string       `json:"ledgers,omitempty"`
	Capabilities []people.Grant `json:"capabilities"`
}

// Invited is a person with the link by which the person chooses a password.
type Invited struct {
	people.Person
	Link string `json:"link"`
}

// NewToken is a token with its secret.
type NewToken struct {
	people.Token
	Secret string `json:"secret"`
}

// AccessPage is a page of the access log, the newest line first. Next, where
// there is more, is what to give as before.
type AccessPage struct {
	Lines []people.Access `json:"lines"`
	Next  int64           `json:"next,omitzero"`
}
