// Package eventstore is the log: the one place where it is decided that
// something has happened. It keeps the events of each ledger on NATS JetStream
// and promises:
//
//   - Order and no lost update. The events of the commands that were waiting
//     together are one block, which is one message, published to the ledger's
//     own subject under the condition that the last sequence of that subject
//     is the one that was read. Whoever was slower reads what the other wrote
//     and decides again. There is no lock and no leader.
//   - Durability. A command is acknowledged after its block is stored. With a
//     server that syncs always, that is after fsync; see [Store.Durability].
//   - Idempotence. A command id is recorded with its content for ever: the
//     same id and content gets the first answer, other content is refused.
//   - Tamper evidence. Each block carries the SHA-256 of the block before it
//     in its ledger. A reader checks the chain and that no sequence is missing.
//   - A start that does not get longer with the log. The state of a ledger is
//     copied beside the log now and then, and a copy that is not exactly what
//     this program would make of the log is not used.
//   - A stream that cannot forget. [Open] refuses settings that would let old
//     messages go.
//
// Blocks are JSON that a person can read with any NATS client. Positions are
// the sequence of a block in the stream and the index of an event in the block.
package eventstore
