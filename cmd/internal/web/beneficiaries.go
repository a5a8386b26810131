package web

import (
	"net/http"
	"strings"

	"aidledger/cmd/internal/access"
	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/people"
	"aidledger/projections/vault"
)

// noteReading records who reads about people before anything is shown. Nothing
// is shown where it cannot be recorded.
func (s *Server) noteReading(r *http.Request, c access.Caller, act, thing, why string) error {
	if why = strings.TrimSpace(why); why == "" {
		return domain.Refusals{{Code: "field_required", Field: "why", Message: "reading about people needs a reason", Hint: "say what it is for"}}
	}
	if s.People == nil || s.Vault == nil {
		return newProblem("vault_missing", "the server has no vault", "start it with its database")
	}
	text, err := domain.ParseText(why, 200)
	if err != nil {
		return err
	}
	if domain.HoldsIDNumber(text) { // the access log is kept when the person is forgotten
		return domain.Refusals{{Code: "id_number_in_text", Field: "why", Message: "the reason has a citizen's number in it", Hint: "say what it is for without it"}}
	}
	return s.People.Record(r.Context(), people.Access{Person: c.Person, Role: c.Role, Act: act, Ledger: ledgerOf(r), Thing: thing, Why: text})
}

// getBeneficiaries lists beneficiaries with what is personal masked.
func (s *Server) getBeneficiaries(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	q := projections.ListQuery{Ledger: ledgerOf(r), Limit: p.number("limit", rowsUsual, 1, rowsMax), After: p.text("after"), Filter: map[string]string{}}
	for _, name := range []string{"place", "state", "kind", "beneficiary", "entry"} {
		if value := p.text(name); value != "" {
			q.Filter[name] = value
		}
	}
	why, as := p.text("why"), p.asOf()
	if err := s.begin(r, p); err != nil {
		return err
	}
	rows, err := s.ReadBeneficiaries(r, c, q, as, why)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, rows)
}

// ReadBeneficiaries lists beneficiaries for a caller with what is personal
// masked, after it has recorded the reading and why.
func (s *Server) ReadBeneficiaries(r *http.Request, c access.Caller, q projections.ListQuery, as projections.AsOf, why string) (projections.List[projections.Beneficiary], error) {
	rows, err := s.views(c, access.ReadBeneficiaries).Until(as).Beneficiaries(r.Context(), q)
	if err != nil {
		return rows, err
	}
	if err := s.noteReading(r, c, people.ActRead, "beneficiaries", why); err != nil {
		return rows, err
	}
	for i := range rows.Rows {
		if err := s.mask(r, &rows.Rows[i]); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// mask puts what may be shown into the place of the sealed texts. Nothing is
// left of who was forgotten, also where the read models do not know it yet.
func (s *Server) mask(r *http.Request, b *projections.Beneficiary) error {
	clear, err := s.Vault.Unseal(r.Context(), ledgerOf(r), b.Beneficiary, sealedOf(b))
	if projections.Is(err, vault.Erased) {
		b.Name, b.IDNumber, b.Phone, b.BankCard, b.State = "", "", "", "", "forgotten"
		return nil
	}
	if err != nil {
		return err
	}
	show := func(kind string) string {
		if clear[kind] == "" {
			return ""
		}
		return domain.MaskPersonal(kind, clear[kind])
	}
	b.Name, b.IDNumber, b.Phone, b.BankCard = show(vault.Name), show(vault.IDNumber), show(vault.Phone), show(vault.BankCard)
	return nil
}

func sealedOf(b *projections.Beneficiary) map[string]string {
	return map[string]string{vault.Name: b.Name, vault.IDNumber: b.IDNumber, vault.Phone: b.Phone, vault.BankCard: b.BankCard}
}

// RevealForm asks for one field of a beneficiary in full.
type RevealForm struct {
	Field string `json:"field"` // name, id-number, phone or bank-card
	Why   string `json:"why"`
}

// postReveal shows one field of a beneficiary in full.
func (s *Server) postReveal(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[RevealForm](w, r)
	if err != nil {
		return err
	}
	value, err := s.Reveal(r, c, form)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Revealed{Beneficiary: r.PathValue("id"), Field: form.Field, Value: value})
}

// Reveal returns one field of the beneficiary in the path in full, after it has
// recorded that and why.
func (s *Server) Reveal(r *http.Request, c access.Caller, form RevealForm) (string, error) {
	id := r.PathValue("id")
	found, err := s.views(c, access.RevealBeneficiary).Beneficiaries(r.Context(), projections.ListQuery{Ledger: ledgerOf(r), Filter: map[string]string{"beneficiary": id}})
	if err != nil {
		return "", err
	}
	if len(found.Rows) == 0 {
		return "", newProblem("beneficiary_not_found", "nobody has that pseudonym", "GET the beneficiaries of the ledger")
	}
	sealed, ok := sealedOf(&found.Rows[0])[form.Field]
	if !ok {
		return "", domain.Refusals{{Code: "value_unknown", Field: "field", Message: "there is no such field", Hint: "use name, id-number, phone or bank-card"}}
	}
	if err := s.noteReading(r, c, people.ActReveal, id+" "+form.Field, form.Why); err != nil {
		return "", err
	}
	clear, err := s.Vault.Unseal(r.Context(), ledgerOf(r), found.Rows[0].Beneficiary, map[string]string{form.Field: sealed})
	return clear[form.Field], err
}

// Revealed is one field of a beneficiary in full.
type Revealed struct {
	Beneficiary string `json:"beneficiary"`
	Field       string `json:"field"`
	Value       string `json:"value"`
}

// FindForm asks who has a citizen's number.
type FindForm struct {
	IDNumber string `json:"id_number"`
	Why      string `json:"why"`
}

// FoundBeneficiary is the pseudonym of somebody who was looked for.
type FoundBeneficiary struct {
	Beneficiary string `json:"beneficiary"`
}

// postFind tells the pseudonym of whoever has a citizen's number.
func (s *Server) postFind(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	form, err := readBody[FindForm](w, r)
	if err != nil {
		return err
	}
	number, err := domain.ParsePersonal(vault.IDNumber, form.IDNumber)
	if err != nil {
		return err
	}
	if err := s.noteReading(r, c, people.ActRead, "beneficiaries by number", form.Why); err != nil {
		return err
	}
	id, ok, err := s.Vault.Find(r.Context(), ledgerOf(r), number)
	if err != nil {
		return err
	}
	if ok { // somebody whose registration was refused has a key and no record
		found, err := s.views(c, access.ReadBeneficiaries).Beneficiaries(r.Context(), projections.ListQuery{Ledger: ledgerOf(r), Filter: map[string]string{"beneficiary": string(id)}})
		if err != nil {
			return err
		}
		ok = len(found.Rows) > 0
	}
	if !ok {
		return newProblem("beneficiary_not_found", "nobody with this number is registered", "register the beneficiary first, or check the number")
	}
	return reply(w, http.StatusOK, FoundBeneficiary{Beneficiary: string(id)})
}

// getPeopleHelped counts who was helped.
func (s *Server) getPeopleHelped(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	by, as := p.text("by"), p.asOf()
	if by == "" {
		by = "year"
	}
	if err := s.begin(r, p); err != nil {
		return err
	}
	helped, err := s.views(c, access.ReadLedger).Until(as).PeopleHelped(r.Context(), ledgerOf(r), by)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, helped)
}
