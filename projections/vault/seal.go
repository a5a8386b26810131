package vault

import (
	"context"
	"slices"
	"strconv"

	"aidledger/domain"
	"aidledger/eventstore"
)

// The fields under which texts are sealed.
const (
	Name     = "name"
	IDNumber = "id-number"
	Phone    = "phone"
	BankCard = "bank-card"
)

// Seal makes a command that was checked fit for the log: it seals what the
// command says about a person, and puts the pseudonym in the place of a citizen
// number that names somebody. A command that is sealed already stays as it is.
// It returns a *domain.Refusal for a number that nobody has.
func (v *Vault) Seal(ctx context.Context, ledger string, c domain.Command) error {
	return sealing{v.person, v.Find}.seal(ctx, ledger, c)
}

// sealing is where pseudonyms and keys come from: person makes them for who has
// none, and find does not.
type sealing struct {
	person func(ctx context.Context, ledger, number string) (domain.ID, Key, error)
	find   func(ctx context.Context, ledger, number string) (domain.ID, bool, error)
}

// person is who has a pseudonym and a key.
type person struct {
	id  domain.ID
	key Key
}

func (s sealing) seal(ctx context.Context, ledger string, c domain.Command) error {
	switch c := c.(type) {
	case *domain.RegisterBeneficiary:
		return s.sealPerson(ctx, ledger, c)
	case *domain.RecordBenefit:
		return s.name(ctx, ledger, &c.BenefitLine, "")
	case *domain.RecordBenefits:
		for i := range c.Benefits {
			if err := s.name(ctx, ledger, &c.Benefits[i], "benefits["+strconv.Itoa(i)+"]."); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rehearse returns what seals commands that are not recorded. It seals copies, and
// whoever it has to make a pseudonym and a key for is known to it alone.
func (v *Vault) Rehearse() eventstore.Sealer {
	known := map[string]person{}
	trial := sealing{
		find: func(ctx context.Context, ledger, number string) (domain.ID, bool, error) {
			if p, ok := known[string(v.foundBy(ledger, number))]; ok {
				return p.id, true, nil
			}
			return v.Find(ctx, ledger, number)
		},
	}
	trial.person = func(ctx context.Context, ledger, number string) (domain.ID, Key, error) {
		found := string(v.foundBy(ledger, number))
		if p, ok := known[found]; ok {
			return p.id, p.key, nil
		}
		id, key, ok, err := v.known(ctx, ledger, number)
		if err == nil && !ok {
			id, key = newPseudonym(), NewKey()
		}
		known[found] = person{id, key}
		return id, key, err
	}
	return func(ctx context.Context, ledger string, c domain.Command) (domain.Command, error) {
		switch given := c.(type) {
		case *domain.RegisterBeneficiary:
			copied := *given
			c = &copied
		case *domain.RecordBenefit:
			copied := *given
			c = &copied
		case *domain.RecordBenefits:
			copied := *given
			copied.Benefits = slices.Clone(given.Benefits)
			c = &copied
		}
		return c, trial.seal(ctx, ledger, c)
	}
}

func (s sealing) sealPerson(ctx context.Context, ledger string, c *domain.RegisterBeneficiary) error {
	number := c.IDNumber.Clear()
	if number == "" {
		return nil
	}
	id, key, err := s.person(ctx, ledger, number)
	if err != nil {
		return err
	}
	c.Beneficiary = id
	for field, p := range map[string]*domain.Personal{Name: &c.Name, IDNumber: &c.IDNumber, Phone: &c.Phone, BankCard: &c.BankCard} {
		if clear := p.Clear(); clear != "" {
			p.Seal(key.text(clear, owner(ledger, id)+"\x00"+field))
		}
	}
	return nil
}

// name puts the pseudonym in the place of a citizen number.
func (s sealing) name(ctx context.Context, ledger string, line *domain.BenefitLine, at string) error {
	number := line.IDNumber.Clear()
	if number == "" {
		return nil
	}
	id, ok, err := s.find(ctx, ledger, number)
	switch {
	case err != nil:
		return err
	case !ok:
		return &domain.Refusal{Kind: domain.NotFound, Code: "beneficiary_not_found", Field: at + "id_number", Message: "nobody with this number is registered",
			Hint: "register the beneficiary first, or check the number"}
	case line.Beneficiary != "" && line.Beneficiary != id:
		return &domain.Refusal{Code: "beneficiary_differs", Field: at + "beneficiary", Message: "the pseudonym and the number are of two persons",
			Hint: "give one of them"}
	}
	line.Beneficiary, line.IDNumber = id, domain.Personal{}
	return nil
}
