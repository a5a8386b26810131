package main

import (
	"context"
	"fmt"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// demoPassword is the password of the people of the demonstration. It is no
// secret: they exist only while the server answers to this machine alone.
const demoPassword = "open for the demonstration"

var demoPeople = []people.Person{
	{Login: "demo-finance-officer", Name: "演示财务", Role: access.FinanceOfficer},
	{Login: "demo-supervisor", Name: "演示监督", Role: access.Supervisor},
	{Login: "demo-auditor", Name: "演示审计", Role: access.Auditor},
}

// openPeople connects the store of people, with those of the demonstration in it
// or kept out of it.
func (s *server) openPeople(ctx context.Context, database string) (err error) {
	if s.people, err = people.Open(ctx, database, s.master.For("people"), time.Now, s.log); err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.people.Close(); return nil }})
	var demo []people.Person
	if s.demo && s.loopback {
		demo = demoPeople
	}
	return s.people.KeepDemo(ctx, access.Owner, demo, demoPassword)
}

// welcome tells how to get in: the people of the demonstration, a link for the
// first administrator as long as nobody has a password, and what is dangerous.
func (s *server) welcome(ctx context.Context) error {
	if s.demo && s.loopback {
		fmt.Fprintf(s.out, "people of the demonstration, password %q: ", demoPassword)
		for i, p := range demoPeople {
			fmt.Fprint(s.out, map[bool]string{true: ", "}[i > 0], p.Login)
		}
		fmt.Fprintln(s.out)
	}
	if !s.loopback {
		fmt.Fprintf(s.notes, "warning: other machines can reach %s, and it speaks plain HTTP; put a proxy with TLS in front of it and name that in --public-url\n", s.listen)
	}
	invitation, ok, err := s.people.FirstInvitation(ctx, access.Owner, people.Person{Login: "administrator", Name: "Administrator", Role: access.Administrator})
	if err != nil || !ok {
		return err
	}
	fmt.Fprintf(s.notes, "nobody has a password yet; the administrator chooses one, once and within 72 hours, at %s/join/%s\n", s.publicURL, invitation)
	return nil
}
