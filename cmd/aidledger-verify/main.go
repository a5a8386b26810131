// Command aidledger-verify checks receipts, checkpoints and evidence bundles of
// a ledger. It has nothing of the server in it, uses no network, and believes
// nobody but the keys that it is given.
//
// Exit codes: 0 it holds, 1 it could not be read, 2 it was not understood
// (usage), 5 it does not hold.
package main

import (
	"os"
	_ "time/tzdata" // the machine may not know the time zones of ledgers

	"aidledger/cmd/internal/evidence"
)

func main() { os.Exit(evidence.Run(os.Args[1:], os.Stdout, os.Stderr)) }
