package main

import (
	"bytes"
	"io"
	"os"

	"aidledger/cmd/internal/exchange"

	"github.com/spf13/cobra"
)

func (c *command) template() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "template COMMAND",
		Short: "Write an empty table for a command, to fill in and import",
		Args:  exactly(1),
	}
	f := cmd.Flags()
	format := f.String("format", "xlsx", "xlsx or csv")
	output := f.StringP("output", "o", "", "file to write; COMMAND.FORMAT if left out, stdout where it is -")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *format != exchange.FormatXLSX && *format != exchange.FormatCSV {
			return usage(cmd, "--format %q is neither xlsx nor csv", *format)
		}
		var b bytes.Buffer
		if err := exchange.WriteTemplate(&b, args[0], *format); err != nil {
			return err
		}
		name := *output
		if name == "" {
			name = args[0] + "." + *format
		}
		return c.writeFile(name, &b)
	}
	return cmd
}

// writeFile writes a file, or stdout where the name is -. A workbook goes there
// as it is.
func (c *command) writeFile(name string, content io.Reader) error {
	if name == "-" {
		_, err := io.Copy(c.raw, content)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
