package domain_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"aidledger/domain"
)

// walk is a ledger and its model on the same way.
type walk struct {
	t       *rapid.T
	ledger  *domain.Ledger
	model   *model
	entries map[string][]domain.Event
	all     []domain.Event
	balance map[domain.Account]int64
	byPlace map[sumKey]int64
	wishes  []domain.RequestInput // all that were asked for
}

var (
	someFunds    = []domain.ID{"f", "g", "h"}
	someProjects = []domain.ID{"road", "school"}
)

// thirds are shares that divide nothing evenly.
var thirds = []domain.PlaceShare{{Place: east, Percent: quantity("33.3")}, {Place: west, Percent: quantity("33.3")}, {Place: north, Percent: quantity("33.4")}}

// setting is what every walk begins with; the road has places, the school none.
func setting() []domain.Event {
	l := domain.NewLedger()
	var all []domain.Event
	commands := append(append(opened(), approvedProject("road")...), approvedProject("school")...)
	for _, c := range append(commands, &domain.AssignPlaces{Project: "road", Shares: thirds}) {
		events, err := l.Decide(c, domain.Context{Today: day("2020-06-15")})
		if err != nil {
			panic(err)
		}
		for _, e := range events {
			l.Evolve(e)
		}
		all = append(all, events...)
	}
	return all
}

func TestAnyCommandsLeadWhereTheModelSays(t *testing.T) {
	begin := setting()
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{t: t, ledger: domain.NewLedger(), model: newModel(), entries: map[string][]domain.Event{},
			balance: map[domain.Account]int64{}, byPlace: map[sumKey]int64{}}
		for _, e := range begin {
			w.ledger.Evolve(e)
		}
		w.ledger.Track()
		for i, c := range []domain.Command{commit("f", "5", "2019"), receive("f", "4", "2019"), allocate("f", "road", "2", "2019"), allocate("f", "school", "2", "2019")} {
			w.step(fmt.Sprintf("start-%d", i+1), c)
		}
		for i := range rapid.IntRange(30, 60).Draw(t, "steps") {
			w.step(fmt.Sprintf("e%d", i+1), w.command())
			w.holds()
		}
		w.unwind()
	})
}

// command draws a command; its amounts are often just too large.
func (w *walk) command() domain.Command {
	fund, other := rapid.SampledFrom(someFunds).Draw(w.t, "fund"), rapid.SampledFrom(someFunds).Draw(w.t, "other")
	project, second := rapid.SampledFrom(someProjects).Draw(w.t, "project"), rapid.SampledFrom(append(someProjects, "")).Draw(w.t, "second")
	small := domain.Money{Minor: rapid.Int64Range(1, 60).Draw(w.t, "fen"), Currency: "CNY"}.Decimal()
	large := domain.Money{Minor: rapid.Int64Range(40, 200).Draw(w.t, "more"), Currency: "CNY"}.Decimal()
	const date = "2019"
	// Small numbers are drawn more often, so what needs most before it comes first.
	switch rapid.IntRange(0, 28).Draw(w.t, "command") {
	case 0, 1, 2:
		return disburse(fund, project, small, date)
	case 3, 4:
		return spend(fund, project, small, date)
	case 5, 6:
		return giveBack(fund, second, small, date)
	case 7:
		return carry(fund, other, small, date)
	case 8, 9:
		return reallocate(fund, project, second, small, date)
	case 10, 11, 12:
		return allocate(fund, project, small, date)
	case 13, 14:
		return receive(fund, large, date)
	case 15, 16:
		return commit(fund, large, date)
	case 17:
		return increase(fund, small, date)
	case 18:
		return reduce(fund, small, date)
	case 19:
		return pledge(fund, large, date)
	case 20:
		return &domain.LapsePledge{Fund: fund, Evidence: on(date)}
	case 21:
		if len(w.model.entries)%5 == 0 { // a closed fund ends much
			return &domain.CloseFund{Fund: fund, Evidence: on(date)}
		}
		return &domain.AssignPlaces{Project: "school", Shares: thirds}
	case 22, 23, 24, 25:
		return w.wish(domain.RequestInput{FundAmount: part(fund, small), Project: project})
	}
	return &domain.ReverseEntry{Entry: rapid.SampledFrom(w.model.entries).Draw(w.t, "entry").id, Reason: "wrong"}
}

