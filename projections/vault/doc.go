// Package vault seals what commands say about people, and forgets people. Its
// tables cannot be made anew from the log: they are durable, migrated step by
// step, and live in a schema of their own. It promises:
//
//   - The log holds a pseudonym and sealed texts only. Each text is encrypted with
//     AES-256-GCM under a key of the person; the ledger, the pseudonym and the
//     field are its associated data, so that no text can be put elsewhere.
//   - The keys are wrapped by a master key that PostgreSQL never sees. No text in
//     clear, and no plain hash of one, reaches PostgreSQL or the log.
//   - The same person of a ledger has one pseudonym, found by a keyed hash of the
//     citizen number. Whether somebody is registered already is for the log to
//     say: a pseudonym is registered once.
//   - Sealing is repeatable: nonces follow from the key and the text, so the same
//     command seals to the same bytes, and repeating it gets the first answer.
//   - Who was forgotten is gone within a second: the row with the key and the
//     keyed hash is deleted, and nothing keeps a copy in memory.
//
// What it does not: PostgreSQL keeps deleted rows in files of its own (the
// write-ahead log, old backups) until it writes over them. They hold wrapped keys,
// which are worth nothing without the master key. So keep the master key away
// from backups of the database, and let old backups expire.
package vault
