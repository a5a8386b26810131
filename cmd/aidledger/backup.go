package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/spf13/cobra"
)

// Names of the files of a backup: every block, one a line; every signed
// checkpoint, one after the other; the rows of tables that no log can bring
// back; attachments, each under its ledger and hash; what the data directory
// says about keys in public; and the SHA-256 of all of these, as sha256sum
// writes it.
const (
	blocksFile      = "blocks.jsonl"
	checkpointsFile = "checkpoints"
	peopleFile      = "people.jsonl"
	vaultFile       = "vault.jsonl"
	filesDir        = "files"
	sumsFile        = "SHA256SUMS"
)

// masterKeyFile is what wraps the keys of people, in the data directory.
const masterKeyFile = "master.key"

func (c *command) backup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup DIRECTORY --keys DIRECTORY",
		Short: "Copy the log, attachments, people and sealed data into a new directory while the server runs; the keys go elsewhere",
		Long: "Copy the log with its checkpoints, the attachments, the people and the wrapped keys of beneficiaries into a new\n" +
			"directory while the server runs. The key that signs and the master key are not in it: with --keys they are copied\n" +
			"to a directory of their own. Keep the two apart.",
		Args: exactly(1),
	}
	bind(cmd, "client")
	keys := cmd.Flags().String("keys", "", "copy the keys of the data directory into this new directory")
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
		if *keys != "" {
			if err := copyKeys(value(cmd, "AIDLEDGER_DATA"), *keys); err != nil {
				return errors.Join(err, os.Remove(args[0])) // which is empty
			}
		}
		b := &backup{dir: args[0], client: cl, sums: map[string]string{}}
		if err := b.run(cmd.Context(), status); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s has the %d blocks of the log, %d attachments, the people and the wrapped keys of beneficiaries\n", args[0], status.LogEnd, b.files)
		if len(b.lost) > 0 {
			return fmt.Errorf("these attachments are lost or damaged and not in the backup: %s", strings.Join(b.lost, ", "))
		}
		return nil
	}
	return cmd
}

// backup is a directory that is being written.
type backup struct {
	dir    string
	client *client
	sums   map[string]string // SHA-256 of each file, by its name
	files  int
	lost   []string // attachments that the server does not have any more
}

func (b *backup) run(ctx context.Context, status web.Status) error {
	if err := b.download(ctx, blocksFile, "/v1/blocks", url.Values{"to": {strconv.FormatUint(status.LogEnd, 10)}}); err != nil {
		return err
	}
	var checkpoints []string
	for _, ledger := range status.Ledgers {
		path := "/v1/ledgers/" + url.PathEscape(ledger)
		checkpoints = append(checkpoints, path+"/checkpoints")
		if err := b.attachments(ctx, ledger, path+"/attachments"); err != nil {
			return err
		}
	}
	if err := b.downloadAll(ctx, checkpointsFile, checkpoints, nil); err != nil {
		return err
	}
	if err := b.download(ctx, peopleFile, "/v1/backup/people", nil); err != nil {
		return err
	}
	if err := b.download(ctx, vaultFile, "/v1/backup/vault", nil); err != nil {
		return err
	}
	return b.sum()
}

// attachments saves the files of a ledger, each once.
func (b *backup) attachments(ctx context.Context, ledger, path string) error {
	for q := (url.Values{"limit": {"1000"}}); ; {
		page, err := fetch[projections.List[projections.Attachment]](ctx, b.client, path, q)
		if err != nil {
			return err
		}
		for _, a := range page.Rows {
			name := filesDir + "/" + ledger + "/" + a.SHA256
			if b.sums[name] != "" {
				continue
			}
			err := b.download(ctx, name, path+"/"+url.PathEscape(string(a.Attachment)), nil)
			var problem *web.Problem
			if errors.As(err, &problem) && (problem.Status == http.StatusNotFound || problem.Status == http.StatusServiceUnavailable) {
				b.lost = append(b.lost, ledger+" "+string(a.Attachment))
				continue
			}
			if err != nil {
				return err
			}
			b.files++
		}
		if page.Next == "" {
			return nil
		}
		q.Set("after", page.Next)
	}
}

func (b *backup) download(ctx context.Context, name, path string, q url.Values) error {
	return b.downloadAll(ctx, name, []string{path}, q)
}

// downloadAll writes answers into one file, one after the other.
func (b *backup) downloadAll(ctx context.Context, name string, paths []string, q url.Values) error {
	var out *os.File
	sum := sha256.New()
	for _, path := range paths {
		answer, err := b.client.send(ctx, request{method: "GET", path: path, query: q})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if out == nil {
			if out, err = create(filepath.Join(b.dir, filepath.FromSlash(name))); err != nil {
				return err
			}
			defer out.Close()
		}
		if _, err := io.Copy(io.MultiWriter(out, sum), answer.Body); err != nil {
			return err
		}
	}
	if out == nil {
		return nil
	}
	b.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return errors.Join(out.Sync(), out.Close())
}

func create(name string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// sum writes the hashes of all files, as sha256sum --check reads them.
func (b *backup) sum() error {
	var names []string
	for name := range b.sums {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%s  %s\n", b.sums[name], name)
	}
	return replaceFile(filepath.Join(b.dir, sumsFile), []byte(text.String()))
}

// keyFiles are what a server cannot do without and what nobody else may have,
// with the public halves of its older keys and the list of its witnesses.
var keyFiles = []string{signingKeyFile, masterKeyFile, retiredKeys, witnessesFile}

// copyKeys copies the keys of a data directory into a new directory.
func copyKeys(from, to string) error {
	if _, err := os.Stat(filepath.Join(from, signingKeyFile)); err != nil {
		return fmt.Errorf("the keys can only be copied on the machine of the server: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	return placeKeys(from, to)
}

// placeKeys copies those keys that are there. A master key that is given as a
// setting is in no file.
func placeKeys(from, to string) error {
	for _, name := range keyFiles {
		text, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) && name != signingKeyFile {
			continue
		}
		if err != nil {
			return err
		}
		if err := replaceFile(filepath.Join(to, name), text); err != nil {
			return err
		}
	}
	return nil
}