// wish draws a command about requests.
func (w *walk) wish(c domain.RequestInput) domain.Command {
	if len(w.wishes) == 0 || rapid.Bool().Draw(w.t, "new") {
		c.Request = domain.ID(fmt.Sprintf("r-%d", len(w.wishes)))
		w.wishes = append(w.wishes, c)
		return &domain.RequestDisbursement{RequestInput: c}
	}
	c = rapid.SampledFrom(w.wishes).Draw(w.t, "request")
	switch rapid.IntRange(0, 3).Draw(w.t, "what") {
	case 0:
		return &domain.WithdrawRequest{Request: c.Request}
	case 1:
		content := domain.RequestContent{Request: c.Request, Fund: c.Fund, Project: c.Project, Amount: cny(fen(c.Amount))}
		return &domain.ApproveDisbursement{Request: c.Request, Content: content.Hash("")}
	}
	return &domain.DisburseFunds{FundAmount: c.FundAmount, Project: c.Project, Request: c.Request}
}

// step gives a command to both, and demands the same answer.
func (w *walk) step(id string, c domain.Command) bool {
	ctx := domain.Context{Entry: id, Today: day("2020-06-15"), Actor: "li"}
	if _, ok := c.(*domain.ApproveDisbursement); ok {
		ctx.Actor = "wang"
	}
	if r, ok := c.(domain.Referrer); ok {
		ctx.Original = w.entries[r.RefersTo()]
	}
	if err := domain.Check(c); err != nil {
		w.t.Fatal(err)
	}
	events, err := w.ledger.Decide(c, ctx)
	if _, ok := c.(*domain.AssignPlaces); ok {
		w.fold(id, events)
		return true
	}
	e, ok := w.model.answer(c)
	if ok != (err == nil) {
		w.t.Fatalf("%s, %s %+v: the model accepts it: %v, the ledger says %v", id, domain.CommandName(c), reflect.Indirect(reflect.ValueOf(c)), ok, err)
	}
	if !ok {
		return false
	}
	w.model.record(id, c, e)
	w.fold(id, events)
	if r, ok := c.(*domain.ReverseEntry); ok {
		w.netsOut(r.Entry, events)
	}
	return true
}

// fold folds events, with a try that is taken back, and adds their movements up.
func (w *walk) fold(id string, events []domain.Event) {
	mark := w.ledger.Mark()
	for range 2 {
		w.ledger.Rollback(mark)
		for _, e := range events {
			w.ledger.Evolve(e)
		}
	}
	w.ledger.Keep()
	w.entries[id] = events
	w.all = append(w.all, events...)
	for _, e := range events {
		w.shares(e)
		for _, m := range domain.Movements(e) {
			w.byPlace[sumKey{m.Stage, m.Fund, m.Project, m.Place, m.Money.Currency}] += m.Money.Minor
			from, to := m.Stage.Route()
			w.balance[from] -= m.Money.Minor
			w.balance[to] += m.Money.Minor
		}
	}
}

// shares demands that the parts of an amount are those of thirds, each to less
// than a fen, and together the amount.
func (w *walk) shares(e domain.Event) {
	parts, whole := map[domain.ID]int64{}, map[domain.ID]int64{}
	for _, m := range domain.Movements(e) {
		if _, handover := e.(*domain.PlacesAssigned); m.Place == "" || handover {
			continue
		}
		whole[m.Project] += m.Money.Minor
		parts[m.Project+" "+m.Place] = m.Money.Minor
	}
	amount := reflect.ValueOf(e).Elem().FieldByName("Amount")
	for project, minor := range whole {
		if want := amount.Interface().(domain.Money).Minor; minor != want && minor != -want {
			w.t.Fatalf("the parts of %d are %d together", want, minor)
		}
		for i, permille := range []int64{333, 333, 334} {
			if off := 1000*parts[project+" "+thirds[i].Place] - minor*permille; off <= -1000 || off >= 1000 {
				w.t.Fatalf("the parts of %d are %v", minor, parts)
			}
		}
	}
}

