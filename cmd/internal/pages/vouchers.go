package pages

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"aidledger/domain"
	"aidledger/projections"
)

// vouchersView is the series of voucher numbers of a year, each with what is
// missing in it.
type vouchersView struct {
	Years []option
	Table table
}

// series are the numbers of one organisation that differ in their last digits
// only: those of one type and, where they name it, of one month.
type series struct {
	organisation domain.ID
	head         string
	digits       int // of the shortest number
	numbers      []int
	last         projections.Voucher
}

// seriesOf groups vouchers by what stands before their last digits.
func seriesOf(all []projections.Voucher) []*series {
	var out []*series
	by := map[[2]string]*series{}
	for _, v := range all {
		head, number, digits := numbered(v.Number)
		key := [2]string{string(v.Organisation), head}
		s := by[key]
		if s == nil {
			s = &series{organisation: v.Organisation, head: head, digits: digits}
			by[key] = s
			out = append(out, s)
		}
		s.digits = min(s.digits, digits)
		s.numbers = append(s.numbers, number)
		if s.last.Number == "" || number >= slices.Max(s.numbers) {
			s.last = v
		}
	}
	for _, s := range out {
		slices.Sort(s.numbers)
	}
	return out
}

// numbered takes a voucher number apart: 付-2019-12-003 has the head 付-2019-12-,
// the number 3 and 3 digits.
func numbered(voucher string) (head string, number, digits int) {
	head = strings.TrimRight(voucher, "0123456789")
	tail := voucher[len(head):]
	if len(tail) > 9 { // more than a series counts
		head, tail = voucher[:len(voucher)-9], voucher[len(voucher)-9:]
	}
	number, _ = strconv.Atoi(tail)
	return head, number, len(tail)
}

// number writes a number of the series.
func (s *series) number(n int) string { return fmt.Sprintf("%s%0*d", s.head, s.digits, n) }

// missingShown is how many missing numbers of a series are named.
const missingShown = 20

// missing are the numbers that the series lacks between 1 and its last one.
func (s *series) missing() (all []string, n int) {
	if s.digits == 0 {
		return nil, 0
	}
	next := 1
	for _, have := range s.numbers {
		for ; next < have; next++ {
			if n++; len(all) < missingShown {
				all = append(all, s.number(next))
			}
		}
		next = max(next, have+1)
	}
	return all, n
}

func (v *visit) vouchers() error {
	totals, err := v.Views.Totals(v.ctx(), projections.TotalsQuery{Ledger: v.ledger.Ledger, By: "year"})
	if err != nil {
		return err
	}
	var view vouchersView
	var all []projections.Voucher
	for _, r := range slices.Backward(totals.Rows) {
		view.Years = append(view.Years, option{Label: r.Key, Href: v.with("year", r.Key)})
	}
	view.Years = slices.CompactFunc(view.Years, func(a, b option) bool { return a.Label == b.Label })
	for i, o := range view.Years {
		of, _ := strconv.Atoi(o.Label)
		if asked := v.number("year"); asked != of && (asked != 0 || len(all) > 0) {
			continue
		}
		// Where no year is asked for, the last one that has numbers is shown.
		if all, err = v.Views.Vouchers(v.ctx(), v.ledger.Ledger, of, ""); err != nil {
			return err
		}
		view.Years[i].Current = len(all) > 0 || v.number("year") == of
	}
	var ids []domain.ID
	for _, s := range all {
		ids = append(ids, s.Organisation)
	}
	if err := v.learn(ids...); err != nil {
		return err
	}
	view.Table = table{Columns: v.columns("payer", "voucher_series", "first_voucher", "last_voucher", "+vouchers", "+missing", "missing_numbers"), Empty: v.say("vouchers.none")}
	for _, s := range seriesOf(all) {
		names, n := s.missing()
		missing := cell{Text: strconv.Itoa(n), Number: true}
		if n > 0 {
			missing.State = "halted"
		}
		listed := strings.Join(names, v.say("and"))
		if n > len(names) {
			listed += " …"
		}
		organisation := cell{Text: v.say("vouchers.nobody"), State: "rest"}
		if s.organisation != "" {
			organisation = v.thing(s.organisation)
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{organisation, text(s.head), text(s.number(s.numbers[0])),
			linked(s.last.Number, v.href("trace/"+s.last.Entry)), {Text: strconv.Itoa(len(s.numbers)), Number: true}, missing, text(listed)}})
	}
	v.paged(&view.Table, "")
	if sent, err := v.sendFile("vouchers", &view.Table); sent {
		return err
	}
	return v.show(http.StatusOK, "vouchers", v.say("page.vouchers"), view)
}

// nextVoucher proposes the number that follows those of an organisation: the
// next one of the month, the first one of a new month, or a first one at all.
func (v *visit) nextVoucher(organisation domain.ID, day domain.Date) (string, error) {
	all, err := v.Views.Vouchers(v.ctx(), v.ledger.Ledger, day.Year(), organisation)
	return proposed(all, day, v.say("voucher.kind")), err
}

func proposed(all []projections.Voucher, day domain.Date, kind string) string {
	const monthly = len("2019-12")
	month := day.Last().String()[:monthly]
	every := seriesOf(all)
	if len(every) == 0 {
		return kind + "-" + month + "-001"
	}
	latest := slices.MaxFunc(every, func(a, b *series) int {
		return cmp.Or(strings.Compare(a.last.Date.Last().String(), b.last.Date.Last().String()), strings.Compare(a.head, b.head))
	})
	old := latest.last.Date.Last().String()[:monthly]
	head := strings.Replace(latest.head, old, month, 1)
	next := &series{head: head, digits: max(latest.digits, 1)}
	for _, s := range every {
		if s.head == head {
			return s.number(slices.Max(s.numbers) + 1)
		}
	}
	return next.number(1)
}
