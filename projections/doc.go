// Package projections keeps the read models in PostgreSQL: what a replay of the
// log can rebuild, and beside it the archive, the second copy of the log. It
// promises:
//
//   - Exactly once. The first statement of a batch moves the checkpoint of each
//     projection from the position that was read to the new one, and the batch
//     fails where another process was faster. Rows and checkpoints commit
//     together.
//   - Halt, never skip. An event that a projection cannot read stops that
//     projection at its position, with a stable code and a reason; the others
//     go on where they can.
//   - Rebuild. The tables of one generation live in a schema of their own; a
//     rebuild fills the next one from the log and switches the views of the
//     schema aidledger in one transaction, so readers never see half of it.
//   - Verify. The log is replayed beside the live tables and every row of every
//     table is compared, without leaving a trace.
//   - Archive. The raw bytes of every block are kept beside the read models, in
//     the same transaction, in tables that no rebuild touches and nobody changes.
//   - As of. Totals can be asked for any recorded position or time and for any
//     effective date; the answer has the same shape as the one of now. It is
//     made of sums that are kept (balances.go, cutoffs.go) and few movements,
//     however long the history is.
//
// One file holds one projection: which events it reads, what rows it makes of
// them, and its queries; the SQL file of the same name holds its tables. The
// list is in projection.go. Amounts are int64 minor units of one currency,
// times are UTC, and positions are those of package eventstore.
package projections
