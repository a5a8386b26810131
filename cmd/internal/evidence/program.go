package evidence

import (
	"archive/zip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"aidledger/eventstore/proof"
)

// The exit codes.
const (
	exitUnreadable = 1
	exitUsage      = 2
	exitFalse      = 5
)

const usageText = `aidledger-verify receipt FILE --keys FILE
aidledger-verify checkpoint FILE --keys FILE
aidledger-verify bundle DIRECTORY|FILE.zip [--keys FILE] [--earlier CHECKPOINT]...

The keys are those that "aidledger keys" prints; get them by a way that you trust.
`

// options is what the command line says.
type options struct {
	verb, target string
	keys         string   // file
	earlier      []string // files
}

// Run is the program aidledger-verify: it returns its exit code.
func Run(args []string, out, notes io.Writer) int {
	o, err := parse(args)
	if err != nil {
		fmt.Fprintf(notes, "aidledger-verify: %v\n\n%s", err, usageText)
		return exitUsage
	}
	trust, err := o.trust()
	if err != nil {
		fmt.Fprintf(notes, "aidledger-verify: %v\n", err)
		return exitUnreadable
	}
	switch o.verb {
	case "receipt":
		err = receipt(out, o.target, trust)
	case "checkpoint":
		err = checkpoint(out, o.target, trust)
	case "bundle":
		err = bundle(out, o.target, trust)
	}
	var unreadable *os.PathError
	switch {
	case errors.As(err, &unreadable):
		fmt.Fprintf(notes, "aidledger-verify: %v\n", err)
		return exitUnreadable
	case err != nil:
		fmt.Fprintf(out, "FALSE: %v\n", err)
		return exitFalse
	}
	return 0
}

func parse(args []string) (o options, err error) {
	if len(args) < 2 {
		return o, errors.New("say what to verify")
	}
	o.verb, o.target = args[0], args[1]
	flags := flag.NewFlagSet(o.verb, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.keys, "keys", "", "")
	flags.Func("earlier", "", func(name string) error { o.earlier = append(o.earlier, name); return nil })
	if err := flags.Parse(args[2:]); err != nil {
		return o, err
	}
	switch {
	case o.verb != "receipt" && o.verb != "checkpoint" && o.verb != "bundle":
		return o, fmt.Errorf("there is no verb %q", o.verb)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is too much", flags.Arg(0))
	case o.keys == "" && o.verb != "bundle":
		return o, errors.New("without --keys there is nobody to believe")
	}
	return o, nil
}

// trust reads the files that the verifier brings along.
func (o options) trust() (t Trust, err error) {
	if o.keys != "" {
		text, err := os.ReadFile(o.keys)
		if err != nil {
			return t, err
		}
		if t.Keys = string(text); strings.TrimSpace(t.Keys) == "" {
			return t, fmt.Errorf("%s has no keys", o.keys)
		}
	}
	for _, name := range o.earlier {
		note, err := os.ReadFile(name)
		if err != nil {
			return t, err
		}
		t.Earlier = append(t.Earlier, note)
	}
	return t, nil
}

func receipt(out io.Writer, name string, t Trust) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	keys, err := proof.ParseKeys(t.Keys)
	if err != nil {
		return err
	}
	r, err := proof.ParseReceipt(text)
	if err != nil {
		return err
	}
	o, err := r.Verify(keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\nTRUE: this is entry %d of the %d that %s has recorded; the checkpoint is %s\n", printable(r.Leaf), r.Index, o.Size, o.Origin, o.Standing())
	return nil
}

func checkpoint(out io.Writer, name string, t Trust) error {
	note, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	keys, err := proof.ParseKeys(t.Keys)
	if err != nil {
		return err
	}
	o, err := keys.Open(note)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "TRUE: %s had %d entries with the root %s; the checkpoint is %s\n", o.Origin, o.Size, o.Root, o.Standing())
	return nil
}

func bundle(out io.Writer, target string, t Trust) error {
	files := os.DirFS(target)
	if strings.HasSuffix(target, ".zip") {
		packed, err := zip.OpenReader(target)
		if err != nil {
			return err
		}
		defer packed.Close()
		files = packed
	}
	r, err := Verify(files, t)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ledger       %s, %s\nentries      %d, of which %d are withheld\nroot         %s\ncheckpoint   %s\nearlier      %d checkpoints hold the same past\n",
		r.Ledger, r.Opened.Origin, r.Opened.Size, r.Withheld, r.Root, r.Standing(), r.Earlier)
	if r.OwnKeys {
		fmt.Fprintln(out, "keys         those of the bundle itself: compare them with keys that you got elsewhere, or give --keys")
	}
	if r.Withheld > 0 {
		fmt.Fprintln(out, "totals       not compared, since entries are withheld")
	} else {
		fmt.Fprintf(out, "totals       %d amounts were added up again from the entries\npublished    %d reports and samples were made again from the entries before them\n", r.Totals, r.Remade)
	}
	for _, d := range r.Different {
		fmt.Fprintln(out, d)
	}
	if len(r.Different) > 0 {
		return fmt.Errorf("%d published figures are not what the entries say", len(r.Different))
	}
	fmt.Fprintln(out, "\nTRUE: nothing in the bundle was changed, taken out or put in after it was signed")
	return nil
}

// printable keeps what an entry says from moving the cursor.
func printable(leaf []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || 0x80 <= r && r < 0xA0 {
			return '·'
		}
		return r
	}, string(leaf))
}