// netsOut demands that an entry and its reversal leave nothing of each other.
func (w *walk) netsOut(original string, reversal []domain.Event) {
	left := map[change]int64{}
	for _, events := range [][]domain.Event{w.entries[original], reversal} {
		for _, e := range events {
			for _, m := range domain.Movements(e) {
				left[change{line: line{m.Fund, m.Project}, stage: m.Stage}] += m.Money.Minor
			}
		}
	}
	for k, minor := range left {
		if minor != 0 {
			w.t.Fatalf("the reversal of %s leaves %d of %+v", original, minor, k)
		}
	}
}

// holds demands what holds at any time.
func (w *walk) holds() {
	funds, lines := map[domain.ID]purse{}, map[line]purse{}
	for k, minor := range w.byPlace {
		if funds[k.fund] == nil {
			funds[k.fund] = purse{}
		}
		if lines[line{k.fund, k.project}] == nil {
			lines[line{k.fund, k.project}] = purse{}
		}
		funds[k.fund][k.stage] += minor
		lines[line{k.fund, k.project}][k.stage] += minor
	}
	total := purse{}
	for id, f := range w.model.funds {
		for _, s := range domain.Stages() {
			if f[s] != funds[id][s] || f[s] < 0 {
				w.t.Fatalf("%v of %s are %d, the model says %d", s, id, funds[id][s], f[s])
			}
			total[s] += f[s]
		}
		if f.cash() < 0 || f.unspent() < 0 || f.free()+f[domain.CarriedOut] < 0 {
			w.t.Fatalf("a balance of %s is negative: %v", id, f)
		}
	}
	for k, l := range w.model.lines {
		for _, s := range domain.Stages() {
			if k.project != "" && l[s] != lines[k][s] {
				w.t.Fatalf("%v of %v are %d, the model says %d", s, k, lines[k][s], l[s])
			}
		}
		if l.undisbursed() < 0 || l.unspent() < 0 {
			w.t.Fatalf("a balance of %v is negative: %v", k, l)
		}
	}
	w.balances(total)
}

// balances demands of each account what the sums of all funds say about it.
func (w *walk) balances(total purse) {
	var sum int64
	for _, minor := range w.balance {
		sum += minor
	}
	if sum != 0 {
		w.t.Fatalf("debits and credits differ by %d", sum)
	}
	for account, want := range map[domain.Account]int64{
		domain.FundPledgesAccount: total[domain.Pledged], domain.FundUnallocatedAccount: total.funding() - total[domain.Allocated],
		domain.ProjectAllocatedAccount: total[domain.Allocated], domain.FundCashAccount: total.cash(), domain.CarryOverAccount: 0,
		domain.ProjectAdvancesAccount: total.unspent(), domain.ProjectSpentAccount: total[domain.Spent],
	} {
		if got := w.balance[account]; got != want {
			w.t.Fatalf("%s holds %d, want %d", account, got, want)
		}
	}
	placed := map[bool]int64{}
	for k, minor := range w.byPlace {
		if k.project == "road" {
			placed[k.place != ""] += minor
		}
	}
	if placed[false] != 0 {
		w.t.Fatalf("%d of a project with places are in none", placed[false])
	}
}

// unwind takes back what can be, and what is then left of it is nothing.
func (w *walk) unwind() {
	for again := true; again; {
		again = false
		for i := len(w.model.entries) - 1; i >= 0; i-- {
			if e := w.model.entries[i]; !e.reversed && w.step("back-"+e.id, &domain.ReverseEntry{Entry: e.id, Reason: "all of it"}) {
				again = true
			}
		}
	}
	for _, e := range w.model.entries {
		if !e.reversed {
			return // a fund was closed, or two entries rest on each other
		}
	}
	for k, minor := range w.byPlace {
		if minor != 0 {
			w.t.Fatalf("%d of %+v are left when everything is taken back", minor, k)
		}
	}
}
