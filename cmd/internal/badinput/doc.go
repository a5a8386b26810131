// Package badinput lists what people and programs send that is wrong, or looks
// wrong and is not, and what the ledger answers. The tests of every road that a
// command can take (one over HTTP, a line of a batch, flags, a file of lines) go
// through the same list, so that no road answers otherwise.
//
// The commands are for the ledger that Opening describes. docs/input.md says in
// words what was chosen where there was a choice.
package badinput
