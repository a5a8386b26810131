package people

import (
	"context"
	"io"

	"aidledger/projections/migration"
)

// Dump writes who may sign in and who read what. Passwords and tokens are in it
// as hashes, and secrets of second factors are sealed.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	return migration.Dump(ctx, s.pool, schema, w)
}

// Restore fills a database that has no people from what Dump wrote.
func Restore(ctx context.Context, url string, r io.Reader) error {
	return migration.Restore(ctx, url, schema, migrate, r)
}
