package domain

import "time"

// A public notice (公告公示) says to everybody what money is for. Rules:
//   - it is about a project that is registered, and states the amount, a place and
//     where to complain;
//   - it is public for at least 10 days, counting the first and the last one;
//   - it can be withdrawn, which ends it, with a reason.

// noticeDaysMin is how many days a notice is public at least.
const noticeDaysMin = 10

// NoticePublished says that something was made public.
type NoticePublished struct {
	Evidence
	Notice  ID     `json:"notice"`
	Project ID     `json:"project"`
	Place   ID     `json:"place"`
	Amount  Money  `json:"amount"`
	Contact string `json:"contact"`
	Text    string `json:"text,omitempty"`
	From    Date   `json:"from"`
	To      Date   `json:"to"`
}

// PublishNotice makes something public.
type PublishNotice struct {
	Notice   ID       `json:"notice" doc:"id of the new notice"`
	Project  ID       `json:"project" doc:"project that it is about"`
	Place    ID       `json:"place" doc:"where the notice hangs out or the money goes"`
	Amount   Amount   `json:"amount" doc:"how much money it is about"`
	Currency Currency `json:"currency,omitempty" doc:"ISO 4217 code; the ledger's if left out"`
	Contact  string   `json:"contact" doc:"whom people can complain to, and how"`
	Text     string   `json:"text,omitempty" text:"note" doc:"what else it says"`
	From     Date     `json:"from" doc:"first day on which it is public"`
	To       Date     `json:"to" doc:"last day on which it is public, at least the tenth"`
	Evidence
}

// NoticeWithdrawn says that a notice is no longer public.
type NoticeWithdrawn struct {
	Evidence
	Notice ID     `json:"notice"`
	Reason string `json:"reason"`
}

// WithdrawNotice ends a notice.
type WithdrawNotice struct {
	Notice ID     `json:"notice" doc:"notice to end"`
	Reason string `json:"reason" text:"note" doc:"why"`
	Evidence
}

var (
	_ = command[PublishNotice]("publish-notice", "Makes public what money is for (公告公示).")
	_ = command[WithdrawNotice]("withdraw-notice", "Ends a public notice before its time.")
	_ = event[NoticePublished]()
	_ = event[NoticeWithdrawn]()
)

func (c *PublishNotice) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.free(c.Notice, "notice"); err != nil {
		return nil, err
	}
	if err := l.known(ref{NounProject, c.Project, "project"}, ref{NounPlace, c.Place, "place"}); err != nil {
		return nil, err
	}
	if c.From.Precision() != "day" {
		return nil, notADay(c.From, "from")
	}
	if c.To.Precision() != "day" {
		return nil, notADay(c.To, "to")
	}
	const day = 24 * time.Hour
	days := int(c.To.Time().Sub(c.From.Time())/day) + 1
	if days < noticeDaysMin {
		return nil, refuse("notice_too_short", "the notice would be public for %d days", max(days, 0)).in("to").
			hint("make it at least %d days, counting the first and the last", noticeDaysMin).with("days", max(days, 0)).with("least", noticeDaysMin)
	}
	m, err := money(c.Amount, "", l.giftCurrency(c.Amount, c.Currency, gift{}))
	if err != nil {
		return nil, err
	}
	e, err := l.evidence("notice-published", c.Evidence, ctx)
	return one(&NoticePublished{Evidence: e, Notice: c.Notice, Project: c.Project, Place: c.Place, Amount: m, Contact: c.Contact,
		Text: c.Text, From: c.From, To: c.To}, err)
}

func notADay(d Date, field string) *Refusal {
	return refuse("date_not_a_day", "%s is no day", d).in(field).hint("give a day such as 2018-03-05").with("date", d)
}

func (c *WithdrawNotice) decide(l *Ledger, ctx Context) ([]Event, error) {
	if err := l.noun(NounNotice, c.Notice, "notice"); err != nil {
		return nil, err
	}
	if withdrawn, _ := l.notices.get(c.Notice); withdrawn {
		return nil, nil
	}
	e, err := l.evidence("notice-withdrawn", c.Evidence, ctx)
	return one(&NoticeWithdrawn{Evidence: e, Notice: c.Notice, Reason: c.Reason}, err)
}

// EventType is notice-published.
func (*NoticePublished) EventType() string { return "notice-published" }

// EventType is notice-withdrawn.
func (*NoticeWithdrawn) EventType() string { return "notice-withdrawn" }

func (e *NoticePublished) evolve(l *Ledger) {
	l.names.put(e.Notice, NounNotice)
	l.notices.put(e.Notice, false)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}

func (e *NoticeWithdrawn) evolve(l *Ledger) {
	l.notices.put(e.Notice, true)
	l.claimSource(e.EventType(), Correction{}, e.Evidence)
}
