package chaos

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	Child() // some scenarios start this program again, as a NATS server
	// Scenarios wait for elections and restarts more than they compute.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	code := m.Run()
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	// No scenario leaves a goroutine behind.
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var scratch string

// program builds the program that the scenarios start, once.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if scratch, err = os.MkdirTemp("", "aidledger-program-"); err != nil {
		return "", err
	}
	path := filepath.Join(scratch, "aidledger")
	if out, err := exec.Command("go", "build", "-o", path, "aidledger/cmd/aidledger").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestEveryScenarioHoldsAndFailsWithoutItsProtection(t *testing.T) {
	built, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if err := s.Missing(); err != nil {
				t.Skipf("NOT RUN: %v", err)
			}
			if err := s.Check(t.Context(), 1, false, built, os.TempDir(), t.Output()); err != nil {
				t.Error(err)
			}
		})
	}
}
