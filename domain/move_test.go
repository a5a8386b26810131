package domain_test

import (
	"strings"
	"testing"

	"aidledger/domain"
)

var (
	moveAway = &domain.MoveLedger{From: "EAST", To: "WEST", Evidence: on("2020-06")}
	adopt    = &domain.AdoptLedger{Region: "WEST", From: "EAST", Position: "12", Head: strings.Repeat("0", 64), Blocks: 3, Evidence: on("2020-06")}
)

// everyMove moves the ledger once.
func everyMove(s *story) {
	defer func(role string) { s.role = role }(s.role)
	s.role = domain.ServerRole
	s.and(moveAway, adopt)
}

func TestAnOperatorAloneMovesALedger(t *testing.T) {
	s := given(t, programme()...)
	s.when(moveAway).refused("operator_only", "")
	s.when(adopt).refused("operator_only", "")
	s.role = domain.ServerRole
	s.when(adopt).refused("not_moved_here", "region")
	s.when(&domain.MoveLedger{From: "EAST", To: "EAST"}).refused("same_region", "to")
	s.when(moveAway).then(&domain.LedgerMoved{Evidence: on("2020-06"), From: "EAST", To: "WEST"})
}

func TestNothingIsRecordedWhileALedgerIsOnItsWay(t *testing.T) {
	s := given(t, programme()...)
	s.role = domain.ServerRole
	s.and(moveAway)
	for _, c := range []domain.Command{disburse("f", "road", "1", "2018-06"), moveAway, &domain.OpenLedger{Title: "again"},
		&domain.MoveLedger{From: "WEST", To: "NORTH"}} {
		s.when(c).refused("ledger_moved", "", "region=WEST")
	}
	s.when(&domain.AdoptLedger{Region: "NORTH", From: "EAST", Position: "12", Head: adopt.Head, Blocks: 3}).refused("not_moved_here", "region")
	s.and(adopt)
	if f := s.ledger.Facts(); f.MovedTo != "" || f.Region != "WEST" {
		t.Errorf("the ledger says %+v", f)
	}
	s.and(disburse("f", "road", "1", "2018-06"), &domain.MoveLedger{From: "WEST", To: "EAST"})
}
