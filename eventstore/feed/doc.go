// Package feed sends every event of the log on a NATS subject of its own,
// events.<ledger>.<type>, for other systems that subscribe to what concerns
// them. It is derived from the log and promises:
//
//   - Each event once, in the order of the log. The events are a JetStream
//     stream beside the log, one message per event, and a message is stored only
//     behind the one that was last seen there. Several servers may feed one
//     stream: who is slower reads on and finds the event there.
//   - Nothing is left out. The n-th message of the stream is the n-th event of
//     the log. What a crash takes from its end comes again from the log.
//   - Replay. A subscriber reads from any message on, as often as it likes.
//   - Rebuild. A stream that is not what the log says (which was restored, or
//     somebody wrote between) is emptied and filled anew; subscribers then get
//     all of it again, under the same positions.
//
// A message is the event as JSON, an [eventstore.Record]; its headers name its
// position, its number in the log and the hash of its block.
package feed
