package main

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"

	"aidledger/eventstore"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

func (c *command) attach() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attach FILE --attachment ID",
		Short: "Store a file that proves something, and record what it belongs to",
		Args:  exactly(1),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	attachment := f.String("attachment", "", "id of the new attachment")
	about := f.String("about", "", "what it belongs to: any id of the ledger")
	entry := f.String("entry", "", "or the entry that it belongs to")
	date := f.String("date", "", "effective date; today if left out")
	document := f.String("document", "", "number of the document")
	id := f.String("id", "", "key that makes it safe to repeat; a new UUID if left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *attachment == "" {
			return usage(cmd, "attach needs --attachment")
		}
		file, err := openFile(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		cl, ledger, err := ledgerClient(cmd)
		if err != nil {
			return err
		}
		q := url.Values{"attachment": {*attachment}, "name": {filepath.Base(args[0])}, "wait": {"true"}}
		for name, v := range map[string]string{"about": *about, "entry": *entry, "date": *date, "document": *document} {
			set(q, name, v)
		}
		header := http.Header{"Content-Type": {cmp.Or(mime.TypeByExtension(filepath.Ext(args[0])), "application/octet-stream")},
			"Idempotency-Key": {cmp.Or(*id, uuid.Must(uuid.NewV7()).String())}}
		answer, err := cl.send(cmd.Context(), request{method: "POST", path: ledger + "/attachments", query: q, header: header, body: file})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var receipt struct {
			eventstore.Receipt
			Waited *bool `json:"waited"`
		}
		if err := json.UnmarshalRead(answer.Body, &receipt); err != nil {
			return err
		}
		c.printReceipt(receipt.Receipt)
		return nil
	}
	return cmd
}
