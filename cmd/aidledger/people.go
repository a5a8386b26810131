package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/projections/people"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

// people is the verb that manages who may sign in.
func (c *command) people() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "people",
		Short: "Manage who may sign in, what they may do, and tokens for programs",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return usage(cmd, "say what to do: list, add, role, invite, disable, enable, link or token")
		},
	}
	bind(cmd, "client")
	cmd.AddCommand(c.peopleList(), c.peopleAdd(), c.peopleRole(), c.peopleInvite(),
		c.peopleDisable("disable", "Keep a person out at once", true), c.peopleDisable("enable", "Let a person in again", false),
		c.peopleLink(), c.peopleToken())
	return cmd
}

// ask makes one call with a JSON body, none where it is nil, and decodes the
// answer.
func ask[T any](ctx context.Context, c *client, method, path string, body any) (v T, err error) {
	q := request{method: method, path: path, header: http.Header{}}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return v, err
		}
		q.body = strings.NewReader(string(text))
		q.header.Set("Content-Type", "application/json")
	}
	answer, err := c.send(ctx, q)
	if err != nil {
		return v, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return v, nil
	}
	return v, json.UnmarshalRead(answer.Body, &v)
}

func personPath(login string, more ...string) string {
	return "/v1/people/" + url.PathEscape(login) + strings.Join(more, "")
}

func (c *command) peopleList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "Show everybody who may sign in", Args: exactly(0)}
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		list, err := ask[web.PeopleList](cmd.Context(), cl, "GET", "/v1/people", nil)
		if err != nil {
			return err
		}
		if *asJSON {
			return c.printJSON(list)
		}
		g := &grid{head: []string{"login", "name", "role", "person", "state", "limits"}}
		for _, p := range list.People {
			g.add(p.Login, p.Name, p.Role, p.Person, stateOf(p), limitsOf(p))
		}
		g.print(c.out)
		return nil
	}
	return cmd
}

func stateOf(p people.Person) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Demo:
		return "demonstration"
	case p.SecondFactor:
		return "password and code"
	case p.HasPassword:
		return "password"
	}
	return "invited"
}

func limitsOf(p people.Person) string {
	var all []string
	for _, g := range p.Grants {
		all = append(all, g.Capability+" "+strings.Join(append(append([]string(nil), g.Places...), g.Projects...), "+"))
	}
	return strings.Join(all, ", ")
}

// grantFlags are the flags that say what a person may do.
type grantFlags struct {
	role                      string
	places, projects, besides []string
}

func (f *grantFlags) bind(cmd *cobra.Command) {
	var names []string
	for _, r := range access.Roles() {
		names = append(names, r.Name)
	}
	cmd.Flags().StringVar(&f.role, "role", "", strings.Join(names, ", "))
	cmd.Flags().StringSliceVar(&f.places, "place", nil, "limit everything of the role to this place; more than once for several")
	cmd.Flags().StringSliceVar(&f.projects, "project", nil, "limit everything of the role to this project; more than once for several")
	cmd.Flags().StringSliceVar(&f.besides, "grant", nil, "a capability beside those of the role")
}

// read checks the role and returns the grants: with limits, one for each
// capability of the role.
func (f *grantFlags) read(cmd *cobra.Command) ([]people.Grant, error) {
	role, ok := access.LookupRole(f.role)
	if !ok {
		var names []string
		for _, r := range access.Roles() {
			names = append(names, r.Name)
		}
		return nil, usage(cmd, "--role %q is not known; it is one of %s", f.role, strings.Join(names, ", "))
	}
	return role.Limited(f.places, f.projects, f.besides), nil
}

func (c *command) peopleAdd() *cobra.Command {
	cmd := &cobra.Command{Use: "add LOGIN", Short: "Add a person and print the link by which the person chooses a password", Args: exactly(1)}
	var f grantFlags
	f.bind(cmd)
	name := cmd.Flags().String("name", "", "name of the person")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		grants, err := f.read(cmd)
		if err != nil {
			return err
		}
		return c.printInvitation(cmd, "/v1/people", web.PersonForm{Login: args[0], Name: *name, Role: f.role, Grants: grants})
	}
	return cmd
}

