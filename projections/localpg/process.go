package localpg

import (
	"context"
	_ "embed" // for the watchdog
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

//go:embed watchdog.sh
var watchdog string

const quitMax = 5 * time.Second // for an immediate shutdown, and once more for a kill

// process is a program of PostgreSQL under its watchdog. It is used by one goroutine at a time.
type process struct {
	pid    int      // of the watchdog, which leads the process group of the program
	pipe   *os.File // while this end is open, the program runs
	status syscall.WaitStatus
	done   bool
}

// launch starts a program under a watchdog, as the server's user. It has a session of its own, so that Ctrl-C in the
// terminal reaches the owner alone, who then stops the server in its own good order.
//
// There is no goroutine that waits for the program: tests that look for leaked goroutines would find it.
func (c *Cluster) launch(guard *os.File, signal, leftover, program string, args ...string) (*process, error) {
	alive, pipe, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("localpg: %w", err)
	}
	defer alive.Close()
	cmd := exec.Command("/bin/sh", append([]string{"-c", watchdog, "localpg-watchdog", signal, leftover, program}, args...)...)
	cmd.Dir = c.dir
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = c.log, c.log
	cmd.ExtraFiles = []*os.File{guard, alive} // descriptors 3 and 4
	cmd.SysProcAttr = c.account.attributes()
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		pipe.Close()
		return nil, fmt.Errorf("localpg: start %s as user %s: %w", program, c.account.name, err)
	}
	p := &process{pid: cmd.Process.Pid, pipe: pipe}
	return p, cmd.Process.Release()
}

// environment is what the server gets to see: what it needs to run, and nothing of the owner's. PG* variables would
// change its settings, and the owner's secrets are not for the server's user to read.
func environment() []string {
	env := []string{
		"LC_ALL=C",
		"TZ=UTC",
	}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// exited reports whether the program and its watchdog have ended.
func (p *process) exited() bool {
	for !p.done {
		pid, err := syscall.Wait4(p.pid, &p.status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid == 0 && err == nil {
			return false
		}
		p.pipe.Close()
		p.done = true
	}
	return true
}

// wait returns when the program has ended, or with the context's error.
func (p *process) wait(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !p.exited() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// stop ends the program. It goes the way of a killed owner: it closes the pipe, and the watchdog does the rest. When the
// context ends first, the whole process group gets stronger signals.
func (p *process) stop(ctx context.Context) error {
	p.pipe.Close()
	late := p.wait(ctx)
	if late == nil {
		return nil
	}
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		_ = syscall.Kill(-p.pid, signal)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitMax)
		err := p.wait(last)
		cancel()
		if err == nil {
			return fmt.Errorf("localpg: PostgreSQL did not stop in time and was ended at once (%v): %w", signal, late)
		}
	}
	return fmt.Errorf("localpg: process group %d does not end: %w", p.pid, late)
}
