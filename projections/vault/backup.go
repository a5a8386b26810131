package vault

import (
	"context"
	"io"

	"aidledger/projections/migration"
)

// Dump writes the keys of all people, wrapped by the master key as they are.
func (v *Vault) Dump(ctx context.Context, w io.Writer) error {
	return migration.Dump(ctx, v.pool, schema, w)
}

// Restore fills the vault of a database that has none from what Dump wrote.
// Whoever was forgotten since is forgotten again as soon as the log is followed.
func Restore(ctx context.Context, url string, r io.Reader) error {
	return migration.Restore(ctx, url, schema, migrate, r)
}
