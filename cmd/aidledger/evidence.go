package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"aidledger/cmd/internal/evidence"
	"aidledger/cmd/internal/web"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) exportEvidence() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence DIRECTORY",
		Short: "Write a bundle that an auditor checks without a network: entries, checkpoints, totals, and how to check them",
		Long: "Write a bundle that an auditor checks without a network, with aidledger-verify or without. With a filter the other\n" +
			"entries are there as hashes: that nothing is missing can still be proved, but not what they say.",
		Args: exactly(1),
	}
	bind(cmd, "client")
	scope := url.Values{}
	for _, name := range []string{"fund", "project", "place", "provider", "year"} {
		cmd.Flags().Func(name, "choose the entries of this "+name, func(v string) error { scope.Set(name, v); return nil })
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		m, err := exportBundle(cmd, cl, ledger, args[0], scope)
		if err != nil {
			return err
		}
		r, err := evidence.Verify(os.DirFS(args[0]), evidence.Trust{})
		if err == nil && len(r.Different) > 0 {
			err = fmt.Errorf("%s; run aidledger verify", r.Different[0])
		}
		if err != nil {
			return fmt.Errorf("the bundle does not verify: %w", err)
		}
		fmt.Fprintf(c.out, "%s holds %d entries of %s, of which %d are withheld; it was verified\n", args[0], m.Size, m.Ledger, r.Withheld)
		return nil
	}
	return cmd
}

// exportBundle signs a checkpoint, and writes everything as of it.
func exportBundle(cmd *cobra.Command, cl *client, ledger, dir string, scope url.Values) (m evidence.Manifest, err error) {
	ctx := cmd.Context()
	answer, err := cl.send(ctx, request{method: "POST", path: ledger + "/checkpoint", header: http.Header{}})
	if err != nil {
		return m, err
	}
	defer answer.Body.Close()
	var last web.Checkpoint
	if err := json.UnmarshalRead(answer.Body, &last); err != nil {
		return m, err
	}
	m = evidence.Manifest{Ledger: last.Ledger, Origin: last.Origin, Size: last.Size, Position: last.Position.String(), Made: time.Now().UTC().Truncate(time.Second)}
	for name := range scope {
		if m.Scope == nil {
			m.Scope = map[string]string{}
		}
		m.Scope[name] = scope.Get(name)
	}
	to, err := evidence.NewDirectory(dir)
	if err != nil {
		return m, err
	}
	defer to.Close()
	w := evidence.NewWriter(to, m)
	size := strconv.FormatInt(last.Size, 10)
	if err := w.Add(evidence.CheckpointFile, bytes.NewReader([]byte(last.Signed))); err != nil {
		return m, err
	}
	entries := url.Values{"size": {size}}
	for name := range scope {
		entries.Set(name, scope.Get(name))
	}
	for _, f := range []struct {
		name, path string
		query      url.Values
	}{
		{evidence.EntriesFile, "/entries", entries},
		{evidence.CheckpointsFile, "/checkpoints", url.Values{"size": {size}}},
		{evidence.KeysFile, "/keys", nil},
	} {
		if err := addAnswer(ctx, w, cl, f.name, ledger+f.path, f.query); err != nil {
			return m, err
		}
	}
	for _, by := range evidence.Dimensions() {
		if len(scope) > 0 {
			break // totals of everything would say what was withheld
		}
		t, err := allTotals(cmd, cl, url.Values{"by": {by}, "as_of": {m.Position}})
		if err != nil {
			return m, err
		}
		var text bytes.Buffer
		if err := web.TotalsCSV(&text, t); err != nil {
			return m, err
		}
		if err := w.Add(evidence.TotalsFile(by), &text); err != nil {
			return m, err
		}
	}
	return m, errors.Join(w.Close(), to.Close())
}

// addAnswer adds what the server answers.
func addAnswer(ctx context.Context, w *evidence.Writer, cl *client, name, path string, query url.Values) error {
	answer, err := cl.send(ctx, request{method: "GET", path: path, query: query})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return w.Add(name, io.Reader(answer.Body))
}
