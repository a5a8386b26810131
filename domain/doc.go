// Package domain is what aid commitments and disbursements are: commands that
// people give, the rules that accept or refuse them, the events that record
// what happened, and the state of one ledger that the rules look at.
//
// A ledger is one programme of aid and the unit of consistency: every rule is
// checked against the whole of it. The life of a command is
//
//	Check    – normalises the fields and finds all that are malformed
//	Decide   – looks at the state and answers with events, or refuses
//	Evolve   – folds an event into the state; it never refuses
//
// The package uses the standard library alone. It reads no clock, draws no
// random number, does no input or output and holds no floating-point number:
// replaying the same events always gives the same state.
//
// One file holds one noun, in the same order: the rules in prose, the events,
// the commands, Decide and Evolve. Money is int64 minor units of an ISO 4217
// currency. Names follow the IATI Activity Standard 2.03 and the fund ledger
// (资金台账) of Chinese county finance bureaus; where they disagree, accounting
// wins. Commands are imperatives (disburse-funds), events are past tense
// (funds-disbursed), and an amount in an event is negative where the event
// reverses another one (红字冲销).
package domain
