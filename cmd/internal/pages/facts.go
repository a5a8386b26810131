package pages

import (
	"net/url"
	"slices"
	"strconv"

	"aidledger/domain"
	"aidledger/projections"
)

// facts shows what the registers know about a thing.
func (v *visit) facts(view *traceView, t projections.Trace) error {
	add := func(field string, c cell) {
		if c.Text != "" || c.Unknown {
			view.Facts = append(view.Facts, fact{v.label("field", field), c})
		}
	}
	add("id", text(t.ID))
	var ids []domain.ID
	switch f := t.Facts.(type) {
	case projections.Project:
		ids = append(ids, f.County, f.Implementer)
		for _, s := range f.Places {
			ids = append(ids, s.Place)
		}
	case projections.Place:
		ids = append(ids, f.Parent)
	case projections.Organisation:
		ids = append(ids, f.Place)
	case projections.Fund:
		ids = append(ids, f.Provider)
	case projections.Gift:
		ids = append(ids, f.Donor)
	case projections.Pairing:
		ids = append(ids, f.Agreement)
	case projections.Agreement:
		ids = append(ids, f.Party, f.OtherSide)
	case projections.Indicator:
		ids = append(ids, f.Place, f.Project, f.Fund, f.PartOf)
	case projections.Note:
		ids = append(ids, f.About)
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	origin := v.ownFacts(view, t, add)
	if origin != nil {
		add("date", text(origin.Date.String()))
		add("document", text(origin.Document))
		add("source_reference", text(origin.SourceReference))
		add("note", text(origin.Note))
		add("entry", linked(origin.Entry, v.href("trace/"+url.PathEscape(origin.Entry))))
		return nil
	}
	if len(t.Movements) == 0 {
		return v.recordedFacts(view, t, add)
	}
	return v.entryFacts(view, t, t.Movements[0], add)
}

// recordedFacts shows what an entry says that moved no money.
func (v *visit) recordedFacts(view *traceView, t projections.Trace, add func(string, cell)) error {
	e, ok := t.Facts.(projections.RecordedEntry)
	if !ok {
		return nil
	}
	add("recorded", text(v.moment(e.Recorded)))
	add("actor", text(v.who(e.Actor)))
	add("position", v.at(e.Position.String()))
	events, err := v.said(e.Position, e.Entry)
	if err != nil || len(events) == 0 {
		return err
	}
	command, ok := domain.LookupCommand(events[0].entry.Command)
	if !ok {
		return nil
	}
	said, err := v.entered(command, events[0])
	view.Facts = append(view.Facts, said...)
	return err
}

// entryFacts shows what an entry says, which its movements have in common, and
// leads to what can be done about it.
func (v *visit) entryFacts(view *traceView, t projections.Trace, m projections.Movement, add func(string, cell)) error {
	if err := v.learn(m.Payer, m.Payee); err != nil {
		return err
	}
	if t.Noun == "entry" && t.Next == "" {
		for _, sum := range v.sums(t.Movements) {
			view.Facts = append(view.Facts, fact{sum.Cells[1].Text, sum.Cells[2]})
		}
	}
	add("payer", v.thing(m.Payer))
	add("payee", v.thing(m.Payee))
	add("date", text(m.Date.String()))
	add("recorded", text(v.moment(m.Recorded)))
	add("actor", text(v.who(m.Actor)))
	add("document", text(m.Document))
	add("voucher", text(m.Voucher))
	add("source_reference", text(m.SourceReference))
	if m.Entry != t.ID {
		add("entry", linked(m.Entry, v.href("trace/"+m.Entry)))
	}
	add("position", v.at(m.Position.String()))
	note, err := v.noteOf(m)
	if err != nil {
		return err
	}
	add(map[bool]string{true: "reason", false: "note"}[m.Reverses != ""], text(note))
	if m.Reverses != "" {
		add("reverses", linked(m.Reverses, v.href("trace/"+m.Reverses)))
		return nil
	}
	by, found, err := v.takenBack(m)
	if err != nil || !found {
		return err
	}
	add("state", v.reversal(by))
	view.Forms = slices.DeleteFunc(view.Forms, func(o option) bool { return o.Value == "reverse-entry" })
	if again, err := v.again(m.Entry); err != nil {
		return err
	} else if again != "" {
		view.Forms = append(view.Forms, option{Label: v.say("form.again"), Href: again})
	}
	return nil
}

// ownFacts shows what only things of this kind have, and returns where it all
// comes from.
func (v *visit) ownFacts(view *traceView, t projections.Trace, add func(string, cell)) *projections.Provenance {
	switch f := t.Facts.(type) {
	case projections.Project:
		add("state", cell{Text: v.label("state", f.State), State: f.State})
		add("sector", text(f.Sector))
		add("county", v.thing(f.County))
		add("implementer", v.thing(f.Implementer))
		view.Targets, view.Shares = v.targetsTable(f), v.sharesTable(f)
		return &f.Provenance
	case projections.Place:
		add("level", text(v.label("level", f.Level)))
		add("parent", v.thing(f.Parent))
		add("code_year", text(year(f.CodeYear)))
		return &f.Provenance
	case projections.Organisation:
		add("kind", text(v.label("kind", f.Kind)))
		add("credit_code", text(f.CreditCode))
		add("place", v.thing(f.Place))
		return &f.Provenance
	case projections.Fund:
		add("provider", v.thing(f.Provider))
		add("budget_year", text(year(f.BudgetYear)))
		add("purpose", text(f.Purpose))
		add("basis", text(v.label("basis", f.Basis)))
		add("currency", text(string(f.Currency)))
		if f.Reimbursement {
			add("reimbursement", text(v.say("yes")))
		}
		if f.Closed {
			add("state", cell{Text: v.say("fund.closed"), State: "closed"})
		}
		return &f.Provenance
	case projections.Gift:
		add("donor", v.thing(f.Donor))
		add("quantity", text(f.Quantity.String()+" "+f.Unit))
		add("distributed", text(f.Distributed.String()+" "+f.Unit))
		add("value", v.amount(f.Value, f.Currency, f.Approximate, ""))
		add("method", text(v.label("method", f.Method)))
		return &f.Provenance
	}
	return v.otherFacts(t, add)
}

func (v *visit) otherFacts(t projections.Trace, add func(string, cell)) *projections.Provenance {
	switch f := t.Facts.(type) {
	case projections.Pairing:
		add("helper", v.node(f.Helper))
		add("helped", v.node(f.Helped))
		add("purpose", text(v.label("purpose", f.Purpose)))
		add("pairs", text(strconv.Itoa(f.Pairs)))
		add("agreement", v.thing(f.Agreement))
		if !f.Ended.IsZero() {
			add("ended", text(f.Ended.String()))
		}
		return &f.Provenance
	case projections.Agreement:
		add("party", v.thing(f.Party))
		add("other_side", v.thing(f.OtherSide))
		if !f.Until.IsZero() {
			add("until", text(f.Until.String()))
		}
		return &f.Provenance
	case projections.Indicator:
		add("value", cell{Text: v.label("qualifier", f.Qualifier) + f.Value.String() + " " + f.Unit})
		if !f.From.IsZero() {
			add("from", text(f.From.String()))
		}
		if !f.Until.IsZero() {
			add("until", text(f.Until.String()))
		}
		add("place", v.thing(f.Place))
		add("project", v.thing(f.Project))
		add("fund", v.thing(f.Fund))
		add("part_of", v.thing(f.PartOf))
		return &f.Provenance
	case projections.Note:
		add("kind", text(v.label("note", f.Kind)))
		add("about", v.thing(f.About))
		if f.Amount != nil {
			add("amount", v.amount(f.Amount, f.Currency, f.Approximate, ""))
		}
		return &f.Provenance
	}
	return nil
}

func (v *visit) targetsTable(p projections.Project) table {
	t := table{Empty: v.say("project.no-targets"), Columns: []column{{Label: v.label("field", "targets")}, {Label: v.label("field", "value"), Number: true}}}
	for _, x := range p.Targets {
		t.Rows = append(t.Rows, row{Cells: []cell{text(x.Indicator), {Text: x.Value.String() + " " + x.Unit, Number: true}}})
	}
	return t
}

func (v *visit) sharesTable(p projections.Project) table {
	t := table{Empty: v.say("project.no-places"), Columns: []column{{Label: v.label("field", "place")}, {Label: v.label("field", "percent"), Number: true}}}
	for _, s := range p.Places {
		t.Rows = append(t.Rows, row{Cells: []cell{v.thing(s.Place), {Text: s.Percent.String() + "%", Number: true}}})
	}
	return t
}
