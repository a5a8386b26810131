package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aidledger/cmd/internal/qr"
	"aidledger/cmd/internal/web"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (c *command) checkpoint() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Sign what was recorded until now, and show the checkpoint",
		Long: "Sign what was recorded until now, and show the checkpoint. Who keeps it can tell later whether anything before\n" +
			"it was changed: aidledger-verify checks with --earlier.",
		Args: exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	since := f.Int64("since", -1, "print what an auditor who cosigned this size needs to cosign the checkpoint")
	size := f.Int64("size", 0, "show the checkpoint of this size, and sign nothing")
	asNote := f.Bool("note", false, "print the signed note alone, as it is kept in a file")
	asJSON := f.Bool("json", false, "print JSON")
	asQR := f.Bool("qr", false, "draw the signed note as a QR code")
	asSVG := f.Bool("svg", false, "the same as an SVG image, to print it")
	cosignatures := f.Bool("cosigned", false, "add the signature lines of auditors that stdin has to the checkpoint of --size")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := request{method: "POST", path: ledger + "/checkpoint", header: http.Header{}}
		switch {
		case *cosignatures:
			q.path, q.body, q.query = q.path+"/cosignatures", c.in, url.Values{"size": {strconv.FormatInt(*size, 10)}}
		case *size > 0:
			q.method, q.query = "GET", url.Values{"size": {strconv.FormatInt(*size, 10)}}
		}
		answer, err := cl.send(cmd.Context(), q)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var made web.Checkpoint
		if err := json.UnmarshalRead(answer.Body, &made); err != nil {
			return err
		}
		switch {
		case *since >= 0:
			text, err := cl.get(cmd.Context(), ledger+"/checkpoint/request", url.Values{"old": {strconv.FormatInt(*since, 10)}})
			if err == nil {
				_, err = c.out.Write(text)
			}
			return err
		case *asNote:
			_, err := io.WriteString(c.out, made.Signed)
			return err
		case *asJSON:
			return c.printJSON(made)
		case *asQR || *asSVG:
			return c.drawNote(made.Signed, *asSVG)
		}
		c.printCheckpoint(made)
		return nil
	}
	return cmd
}

// drawNote draws a signed note, so that it can be kept on paper.
func (c *command) drawNote(note string, asSVG bool) error {
	code, err := qr.Encode([]byte(note))
	if err != nil {
		return err
	}
	drawn := code.Terminal()
	if asSVG {
		drawn = code.SVG()
	}
	_, err = io.WriteString(c.out, drawn)
	return err
}

func (c *command) printCheckpoint(p web.Checkpoint) {
	fmt.Fprintf(c.out, "ledger    %s\nentries   %d, up to position %s\nroot      %s\nhead      %s\nsigned    %s\nstanding  %s\n\n%s",
		p.Ledger, p.Size, p.Position, p.Root, p.Head, p.SignedAt.Format(time.RFC3339), p.Standing, p.Signed)
}

func (c *command) receipt() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receipt ID",
		Short: "Print a receipt that proves an entry to anybody: of a disbursement, an entry or a position",
		Long: "Print a receipt that proves an entry to anybody: of a disbursement, an entry or a position. It is verified without\n" +
			"a network by: aidledger-verify receipt FILE --keys FILE",
		Args: exactly(1),
	}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.printText(cmd, "/receipts/"+url.PathEscape(args[0]))
	}
	return cmd
}

func (c *command) keys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Print the keys with which the checkpoints and receipts of a ledger are verified",
		Args:  exactly(0),
	}
	bind(cmd, "client")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.printText(cmd, "/keys") }
	return cmd
}

// printText prints the text that a path below the ledger answers with.
func (c *command) printText(cmd *cobra.Command, path string) error {
	cl, ledger, err := ledgerClient(cmd)
	if err != nil {
		return err
	}
	text, err := cl.get(cmd.Context(), ledger+path, nil)
	if err == nil {
		_, err = io.Copy(c.out, strings.NewReader(string(text)))
	}
	return err
}
