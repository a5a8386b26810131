package domain_test

import (
	"maps"
	"reflect"
	"testing"

	"aidledger/domain"
)

// reversible has one command for each event that can be taken back.
func reversible() map[string]struct {
	given []domain.Command
	when  domain.Command
} {
	type row = struct {
		given []domain.Command
		when  domain.Command
	}
	paid := []domain.Command{disburse("f", "road", "100", "2018-06")}
	return map[string]row{
		"funds-pledged":        {nil, pledge("p", "5", "2018-06")},
		"pledge-lapsed":        {[]domain.Command{pledge("p", "5", "2018-06")}, &domain.LapsePledge{Fund: "p", Evidence: on("2018-06")}},
		"funds-committed":      {nil, commit("c", "5", "2018-06")},
		"commitment-increased": {nil, increase("f", "5", "2018-06")},
		"commitment-reduced":   {nil, reduce("f", "5", "2018-06")},
		"funds-received":       {nil, receive("r", "5", "2018-06")},
		"funds-allocated":      {nil, allocate("f", "road", "0.05", "2018-06")},
		"funds-reallocated":    {nil, reallocate("f", "road", "school", "0.05", "2018-06")},
		"funds-disbursed":      {nil, disburse("f", "road", "0.05", "2018-06")},
		"expenditure-reported": {paid, spend("f", "road", "0.05", "2018-06")},
		"funds-returned":       {paid, giveBack("f", "road", "0.05", "2018-06")},
		"funds-repaid":         {nil, giveBack("f", "", "0.05", "2018-06")},
		"funds-carried-over":   {[]domain.Command{commit("g", "1", "2018")}, carry("f", "g", "5", "2018-06")},
		"gift-received":        {nil, computers("5", "10")},
		"gift-valued":          {[]domain.Command{computers("5", "10")}, valued("7")},
		"gift-distributed":     {[]domain.Command{computers("3", "10")}, handOut("1")},
		"indicator-reported":   {nil, people("i", "5")},
		"note-added":           {nil, &domain.AddNote{NoteID: "n", Kind: "memo", Text: "t", Evidence: on("2018-06")}},
		"transaction-reported": {nil, reported("1", "5", "2018-06")},

		"statement-line-recorded": {[]domain.Command{statementFormat()}, statementLine("1", "5", "")},
	}
}

func TestAReversalTakesEverythingBack(t *testing.T) {
	for name, c := range reversible() {
		t.Run(name, func(t *testing.T) {
			s := given(t, programme()...).and(c.given...)
			before := sums(s.events)
			s.and(c.when)
			entry := s.told
			original := s.events[len(s.events)-1]
			if original.EventType() != name {
				t.Fatalf("it is %s", original.EventType())
			}
			o := s.when(reversal(entry))
			if o.err != nil {
				t.Fatal(o.err)
			}
			if len(o.events) != 2 || o.events[1].EventType() != name || o.events[1].Effective() != original.Effective() {
				t.Fatalf("it led to\n%s", list(o.events))
			}
			forth, back := domain.Movements(original), domain.Movements(o.events[1])
			for i := range forth {
				forth[i].Money = forth[i].Money.Neg()
			}
			if !reflect.DeepEqual(forth, back) {
				t.Errorf("it moves\n%+v\nwant\n%+v", back, forth)
			}
			if after := sums(s.events); !maps.Equal(before, after) {
				t.Errorf("the sums are %v, they were %v", after, before)
			}
			s.when(reversal(entry)).refused("already_reversed", "entry", s.entry(entry))
			s.when(reversal(s.told)).refused("not_reversible", "entry", "event=entry-reversed")
		})
	}
	t.Run("and there is no other event that can be taken back", func(t *testing.T) {
		s := everything(t)
		for entry, events := range s.entries {
			c := &domain.ReverseEntry{Entry: entry, Reason: "to see whether it can be"}
			_, err := s.ledger.Decide(c, domain.Context{Today: s.today, Original: events})
			_, may := reversible()[events[0].EventType()]
			may = may || events[0].EventType() == "benefit-recorded" // see beneficiary_test.go: it moves no money
			if r := refusalOf(err); (r.Code == "not_reversible") == may {
				t.Errorf("%s: %v", events[0].EventType(), err)
			}
		}
	})
}

