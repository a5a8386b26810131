package demo

import (
	"reflect"
	"strings"
	"testing"

	"aidledger/domain"
)

func TestTheInventedLedgerSaysSoEverywhere(t *testing.T) {
	l, all := fold(t, Invented)
	facts := l.Facts()
	if !facts.Invented || !strings.Contains(facts.Title, "虚构") || !strings.Contains(facts.Title, "INVENTED") {
		t.Errorf("the ledger says of itself %+v", facts)
	}
	for _, r := range all {
		name := ""
		switch c := r.Command.(type) {
		case *domain.RegisterPlace:
			if c.Level == "village" {
				name = c.Name
			} else {
				name = madeUp // the divisions are real
			}
		case *domain.RegisterOrganisation:
			name = c.Name
		case *domain.RegisterProject:
			name = c.Name
		case *domain.ReceiveGift:
			name = c.Item
		case *domain.CommitFunds:
			name = c.Document + c.Purpose
		case *domain.ReceiveFunds:
			name = c.Document + c.Purpose
		case *domain.DisburseFunds:
			name = strings.Replace(c.Voucher, "虚拨", madeUp, 1)
		default:
			continue
		}
		if !strings.Contains(name, madeUp) {
			t.Errorf("%s: %q does not say that it is made up", r.ID, name)
		}
	}
}

func TestTheInventedLedgerIsTheSameEveryTime(t *testing.T) {
	first, err := requests(Invented)
	if err != nil {
		t.Fatal(err)
	}
	second, err := requests(Invented)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) {
		t.Error("two makings differ")
	}
}

func TestTheInventedLedgerHasSomethingOfEverything(t *testing.T) {
	_, all := fold(t, Invented)
	count := map[string]int{}
	for _, r := range all {
		count[domain.CommandName(r.Command)]++
	}
	for name, want := range map[string][2]int{
		"register-project": {12, 12}, "disburse-funds": {150, 250}, "report-expenditure": {150, 250}, "return-funds": {2, 2},
		"reallocate-funds": {1, 5}, "reverse-entry": {1, 1}, "carry-over": {1, 1}, "distribute-gift": {1, 10}, "value-gift": {1, 1},
		"set-targets": {12, 12}, "accept-project": {1, 11}, "suspend-project": {1, 5}, "cancel-project": {1, 1}, "close-fund": {1, 1},
		"pledge-funds": {1, 1}, "lapse-pledge": {1, 1}, "increase-commitment": {1, 1}, "reduce-commitment": {1, 1},
	} {
		if n := count[name]; n < want[0] || n > want[1] {
			t.Errorf("%d times %s, want %d to %d", n, name, want[0], want[1])
		}
	}
}

func TestInventedTotals(t *testing.T) {
	_, all := fold(t, Invented)
	got := map[domain.Stage]int64{}
	for k, n := range sums(all) {
		if k.year != 2018 && k.year != 2019 {
			t.Errorf("%d has %s", k.year, k.stage)
		}
		got[k.stage] += n
	}
	paid := int64(68_400_00) // the corrected payment
	s := &story{}
	for _, l := range linePlans {
		if l.instalments > 0 {
			paid += s.money(l.paid).Minor
		}
	}
	for stage, want := range map[domain.Stage]int64{
		domain.Pledged:     2_600_000_00,
		domain.Committed:   31_660_000_00,
		domain.Received:    32_773_650_75,
		domain.Allocated:   31_013_650_75,
		domain.Disbursed:   paid,
		domain.Returned:    30_000_00,
		domain.Repaid:      30_000_00,
		domain.CarriedIn:   560_000_00,
		domain.CarriedOut:  560_000_00,
		domain.InKind:      163_600_00,
		domain.Distributed: 148_000_00,
	} {
		if got[stage] != want {
			t.Errorf("%d fen %s, want %d", got[stage], stage, want)
		}
	}
}

func TestEachInventedYuanReachesAVillageOnce(t *testing.T) {
	_, all := fold(t, Invented)
	type line struct {
		stage          domain.Stage
		project, place domain.ID
	}
	lines := map[line]int64{}
	for _, r := range all {
		for _, e := range r.events {
			for _, m := range domain.Movements(e) {
				lines[line{m.Stage, m.Project, m.Place}] += m.Money.Minor
			}
		}
	}
	for l, n := range lines {
		if n < 0 {
			t.Errorf("%d fen are %s at %s in %s", n, l.stage, l.project, l.place)
		}
		if l.stage == domain.Disbursed && l.place == "" && n != 0 {
			t.Errorf("%d fen of %s wait for a village", n, l.project)
		}
	}
}
