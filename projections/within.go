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

// Within returns the read models as who may read only what lies within sees
// them. A limit belongs to who reads and not to each question, so that no
// question can forget it. Lists that cannot be limited are refused (outside_limit).
func (db *DB) Within(w Within) *DB {
	limited := *db
	limited.within = w
	return &limited
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

// ofAbout is the extent of what is said about a thing that a column names: a
// place, a project or an entry.
func ofAbout(column string) extent {
	moved := func(what string) string {
		return " union all select m." + what + " from aidledger.movements m where m.ledger = x.ledger and m.entry = " + column
	}
	return extent{
		places: "select p.place from aidledger.places p where p.ledger = x.ledger and p.place = " + column +
			" union all select s.place from aidledger.project_places s where s.ledger = x.ledger and s.project = " + column + moved("place"),
		projects: "select p.project from aidledger.projects p where p.ledger = x.ledger and p.project = " + column + moved("project"),
	}
}

// ofFiles is the extent of attachments: of what they are about, of an entry, or of
// the finding or notice to which they belong.
func ofFiles() extent {
	about, entry, finding := ofAbout("x.about"), ofAbout("x.about_entry"), ofAbout("f.about")
	of := func(about, entry, finding, notice string) string {
		return about + " union all " + entry +
			" union all select o.* from aidledger.findings f cross join lateral (" + finding + ") o where f.ledger = x.ledger and f.finding = x.about" +
			" union all select n." + notice + " from aidledger.notices n where n.ledger = x.ledger and n.notice = x.about"
	}
	return extent{places: of(about.places, entry.places, finding.places, "place"), projects: of(about.projects, entry.projects, finding.projects, "project")}
}

// ofPlaceOrProject is the extent of what is of a place, or else of all places of
// a project.
var ofPlaceOrProject = extent{
	places:   "select x.place where x.place <> '' union all (" + placesOfProject + " and x.place = '')",
	projects: "select x.project",
}

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
			return fail(OutsideLimit, "ask for another list", "%s cannot be limited to %s, and you may read those of some only", table, limit.what)
		default:
			c.and("exists ("+limit.of+") and not exists (select from ("+limit.of+") o (id) where o.id <> all("+limit.inside+"))", limit.ids)
		}
	}
	return nil
}

// held says for each kind of thing of which places and projects it is. What it
// does not name, such as a fund, lies within no limit.
var held = []struct {
	table, id string
	extent
}{
	{"places", "place", placesList.extent}, {"projects", "project", projectsList.extent}, {"indicators", "indicator", indicatorsList.extent},
	{"requests", "request", requestsList.extent}, {"findings", "finding", findingsList.extent}, {"notices", "notice", noticesList.extent},
	{"attachments", "attachment", attachmentsList.extent}, {"notes", "id", notesList.extent},
	{"beneficiaries", "beneficiary", beneficiariesList.extent}, {"benefits", "entry", extent{"select x.place", "select x.project"}},
	{"movements", "entry", ofMovement}, {"movements", "disbursement", ofMovement},
}

// ofMovement is the extent of all that moved with the movement x.
var ofMovement = extent{
	places:   "select m.place from aidledger.movements m where m.ledger = x.ledger and m.entry = x.entry",
	projects: "select m.project from aidledger.movements m where m.ledger = x.ledger and m.entry = x.entry",
}

// Holds tells whether a thing lies as a whole within what may be read.
func (db *DB) Holds(ctx context.Context, ledger string, id domain.ID) (holds bool, err error) {
	if db.within.IsZero() {
		return true, nil
	}
	c, kinds := &conditions{args: []any{ledger, string(id)}}, ""
	for _, k := range held {
		if k.projects == "" && len(db.within.Projects) > 0 {
			continue
		}
		one := &conditions{args: c.args}
		one.and("x.ledger = $1 and x." + k.id + " = $2")
		if err := k.and(one, k.table, db.within); err != nil {
			return false, err
		}
		c.args, kinds = one.args, kinds+" or exists (select from aidledger."+k.table+" x where "+one.String()+")"
	}
	err = db.pool.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select $2 <> '' and (false"+kinds+")", c.args...).Scan(&holds)
	})
	return holds, err
}
