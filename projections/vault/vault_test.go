package vault

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"aidledger/domain"
	"aidledger/projections"
	"aidledger/projections/localpg/pgtest"
)

// number is the example of the standard, and other one of another person.
const (
	number = "11010519491231002X"
	other  = "440524188001010014"
)

func opened(t *testing.T) (*Vault, string, Key) {
	t.Helper()
	url := pgtest.Database(t)
	views, err := projections.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	views.Close()
	master := NewKey()
	return openAt(t, url, master), url, master
}

func openAt(t *testing.T, url string, master Key) *Vault {
	t.Helper()
	v, err := Open(t.Context(), url, master)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// sealed registers somebody, as far as the vault is concerned.
func sealed(t *testing.T, v *Vault, ledger, id string) *domain.RegisterBeneficiary {
	t.Helper()
	c := &domain.RegisterBeneficiary{Kind: "person", Place: "village", Name: domain.NewPersonal("李四"), IDNumber: domain.NewPersonal(id), Phone: domain.NewPersonal("138 0013 8000")}
	if err := domain.Check(c); err != nil {
		t.Fatal(err)
	}
	if err := v.Seal(t.Context(), ledger, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func content(t *testing.T, c domain.Command) string {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// texts returns the sealed texts of a command by their field.
func texts(t *testing.T, c *domain.RegisterBeneficiary) map[string]string {
	t.Helper()
	out := map[string]string{}
	for field, p := range map[string]domain.Personal{Name: c.Name, IDNumber: c.IDNumber, Phone: c.Phone} {
		text, err := p.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		out[field] = string(text)
	}
	return out
}

func TestTheSamePersonSealsToTheSameBytes(t *testing.T) {
	v, url, master := opened(t)
	first := sealed(t, v, "one", number)
	again := sealed(t, openAt(t, url, master), "one", " 110105 19491231 002x")
	if first.Beneficiary == "" || first.Beneficiary != again.Beneficiary || content(t, first) != content(t, again) {
		t.Errorf("%s and %s:\n%s\n%s", first.Beneficiary, again.Beneficiary, content(t, first), content(t, again))
	}
	before := content(t, first)
	if err := v.Seal(t.Context(), "one", first); err != nil || content(t, first) != before {
		t.Errorf("sealing what is sealed changes it: %v", err)
	}
	for name, c := range map[string]*domain.RegisterBeneficiary{"another person": sealed(t, v, "one", other), "another ledger": sealed(t, v, "two", number)} {
		if c.Beneficiary == first.Beneficiary || texts(t, c)[Name] == texts(t, first)[Name] {
			t.Errorf("%s has the same pseudonym or text", name)
		}
	}
	clear, err := v.Unseal(t.Context(), "one", first.Beneficiary, texts(t, first))
	if err != nil || clear[Name] != "李四" || clear[IDNumber] != number || clear[Phone] != "13800138000" {
		t.Errorf("%v %v", clear, err)
	}
	if _, err := v.Unseal(t.Context(), "one", first.Beneficiary, map[string]string{IDNumber: texts(t, first)[Name]}); err == nil {
		t.Error("a text is read under the name of another field")
	}
	if _, err := v.Unseal(t.Context(), "one", first.Beneficiary, map[string]string{Name: texts(t, sealed(t, v, "one", other))[Name]}); err == nil {
		t.Error("a text of another person is read")
	}
}

func TestWhatIsOnlyRehearsedLeavesNothing(t *testing.T) {
	v, _, _ := opened(t)
	rehearse := v.Rehearse()
	in := func(id string) *domain.RegisterBeneficiary {
		c := &domain.RegisterBeneficiary{Kind: "person", Place: "village", Name: domain.NewPersonal("李四"), IDNumber: domain.NewPersonal(id)}
		if err := domain.Check(c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	try := func(c domain.Command) domain.Command {
		t.Helper()
		out, err := rehearse(t.Context(), "one", c)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := in(number)
	tried, _ := try(first).(*domain.RegisterBeneficiary)
	again, _ := try(in(number)).(*domain.RegisterBeneficiary)
	if tried.Beneficiary == "" || content(t, tried) != content(t, again) || tried.Beneficiary != again.Beneficiary {
		t.Errorf("the same person twice is %s and %s", tried.Beneficiary, again.Beneficiary)
	}
	if first.Beneficiary != "" || first.IDNumber.Clear() != number {
		t.Error("the command itself was sealed")
	}
	benefit := &domain.RecordBenefits{Benefits: []domain.BenefitLine{{IDNumber: domain.NewPersonal(number)}}}
	if named, _ := try(benefit).(*domain.RecordBenefits); named.Benefits[0].Beneficiary != tried.Beneficiary || benefit.Benefits[0].Beneficiary != "" {
		t.Errorf("a benefit of somebody who is only tried goes to %q, and in the command itself to %q", named.Benefits[0].Beneficiary, benefit.Benefits[0].Beneficiary)
	}
	if _, ok, err := v.Find(t.Context(), "one", number); ok || err != nil {
		t.Errorf("somebody was kept: %t %v", ok, err)
	}
	known := sealed(t, v, "one", other)
	if c, _ := try(in(other)).(*domain.RegisterBeneficiary); c.Beneficiary != known.Beneficiary || texts(t, c)[Name] != texts(t, known)[Name] {
		t.Error("who is known is somebody else in a rehearsal")
	}
}

func TestManyAtOnceGiveOnePersonOnePseudonym(t *testing.T) {
	v, _, _ := opened(t)
	var mu sync.Mutex
	found := map[domain.ID]bool{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			c := sealed(t, v, "one", number)
			mu.Lock()
			defer mu.Unlock()
			found[c.Beneficiary] = true
		})
	}
	wait.Wait()
	if len(found) != 1 {
		t.Errorf("the pseudonyms are %v", found)
	}
}

func TestABenefitNamesSomebodyByNumber(t *testing.T) {
	v, _, _ := opened(t)
	person := sealed(t, v, "one", number)
	c := &domain.RecordBenefits{Benefits: []domain.BenefitLine{{IDNumber: domain.NewPersonal(number)}, {Beneficiary: "p-x"}}}
	if err := v.Seal(t.Context(), "one", c); err != nil || c.Benefits[0].Beneficiary != person.Beneficiary || !c.Benefits[0].IDNumber.IsZero() {
		t.Errorf("%v %+v", err, c.Benefits)
	}
	for code, line := range map[string]domain.BenefitLine{
		"beneficiary_not_found": {IDNumber: domain.NewPersonal(other)},
		"beneficiary_differs":   {IDNumber: domain.NewPersonal(number), Beneficiary: "p-x"},
	} {
		err := v.Seal(t.Context(), "one", &domain.RecordBenefits{Benefits: []domain.BenefitLine{{Beneficiary: "p-x"}, line}})
		refusal, ok := err.(*domain.Refusal)
		if !ok || refusal.Code != code || !strings.HasPrefix(refusal.Field, "benefits[1].") || strings.Contains(err.Error(), number[:8]) {
			t.Errorf("%s: %+v", code, err)
		}
	}
}

func TestAnotherMasterKeyIsRefused(t *testing.T) {
	_, url, _ := opened(t)
	if _, err := Open(t.Context(), url, NewKey()); !projections.Is(err, WrongKey) {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "abc", strings.Repeat("g", 64), strings.Repeat("a", 66)} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
	k := NewKey()
	if again, err := ParseKey(" " + k.Hex() + "\n"); err != nil || again != k {
		t.Errorf("%v", err)
	}
}

func TestPostgreSQLHoldsWrappedKeysAndNothingElse(t *testing.T) {
	v, _, master := opened(t)
	person := sealed(t, v, "one", number)
	rows, err := v.pool.Query(context.Background(), `select row_to_json(p)::text from persons p union all select row_to_json(s)::text from secrets s`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	key := v.index.Hex()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{number, "李四", "13800138000", key, master.Hex(), texts(t, person)[Name]} {
			if strings.Contains(row, secret) {
				t.Errorf("a row tells a secret: %s", row)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
