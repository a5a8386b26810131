package projections

import (
	"context"
	_ "embed"
	"time"

	"aidledger/domain"
)

//go:embed notices.sql
var noticesSQL string

// noticesProjection holds what was made public, and the files that prove things.
var noticesProjection = &projection{
	name:   "notices",
	sql:    noticesSQL,
	tables: []string{"notices", "attachments"},
	reads:  []string{"notice-published", "notice-withdrawn", "attachment-added"},
	begin:  func(bool) projector { return &noticesProjector{} },
}

type noticesProjector struct{ statements }

func (p *noticesProjector) apply(f *fact) error {
	switch e := f.event.Fact.(type) {
	case *domain.NoticePublished:
		p.register(`insert into notices (ledger, notice, project, place, amount, currency, contact, text, first_day, last_day, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			f, e.Evidence, f.ledger, e.Notice, e.Project, e.Place, e.Amount.Minor, e.Amount.Currency, e.Contact, e.Text, e.From.Time(), e.To.Time())
	case *domain.NoticeWithdrawn:
		p.add(`update notices set withdrawn = $3 where ledger = $1 and notice = $2`, f.ledger, e.Notice, e.Reason)
	case *domain.AttachmentAdded:
		p.register(`insert into attachments (ledger, attachment, about, about_entry, name, media_type, length, sha256, entry, date, document, source_reference, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			f, e.Evidence, f.ledger, e.Attachment, e.About, e.Entry, e.Name, e.MediaType, e.Length, e.SHA256)
	}
	return nil
}

// Notice is what was made public. A notice that was withdrawn says why.
type Notice struct {
	Notice    domain.ID       `json:"notice"`
	Project   domain.ID       `json:"project"`
	Place     domain.ID       `json:"place"`
	Amount    *string         `json:"amount"`
	Currency  domain.Currency `json:"currency"`
	Contact   string          `json:"contact"`
	Text      string          `json:"text,omitzero"`
	From      domain.Date     `json:"from"`
	To        domain.Date     `json:"to"`
	Withdrawn string          `json:"withdrawn,omitzero"`
	Provenance
}

// DaysLeft returns for how many days, today included, a notice is still public;
// 0 when it is not.
func (n *Notice) DaysLeft(today domain.Date) int {
	if n.Withdrawn != "" || n.To.Before(today) || today.Before(n.From) {
		return 0
	}
	const day = 24 * time.Hour
	return int(n.To.Time().Sub(today.Time())/day) + 1
}

var noticesList = listing[Notice]{
	projection: "notices", table: "notices", id: "notice",
	extent: extent{places: "select x.place", projects: "select x.project"},
	filters: map[string]filter{"notice": {where: "x.notice = ?"}, "project": {where: "x.project = ?"}, "place": {where: "x.place = ?"},
		"public_on":    {where: "x.withdrawn = '' and ?::date between x.first_day and x.last_day", date: true},
		"ended_before": {where: "x.last_day < ?::date", date: true}},
	columns: "x.notice, x.project, x.place, x.amount, x.currency, x.contact, x.text, x.first_day, x.last_day, x.withdrawn",
	targets: func(v *Notice) ([]any, func() error) {
		var amount *int64
		var from, to time.Time
		return []any{&v.Notice, &v.Project, &v.Place, &amount, &v.Currency, &v.Contact, &v.Text, &from, &to, &v.Withdrawn}, func() error {
			v.Amount, v.From, v.To = decimal(amount, v.Currency), domain.DateOf(from), domain.DateOf(to)
			return nil
		}
	},
	origin: func(v *Notice) *Provenance { return &v.Provenance },
	idOf:   func(v *Notice) string { return string(v.Notice) },
}

// Notices lists the notices of a ledger by id. The filter public_on leaves those
// that are public on a day, ended_before the archive.
func (db *DB) Notices(ctx context.Context, q ListQuery) (List[Notice], error) {
	return noticesList.list(ctx, db, q)
}

// Attachment is a file that proves something.
type Attachment struct {
	Attachment domain.ID `json:"attachment"`
	About      domain.ID `json:"about,omitzero"`
	AboutEntry string    `json:"about_entry,omitzero"`
	Name       string    `json:"name"`
	MediaType  string    `json:"media_type"`
	Length     int64     `json:"length"`
	SHA256     string    `json:"sha256"`
	Provenance
}

var attachmentsList = listing[Attachment]{
	projection: "notices", table: "attachments", id: "attachment", extent: ofFiles(),
	filters: map[string]filter{"about": {where: "x.about = ?"}, "entry": {where: "x.about_entry = ?"}, "attachment": {where: "x.attachment = ?"}},
	columns: "x.attachment, x.about, x.about_entry, x.name, x.media_type, x.length, x.sha256",
	targets: func(v *Attachment) ([]any, func() error) {
		return []any{&v.Attachment, &v.About, &v.AboutEntry, &v.Name, &v.MediaType, &v.Length, &v.SHA256}, nil
	},
	origin: func(v *Attachment) *Provenance { return &v.Provenance },
	idOf:   func(v *Attachment) string { return string(v.Attachment) },
}

// Attachments lists the attachments of a ledger by id.
func (db *DB) Attachments(ctx context.Context, q ListQuery) (List[Attachment], error) {
	return attachmentsList.list(ctx, db, q)
}
