package vault

import (
	"context"
	"strconv"

	"aidledger/domain"
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
	switch c := c.(type) {
	case *domain.RegisterBeneficiary:
		return v.sealPerson(ctx, ledger, c)
	case *domain.RecordBenefit:
		return v.name(ctx, ledger, &c.BenefitLine, "")
	case *domain.RecordBenefits:
		for i := range c.Benefits {
			if err := v.name(ctx, ledger, &c.Benefits[i], "benefits["+strconv.Itoa(i)+"]."); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *Vault) sealPerson(ctx context.Context, ledger string, c *domain.RegisterBeneficiary) error {
	number := c.IDNumber.Clear()
	if number == "" {
		return nil
	}
	id, key, err := v.person(ctx, ledger, number)
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
func (v *Vault) name(ctx context.Context, ledger string, line *domain.BenefitLine, at string) error {
	number := line.IDNumber.Clear()
	if number == "" {
		return nil
	}
	id, ok, err := v.Find(ctx, ledger, number)
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
