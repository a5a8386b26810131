package people

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	knownFor = time.Minute // after which a bearer is looked up again, which also notes that a session is in use
	knownMax = 10_000      // bearers that are remembered at a time
)

// cache remembers whose a secret is, by its hash. It holds nothing while this
// process does not hear of changes that others make.
type cache struct {
	mu      sync.RWMutex
	bearers map[[sha256.Size]byte]known
	changes uint64 // counts, so that what was read before a change is not kept after it
	hears   bool
}

type known struct {
	Bearer
	until time.Time
}

func (c *cache) get(key [sha256.Size]byte, now time.Time) (Bearer, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.bearers[key]
	return k.Bearer, ok && c.hears && now.Before(k.until)
}

// before returns what put needs to know: how many changes there were before the
// bearer was read.
func (c *cache) before() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changes
}

func (c *cache) put(key [sha256.Size]byte, b Bearer, until time.Time, before uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != before || !c.hears {
		return
	}
	if len(c.bearers) >= knownMax {
		clear(c.bearers)
	}
	c.bearers[key] = known{b, until}
}

func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.bearers = map[[sha256.Size]byte]known{}
}

func (c *cache) hear(hears bool) {
	c.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hears = hears
}

// listenAgain is how long a lost connection rests before the next attempt.
const listenAgain = time.Second

// listen hears of the changes of other processes until ctx ends.
func (s *Store) listen(ctx context.Context) {
	defer close(s.done)
	for ctx.Err() == nil {
		err := s.hear(ctx)
		s.known.hear(false)
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("changes of people are not heard; each request asks the database until they are", "error", err)
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
		}
	}
}

func (s *Store) hear(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `listen `+schema); err != nil {
		return err
	}
	s.known.hear(true)
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		s.known.forget()
	}
}
