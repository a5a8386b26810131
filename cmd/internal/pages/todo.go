package pages

import (
	"strconv"

	"aidledger/cmd/internal/access"
	"aidledger/projections"
)

// todo is what waits for the caller: payments to approve or to make, questions to
// answer, forms that were begun. Each leads to the page where it is done. Nothing
// waits in the past, or for who has not signed in.
func (v *visit) todo() ([]option, error) {
	if v.past.Shown || v.caller.Method != access.Session {
		return nil, nil
	}
	var all []option
	for _, waits := range []struct {
		needs access.Capability
		count func() (string, error)
		what  string
		href  string
	}{
		{access.ApproveDisbursement, func() (string, error) { return v.countRequests("requested") }, "todo.approve", v.href("requests")},
		{access.DisburseFunds, func() (string, error) { return v.countRequests("approved") }, "todo.pay", v.href("requests", "state", "approved")},
		{access.AnswerFindings, func() (string, error) { return v.countFindings("raised") }, "todo.answer", v.href("findings", "state", "raised")},
		{access.CloseFindings, func() (string, error) { return v.countFindings("rectified") }, "todo.close", v.href("findings", "state", "rectified")},
	} {
		if !v.caller.Has(waits.needs) {
			continue
		}
		n, err := waits.count()
		if err != nil {
			return nil, err
		}
		if n != "" {
			all = append(all, option{Label: v.say(waits.what, n), Href: waits.href})
		}
	}
	drafts, err := v.drafts()
	if len(drafts) > 0 {
		all = append(all, option{Label: v.say("todo.drafts", strconv.Itoa(len(drafts))), Href: v.href("record")})
	}
	return all, err
}

// countRequests counts the requests of a state that the caller may decide or pay.
func (v *visit) countRequests(state string) (string, error) {
	rows, err := v.Views.Requests(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listPage, Filter: map[string]string{"state": state}})
	n := 0
	for _, r := range rows.Rows {
		if state == "approved" || r.RequestedBy != v.caller.Person {
			n++
		}
	}
	return counted(n, rows.Next), err
}

func (v *visit) countFindings(state string) (string, error) {
	rows, err := v.Views.Findings(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listPage, Filter: map[string]string{"state": state}})
	return counted(len(rows.Rows), rows.Next), err
}

// counted writes how many rows there are, and a plus where there are more; nothing
// where there are none.
func counted(n int, next string) string {
	switch {
	case n == 0:
		return ""
	case next != "":
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}
