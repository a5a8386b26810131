package domain_test

import (
	"testing"

	"aidledger/domain"
)

func TestNotesKeepWhatNoTotalCounts(t *testing.T) {
	c := &domain.AddNote{NoteID: "n", About: "road", Kind: "memo", Text: "the greenhouses", Amount: amount("66万元"), Approximate: true,
		Quantity: quantity("3"), Unit: "座", Undated: true, Evidence: on("2019")}
	event := &domain.NoteAdded{Evidence: on("2019"), NoteID: "n", About: "road", Kind: "memo", Text: "the greenhouses", Amount: yuan(660_000), Approximate: true,
		Quantity: quantity("3"), Unit: "座", Undated: true}
	s := given(t, programme()...)
	before := len(sums(s.events))
	s.when(c).then(event)
	if m := domain.Movements(event); len(m) > 0 || len(sums(s.events)) != before {
		t.Errorf("it moves %+v", m)
	}
	s.when(&domain.AddNote{NoteID: "m", Kind: "question", Text: "about the ledger", Evidence: on("2019")}).
		then(&domain.NoteAdded{Evidence: on("2019"), NoteID: "m", Kind: "question", Text: "about the ledger"})
	s.when(reversal(21)).then(&domain.EntryReversed{Evidence: on("2019"), Entry: "e21", Reason: "entered twice"},
		&domain.NoteAdded{Correction: domain.Correction{Reverses: "e21"}, Evidence: on("2019"), NoteID: "n", About: "road", Kind: "memo", Text: "the greenhouses",
			Amount: yuan(-660_000), Approximate: true, Quantity: quantity("-3"), Unit: "座", Undated: true})
	s.when(c).refused("id_taken", "id", "id=n", "noun=note")

	note := func(change func(*domain.AddNote)) *domain.AddNote {
		c := &domain.AddNote{NoteID: "n", Kind: "memo", Text: "text", Evidence: on("2019")}
		change(c)
		return c
	}
	refusals(t, programme(), []refusal{
		{"about what is unknown, before its amount", nil, note(func(c *domain.AddNote) { c.About, c.Amount = "bridge", amount("-1") }), "about_not_found", "about", nil},
		{"under an id that is taken", nil, note(func(c *domain.AddNote) { c.NoteID = "road" }), "id_taken", "id", []string{"id=road", "noun=project"}},
		{"with a quantity without a unit", nil, note(func(c *domain.AddNote) { c.Quantity = quantity("1") }), "unit_required", "unit", nil},
		{"with an amount below nothing", nil, note(func(c *domain.AddNote) { c.Amount = amount("-1") }), "amount_not_positive", "amount", []string{"amount=-1.00 CNY"}},
		{"with an amount in two currencies", nil, note(func(c *domain.AddNote) { c.Amount, c.Currency = amount("1 USD"), "CNY" }), "currency_mismatch", "amount", nil},
		{"of a kind that there is not", nil, note(func(c *domain.AddNote) { c.Kind = "rumour" }), "value_unknown", "kind", nil},
	})
}
