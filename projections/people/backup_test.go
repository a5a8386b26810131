package people

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aidledger/projections/localpg/pgtest"
)

func TestARestoredBackupLetsNobodyInWhoHasNotSignedInAgain(t *testing.T) {
	s, c, p := signedUp(t)
	session := s.in(t, "zhang")
	link, _ := s.Invite(t.Context(), "owner", s.person(t, "li").Person)
	token, _, _ := s.NewToken(t.Context(), p.Person, Token{Person: p.Person}, time.Hour)
	var kept bytes.Buffer
	if err := s.Dump(t.Context(), &kept); err != nil {
		t.Fatal(err)
	}
	var row string // of an older dump, which had sessions
	if err := s.pool.QueryRow(t.Context(), `select json_build_object('table', 'sessions', 'row', to_json(x))::text from sessions x`).Scan(&row); err != nil {
		t.Fatal(err)
	}
	for name, dump := range map[string]string{"now": kept.String(), "before": kept.String() + row + "\n"} {
		url := pgtest.Database(t)
		if err := Restore(t.Context(), url, strings.NewReader(dump)); err != nil {
			t.Fatal(err)
		}
		restored := open(t, url, c)
		if restored.isIn(t, session) {
			t.Errorf("a session of before is good after a restore of a backup as they are %s", name)
		}
		if _, err := restored.Invited(t.Context(), link); !wants(err, InvitationUsed) {
			t.Errorf("a link of before works: %v", err)
		}
		if _, ok, err := restored.Token(t.Context(), token); !ok || err != nil {
			t.Errorf("the token of a program is gone: %v", err)
		}
		restored.in(t, "zhang")
	}
}
