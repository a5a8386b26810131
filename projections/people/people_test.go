package people

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
	"aidledger/projections/vault"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// clock is a time that a test sets.
type clock struct{ seconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.seconds.Store(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC).Unix())
	return c
}

func (c *clock) now() time.Time         { return time.Unix(c.seconds.Load(), 0).UTC() }
func (c *clock) add(d time.Duration)    { c.seconds.Add(int64(d / time.Second)) }
func wants(err error, code string) bool { return projections.Is(err, code) || code == "" && err == nil }
func open(t testing.TB, url string, c *clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), url, testKey, c.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var testKey = vault.NewKey()

const password = "correct horse battery"

// signedUp is a store with a person who has a password.
func signedUp(t testing.TB) (*Store, *clock, Person) {
	t.Helper()
	c := newClock()
	s := open(t, pgtest.Database(t), c)
	return s, c, s.person(t, "zhang")
}

// person adds somebody with the password.
func (s *Store) person(t testing.TB, login string) Person {
	t.Helper()
	p, err := s.Add(t.Context(), "owner", Person{Login: login, Role: "auditor"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.Invite(t.Context(), "owner", p.Person)
	if err == nil {
		err = s.Accept(t.Context(), link, password)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *Store) in(t testing.TB, login string) string {
	t.Helper()
	session, err := s.SignIn(t.Context(), Attempt{Login: login, Password: password, Address: "here"})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func (s *Store) isIn(t testing.TB, session string) bool {
	t.Helper()
	_, ok, err := s.Session(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestAPersonSignsInWithThePasswordThatTheInvitationLetsChoose(t *testing.T) {
	s, _, p := signedUp(t)
	b, ok, err := s.Session(t.Context(), s.in(t, " Zhang"))
	if err != nil || !ok || b.Person != p.Person || b.Role != "auditor" || b.Token != "" {
		t.Errorf("got %+v %v %v", b, ok, err)
	}
	for name, a := range map[string]Attempt{
		"another password": {Login: "zhang", Password: "correct horse batteries"},
		"an unknown name":  {Login: "wang", Password: password},
		"no password":      {Login: "zhang"},
	} {
		if _, err := s.SignIn(t.Context(), a); !wants(err, SignInRefused) || strings.Contains(err.Error(), "zhang") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := s.Add(t.Context(), "owner", Person{Login: "li", Role: "auditor"}); err != nil || p.HasPassword {
		t.Errorf("a new person has a password: %v", err)
	}
	if _, err := s.SignIn(t.Context(), Attempt{Login: "li"}); !wants(err, SignInRefused) {
		t.Errorf("somebody without a password signs in: %v", err)
	}
}

func TestAnUnknownNameTakesAsLongAsAWrongPassword(t *testing.T) {
	s, c, _ := signedUp(t)
	// The fastest of several, in turns: other work on the machine only adds.
	known, unknown := time.Hour, time.Hour
	for range 6 {
		for login, fastest := range map[string]*time.Duration{"zhang": &known, "wang": &unknown} {
			c.add(time.Hour) // no pause
			begun := time.Now()
			_, _ = s.SignIn(t.Context(), Attempt{Login: login, Password: "wrong wrong wrong", Address: "here"})
			*fastest = min(*fastest, time.Since(begun))
		}
	}
	if unknown < known/3 || known < unknown/3 {
		t.Errorf("a known name takes %s and an unknown one %s", known, unknown)
	}
}

func TestAnInvitationWorksOnceAndForAWhile(t *testing.T) {
	s, c, p := signedUp(t)
	first, _ := s.Invite(t.Context(), "owner", p.Person)
	second, err := s.Invite(t.Context(), "owner", p.Person)
	if err != nil {
		t.Fatal(err)
	}
	third := func() error { c.add(invitationMax); return s.Accept(t.Context(), second, password) }
	for _, step := range []struct {
		name string
		err  error
		code string
	}{
		{"a short password", s.Accept(t.Context(), second, "short"), PasswordWeak},
		{"the name as a password", s.Accept(t.Context(), second, "zhang-zhang-zhang"), PasswordWeak},
		{"one letter", s.Accept(t.Context(), second, "aaaaaaaaaaaaaaa"), PasswordWeak},
		{"an older invitation", s.Accept(t.Context(), first, password), InvitationUsed},
		{"one that never was", s.Accept(t.Context(), "ali_x", password), InvitationUsed},
		{"one of oneself", func() error { _, err := s.Invite(t.Context(), p.Person, p.Person); return err }(), OwnRole},
		{"one that expired", third(), InvitationUsed},
	} {
		if !wants(step.err, step.code) {
			t.Errorf("%s: %v, want %s", step.name, step.err, step.code)
		}
	}
	link, _ := s.Invite(t.Context(), "owner", p.Person)
	var accepted atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if s.Accept(t.Context(), link, password) == nil {
				accepted.Add(1)
			}
		})
	}
	if wg.Wait(); accepted.Load() != 1 {
		t.Errorf("it was used %d times", accepted.Load())
	}
}

func TestASessionEndsAtOnceWhenItShould(t *testing.T) {
	s, c, p := signedUp(t)
	other := open(t, s.pool.Config().ConnString(), c) // another server
	for name, end := range map[string]func(session string) error{
		"signed out":   func(session string) error { return s.SignOut(t.Context(), session) },
		"another role": func(string) error { return s.SetRole(t.Context(), "owner", p.Person, "supervisor", nil) },
		"another password": func(string) error {
			return errors.Join(s.ChangePassword(t.Context(), p.Person, password, "another "+password),
				s.ChangePassword(t.Context(), p.Person, "another "+password, password))
		},
		"disabled": func(string) error {
			return errors.Join(s.SetDisabled(t.Context(), "owner", p.Person, true), s.SetDisabled(t.Context(), "owner", p.Person, false))
		},
		"unused for a while": func(string) error { c.add(idleMax); return nil },
	} {
		session := s.in(t, "zhang")
		if !s.isIn(t, session) || !other.isIn(t, session) {
			t.Fatalf("%s: there is no session to end", name)
		}
		if err := end(session); err != nil {
			t.Fatal(err)
		}
		if s.isIn(t, session) {
			t.Errorf("%s: the session goes on", name)
		}
		eventually(t, name+": the session goes on at another server", func() bool { return !other.isIn(t, session) })
	}
	session := s.in(t, "zhang")
	for range int(sessionMax/idleMax) * 2 {
		c.add(idleMax / 2)
		s.isIn(t, session)
	}
	if s.isIn(t, session) {
		t.Error("a session that is used goes on for ever")
	}
}

func TestADisabledPersonIsKeptOut(t *testing.T) {
	s, _, p := signedUp(t)
	secret, _, err := s.NewToken(t.Context(), p.Person, Token{Person: p.Person, Name: "script"}, TokenUsual)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := s.Token(t.Context(), secret); !ok {
		t.Fatal("the token does not work")
	}
	if err := s.SetDisabled(t.Context(), "owner", p.Person, true); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := s.Token(t.Context(), secret); ok {
		t.Error("the token still works")
	}
	if _, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: password}); !wants(err, SignInRefused) {
		t.Errorf("the person signs in: %v", err)
	}
}

func TestATokenHasAScopeExpiresAndCanBeRevoked(t *testing.T) {
	s, c, p := signedUp(t)
	secret, made, err := s.NewToken(t.Context(), p.Person, Token{Person: p.Person, Name: "n", Capabilities: []string{"read-ledger"}, Ledgers: []string{"one"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b, ok, err := s.Token(t.Context(), secret)
	if err != nil || !ok || b.Token != made.Token || b.Capabilities[0] != "read-ledger" || b.Ledgers[0] != "one" {
		t.Errorf("got %+v %v", b, err)
	}
	c.add(time.Hour)
	if _, ok, _ := s.Token(t.Context(), secret); ok {
		t.Error("it works after its time")
	}
	secret, made, _ = s.NewToken(t.Context(), p.Person, Token{Person: p.Person}, 10*TokenMax)
	if made.Expires.After(c.now().Add(TokenMax)) {
		t.Errorf("it expires %s", made.Expires)
	}
	s.Token(t.Context(), secret)
	if err := s.Revoke(t.Context(), "owner", "p-other", made.Token); !wants(err, TokenNotFound) {
		t.Errorf("the token of somebody else: %v", err)
	}
	if err := s.Revoke(t.Context(), "owner", p.Person, made.Token); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := s.Token(t.Context(), secret); ok {
		t.Error("it works after it was revoked")
	}
	if all, _ := s.Tokens(t.Context(), p.Person); len(all) != 2 || all[0].Revoked == nil {
		t.Errorf("got %+v", all)
	}
}

func TestTooManyAttemptsLeadToAPause(t *testing.T) {
	s, c, _ := signedUp(t)
	codes := map[string]string{}
	for _, login := range []string{"zhang", "nobody-at-all"} {
		for i := range 20 {
			_, err := s.SignIn(t.Context(), Attempt{Login: login, Password: fmt.Sprint("wrong number ", i), Address: "there"})
			e, _ := errors.AsType[*projections.Error](err)
			if codes[login] += e.Code[:1]; e.Code == TooManyAttempts && (e.RetryAfter <= 0 || e.RetryAfter > attemptsFor) {
				t.Errorf("try again after %s", e.RetryAfter)
			}
		}
		if want := strings.Repeat("s", attemptsMax) + strings.Repeat("t", 20-attemptsMax); codes[login] != want {
			t.Errorf("%s: got %s, want %s", login, codes[login], want)
		}
	}
	s.in(t, "zhang") // from elsewhere the person still gets in
	if _, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: password, Address: "there"}); !wants(err, TooManyAttempts) {
		t.Errorf("the right password during the pause: %v", err)
	}
	c.add(attemptsFor)
	if _, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: password, Address: "there"}); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

// secretOf reads what an authenticator reads.
func secretOf(t *testing.T, address string) []byte {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(at.Query().Get("secret"))
	if err != nil || len(secret) != totpBytes {
		t.Fatalf("%s: %v", address, err)
	}
	return secret
}

func TestTheSecretOfASecondFactorIsSealed(t *testing.T) {
	c, database := newClock(), pgtest.Database(t)
	s := open(t, database, c)
	p := s.person(t, "zhang")
	address, err := s.StartSecondFactor(t.Context(), p.Person)
	if err != nil {
		t.Fatal(err)
	}
	secret := secretOf(t, address)
	code := func() string { return totpCode(secret, c.now().Unix()/30) }
	if _, err := s.ConfirmSecondFactor(t.Context(), p.Person, code()); err != nil {
		t.Fatal(err)
	}
	stored := func() []byte {
		var sealed []byte
		if err := s.pool.QueryRow(t.Context(), `select totp from people where person = $1`, p.Person).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	if bytes.Contains(stored(), secret) {
		t.Error("it is in the database")
	}
	if _, err := s.pool.Exec(t.Context(), `update people set totp = $1`, secret); err != nil { // as an earlier version stored it
		t.Fatal(err)
	}
	open(t, database, c)
	if bytes.Contains(stored(), secret) {
		t.Error("what an earlier version kept in clear stays so")
	}
	c.add(2 * totpStep)
	attempt := func(s *Store) error {
		_, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: password, Code: code(), Address: "here"})
		return err
	}
	other, err := Open(t.Context(), database, vault.NewKey(), c.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := attempt(other); !wants(err, vault.WrongKey) {
		t.Errorf("with another key: %v", err)
	}
	if err := attempt(s); err != nil {
		t.Errorf("with the right key: %v", err)
	}
}

func TestTheSecondFactor(t *testing.T) {
	s, c, p := signedUp(t)
	address, err := s.StartSecondFactor(t.Context(), p.Person)
	if err != nil || !strings.HasPrefix(address, "otpauth://totp/aidledger:zhang?") {
		t.Fatalf("got %s, %v", address, err)
	}
	s.in(t, "zhang") // it is of no effect yet
	key := secretOf(t, address)
	code := func() string { return totpCode(key, c.now().Unix()/30) }
	if _, err := s.ConfirmSecondFactor(t.Context(), p.Person, "000000"); !wants(err, SecondFactorRefused) {
		t.Errorf("a wrong code confirms it: %v", err)
	}
	recovery, err := s.ConfirmSecondFactor(t.Context(), p.Person, code())
	if err != nil || len(recovery) != recoveryMany {
		t.Fatal(recovery, err)
	}
	used := code()
	c.add(2 * totpStep)
	with := func(code string) error {
		_, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: password, Code: code, Address: "here"})
		return err
	}
	good := code()
	for _, step := range []struct {
		name, code, want string
	}{
		{"no code", "", SecondFactorRequired},
		{"the code of before", used, SecondFactorRefused},
		{"the code", good[:3] + " " + good[3:], ""},
		{"the same code again", good, SecondFactorRefused},
		{"a recovery code", strings.ToUpper(recovery[0]), ""},
		{"the same one again", recovery[0], SecondFactorRefused},
	} {
		if err := with(step.code); !wants(err, step.want) {
			t.Errorf("%s: %v, want %q", step.name, err, step.want)
		}
	}
	if _, err := s.SignIn(t.Context(), Attempt{Login: "zhang", Password: "wrong wrong wrong"}); !wants(err, SignInRefused) {
		t.Errorf("a wrong password tells of the second factor: %v", err)
	}
	s.raceWithOneCode(t, p.Person, code())
}

