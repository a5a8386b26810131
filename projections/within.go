package projections

import (
	"context"

	"aidledger/domain"

	"github.com/jackc/pgx/v5"
)

// Within limits an answer to what is of these places and the places in them, and
// of these projects. An empty list does not limit.
type Within struct {
	Places   []domain.ID
	Projects []domain.ID
}

// IsZero tells whether nothing is limited.
func (w Within) IsZero() bool { return len(w.Places) == 0 && len(w.Projects) == 0 }

// insidePlaces are the places of a list (?) and those in them, of the ledger $1.
const insidePlaces = `array(
	with recursive inside (place) as (
		select unnest(?::text[]) collate "C"
		union
		select p.place from inside i join aidledger.places p on p.ledger = $1 and p.parent = i.place)
	select place from inside)`

// andWithin limits flows, and so movements, of the ledger $1.
func (c *conditions) andWithin(w Within) {
	if len(w.Places) > 0 {
		c.andFlow("place = any("+insidePlaces+")", w.Places)
	}
	if len(w.Projects) > 0 {
		c.andFlow("project = any(?)", w.Projects)
	}
}

// extent says of which places and projects the rows x of a list are: a query for
// the places of a row, and for its projects; empty: the list cannot tell.
type extent struct{ places, projects string }

// placesOfProject are those of a project x.
const placesOfProject = "select s.place from aidledger.project_places s where s.ledger = x.ledger and s.project = x.project"

// and limits a list of the ledger $1 to rows that lie within, as a whole.
func (e extent) and(c *conditions, table string, w Within) error {
	for _, limit := range []struct {
		what, of, inside string
		ids              []domain.ID
	}{{"places", e.places, insidePlaces, w.Places}, {"projects", e.projects, "?", w.Projects}} {
		switch {
		case len(limit.ids) == 0:
		case limit.of == "":
			return fail(BadQuery, "ask for another list", "%s cannot be limited to %s", table, limit.what)
		default:
			c.and("exists ("+limit.of+") and not exists (select from ("+limit.of+") o (id) where o.id <> all("+limit.inside+"))", limit.ids)
		}
	}
	return nil
}

// PlacesAbove returns the places in which a place lies, the nearest first.
func (db *DB) PlacesAbove(ctx context.Context, ledger string, place domain.ID) (above []domain.ID, err error) {
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, `with recursive above (place, step) as (
				select parent, 1 from aidledger.places where ledger = $1 and place = $2 and parent <> ''
				union all
				select p.parent, a.step + 1 from above a join aidledger.places p on p.ledger = $1 and p.place = a.place where p.parent <> '')
			select place from above order by step`, ledger, place)
		above, err = pgx.CollectRows(rows, pgx.RowTo[domain.ID])
		return err
	})
	return above, err
}
