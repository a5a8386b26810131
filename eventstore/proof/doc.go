// Package proof makes and checks the proofs by which somebody who trusts
// neither the server nor who runs it can tell that nothing that was recorded
// was changed, taken out or put in afterwards. It promises:
//
//   - Every ledger has one Merkle tree (RFC 6962). Its leaves are the entries of
//     the ledger in their order, and the bytes of a leaf are those of the entry
//     in the stored block: who recorded it, when, which command, which events.
//   - A checkpoint is the size and root of that tree, signed with Ed25519, in the
//     form of c2sp.org/tlog-checkpoint; a cosignature of an auditor or a public
//     witness is that of c2sp.org/tlog-cosignature. Any software for these forms
//     can check them.
//   - A receipt is an entry with the proof that it is in the tree of a checkpoint
//     (c2sp.org/tlog-proof), which anybody checks without a network.
//   - A growth is a checkpoint with the proof that its tree holds all that the
//     tree of an older one held (the request of c2sp.org/tlog-witness). An
//     [Auditor] cosigns it if, and only if, that is so.
//
// The package is pure: it reads no file, no clock and no network, and it does
// not know where blocks, hashes or keys are kept.
package proof
