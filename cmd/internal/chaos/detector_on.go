//go:build race

package chaos

// detector tells that the race detector is on. Everything takes ten times as
// long then, so only the scenarios are run: their counter-proofs are about what
// is counted, not about races.
const detector = true