func (s *story) entry(n int) string { return "entry=" + reversal(n).Entry }

func TestReversalsAreRefused(t *testing.T) {
	silent, early, future := reversal(20), reversal(20), reversal(20)
	silent.Reason = ""
	early.Date, future.Date = day("2018-04-30"), day("2020-07")
	paid := disburse("f", "road", "400", "2018-06")
	refusals(t, programme(), []refusal{
		{"without a reason", nil, silent, "field_required", "reason", nil},
		{"of an entry that there is not", nil, reversal(99), "entry_not_found", "entry", nil},
		{"of what cannot be taken back", nil, reversal(1), "not_reversible", "entry", []string{"event=ledger-opened"}},
		{"before the entry's own date", nil, early, "date_order", "date", []string{"date=2018-04-30", "original=2018-05-01"}},
		{"in the future", nil, future, "date_in_future", "date", []string{"date=2020-07", "today=2020-06-15"}},
		{"of cash that was paid out", []domain.Command{paid}, reversal(19), "entry_in_use", "entry", []string{"cash=-400.00 CNY", "fund=f"}},
		{"of a commitment that is allocated", nil, reversal(18), "entry_in_use", "entry", []string{"fund=f", "unallocated=-400.00 CNY"}},
		{"of an allocation that was paid out", []domain.Command{paid}, reversal(20), "entry_in_use", "entry", []string{"project=road", "undisbursed=-400.00 CNY"}},
		{"of a payment that was spent", []domain.Command{paid, spend("f", "road", "1", "2018-06")}, reversal(21), "entry_in_use", "entry", []string{"project=road", "unspent=-1.00 CNY"}},
		{"of an increase that was reduced since", []domain.Command{increase("f", "100", "2018-06"), reduce("f", "700", "2018-06")}, reversal(21),
			"entry_in_use", "entry", []string{"fund=f", "unallocated=-100.00 CNY"}},
		{"of an increase that was reduced since, although other money was carried in", []domain.Command{commit("g", "10", "2018"), increase("g", "100", "2018"),
			carry("f", "g", "200", "2018-06"), reduce("g", "105", "2018")}, reversal(22), "entry_in_use", "entry", []string{"committed=-95.00 CNY", "fund=g"}},
		{"of a reallocation that was paid out", []domain.Command{reallocate("f", "road", "school", "100", "2018-06"), disburse("f", "school", "100", "2018-06")}, reversal(21),
			"entry_in_use", "entry", []string{"project=school", "undisbursed=-100.00 CNY"}},
		{"of a return that was repaid", []domain.Command{paid, giveBack("f", "road", "400", "2018-06"), giveBack("f", "", "600", "2018-06")}, reversal(22),
			"entry_in_use", "entry", []string{"cash=-400.00 CNY", "fund=f"}},
		{"of a carry-over that was allocated", []domain.Command{commit("g", "1", "2018"), carry("f", "g", "5", "2018-06"), allocate("g", "road", "6", "2018-06")}, reversal(22),
			"entry_in_use", "entry", []string{"fund=g", "unallocated=-5.00 CNY"}},
		{"of a carry-over that was handed back to its provider", []domain.Command{commit("g", "1", "2018"), carry("f", "g", "5", "2018-06"), giveBack("g", "", "5", "2018-06")}, reversal(22),
			"entry_in_use", "entry", []string{"cash=-5.00 CNY", "fund=g"}},
		{"of a commitment whose cash was handed on", []domain.Command{commit("h", "5", "2018"), receive("h", "5", "2018"), carry("h", "f", "5", "2018-06")}, reversal(21),
			"entry_in_use", "entry", []string{"fund=h", "unallocated=-5.00 CNY"}},
		{"of goods that were handed out", []domain.Command{computers("5", "10"), handOut("2")}, reversal(21), "entry_in_use", "entry", []string{"distributed=2", "gift=pcs"}},
		{"of goods that were valued since", []domain.Command{computers("5", ""), valued("10")}, reversal(21), "entry_in_use", "entry", []string{"gift=pcs", "value=10.00 CNY"}},
		{"of goods that were valued lower since", []domain.Command{computers("5", "12"), valued("10")}, reversal(21), "entry_in_use", "entry", []string{"gift=pcs", "value=-2.00 CNY"}},
		{"of a value by which goods were handed out", []domain.Command{computers("5", "10"), valued("12"), handOut("2")}, reversal(22), "entry_in_use", "entry", []string{"distributed=2", "gift=pcs"}},
	})
}

