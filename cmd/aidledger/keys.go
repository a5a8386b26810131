package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"aidledger/cmd/internal/notary"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

const (
	signingKeyFile = "signing-key"
	retiredKeys    = "retired-keys"
	witnessesFile  = "witnesses"
)

// newNotary returns a notary with the keys of the data directory.
func (s *server) newNotary(log projections.Log) (*notary.Notary, error) {
	keys, err := s.data.signingKeys(s.origin)
	if err != nil {
		return nil, err
	}
	retired, err := s.data.retiredKeys()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(s.data.file(witnessesFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	witnesses, err := notary.ParseWitnesses(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.data.file(witnessesFile), err)
	}
	return &notary.Notary{Log: log, Archive: s.views.Archive(), Keys: keys, Retired: retired, Witnesses: witnesses, Now: time.Now, Out: s.log}, nil
}

// startNotary signs checkpoints from now on.
func (s *server) startNotary(ctx context.Context) (err error) {
	if s.notary, err = s.newNotary(s.store); err != nil {
		return err
	}
	if err := s.notary.CheckKeys(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.data.file(signingKeyFile), err)
	}
	if err := s.recordRotation(ctx); err != nil {
		s.log.Warn("the change of the signing key is not recorded; the next start tries again", "error", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.notary.Run(running)
	}()
	s.parts = append(s.parts, part{"the notary", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
	return nil
}

// recordRotation records in every ledger which keys have begun and ceased to
// sign it. What a new key signs first is signed on the way.
func (s *server) recordRotation(ctx context.Context) error {
	if len(s.notary.Keys) == 1 && len(s.notary.Retired) == 0 {
		return nil
	}
	recorded, err := s.recordKeys(ctx)
	if err != nil || recorded == 0 && len(s.notary.Keys) == 1 {
		return err
	}
	if err := s.notary.SignAll(ctx); err != nil {
		return err
	}
	_, err = s.recordKeys(ctx)
	return err
}

func (s *server) recordKeys(ctx context.Context) (recorded int, err error) {
	ledgers, err := s.store.Ledgers(ctx)
	if err != nil {
		return 0, err
	}
	for _, ledger := range ledgers {
		requests, err := s.notary.Rotation(ctx, ledger)
		if err != nil {
			return recorded, err
		}
		for _, q := range requests {
			receipt, err := s.store.Submit(ctx, ledger, q)
			if eventstore.Away(err) { // the region that has it signs it
				break
			}
			if err != nil {
				return recorded, err
			}
			recorded++
			if err := s.runner.WaitFor(ctx, receipt.Position.Block); err != nil {
				return recorded, err
			}
		}
	}
	return recorded, nil
}

// retiredKeys returns the public halves of keys that sign no more, the last one
// first.
func (d *dataDir) retiredKeys() (keys []proof.PublicKey, err error) {
	name := d.file(retiredKeys)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(text)) {
		k, err := proof.ParsePublicKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged; restore it from a backup: %w", name, err)
		}
		keys = append(keys, k)
	}
	return keys, err
}

// retire keeps the public half of a key, before the private one is gone.
func (d *dataDir) retire(k proof.PublicKey) error {
	older, err := os.ReadFile(d.file(retiredKeys))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return replaceFile(d.file(retiredKeys), append([]byte(k.String()+"\n"), older...))
}

// signingKeys returns the keys that checkpoints are signed with, and makes the
// first one at the first call, under the name of the server. It refuses a file
// that others may read, and a name that the first key does not have.
func (d *dataDir) signingKeys(origin string) (keys []proof.SigningKey, err error) {
	name := d.file(signingKeyFile)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.firstSigningKey(origin); err != nil {
			return nil, err
		}
		info, err = os.Stat(name)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read the key in %s; close it with: chmod 600 %s", name, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		k, err := proof.ParseSigningKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged; restore it from a backup of the keys: %w", name, err)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s is empty; restore it from a backup of the keys", name)
	}
	if origin != "" && keys[0].Name() != origin {
		return nil, fmt.Errorf("AIDLEDGER_ORIGIN is %s, but everything so far was signed as %s; a server keeps its name", origin, keys[0].Name())
	}
	return keys, nil
}

func (d *dataDir) firstSigningKey(origin string) error {
	if origin == "" {
		var random [4]byte
		rand.Read(random[:]) // never fails
		origin = "aidledger.local/" + hex.EncodeToString(random[:])
	}
	if strings.ContainsAny(origin, "+ \t\n") {
		return fmt.Errorf("AIDLEDGER_ORIGIN %q has a space or a +; use a name such as ledger.example.org", origin)
	}
	key, err := proof.GenerateSigningKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	return replaceFile(d.file(signingKeyFile), []byte(key+"\n"))
}

// rotateKey changes the key of a server that is not running. Keys are lines of
// one file; all of them sign.
func (c *command) rotateKey() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate-key",
		Short: "Begin to sign with a new key beside the old one, or --finish with the old one",
		Long: "Begin to sign with a new key beside the old one, so that verifiers have time to learn it, and later --finish\n" +
			"with the old one. The server must not be running.",
		Args: exactly(0),
	}
	cmd.Flags().String("data", usualDataDir(), "directory of the ledger's data (AIDLEDGER_DATA)")
	finish := cmd.Flags().Bool("finish", false, "sign with the new key alone from now on")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := openDataDir(value(cmd, "AIDLEDGER_DATA"))
		if err != nil {
			return err
		}
		defer d.release()
		keys, err := d.signingKeys("")
		if err != nil {
			return err
		}
		text, err := os.ReadFile(d.file(signingKeyFile))
		if err != nil {
			return err
		}
		switch {
		case *finish && len(keys) < 2:
			return errors.New("there is one key alone; begin with: aidledger rotate-key")
		case *finish:
			if err := d.retire(keys[0].PublicKey); err != nil {
				return err
			}
			_, rest, _ := strings.Cut(string(text), "\n")
			text = []byte(rest)
		case len(keys) > 1:
			return errors.New("a rotation has begun already; end it with: aidledger rotate-key --finish")
		default:
			key, err := proof.GenerateSigningKey(rand.Reader, keys[0].Name())
			if err != nil {
				return err
			}
			text = append(text, key+"\n"...)
		}
		if err := replaceFile(d.file(signingKeyFile), text); err != nil {
			return err
		}
		if keys, err = d.signingKeys(""); err == nil {
			fmt.Fprintf(c.out, "%s signs with %d keys; give verifiers the new one: aidledger keys\n", keys[0].Name(), len(keys))
		}
		return err
	}
	return cmd
}
