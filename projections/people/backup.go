package people

import (
	"context"
	"io"

	"aidledger/projections/migration"
)

// passing are the tables of what lets somebody in for a while. A backup has none
// of it, and a restore lets nobody in again who was let out since.
var passing = []string{"attempts", "invitations", "sessions"}

// Dump writes who may sign in and who read what. Passwords and tokens are in it
// as hashes, and secrets of second factors are sealed.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	return migration.Dump(ctx, s.pool, schema, w, passing...)
}

// Restore fills a database that has no people from what Dump wrote. Everybody
// has to sign in again.
func Restore(ctx context.Context, url string, r io.Reader) error {
	return migration.Restore(ctx, url, schema, migrate, r, passing...)
}
