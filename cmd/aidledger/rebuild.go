package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func (c *command) rebuild() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make all read models anew from the log, while readers go on",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	events := cmd.Flags().Bool("events", false, "instead, send all events again on their NATS subjects: subscribers get all of it once more")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *events {
			return c.rebuildEvents(cmd)
		}
		s, err := long[projections.Status](c, cmd, "/v1/rebuild", "rebuilding")
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "rebuilt: generation %d at block %d\n", s.Generation, s.Position)
		return nil
	}
	return cmd
}

func (c *command) rebuildEvents(cmd *cobra.Command) error {
	cl, err := newClient(cmd)
	if err != nil {
		return err
	}
	answer, err := cl.send(cmd.Context(), request{method: "POST", path: "/v1/rebuild/events", header: http.Header{}})
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, "the events are sent again; status shows how far it is")
	return answer.Body.Close()
}

// long asks for something that takes its time, and shows how far it is.
func long[T any](c *command, cmd *cobra.Command, path, what string, body ...byte) (result T, err error) {
	cl, err := newClient(cmd)
	if err != nil {
		return result, err
	}
	return longer[T](c, cmd, cl, request{method: "POST", path: path, header: http.Header{}, body: bytes.NewReader(body)}, what)
}

// longer is long for a request that says more than its path.
func longer[T any](c *command, cmd *cobra.Command, cl *client, q request, what string) (result T, err error) {
	answer, err := cl.send(cmd.Context(), q)
	if err != nil {
		return result, err
	}
	defer answer.Body.Close()
	bar := c.newBar(what)
	defer bar.close()
	decoder := jsontext.NewDecoder(answer.Body)
	for {
		var line web.ProgressLine[T]
		switch err := json.UnmarshalDecode(decoder, &line); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return result, fmt.Errorf("the server stopped before it was done")
		case err != nil:
			return result, err
		case line.Problem != nil:
			return result, line.Problem
		case line.Result != nil:
			return *line.Result, nil
		}
		bar.update(line.Done, line.Total)
	}
}
