package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"aidledger/eventstore"
)

// openLog opens the log and compares it with what the database and the data
// directory remember of it, before anything is written. A log that vanished,
// was cut off or was exchanged for another one is refused.
func (s *server) openLog(ctx context.Context, log eventstore.Config) error {
	block, hash, err := s.views.Remembered(ctx)
	if err != nil {
		return err
	}
	known, err := s.data.logs()
	if err != nil {
		return err
	}
	log.MustExist = block > 0 || slices.Contains(known, log.Stream)
	if s.store, err = eventstore.Open(ctx, log); err != nil {
		return s.refusedLog(err)
	}
	s.parts = append(s.parts, part{"the log", func(context.Context) error { s.store.Close(); return nil }})
	if err := s.store.CheckHead(ctx, block, hash); err != nil {
		return s.refusedLog(err)
	}
	return s.data.rememberLog(log.Stream)
}

// checkLog reads the whole log once, beside everything else. Damage in what
// nobody reads any more makes the server not ready, and names the block.
func (s *server) checkLog() {
	running, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end, err := s.store.End(running)
		if err == nil {
			err = s.store.Check(running, end)
		}
		if err != nil && running.Err() == nil {
			s.log.Error("the log is damaged or could not be read; restore it from a backup or from the archive", "error", err)
		}
	}()
	s.parts = append(s.parts, part{"the check of the log", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
}

// refusedLog adds the code, and what else may have to be done.
func (s *server) refusedLog(err error) error {
	f, ok := errors.AsType[*eventstore.Failure](err)
	switch {
	case !ok:
		return err
	case f.Code == eventstore.StreamMissing:
		return fmt.Errorf("%w (%s); to begin anew without what was recorded, remove %s and use an empty database", err, f.Code, s.data.file(logsFile))
	}
	return fmt.Errorf("%w (%s)", err, f.Code)
}

// logsFile names the logs that were opened from a data directory, one a line.
const logsFile = "logs"

func (d *dataDir) logs() (names []string, err error) {
	f, err := os.Open(d.file(logsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		names = append(names, lines.Text())
	}
	return names, lines.Err()
}

func (d *dataDir) rememberLog(name string) error {
	names, err := d.logs()
	if err != nil || slices.Contains(names, name) {
		return err
	}
	return replaceFile(d.file(logsFile), []byte(strings.Join(append(names, name), "\n")+"\n"))
}
