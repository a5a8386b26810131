package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Revive starts the server again where it has ended without a Stop, as after a kill or a crash, and tells whether it
// did. Where it runs, or was stopped, nothing happens. The connection string stays what it was; the server recovers
// what was committed. After an error it may be called again.
func (c *Cluster) Revive(ctx context.Context) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.temporary || !c.server.exited() {
		return false, nil
	}
	ended := c.server
	err := c.runAgain(ctx)
	if err == nil {
		return true, nil
	}
	if c.server != nil && c.server != ended {
		err = errors.Join(err, c.server.stop(context.WithoutCancel(ctx)))
	} else {
		c.server = ended
	}
	return false, c.withLog(err)
}

func (c *Cluster) runAgain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	guard, err := c.awaitFormer(ctx) // its processes notice its end one after the other
	if err != nil {
		return err
	}
	defer guard.Close()
	if err := removeStalePID(c.dataDir()); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	// A watchdog removes a short directory of sockets together with its server.
	if err := errors.Join(os.RemoveAll(c.sockets), os.Mkdir(c.sockets, 0o700)); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	if err := c.account.give(c.sockets); err != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	return c.run(ctx, guard)
}
