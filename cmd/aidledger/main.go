// Command aidledger is a ledger of aid commitments and disbursements.
//
// The verb serve runs everything in one process tree: the log (NATS JetStream),
// the read models (PostgreSQL) and the HTTP API. The other verbs are clients of
// that API. Data goes to stdout, progress and notes to stderr.
//
// Exit codes: 0 it worked, 1 it failed, 2 it was not understood (usage), 3 a
// rule of the ledger refused it, 4 it conflicts with something else (a key that
// was used for another command), 5 a verification found differences.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // ledgers name their time zone; the machine may not know it

	"aidledger/cmd/internal/chaos"
	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

func main() {
	chaos.Child() // ends here where this process is one of the servers of a scenario
	tune()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// memoryLimit is how much memory, in bytes, the process takes before it collects
// garbage more often; what it cannot do without may be more.
const memoryLimit = 768 << 20

// tune trades memory for speed: most of what a command needs is garbage soon
// after, and collecting it less often is a fifth of the work. And it lets two
// more goroutines run at once than there are processors, since the one that
// syncs the log keeps a place while it only waits for the disk. The variables
// GOGC, GOMEMLIMIT and GOMAXPROCS overrule it.
func tune() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(1500)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// The exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
	exitRefused = 3
	exitClash   = 4
	exitDiffers = 5
)

// command is what the verbs share: where they read and write.
type command struct {
	in     io.Reader
	out    io.Writer // data; no control character reaches the terminal through it
	notes  io.Writer // progress and notes, likewise
	raw    io.Writer // stdout as it is, for files
	stderr io.Writer // as it is, for progress bars
}

// run is the whole program: it returns the exit code. The tests call it too.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &printable{w: stdout}
	c := &command{in: stdin, out: out, raw: stdout, notes: &printable{w: stderr}, stderr: stderr}
	root := &cobra.Command{
		Use:           "aidledger",
		Short:         "A ledger of aid commitments and disbursements",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, "verb", args[0])
			}
			return usage(cmd, "say what to do")
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		text, _, _ := strings.Cut(err.Error(), ": strconv.")
		return usage(cmd, "%s", text)
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(c.serve(), c.do(), c.totals(), c.events(), c.trace(), c.status(), c.people(), c.rebuild(), c.setup(), c.verify(), c.bench(), c.chaos())
	root.AddCommand(c.check())
	root.AddCommand(c.importFile(), c.statement(), c.template(), c.export())
	root.AddCommand(c.checkpoint(), c.receipt(), c.keys(), c.cosign(), c.rotateKey(), c.repair(), c.why(), c.diff(), c.backup(), c.restore())
	root.AddCommand(c.publishReport(), c.reports(), c.report(), c.sample(), c.late(), c.approvals(), c.attach())
	root.AddCommand(c.moveLedger())
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(c.out)
	root.SetErr(c.notes)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("the output could not be written: %w", out.err)
	}
	if err != nil {
		c.explain(err)
	}
	return exitCode(err)
}

// usageError says that the command line was not understood. What may have been
// meant is shown with it: all commands, or nothing where one of them is near.
type usageError struct {
	cmd  *cobra.Command
	text string
	near bool
}

func (e *usageError) Error() string { return e.text }

func usage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd: cmd, text: fmt.Sprintf(format, args...)}
}

// unknown refuses a name that none of the commands below cmd has.
func unknown(cmd *cobra.Command, kind, name string) error {
	text := fmt.Sprintf("there is no %s %q", kind, name)
	cmd.SuggestionsMinimumDistance = 2
	near := cmd.SuggestionsFor(name)
	if len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{cmd, text, len(near) > 0}
}

// exactly refuses any other number of arguments.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(cmd, "%s takes %d arguments and has %d", cmd.Name(), n, len(args))
		}
		return nil
	}
}

// errDiffers says that a verification found differences, which it has printed.
var errDiffers = errors.New("the verification failed: not all is what the log says, see above")

// exitCode maps an error to the exit code of the process.
func exitCode(err error) int {
	var problem *web.Problem
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.Is(err, errNotImported):
		return exitRefused
	case errors.As(err, new(*usageError)):
		return exitUsage
	case errors.As(err, new(*domain.Refusal)), errors.As(err, new(domain.Refusals)):
		return exitRefused
	case !errors.As(err, &problem):
		return exitFailure
	}
	switch problem.Code {
	case eventstore.KeyReused, eventstore.KeyTaken, projections.RebuildRunning:
		return exitClash
	case "path_not_found":
		return exitFailure
	}
	switch problem.Status {
	case http.StatusBadRequest:
		return exitUsage
	case http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		return exitRefused
	}
	return exitFailure
}

// explain tells a person what went wrong and what to do.
func (c *command) explain(err error) {
	var wrong *usageError
	var problem *web.Problem
	var refusal *domain.Refusal
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(c.notes, "aidledger: %v\n", wrong)
		if wrong.cmd.HasSubCommands() && !wrong.near {
			fmt.Fprintf(c.notes, "\n%s", wrong.cmd.UsageString())
		} else {
			fmt.Fprintf(c.notes, "  %s --help shows what it takes\n", wrong.cmd.CommandPath())
		}
	case errors.As(err, &problem):
		fmt.Fprintf(c.notes, "aidledger: %s (%s)\n", problem.Detail, problem.Code)
		if problem.Hint != "" {
			fmt.Fprintf(c.notes, "  %s\n", problem.Hint)
		}
		for _, f := range problem.Errors {
			fmt.Fprintf(c.notes, "  %s: %s (%s)\n", f.Field, f.Message, f.Code)
		}
	case errors.As(err, &refusal):
		fmt.Fprintf(c.notes, "aidledger: %v (%s)\n", err, refusal.Code)
	default:
		fmt.Fprintf(c.notes, "aidledger: %v\n", err)
	}
}
