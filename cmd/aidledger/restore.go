package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"
	"aidledger/projections/people"
	"aidledger/projections/vault"

	"github.com/spf13/cobra"
)

func (c *command) restore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore DIRECTORY --keys DIRECTORY",
		Short: "Make a new data directory from a backup, and verify it",
		Args:  exactly(1),
	}
	bind(cmd, "serve")
	keys := cmd.Flags().String("keys", "", "the keys, as backup copied them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *keys == "" {
			return usage(cmd, "restore needs --keys")
		}
		o, err := readServeOptions(cmd)
		if err != nil {
			return err
		}
		if err := restorable(args[0], *keys, o.dir); err != nil {
			return err
		}
		o.restoring = true
		return c.offline(cmd.Context(), o, func(s *server, ctx context.Context, log eventstore.Config) error {
			if err := placeKeys(*keys, s.data.path); err != nil {
				return err
			}
			if err := s.restore(ctx, log, args[0]); err != nil {
				return err
			}
			return os.Remove(s.data.file(restoringFile))
		})
	}
	return cmd
}

// restorable says what is wrong before anything is made.
func restorable(backup, keys, data string) error {
	if there, err := os.ReadDir(data); err == nil && len(there) > 0 {
		return fmt.Errorf("%s is the directory of a server already; name a new one with --data", data)
	}
	if _, err := os.Stat(filepath.Join(keys, signingKeyFile)); err != nil {
		return fmt.Errorf("the keys that backup --keys has copied are not in %s: %w", keys, err)
	}
	return checkSums(backup)
}

// checkSums compares the files of a backup with their hashes.
func checkSums(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		want, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		data, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, data)
		data.Close()
		if err != nil {
			return err
		}
		if hex.EncodeToString(sum.Sum(nil)) != want {
			return fmt.Errorf("%s of the backup is not as it was written; use another backup", name)
		}
	}
	return nil
}

// restoreDurable fills the tables that no log can bring back.
func (s *server) restoreDurable(ctx context.Context, dir string) error {
	for _, part := range []struct {
		file, url string
		restore   func(context.Context, string, io.Reader) error
	}{
		{vaultFile, cmp.Or(s.vaultURL, s.database), vault.Restore},
		{peopleFile, cmp.Or(s.peopleURL, s.database), people.Restore},
	} {
		f, err := os.Open(filepath.Join(dir, part.file))
		if err != nil {
			return err
		}
		err = part.restore(ctx, part.url, f)
		f.Close()
		if err != nil {
			return err
		}
		if part.file == vaultFile {
			if err := s.opensVault(ctx, part.url); err != nil {
				return err
			}
		}
	}
	return nil
}

// opensVault finds out whether the master key, where there is one, is that of
// the vault: else nobody could read about beneficiaries, and only then notice.
func (s *server) opensVault(ctx context.Context, url string) error {
	text := s.vaultKey
	if text == "" {
		file, err := os.ReadFile(s.data.file(masterKeyFile))
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New("there is no master key among the keys; give the one that the server has had (AIDLEDGER_VAULT_KEY)")
		}
		if err != nil {
			return err
		}
		text = strings.TrimSpace(string(file))
	}
	master, err := vault.ParseKey(text)
	if err != nil {
		return err
	}
	v, err := vault.Open(ctx, url, master)
	if err != nil {
		return err
	}
	v.Close()
	return nil
}

// restoreFiles stores the attachments again.
func (s *server) restoreFiles(ctx context.Context, dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, filesDir, "*", "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := s.store.PutFile(ctx, filepath.Base(filepath.Dir(name)), data); err != nil {
			return err
		}
	}
	return nil
}

// restore writes the log, makes the read models from it, and compares all of
// it with each other and with the checkpoints of the backup.
func (s *server) restore(ctx context.Context, log eventstore.Config, dir string) error {
	f, err := os.Open(filepath.Join(dir, blocksFile))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.restoreDurable(ctx, dir); err != nil {
		return err
	}
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
	if err := s.restoreFiles(ctx, dir); err != nil {
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
		if err := web.CheckFiles(ctx, s.store, s.views, &v.Report); err != nil {
			return err
		}
	}
	s.printVerification(v)
	if !v.Clean {
		return errDiffers
	}
	return n.Adopt(ctx, kept)
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
