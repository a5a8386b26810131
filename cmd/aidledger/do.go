package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// doOptions are the flags that every command has beside its fields.
type doOptions struct {
	lines  string // file of JSON lines; - is stdin
	id     string
	atomic bool
	wait   bool
}

func (c *command) do() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "do COMMAND",
		Short: "Record a command, or many",
		Long: "Record a command, with a flag for each of its fields; or many, with --json and one object per line,\n" +
			`each with "command" (unless it is named on the command line) and "id", the key that makes it safe to repeat.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, "command", args[0])
			}
			return nil
		},
	}
	bind(cmd, "client")
	var o doOptions
	p := cmd.PersistentFlags()
	p.StringVar(&o.lines, "json", "", "read JSON lines from a file, or from stdin where it is -")
	p.StringVar(&o.id, "id", "", "key that makes the command safe to repeat; a new UUID if left out")
	p.BoolVar(&o.atomic, "atomic", false, "record all lines or none")
	p.BoolVar(&o.wait, "wait", true, "wait until the read models show it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.lines == "" {
			return usage(cmd, "name a command, or give --json")
		}
		return c.doLines(cmd, "", o)
	}
	for _, t := range domain.Commands() {
		cmd.AddCommand(c.doOne(t, &o))
	}
	return cmd
}

// doOne is the verb of one command of the domain.
func (c *command) doOne(t domain.CommandType, o *doOptions) *cobra.Command {
	cmd := &cobra.Command{Use: t.Name, Short: t.Doc, Args: exactly(0)}
	for _, f := range t.Field {
		addFlag(cmd.Flags(), f)
	}
	// budget_year in JSON and --budget-year on the command line are one name.
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.lines != "" {
			return c.doLines(cmd, t.Name, *o)
		}
		fields := map[string]any{}
		var missing []string
		for _, f := range t.Field {
			flag := cmd.Flag(strings.ReplaceAll(f.Name, "_", "-"))
			if !flag.Changed {
				if f.Required {
					missing = append(missing, "--"+flag.Name)
				}
				continue
			}
			v, err := fieldValue(cmd, f, flag.Value)
			if err != nil {
				return err
			}
			fields[f.Name] = v
		}
		if len(missing) > 0 {
			return usage(cmd, "%s needs %s", t.Name, strings.Join(missing, ", "))
		}
		return c.record(cmd, t.Name, fields, *o)
	}
	return cmd
}

// addFlag makes a flag of a field. The key of a note is its id, so that field
// is the flag that every command has.
func addFlag(flags *pflag.FlagSet, f domain.Field) {
	name := strings.ReplaceAll(f.Name, "_", "-")
	doc := f.Doc + " [" + f.Type
	if f.Required {
		doc += ", required"
	}
	if len(f.Enum) > 0 {
		doc += ": " + strings.Join(f.Enum, ", ")
	}
	for i, item := range f.Item {
		if doc += ": "; i > 0 {
			doc = strings.TrimSuffix(doc, ": ") + ","
		}
		doc += item.Name + "=…"
	}
	doc += "]"
	switch {
	case name == "id":
	case f.Type == "yes/no":
		flags.Bool(name, false, doc)
	case f.Type == "list":
		flags.StringArray(name, nil, doc+"; repeat the flag for each")
	default:
		flags.String(name, "", doc)
	}
}

// fieldValue is what stands in the JSON of a field that was given as a flag.
func fieldValue(cmd *cobra.Command, f domain.Field, given pflag.Value) (any, error) {
	text := given.String()
	for at, r := range text {
		if _, size := utf8.DecodeRuneInString(text[at:]); r == utf8.RuneError && size == 1 {
			return nil, usage(cmd, "--%s is not UTF-8 at byte %d (invalid_utf8); use a terminal that speaks UTF-8, or --json with a file", f.Name, at+1)
		}
	}
	switch f.Type {
	case "yes/no":
		return given.String() == "true", nil
	case "list":
		var items []map[string]any
		for _, text := range given.(pflag.SliceValue).GetSlice() {
			item, err := listItem(cmd, f, text)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	}
	return scalar(f, f.Name, text)
}

// scalar is what stands in the JSON of a text that a person typed. One that is
// not what the field takes is left as it is, for the server to refuse.
func scalar(f domain.Field, name, text string) (any, error) {
	switch f.Type {
	case "amount":
		return exactAmount(name, text)
	case "integer":
		if n, err := strconv.Atoi(text); err == nil {
			return n, nil
		}
	}
	return text, nil
}

// exactAmount takes the forms that people write, such as 3721万.
func exactAmount(field, text string) (string, error) {
	a, err := domain.ParseAmount(text)
	if refusal, ok := err.(*domain.Refusal); ok {
		refusal.Field = field
		return "", domain.Refusals{refusal}
	}
	return a.String(), err
}

// listItem reads place=130732103,percent=50.
func listItem(cmd *cobra.Command, f domain.Field, text string) (map[string]any, error) {
	item := map[string]any{}
	for part := range strings.SplitSeq(text, ",") {
		name, v, ok := strings.Cut(part, "=")
		if !ok {
			return nil, usage(cmd, "--%s %q is not of the form %s", f.Name, text, itemForm(f))
		}
		item[name] = v
		for _, sub := range f.Item {
			if sub.Name != name {
				continue
			}
			exact, err := scalar(sub, f.Name+"."+name, v)
			if err != nil {
				return nil, err
			}
			item[name] = exact
		}
	}
	return item, nil
}

func itemForm(f domain.Field) string {
	var parts []string
	for _, item := range f.Item {
		parts = append(parts, item.Name+"=…")
	}
	return strings.Join(parts, ",")
}

// record sends one command and prints its receipt.
func (c *command) record(cmd *cobra.Command, name string, fields map[string]any, o doOptions) error {
	cl, err := newClient(cmd)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if name == "open-ledger" && cl.named == "" {
		return usage(cmd, "name the new ledger with --ledger NAME")
	}
	ledger, err := cl.ledger(ctx)
	if err != nil {
		return err
	}
	if o.id == "" {
		o.id = uuid.Must(uuid.NewV7()).String()
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	answer, err := cl.send(ctx, request{
		method: "POST", path: ledger + "/commands/" + name, query: url.Values{"wait": {strconv.FormatBool(o.wait)}},
		header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {o.id}}, body: strings.NewReader(string(body)),
	})
	if err != nil {
		if problem, ok := err.(*web.Problem); !ok || problem.Status >= 500 || problem.Status == http.StatusTooManyRequests {
			fmt.Fprintf(c.notes, "repeat it with --id %s to be sure that it is recorded once\n", o.id)
		}
		return err
	}
	defer answer.Body.Close()
	var receipt struct {
		eventstore.Receipt
		Waited *bool `json:"waited"`
	}
	if err := json.UnmarshalRead(answer.Body, &receipt); err != nil {
		return err
	}
	c.printReceipt(receipt.Receipt)
	if receipt.Waited != nil && !*receipt.Waited {
		fmt.Fprintln(c.notes, "it is recorded, but the read models do not show it yet")
	}
	c.echoAmounts(ctx, cl, ledger, receipt.Receipt)
	return nil
}

func (c *command) printReceipt(r eventstore.Receipt) {
	fmt.Fprintf(c.out, "entry %s\nposition %s\n", r.Entry, r.Position)
	for _, e := range r.Events {
		fmt.Fprintf(c.out, "event %s %s %s\n", e.Position, e.Type, e.ID)
	}
	if r.Repeated {
		fmt.Fprintln(c.notes, "it was recorded before; this is the first answer")
	}
}

// echoAmounts shows on stderr which amounts were recorded, in digits and in
// the capital numerals of vouchers, for a person to compare with the paper.
func (c *command) echoAmounts(ctx context.Context, cl *client, ledger string, r eventstore.Receipt) {
	if len(r.Events) == 0 {
		return
	}
	q := url.Values{"from": {r.Events[0].Position.String()}, "to": {r.Position.String()}}
	page, err := fetch[web.EventPage](ctx, cl, ledger+"/events", q)
	if err != nil {
		return // it is recorded, and this is a service on top
	}
	for _, e := range page.Events {
		var data struct {
			Amount domain.Money `json:"amount"`
		}
		if json.Unmarshal(e.Data, &data) != nil || data.Amount.IsZero() {
			continue
		}
		capitals, _ := data.Amount.Capitals() // only CNY has them
		fmt.Fprintln(c.notes, strings.TrimSpace(data.Amount.Grouped()+" "+string(data.Amount.Currency)+" "+capitals))
	}
}
