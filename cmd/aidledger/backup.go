package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// Names of the files of a backup: every block, one a line, and every signed
// checkpoint, one after the other.
const (
	blocksFile      = "blocks.jsonl"
	checkpointsFile = "checkpoints"
)

func (c *command) backup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup DIRECTORY",
		Short: "Copy the log and its checkpoints into a new directory while the server runs; the key goes elsewhere",
		Long: "Copy the log and its checkpoints into a new directory while the server runs. The key that signs is not in it:\n" +
			"with --signing-key FILE it is copied to a place of its own. People and their passwords are not in it either.",
		Args: exactly(1),
	}
	bind(cmd, "client")
	keyFile := cmd.Flags().String("signing-key", "", "copy the key that signs, from the data directory, to this new file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, err := newClient(cmd)
		if err != nil {
			return err
		}
		status, err := fetch[web.Status](cmd.Context(), cl, "/v1/status", nil)
		if err != nil {
			return err
		}
		if err := os.Mkdir(args[0], 0o700); err != nil {
			return err
		}
		if err := download(cmd.Context(), cl, filepath.Join(args[0], blocksFile), "/v1/blocks", url.Values{"to": {strconv.FormatUint(status.LogEnd, 10)}}); err != nil {
			return err
		}
		for _, ledger := range status.Ledgers {
			if err := download(cmd.Context(), cl, filepath.Join(args[0], checkpointsFile), "/v1/ledgers/"+url.PathEscape(ledger)+"/checkpoints", nil); err != nil {
				return err
			}
		}
		if *keyFile != "" {
			if err := copyKey(filepath.Join(value(cmd, "AIDLEDGER_DATA"), signingKeyFile), *keyFile); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.out, "%s has the %d blocks of the log\n", args[0], status.LogEnd)
		return nil
	}
	return cmd
}

// download adds an answer to a file.
func download(ctx context.Context, cl *client, name, path string, q url.Values) error {
	answer, err := cl.send(ctx, request{method: "GET", path: path, query: q})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, answer.Body); err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func copyKey(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already", to)
	}
	return replaceFile(to, text)
}

func (c *command) restore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore DIRECTORY --signing-key FILE",
		Short: "Make a new data directory from a backup, and verify it",
		Args:  exactly(1),
	}
	bind(cmd, "serve")
	keyFile := cmd.Flags().String("signing-key", "", "the key that signs, as backup copied it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *keyFile == "" {
			return usage(cmd, "restore needs --signing-key")
		}
		o, err := readServeOptions(cmd)
		if err != nil {
			return err
		}
		return c.offline(cmd.Context(), o, func(s *server, ctx context.Context, log eventstore.Config) error {
			if err := copyKey(*keyFile, s.data.file(signingKeyFile)); err != nil {
				return err
			}
			return s.restore(ctx, log, args[0])
		})
	}
	return cmd
}

// restore writes the log, makes the read models from it, and compares all of
// it with each other and with the checkpoints of the backup.
func (s *server) restore(ctx context.Context, log eventstore.Config, dir string) error {
	f, err := os.Open(filepath.Join(dir, blocksFile))
	if err != nil {
		return err
	}
	defer f.Close()
	end, _, err := eventstore.Copy(ctx, log, blocksIn(f))
	if err != nil {
		return err
	}
	if s.store, err = eventstore.Open(ctx, log); err != nil {
		return err
	}
	s.parts = append(s.parts, part{"the log", func(context.Context) error { s.store.Close(); return nil }})
	if err := s.data.rememberLog(log.Stream); err != nil {
		return err
	}
	s.runner = projections.NewRunner(s.views, s.store, s.log)
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.runner.Run(running) }()
	s.parts = append(s.parts, part{"the read models", func(ctx context.Context) error { stop(); return waitFor(ctx, ended) }})
	if err := s.runner.WaitFor(ctx, end); err != nil {
		return err
	}
	return s.verifyRestored(ctx, dir)
}

func (s *server) verifyRestored(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, checkpointsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept, err := proof.SplitNotes(text)
	if err != nil {
		return err
	}
	n, err := s.newNotary(s.store)
	if err != nil {
		return err
	}
	if err := n.Sign(ctx); err != nil {
		return err
	}
	quiet := func(uint64, uint64) {}
	var v web.Verification
	if v.Copies, err = n.Audit(ctx, kept, quiet); err != nil {
		return err
	}
	if v.Copies.Clean() {
		if v.Report, err = s.runner.Verify(ctx, quiet); err != nil {
			return err
		}
	}
	s.printVerification(v)
	if !v.Clean {
		return errDiffers
	}
	return nil
}

// blockMax is the most bytes of a block.
const blockMax = 16 << 20

// blocksIn reads the blocks of a backup. Each says which ledger it is of, and
// its line is its place in the stream.
func blocksIn(f io.Reader) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, blockMax)
		n := uint64(0)
		for lines.Scan() {
			n++
			data := append([]byte(nil), lines.Bytes()...)
			b, err := proof.ParseBlock(data)
			if err != nil {
				err = fmt.Errorf("line %d of %s: %w", n, blocksFile, err)
			}
			if !yield(eventstore.Message{Sequence: n, Ledger: b.Ledger, Data: data}, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(eventstore.Message{}, err)
		}
	}
}
