package domain_test

import (
	"testing"

	"aidledger/domain"
)

const newKey = "ledger.example/work+00000001+key"

// everyKey changes the signing key once.
func everyKey(s *story) {
	defer func(role string) { s.role = role }(s.role)
	s.role = domain.ServerRole
	s.and(&domain.IntroduceSigningKey{Key: newKey, Since: 7, Evidence: on("2020-06")},
		&domain.RetireSigningKey{Key: "ledger.example/work+00000000+key", Until: 9, Evidence: on("2020-06")})
}

func TestTheServerAloneSaysWhatItSignsWith(t *testing.T) {
	s := given(t, programme()...)
	begin := &domain.IntroduceSigningKey{Key: newKey, Since: 7, Evidence: on("2020-06")}
	end := &domain.RetireSigningKey{Key: newKey, Until: 9, Evidence: on("2020-06")}
	s.when(begin).refused("server_only", "key")
	s.when(end).refused("server_only", "key")
	s.role = domain.ServerRole
	s.when(begin).then(&domain.SigningKeyIntroduced{Evidence: on("2020-06"), Key: newKey, Since: 7})
	s.when(begin).nothing()
	s.when(end).then(&domain.SigningKeyRetired{Evidence: on("2020-06"), Key: newKey, Until: 9})
	s.when(end).nothing()
}
