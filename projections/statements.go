package projections

import (
	"context"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// statements collects SQL and runs it in order, in one round trip. Registers
// are small and change in many ways, so each of their events is a statement.
type statements struct {
	batch pgx.Batch
}

func (s *statements) add(sql string, args ...any) { s.batch.Queue(sql, args...) }

func (s *statements) flush(ctx context.Context, tx pgx.Tx) error {
	if s.batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &s.batch).Close()
}

// register adds an insert into a register table. Its last columns are the same
// in all of them: the entry that made the thing known, and what it rests on.
func (s *statements) register(sql string, f *fact, e domain.Evidence, args ...any) {
	s.add(sql, append(args, f.entry.ID, e.Date.String(), e.Document, e.SourceReference, e.Note)...)
}
