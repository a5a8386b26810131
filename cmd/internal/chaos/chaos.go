package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

// Scenario is one way to break things.
type Scenario struct {
	Name  string
	Doc   string // what must hold, in one sentence
	Proof string // the protection that the counter-proof takes away; empty: there is no counter-proof
	Needs string // what the machine must have beyond the usual; empty: nothing
	Do    func(context.Context, *Run) error

	missing func() error // why this machine does not have it
}

// Run is one run of a scenario.
type Run struct {
	Seed        uint64
	Full        bool   // the long form; otherwise one of a few seconds
	Unprotected bool   // the protection that Scenario.Proof names is taken away
	Dir         string // an empty directory that others may enter
	Program     string // path of the aidledger program

	Figures []string // what was counted, one sentence each
	dice    *rand.Rand
	begun   time.Time
}

// Violation says that a promise was broken: something was lost, counted twice,
// accepted against a rule, or damaged without a word.
type Violation struct{ Text string }

// Error returns what was broken.
func (v *Violation) Error() string { return v.Text }

func violated(format string, args ...any) error {
	return &Violation{fmt.Sprintf(format, args...)}
}

// errNothing says that a scenario proved nothing, because its fault did not happen.
var errNothing = errors.New("the fault did not happen, so nothing was proved")

func (r *Run) figure(format string, args ...any) {
	r.Figures = append(r.Figures, fmt.Sprintf(format, args...))
}

// scale is how much of something the scenario does.
func (r *Run) scale(quick, full int) int {
	if r.Full {
		return full
	}
	return quick
}

// run does the scenario in a new directory below parent, which is removed again.
// It returns the figures also where there is an error.
func (s Scenario) run(ctx context.Context, r *Run, parent string) (err error) {
	if r.Dir, err = os.MkdirTemp(parent, "aidledger-chaos-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.Dir)
	if err := os.Chmod(r.Dir, 0o711); err != nil { // PostgreSQL may run as another user
		return err
	}
	r.dice, r.begun = rand.New(rand.NewPCG(r.Seed, 3)), time.Now()
	return s.Do(ctx, r)
}

// ErrMissing says that this machine lacks what a scenario needs.
var ErrMissing = errors.New("this machine cannot run it")

// Missing returns an ErrMissing where this machine lacks what the scenario
// needs, and nil elsewhere.
func (s Scenario) Missing() error {
	if s.missing == nil {
		return nil
	}
	if err := s.missing(); err != nil {
		return fmt.Errorf("%s needs %s: %w: %w", s.Name, s.Needs, ErrMissing, err)
	}
	return nil
}

// Check runs the scenario and, where there is one, its counter-proof. It writes
// the figures to out and returns an error where the scenario failed, or where
// its counter-proof did not find a Violation.
func (s Scenario) Check(ctx context.Context, seed uint64, full bool, program, parent string, out io.Writer) error {
	if err := s.Missing(); err != nil {
		return err
	}
	begun := time.Now()
	r := &Run{Seed: seed, Full: full, Program: program}
	err := s.run(ctx, r, parent)
	verdict := "held"
	if err != nil {
		verdict = "BROKEN"
	}
	fmt.Fprintf(out, "%-8s %s (seed %d, %s)\n", verdict, s.Name, seed, time.Since(begun).Round(time.Millisecond))
	for _, f := range r.Figures {
		fmt.Fprintf(out, "         %s\n", f)
	}
	if err != nil {
		return fmt.Errorf("%s, seed %d: %w", s.Name, seed, err)
	}
	if s.Proof == "" || detector {
		return nil
	}
	bare := &Run{Seed: seed, Program: program, Unprotected: true}
	err = s.run(ctx, bare, parent)
	if _, ok := errors.AsType[*Violation](err); !ok {
		return fmt.Errorf("%s, seed %d: without %s it should have found a violation, but it ended with: %v", s.Name, seed, s.Proof, err)
	}
	fmt.Fprintf(out, "         without %s: %v\n", s.Proof, err)
	return nil
}

// Options is what Main is asked to do.
type Options struct {
	List    bool   // print the scenarios and run none
	Only    string // name of the one scenario to run; empty: all
	Seed    uint64
	Full    bool
	Program string // path of the aidledger program; the running one if empty
	Dir     string // parent of the scratch directories; that of the system if empty
	Out     io.Writer
}

// Main runs the scenarios one after the other and prints what they found. It
// goes on after a failure and returns all of them.
func Main(ctx context.Context, o Options) error {
	if o.Program == "" {
		program, err := os.Executable()
		if err != nil {
			return err
		}
		o.Program = program
	}
	if o.Dir == "" {
		o.Dir = os.TempDir()
	}
	var errs []error
	known := false
	for _, s := range Scenarios {
		if o.Only != "" && o.Only != s.Name {
			continue
		}
		known = true
		if o.List {
			fmt.Fprintf(o.Out, "%-14s %s\n", s.Name, s.Doc)
			continue
		}
		err := s.Check(ctx, o.Seed, o.Full, o.Program, o.Dir, o.Out)
		if errors.Is(err, ErrMissing) && o.Only == "" {
			fmt.Fprintf(o.Out, "NOT RUN  %v\n", err)
			continue
		}
		if err != nil {
			fmt.Fprintf(o.Out, "         %v\n", err)
			errs = append(errs, err)
		}
	}
	if !known {
		errs = append(errs, fmt.Errorf("there is no scenario %q; --list names them", o.Only))
	}
	return errors.Join(errs...)
}
