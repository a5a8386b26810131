package roles_test

import (
	"testing"

	"aidledger/projections/localpg/pgtest"
	"aidledger/projections/roles"
	"aidledger/projections/vault"
)

func TestTheVaultOpensAsItsOwnUserAndAsNoOther(t *testing.T) {
	url, key := pgtest.Database(t), vault.NewKey()
	if err := roles.Create(t.Context(), url, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		v, err := vault.Open(t.Context(), pgtest.As(url, roles.Vault), key)
		if err != nil {
			t.Fatal(err)
		}
		v.Close()
	}
	for _, other := range []string{roles.Projector, roles.API, roles.BI} {
		if v, err := vault.Open(t.Context(), pgtest.As(url, other), key); err == nil {
			v.Close()
			t.Errorf("it opens as %s", other)
		}
	}
}
