// Package exchange brings figures into the ledger from files and takes them
// out into files. An import promises:
//
//   - Nothing before everything is known. All rows are decided on a copy of the
//     ledger's state first, so a dry run shows what would happen, and a file with
//     a row at fault leaves nothing behind unless its other rows are wanted.
//   - Once. The id of an import follows from the file and how it is read, and the
//     id of each row from that: the same file again records nothing twice, and
//     an import that was killed goes on where it was.
//   - As one. What fits into one block is recorded as one; more in parts in the
//     order of the file. What came out of an import can be taken back as one.
//   - Bounded memory. A file is kept on disk while it is read, and its rows pass
//     by one at a time.
//
// A file is one of the formats in file.go. What is wrong with a row has a code, a
// hint, and the row and column where it stands.
package exchange
