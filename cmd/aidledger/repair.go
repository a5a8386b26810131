package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"aidledger/cmd/internal/notary"
	"aidledger/eventstore"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

func (c *command) repair() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Make a new copy of the log from the one that is whole; the server must not be running",
		Long: "Compare the log with its archive and with what was signed, and make a damaged copy anew from the one that is\n" +
			"whole: the log as a new stream, the archive as a new table, the tree from the blocks. What was damaged is kept\n" +
			"as it is. The server must not be running.",
		Args: exactly(0),
	}
	bind(cmd, "serve")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := readServeOptions(cmd)
		if err != nil {
			return err
		}
		return c.offline(cmd.Context(), o, (*server).repair)
	}
	return cmd
}

// offline runs work on a data directory whose server is not running, with
// NATS, PostgreSQL and the read models open and nothing following the log.
func (c *command) offline(ctx context.Context, o serveOptions, work func(*server, context.Context, eventstore.Config) error) error {
	s := &server{command: c, serveOptions: o, failed: make(chan error, 2), versions: map[string]string{}}
	s.log = slog.New(slog.NewTextHandler(c.notes, &slog.HandlerOptions{Level: slog.LevelWarn}))
	err := s.openOffline(ctx, work)
	return errors.Join(err, s.stop())
}

func (s *server) openOffline(ctx context.Context, work func(*server, context.Context, eventstore.Config) error) (err error) {
	if s.data, err = openDataDir(s.dir); err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.data.release(); return nil }})
	if s.restoring { // before anything else is there, whenever it is killed
		if err := replaceFile(s.data.file(restoringFile), nil); err != nil {
			return err
		}
	}
	if s.stream, err = s.data.currentStream(s.stream); err != nil {
		return err
	}
	log, err := s.startLog()
	if err != nil {
		return err
	}
	if s.database, err = s.startDatabase(ctx); err != nil {
		return err
	}
	if s.views, err = projections.Open(ctx, s.database); err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.views.Close(); return nil }})
	return work(s, ctx, log)
}

// repair is the work of the verb.
func (s *server) repair(ctx context.Context, log eventstore.Config) error {
	n, err := s.newNotary(projections.NoLog{})
	if err != nil {
		return err
	}
	damaged, err := eventstore.OpenDamaged(ctx, log)
	switch {
	case err == nil:
		defer damaged.Close()
		n.Log = damaged
	case !eventstore.Is(err, eventstore.StreamMissing):
		return err
	}
	quiet := func(uint64, uint64) {}
	a, err := n.Audit(ctx, nil, quiet)
	if err != nil {
		return err
	}
	s.printAudit(a)
	if a.Clean() {
		return nil
	}
	if !a.Whole(notary.InLog) {
		if err := s.repairLog(ctx, n, a, log); err != nil {
			return err
		}
	}
	if !a.Whole(notary.InArchive) {
		if err := s.repairArchive(ctx, n, a); err != nil {
			return err
		}
	}
	if !a.Whole(notary.InTree) {
		blocks, err := n.Whole(ctx, a)
		if err != nil {
			return err
		}
		if err := n.RepairTrees(ctx, blocks); err != nil {
			return err
		}
		fmt.Fprintln(s.out, "made the trees anew from the blocks")
	}
	after, err := n.Audit(ctx, nil, quiet)
	if err != nil {
		return err
	}
	s.printAudit(after)
	if !after.Clean() {
		return errDiffers
	}
	return nil
}

// repairLog writes a new stream and makes it the one that serve opens.
func (s *server) repairLog(ctx context.Context, n *notary.Notary, a notary.Audit, log eventstore.Config) error {
	blocks, err := n.Whole(ctx, a)
	if err != nil {
		return err
	}
	damaged := log.Stream
	log.Stream, log.MustExist = s.data.nextStream(damaged), false
	end, head, err := eventstore.Copy(ctx, log, blocks)
	if err != nil {
		return err
	}
	store, err := eventstore.Open(ctx, log)
	if err != nil {
		return err
	}
	s.parts = append(s.parts, part{"the log", func(context.Context) error { store.Close(); return nil }})
	n.Log = store
	r := projections.Repair{At: time.Now(), What: "stream " + log.Stream, Reason: reasonOf(a, notary.InLog), Blocks: end, Head: head}
	if err := n.Archive.RecordRepair(ctx, r); err != nil {
		return err
	}
	if err := replaceFile(s.data.file(streamFile), []byte(log.Stream+"\n")); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "made the stream %s with %d blocks from the archive; serve opens it from now on, and %s is left as it is\n", log.Stream, end, damaged)
	return nil
}

// repairArchive writes a new table of the archive.
func (s *server) repairArchive(ctx context.Context, n *notary.Notary, a notary.Audit) error {
	blocks, err := n.Whole(ctx, a)
	if err != nil {
		return err
	}
	old, end, err := n.Archive.Rewrite(ctx, blocks)
	if err != nil {
		return err
	}
	r := projections.Repair{At: time.Now(), What: "archive", Reason: reasonOf(a, notary.InArchive), Blocks: end}
	if last, err := n.Archive.Block(ctx, end); err == nil {
		r.Head = last.Hash()
	}
	if err := n.Archive.RecordRepair(ctx, r); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "made the archive anew with %d blocks from the log; the old one is the table aidledger_archive.%s\n", end, old)
	return nil
}

func reasonOf(a notary.Audit, in string) string {
	for _, f := range a.Findings {
		if f.In == in {
			return fmt.Sprintf("position %s: %s", f.Position, f.Reason)
		}
	}
	return ""
}

// streamFile names the stream that a repair has made.
const streamFile = "stream"

// currentStream returns the stream that a repair has made, where the settings
// name no other than the usual one.
func (d *dataDir) currentStream(named string) (string, error) {
	text, err := os.ReadFile(d.file(streamFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && named != eventstore.DefaultStream:
		return named, nil
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// nextStream returns a name that no stream has had.
func (d *dataDir) nextStream(damaged string) string {
	base, _, _ := strings.Cut(damaged, "-repaired-")
	return base + "-repaired-" + time.Now().UTC().Format("20060102T150405")
}
