package access

import (
	"slices"

	"aidledger/domain"
	"aidledger/projections/people"
)

// CallerOf returns the caller that a person is with what was shown: the
// capabilities of the role, with the grants of the person in their place, within
// the scope of the token. A role that nobody knows gives nothing.
func CallerOf(b people.Bearer) Caller {
	c := Caller{Person: b.Person, Name: b.Name, Role: b.Role, Method: Session, Demo: b.Demo, Token: b.Token, Ledgers: b.Ledgers}
	if b.Token != "" {
		c.Method = Token
	}
	role, _ := LookupRole(b.Role)
	if len(b.Grants) == 0 && b.Capabilities == nil {
		c.Grants = wholeRoles[role.Name]
		return c
	}
	c.Grants = role.Grants()
	for _, g := range b.Grants {
		c.Grants[Capability(g.Capability)] = Limit{Places: ids(g.Places), Projects: ids(g.Projects)}
	}
	if b.Capabilities != nil {
		scope := make(map[Capability]Limit, len(b.Capabilities))
		for _, name := range b.Capabilities {
			if limit, ok := c.Grants[Capability(name)]; ok {
				scope[Capability(name)] = limit
			}
		}
		c.Grants = scope
	}
	return c
}

// wholeRoles has the grants of each role without limits, for the many callers
// who have nothing else.
var wholeRoles = func() map[string]map[Capability]Limit {
	all := map[string]map[Capability]Limit{}
	for _, r := range roles {
		all[r.Name] = r.Grants()
	}
	return all
}()

// Limited returns the grants that limit a role to places and projects, and those
// beside the role under the same limit.
func (r Role) Limited(places, projects, besides []string) []people.Grant {
	names := slices.Clone(besides)
	if len(places)+len(projects) > 0 {
		for _, c := range r.Capabilities {
			names = append(names, string(c))
		}
	}
	var grants []people.Grant
	for _, name := range names {
		grants = append(grants, people.Grant{Capability: name, Places: places, Projects: projects})
	}
	return grants
}

func ids(texts []string) []domain.ID {
	var all []domain.ID
	for _, text := range texts {
		all = append(all, domain.ID(text))
	}
	return all
}
