package main

import (
	"net/url"

	"github.com/spf13/cobra"
)

// exportPublication is a file of IATI: the activities of a ledger, or who
// publishes them.
func (c *command) exportPublication(name, what string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: "Write " + what + " as IATI 2.03",
		Long: "Write " + what + " as a file of IATI 2.03 for the public. Nothing personal is in it, and\n" +
			"what nobody reported is left out.",
		Args: exactly(0),
	}
	bind(cmd, "client")
	f := cmd.Flags()
	f.String("reporting-org", "", "id of the organisation that publishes; the ledger itself if left out")
	f.String("reporting-ref", "", "its identifier; by its credit code, else its id, if left out")
	f.String("country", "", "ISO 3166 code of the country that is helped; CN if left out")
	f.String("sector", "", "sector, five digits of the DAC; 43040 (rural development) if left out")
	f.String("reason", "", "what it is for; it is recorded")
	output := f.StringP("output", "o", "-", "file to write; stdout if left out")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		for flag, parameter := range map[string]string{"reporting-org": "reporting_org", "reporting-ref": "reporting_ref", "country": "country", "sector": "sector", "reason": "reason"} {
			value, _ := f.GetString(flag)
			set(q, parameter, value)
		}
		return c.download(cmd, name, q, *output)
	}
	return cmd
}