// raceWithOneCode shows one code twice, as two do who both read before either has
// used it up.
func (s *Store) raceWithOneCode(t *testing.T, person, code string) {
	t.Helper()
	var sealed []byte
	if err := s.pool.QueryRow(t.Context(), `update people set totp_step = 0 where person = $1 returning totp`, person).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", SecondFactorRefused} {
		err := s.change(t.Context(), func(tx pgx.Tx) error { return s.secondFactor(t.Context(), tx, person, sealed, 0, code) })
		if !wants(err, want) {
			t.Errorf("a code that two show at once: %v, want %q", err, want)
		}
	}
}

// The vectors of RFC 6238, appendix B, for SHA-1, cut to six digits.
func TestTheCodesAreThoseOfRFC6238(t *testing.T) {
	key := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totpCode(key, at/30); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestNobodyChangesWhatTheyThemselvesMayDo(t *testing.T) {
	s, _, p := signedUp(t)
	for name, err := range map[string]error{
		"role":    s.SetRole(t.Context(), p.Person, p.Person, "finance-officer", nil),
		"enable":  s.SetDisabled(t.Context(), p.Person, p.Person, false),
		"subject": s.Link(t.Context(), p.Person, p.Person, "issuer", "subject"),
	} {
		if !wants(err, OwnRole) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGrantsLimitAndAddCapabilities(t *testing.T) {
	s, _, p := signedUp(t)
	grants := []Grant{{Capability: "read-ledger", Places: []string{"v1"}}, {Capability: "verify", Projects: []string{"road"}}}
	if err := s.SetRole(t.Context(), "owner", p.Person, "auditor", grants); err != nil {
		t.Fatal(err)
	}
	b, _, _ := s.Session(t.Context(), s.in(t, "zhang"))
	if len(b.Grants) != 2 || b.Grants[0].Places[0] != "v1" || b.Grants[1].Projects[0] != "road" {
		t.Errorf("got %+v", b.Grants)
	}
}

func TestTheAccessLogIsOnlyEverAddedTo(t *testing.T) {
	s, _, p := signedUp(t)
	if err := s.Record(t.Context(), Access{Person: p.Person, Act: ActRead, Ledger: "l", Thing: "b-1", Why: "a complaint"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.AccessLog(t.Context(), AccessQuery{Ledger: "l", Thing: "b-1", Limit: 10})
	if err != nil || len(got) != 1 || got[0].Why != "a complaint" || got[0].Person != p.Person {
		t.Errorf("got %+v %v", got, err)
	}
	for _, sql := range []string{`update access_log set why = ''`, `delete from access_log`, `truncate access_log`} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is possible", sql)
		}
	}
	all, _ := s.AccessLog(t.Context(), AccessQuery{Limit: 2})
	next, _ := s.AccessLog(t.Context(), AccessQuery{Limit: 2, Before: all[1].Number})
	if len(all) != 2 || len(next) == 0 || next[0].Number >= all[1].Number {
		t.Errorf("the pages are %+v and %+v", all, next)
	}
}

func TestNoSecretIsStored(t *testing.T) {
	s, _, p := signedUp(t)
	session := s.in(t, "zhang")
	token, _, _ := s.NewToken(t.Context(), p.Person, Token{Person: p.Person}, time.Hour)
	link, _ := s.Invite(t.Context(), "owner", p.Person)
	for _, table := range []string{"people", "sessions", "tokens", "invitations", "attempts", "access_log"} {
		rows, err := s.pool.Query(t.Context(), `select t::text from `+table+` t`)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(texts) == 0 {
			t.Fatalf("%s: %d rows, %v", table, len(texts), err)
		}
		for _, text := range texts {
			for _, secret := range []string{session, token, link, password} {
				if strings.Contains(text, secret) {
					t.Errorf("%s has a secret", table)
				}
			}
		}
	}
}

func TestASubjectIsThePersonToWhomItIsLinked(t *testing.T) {
	s, _, p := signedUp(t)
	if _, err := s.SignInSubject(t.Context(), "https://id.example", "42"); !wants(err, PersonNotFound) {
		t.Errorf("a subject that nobody knows signs in: %v", err)
	}
	if err := s.Link(t.Context(), "owner", p.Person, "https://id.example", "42"); err != nil {
		t.Fatal(err)
	}
	session, err := s.SignInSubject(t.Context(), "https://id.example", "42")
	if err != nil || !s.isIn(t, session) {
		t.Errorf("the subject does not sign in: %v", err)
	}
	if _, err := s.SignInSubject(t.Context(), "https://other.example", "42"); !wants(err, PersonNotFound) {
		t.Errorf("the subject of another provider signs in: %v", err)
	}
	if err := s.Link(t.Context(), "owner", s.person(t, "li").Person, "https://id.example", "42"); !wants(err, SubjectTaken) {
		t.Errorf("the subject is two people: %v", err)
	}
	_ = s.SetDisabled(t.Context(), "owner", p.Person, true)
	if _, err := s.SignInSubject(t.Context(), "https://id.example", "42"); err == nil {
		t.Error("a disabled person signs in")
	}
}

func TestManyServersMayStartAtOnce(t *testing.T) {
	url, c := pgtest.Database(t), newClock()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			s, err := Open(t.Context(), url, testKey, c.now, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
}

func TestAKnownSecretCostsNoQuestionToTheDatabase(t *testing.T) {
	s, c, _ := signedUp(t)
	session := s.in(t, "zhang")
	eventually(t, "the store does not hear of changes", s.known.isHearing)
	s.isIn(t, session)
	before := s.pool.Stat().AcquireCount()
	for range 100 {
		s.isIn(t, session)
	}
	if asked := s.pool.Stat().AcquireCount() - before; asked != 0 {
		t.Errorf("100 requests asked %d times", asked)
	}
	c.add(knownFor)
	if s.isIn(t, session); s.pool.Stat().AcquireCount() == before {
		t.Error("it is never asked again")
	}
}

// eventually fails the test when something does not become true.
func eventually(t *testing.T, fault string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for tick := time.NewTicker(time.Millisecond); !is(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(fault)
		}
	}
}

func (c *cache) isHearing() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.hears
}
