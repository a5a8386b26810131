// Package iati reads and writes the files of the IATI standard.
//
// Reading is tolerant where files in use are: versions 1.01 to 2.03 and what
// came before, codes in words or numbers, names as text or as narratives. It is
// strict where a figure could become wrong: a transaction with two values, or
// without a currency, is a fault of that transaction and never a guess. A
// document type declaration is refused, so no entity is expanded and no other
// file read. Memory is bounded by the largest activity and a few bytes for each
// transaction.
package iati
