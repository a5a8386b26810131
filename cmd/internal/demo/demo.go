// Package demo holds two ledgers that a new user can look at.
//
// [Programme] is a real programme of paired assistance: 111 facts of the years
// 2016 to 2019 as the public record gives them, told as ordinary commands in
// haidian-chicheng.jsonl. The record names no payment, so this ledger has none,
// and its totals of disbursements are unknown. The source reference of a command
// names the fact that it tells, as in seed:M01; a part of a fact has a slash,
// as in seed:P12/helper. Amounts that may overlap with others are notes and
// are in no total.
//
// [Invented] is made up from the first to the last figure, and says so in its
// title and in the name of everything in it. It has what the real one lacks:
// payments, expenditure, a return, a correction, goods that are handed out.
//
// Both are recorded by way of the same commands as everything else, and every
// command has an id of its own that never changes, so loading them again adds
// nothing.
package demo

import (
	"context"
	"fmt"
	"slices"

	"aidledger/domain"
	"aidledger/eventstore"
)

// The names of the ledgers.
const (
	Programme = "haidian-chicheng"
	Invented  = "haidian-chicheng-invented"
)

// Ledgers returns the names of the ledgers in the order in which Load fills
// them.
func Ledgers() []string { return []string{Programme, Invented} }

// Actor and role under which everything here is recorded.
const (
	actor = "demo"
	role  = "importer"
)

// chunkMax is how many commands are submitted at once. A chunk becomes a block
// of the log, and a command that is repeated is answered by reading its block:
// small chunks keep the second start short.
const chunkMax = 25

// Load submits the commands of all ledgers in their order, each ledger in
// several calls of submit, which returns one outcome per request. It calls
// progress, unless that is nil, after each of them with the number of commands
// that are done and of all there are. What was recorded by an earlier Load is
// answered again and not recorded again.
//
// It stops at the first command that fails, or when ctx ends, and returns an
// error that names the command and wraps its cause. It can then be called again.
func Load(ctx context.Context, submit func(ctx context.Context, ledger string, rs []eventstore.Request) []eventstore.Outcome, progress func(done, total int)) error {
	commands := map[string][]eventstore.Request{}
	done, total := 0, 0
	for _, ledger := range Ledgers() {
		rs, err := requests(ledger)
		if err != nil {
			return err
		}
		commands[ledger] = rs
		total += len(rs)
	}
	for _, ledger := range Ledgers() {
		for chunk := range slices.Chunk(commands[ledger], chunkMax) {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("load %s: %w", ledger, err)
			}
			for i, out := range submit(ctx, ledger, chunk) {
				if out.Err != nil {
					return failed(ledger, chunk[i], out.Err)
				}
			}
			done += len(chunk)
			if progress != nil {
				progress(done, total)
			}
		}
	}
	return nil
}

func failed(ledger string, r eventstore.Request, err error) error {
	return fmt.Errorf("load %s: %s (%s): %w", ledger, domain.CommandName(r.Command), r.ID, err)
}

// requests returns the commands of a ledger, newly made, because deciding a
// command may fill in what it left out.
func requests(ledger string) ([]eventstore.Request, error) {
	if ledger == Invented {
		return invented()
	}
	return parseLines(programmeLines)
}
