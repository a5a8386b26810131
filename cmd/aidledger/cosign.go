package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aidledger/eventstore/proof"

	"github.com/spf13/cobra"
)

// cosign is for an auditor, whose machine needs no network and no server. In a
// directory of the auditor's own are the key, the list of keys of the logs that
// are watched, and for each of them the checkpoint that was cosigned last.
func (c *command) cosign() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cosign FILE",
		Short: "Cosign a checkpoint that is consistent with the last one (for an auditor, without a network)",
		Long: "Cosign a checkpoint that is consistent with the one that was cosigned last. FILE is what aidledger checkpoint\n" +
			"--since SIZE printed. The signature line goes to stdout, for: aidledger checkpoint --cosigned.",
		Args: exactly(1),
	}
	f := cmd.Flags()
	dir := f.String("auditor", "", "directory of the auditor's key, list of keys and last checkpoints")
	name := f.String("name", "", "make the directory's key under this name, such as audit-office.example/2026")
	keys := f.String("keys", "", "file with the keys of the ledger, as aidledger keys prints them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *dir == "" || *keys == "" {
			return usage(cmd, "cosign needs --auditor and --keys")
		}
		cosigner, err := c.openCosigner(*dir, *name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(*keys)
		if err != nil {
			return err
		}
		auditor := proof.Auditor{Cosigner: cosigner}
		if auditor.Keys, err = proof.ParseKeys(string(text)); err != nil {
			return fmt.Errorf("%s: %w", *keys, err)
		}
		body, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		line, err := cosignIn(*dir, auditor, body)
		if err == nil {
			_, err = fmt.Fprint(c.out, line)
		}
		return err
	}
	return cmd
}

// openCosigner reads the auditor's key, and makes it first where a name is given.
func (c *command) openCosigner(dir, name string) (k proof.Cosigner, err error) {
	file := filepath.Join(dir, "cosigning-key")
	text, err := os.ReadFile(file)
	switch {
	case err == nil && name != "":
		return k, fmt.Errorf("%s has a key already; leave out --name", dir)
	case errors.Is(err, fs.ErrNotExist) && name == "":
		return k, fmt.Errorf("%s has no key; make one with --name", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return k, err
	case name != "":
		key, err := proof.GenerateCosigner(rand.Reader, name)
		if err != nil {
			return k, err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return k, err
		}
		if text = []byte(key + "\n"); replaceFile(file, text) != nil {
			return k, fmt.Errorf("the key cannot be written to %s", file)
		}
	}
	if k, err = proof.ParseCosigner(string(text)); err != nil {
		return k, fmt.Errorf("%s: %w", file, err)
	}
	if name != "" {
		fmt.Fprintf(c.notes, "the key of %s is made; the server needs this line in its file of witnesses:\n%s\n", name, k.Verifier())
	}
	return k, nil
}

// cosignIn cosigns a request. The checkpoint is kept before its signature is
// given away, and one that is refused as inconsistent is kept beside it, since
// the two together prove that somebody changed the log.
func cosignIn(dir string, auditor proof.Auditor, body []byte) (line string, err error) {
	r, err := proof.ParseRequest(body)
	if err != nil {
		return "", err
	}
	stated, err := proof.ReadUnverified(r.Checkpoint)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(stated.Origin))
	file := filepath.Join(dir, hex.EncodeToString(sum[:8])+".checkpoint")
	var last proof.Checkpoint
	kept, err := os.ReadFile(file)
	if err == nil {
		last, err = proof.ReadUnverified(kept)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	_, line, err = auditor.Cosign(r, last, time.Now())
	var refused *proof.Refused
	if errors.As(err, &refused) && refused.Code == "inconsistent_checkpoints" {
		evidence := filepath.Join(dir, fmt.Sprintf("%x.evidence", sha256.Sum256(body)))
		if err := replaceFile(evidence, body); err != nil {
			return "", errors.Join(refused, err)
		}
		return "", fmt.Errorf("%w; it was kept as %s beside %s", errors.Join(errDiffers, refused), evidence, file)
	}
	if err != nil {
		return "", err
	}
	return line, replaceFile(file, r.Checkpoint)
}
