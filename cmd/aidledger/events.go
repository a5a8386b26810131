package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"aidledger/cmd/internal/web"
	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (c *command) events() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Show the events of a ledger as they are in the log",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	from := f.String("from", "", "first position")
	to := f.String("to", "", "last position")
	inPast := past(cmd)
	follow := f.Bool("follow", false, "go on as events are recorded, until interrupted")
	asJSON := f.Bool("json", false, "print one JSON object per line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := url.Values{}
		set(q, "from", *from)
		set(q, "to", *to)
		inPast(q)
		if *follow {
			q.Set("follow", "true")
		}
		answer, err := cl.send(cmd.Context(), request{method: "GET", path: ledger + "/events", query: q,
			header: http.Header{"Accept": {"application/x-ndjson"}}})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		err = c.printEvents(answer.Body, *asJSON, *follow)
		if cmd.Context().Err() != nil {
			return nil // interrupted, which is how following ends
		}
		return err
	}
	return cmd
}

func (c *command) printEvents(body io.Reader, asJSON, follow bool) error {
	out := bufio.NewWriterSize(c.out, 32<<10)
	defer out.Flush()
	decoder := jsontext.NewDecoder(body)
	for {
		raw, err := decoder.ReadValue()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the answer of the server broke off: %w", err)
		}
		if err := printEvent(out, raw, asJSON); err != nil {
			return err
		}
		if follow {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func printEvent(out *bufio.Writer, raw jsontext.Value, asJSON bool) error {
	var line struct {
		eventstore.Record
		Problem *web.Problem `json:"problem"`
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		return err
	}
	if line.Problem != nil {
		return line.Problem
	}
	if asJSON {
		_, _ = out.Write(raw)
		return out.WriteByte('\n')
	}
	_, err := fmt.Fprintf(out, "%-8s %s  %s  %s  %s\n", line.Position, line.Recorded.Format("2006-01-02T15:04:05Z"), line.Type, line.Entry, line.Data)
	return err
}
