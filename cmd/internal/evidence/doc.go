// Package evidence writes and checks bundles: directories that hold all that
// somebody needs to check a ledger without a network and without trusting who
// made them. A bundle has
//
//	entries.jsonl   every entry, one a line, byte for byte as it is in the log; of
//	                one that was withheld the hash of its leaf, as a JSON string
//	checkpoint      the signed checkpoint over all of these lines
//	checkpoints     every checkpoint that was signed before it
//	keys            the keys of the ledger, and of who cosigns
//	totals/*.csv    the totals as they were published at the checkpoint
//	manifest.json   what the bundle is of, and the SHA-256 of every file
//	README.txt      how to check it, with this program or without
//
// The package imports nothing of the server: domain, proof, facts.
package evidence