func TestAReversalInAClosedYearNeedsADate(t *testing.T) {
	s := given(t, programme()...).and(giveBack("f", "", "600", "2018-06"), closed(2018))
	s.when(reversal(20)).refused("period_closed", "date", "entry=e23", "year=2018")
	c := reversal(20)
	c.Date = day("2018-12")
	s.when(c).refused("period_closed", "date", "entry=e23", "year=2018")
	c = reversal(20)
	c.Date, c.Document, c.Note = day("2019-02-03"), "doc-9", "found by the auditors"
	marked := by("doc-9", "2019-02-03")
	marked.Note = "found by the auditors"
	s.when(c).then(&domain.EntryReversed{Evidence: marked, Entry: "e20", Reason: "entered twice"},
		&domain.FundsAllocated{FundFacts: facts("f"), Correction: domain.Correction{Reverses: "e20"}, Evidence: on("2019-02-03"), Project: "road", Amount: yuan(-400),
			Places: inHalves(-20000, -20000)})
}

func TestAnEntryWithSeveralEventsIsTakenBackAsAWhole(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []domain.Event
		code   string
	}{
		{"when all of them can be", []domain.Event{
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2018-04"), Amount: yuan(100)},
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2019-04"), Amount: yuan(500)}}, ""},
		{"not when they take away too much together", []domain.Event{
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2018-04"), Amount: yuan(100)},
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2019-04"), Amount: cny(50001)}}, "entry_in_use"},
		{"not when one of them lies in a closed year", []domain.Event{
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2018-04"), Amount: yuan(100)},
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2017-04"), Amount: yuan(500)}}, "period_closed"},
		{"not when one of them cannot be", []domain.Event{
			&domain.FundsReceived{FundFacts: facts("f"), Evidence: on("2018-04"), Amount: yuan(100)},
			&domain.FundClosed{FundFacts: facts("f"), Evidence: on("2018-04")}}, "not_reversible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(t, programme()...).and(closed(2017))
			s.entries["several"] = c.events
			o := s.when(&domain.ReverseEntry{Entry: "several", Reason: "wrong"})
			if got := refusalOf(o.err).Code; got != c.code || c.code == "" && len(o.events) != 3 {
				t.Errorf("it says %q (%v) and leads to %s", got, o.err, list(o.events))
			}
		})
	}
}

func TestOfManyRefusalsTheFirstIsAlwaysTheSame(t *testing.T) {
	s := given(t, programme()...)
	for _, name := range "hgedcbai" {
		id := domain.ID(name)
		s.and(commit(id, "1", "2018"), receive(id, "1", "2018"), giveBack(id, "", "1", "2018"))
		s.entries["funds"] = append(s.entries["funds"], &domain.FundsReceived{FundFacts: facts(id), Evidence: on("2018"), Amount: yuan(1)})
		s.entries["lines"] = append(s.entries["lines"], &domain.FundsAllocated{FundFacts: facts("f"), Evidence: on("2018"), Project: id, Amount: yuan(1)})
	}
	s.when(&domain.ReverseEntry{Entry: "funds", Reason: "wrong"}).refused("entry_in_use", "entry", "cash=-1.00 CNY", "fund=a")
	s.when(&domain.ReverseEntry{Entry: "lines", Reason: "wrong"}).refused("entry_in_use", "entry", "project=a", "undisbursed=-1.00 CNY")
}
