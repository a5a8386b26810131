// Package notary signs checkpoints of the ledgers and asks witnesses to cosign
// them. Before it signs, it has read every block since the last checkpoint from
// both copies of the log and found them equal, followed the hash chain, and
// proved that the new tree holds what the last one held. Where any of that is
// not so it signs nothing, says at which position, and goes on saying so.
package notary