func (c *command) peopleInvite() *cobra.Command {
	cmd := &cobra.Command{Use: "invite LOGIN", Short: "Print a new link by which a person chooses a password, and loses the second factor", Args: exactly(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.printInvitation(cmd, personPath(args[0], "/invitation"), nil)
	}
	return cmd
}

func (c *command) printInvitation(cmd *cobra.Command, path string, body any) error {
	cl, err := newClient(cmd)
	if err != nil {
		return err
	}
	p, err := ask[web.Invited](cmd.Context(), cl, "POST", path, body)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is %s (%s)\n", p.Login, p.Role, p.Person.Person)
	fmt.Fprintf(c.out, "to choose a password, once and within 72 hours: %s\n", p.Link)
	return nil
}

func (c *command) peopleRole() *cobra.Command {
	cmd := &cobra.Command{Use: "role LOGIN", Short: "Give a person another role; sessions end at once", Args: exactly(1)}
	var f grantFlags
	f.bind(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		grants, err := f.read(cmd)
		if err != nil {
			return err
		}
		return c.changePerson(cmd, "PUT", personPath(args[0], "/role"), web.RoleForm{Role: f.role, Grants: grants})
	}
	return cmd
}

func (c *command) peopleDisable(verb, short string, disabled bool) *cobra.Command {
	cmd := &cobra.Command{Use: verb + " LOGIN", Short: short, Args: exactly(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.changePerson(cmd, "PUT", personPath(args[0], "/disabled"), web.DisabledForm{Disabled: disabled})
	}
	return cmd
}

func (c *command) peopleLink() *cobra.Command {
	cmd := &cobra.Command{Use: "link LOGIN ISSUER SUBJECT", Short: "Say whom an identity provider means by a subject", Args: exactly(3)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.changePerson(cmd, "POST", personPath(args[0], "/subjects"), web.SubjectForm{Issuer: args[1], Subject: args[2]})
	}
	return cmd
}

func (c *command) changePerson(cmd *cobra.Command, method, path string, body any) error {
	cl, err := newClient(cmd)
	if err != nil {
		return err
	}
	p, err := ask[people.Person](cmd.Context(), cl, method, path, body)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is %s, %s\n", p.Login, p.Role, stateOf(p))
	return nil
}

func (c *command) peopleToken() *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Manage the tokens by which programs act for a person", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return usage(cmd, "say what to do: add, list or revoke") },
	}
	cmd.AddCommand(c.tokenAdd(), c.tokenList(), c.tokenRevoke())
	return cmd
}

func (c *command) tokenAdd() *cobra.Command {
	cmd := &cobra.Command{Use: "add LOGIN", Short: "Make a token and print its secret, this one time", Args: exactly(1)}
	var form web.TokenForm
	cmd.Flags().StringVar(&form.Name, "name", "", "what it is for")
	cmd.Flags().StringSliceVar(&form.Capabilities, "capability", nil, "only this capability; more than once for several")
	cmd.Flags().StringSliceVar(&form.Ledgers, "for-ledger", nil, "only this ledger; more than once for several")
	cmd.Flags().IntVar(&form.Days, "days", 90, "days that it lasts")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if form.Name == "" {
			return usage(cmd, "--name is missing: say what the token is for")
		}
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		t, err := ask[web.NewToken](cmd.Context(), cl, "POST", personPath(args[0], "/tokens"), form)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.notes, "token %s, until %s; keep it like a password\n", t.Token.Token, t.Expires.Format(time.RFC3339))
		fmt.Fprintln(c.out, t.Secret)
		return nil
	}
	return cmd
}

func (c *command) tokenList() *cobra.Command {
	cmd := &cobra.Command{Use: "list LOGIN", Short: "Show the tokens of a person", Args: exactly(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		list, err := ask[web.TokenList](cmd.Context(), cl, "GET", personPath(args[0], "/tokens"), nil)
		if err != nil {
			return err
		}
		g := &grid{head: []string{"token", "name", "capabilities", "ledgers", "until", "state"}}
		for _, t := range list.Tokens {
			state := ""
			if t.Revoked != nil {
				state = "revoked"
			}
			g.add(t.Token, t.Name, strings.Join(t.Capabilities, ", "), strings.Join(t.Ledgers, ", "), t.Expires.UTC().Format(time.RFC3339), state)
		}
		g.print(c.out)
		return nil
	}
	return cmd
}

func (c *command) tokenRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke LOGIN TOKEN", Short: "End a token for ever", Args: exactly(2)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		_, err = ask[web.Me](cmd.Context(), cl, "DELETE", personPath(args[0], "/tokens/", url.PathEscape(args[1])), nil)
		if err == nil {
			fmt.Fprintf(c.out, "%s is revoked\n", args[1])
		}
		return err
	}
	return cmd
}
