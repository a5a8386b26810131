package projections

import (
	"context"
	_ "embed"

	"aidledger/domain"
	"aidledger/eventstore/proof"

	"github.com/jackc/pgx/v5"
)

//go:embed signing_keys.sql
var signingKeysSQL string

// signingKeysProjection holds in which span each signing key is believed.
var signingKeysProjection = &projection{
	name:   "signing-keys",
	sql:    signingKeysSQL,
	tables: []string{"signing_keys"},
	reads:  []string{"signing-key-introduced", "signing-key-retired"},
	begin:  func(bool) projector { return &signingKeysProjector{} },
}

type signingKeysProjector struct{ statements }

func (p *signingKeysProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.SigningKeyIntroduced:
		p.register(`insert into signing_keys (ledger, key, since, entry, date, document, source_reference, note) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (ledger, key) do update set since = excluded.since`, f, e.Evidence, f.ledger, e.Key, e.Since)
	case *domain.SigningKeyRetired:
		p.register(`insert into signing_keys (ledger, key, until, entry, date, document, source_reference, note) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (ledger, key) do update set until = excluded.until`, f, e.Evidence, f.ledger, e.Key, e.Until)
	}
	return nil
}

// KeySpans returns in which span each key of a ledger is believed, by its public
// half. A key that is not there is believed for all sizes.
func (a Archive) KeySpans(ctx context.Context, ledger string) (map[string]proof.Span, error) {
	spans := map[string]proof.Span{}
	err := a.db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, "select key, since, until from aidledger.signing_keys where ledger = $1", ledger)
		var key string
		var span proof.Span
		_, err := pgx.ForEachRow(rows, []any{&key, &span.Since, &span.Until}, func() error {
			spans[key] = span
			return nil
		})
		return err
	})
	return spans, err
}
