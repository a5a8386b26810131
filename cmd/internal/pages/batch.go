package pages

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"

	"github.com/google/uuid"
)

// batchView is many commands of one kind, pasted from a spreadsheet. All of them
// are recorded or none.
type batchView struct {
	Command     string
	Columns     []string // what a column can be called
	Heading     string   // a first line to begin with
	Text        string
	Key         string
	Table       table // the lines as they were read, each with what is wrong
	Faults      int
	Ready       bool // nothing is wrong, and nothing recorded yet
	Sum         []fact
	Problem     *failure
	Recorded    string // how many were recorded
	Position    cell
	Interrupted bool // it was pasted before a session ended, and is not recorded
}

// batchMax is how many lines one paste has at most.
const batchMax = 1000

// line is one line of a paste.
type line struct {
	number  int
	cells   []string
	values  url.Values
	command domain.Command
	faults  domain.Refusals
}

func (v *visit) askBatch() error {
	t, err := v.commandOf()
	if err != nil {
		return err
	}
	view := v.batchView(t)
	if view.Interrupted = v.readInterrupted(); view.Interrupted {
		view.Text, view.Key = v.query.Get("text"), cmp.Or(v.query.Get("idempotency_key"), view.Key)
	}
	view.Recorded = v.query.Get("done")
	if at := v.query.Get("at"); at != "" {
		view.Position = linked(at, v.href("events/"+at))
	}
	return v.show(http.StatusOK, "batch", v.say("batch.title", v.label("command", t.Name)), view)
}

func (v *visit) batchView(t domain.CommandType) batchView {
	view := batchView{Command: t.Name, Key: uuid.NewString()}
	var heading []string
	for _, f := range batchFields(t) {
		label := v.fieldLabel(t.Name, f.Name)
		view.Columns = append(view.Columns, label)
		if fresh(t.Name, f.Name) {
			continue // it is made by itself
		}
		if f.Required || slices.Contains(alsoRequired[t.Name], f.Name) || f.Name == "date" || f.Name == "voucher" || f.Name == "payer" || f.Name == "payee" {
			heading = append(heading, label)
		}
	}
	view.Heading = strings.Join(heading, "\t")
	return view
}

// batchFields are the fields that a column can fill: not lists.
func batchFields(t domain.CommandType) []domain.Field {
	fields := slices.DeleteFunc(slices.Clone(t.Field), func(f domain.Field) bool { return f.Type == "list" })
	slices.SortStableFunc(fields, func(a, b domain.Field) int { return rank(a.Name) - rank(b.Name) })
	return fields
}

// batch checks what was pasted, and records all of it at once.
func (v *visit) batch() error {
	t, err := v.commandOf()
	if err != nil {
		return err
	}
	if err := v.readForm(4 << 20); err != nil {
		return err
	}
	f := v.r.PostForm
	view := v.batchView(t)
	view.Text = f.Get("text")
	if key := f.Get("idempotency_key"); key != "" {
		view.Key = key
	}
	columns, lines, err := v.readLines(t, view.Text)
	if err != nil {
		wrong := v.failure(web.ProblemOf(err))
		view.Problem = &wrong
		return v.show(http.StatusUnprocessableEntity, "batch", v.say("batch.title", v.label("command", t.Name)), view)
	}
	o, err := v.offers(t)
	if err != nil {
		return err
	}
	faults := 0
	for i := range lines {
		l := &lines[i]
		o.complete(t, view.Key, l)
		var checked error
		l.command, l.faults = decodeForm(t, l.values)
		checked = domain.Check(l.command)
		l.faults = append(l.faults, newRefusals(checked, l.faults)...)
		faults += len(l.faults)
	}
	if len(lines) > 0 {
		done, err := v.recordBatch(t, view.Key, lines, f.Get("do") == "record" && faults == 0)
		if done || err != nil {
			return err
		}
	}
	v.showLines(&view, t, columns, lines)
	view.Ready = len(lines) > 0 && view.Faults == 0
	status := http.StatusOK
	if view.Faults > 0 {
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, "batch", v.say("batch.title", v.label("command", t.Name)), view)
}

// readLines reads cells that are divided by tabs, as spreadsheets copy them. The
// first line names the columns, by their labels in any language or by the names
// of the fields.
func (v *visit) readLines(t domain.CommandType, text string) (columns []string, lines []line, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	for n := 1; ; n++ {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return columns, lines, nil
		case err != nil:
			return nil, nil, problem(http.StatusUnprocessableEntity, "paste_malformed", "the text cannot be read as lines of cells", "copy the cells of a spreadsheet")
		case columns == nil:
			if columns, err = v.columnNames(t, cells); err != nil {
				return nil, nil, err
			}
			continue
		case len(lines) == batchMax:
			return nil, nil, problem(http.StatusUnprocessableEntity, "paste_too_long", "there are more than "+strconv.Itoa(batchMax)+" lines", "paste them in parts")
		}
		l := line{number: n, cells: cells, values: url.Values{}}
		for i, c := range cells {
			if i < len(columns) && strings.TrimSpace(c) != "" {
				l.values.Set(columns[i], strings.TrimSpace(c))
			}
		}
		if len(l.values) > 0 {
			lines = append(lines, l)
		}
	}
}

func (v *visit) columnNames(t domain.CommandType, cells []string) ([]string, error) {
	var names []string
	for _, c := range cells {
		name := ""
		for _, f := range batchFields(t) {
			called := []string{f.Name}
			for _, l := range tongues {
				called = append(called, (&visit{tongue: l}).fieldLabel(t.Name, f.Name))
			}
			if slices.ContainsFunc(called, func(s string) bool { return domain.FoldName(s) == domain.FoldName(c) }) {
				name = f.Name
			}
		}
		if name == "" || slices.Contains(names, name) {
			return nil, &domain.Refusal{Code: "column_unknown", Message: strconv.Quote(c) + " is no column of this form, or stands there twice",
				Hint: "name each column in the first line as the form does", Detail: map[string]string{"column": c}}
		}
		names = append(names, name)
	}
	return names, nil
}

// complete turns names into ids, and gives a new thing an id. It is the same one
// when the same paste is sent again.
func (o *offers) complete(t domain.CommandType, key string, l *line) {
	o.resolve(t.Name, t.Field, "", l.values)
	chosen(t, l.values)
	if made := newNoun[t.Name]; made.field != "" && l.values.Get(made.field) == "" && t.Name != "receive-funds" {
		sum := sha256.Sum256([]byte(key + " " + strconv.Itoa(l.number)))
		l.values.Set(made.field, made.prefix+"-"+hex.EncodeToString(sum[:5]))
	}
}

// chosen turns what choices are called, in any language, into their values.
func chosen(t domain.CommandType, values url.Values) {
	for _, f := range t.Field {
		if value := valueOf(t.Name, f, values.Get(f.Name)); value != "" {
			values.Set(f.Name, value)
		}
	}
}

// valueOf is the value of a field that a text stands for, in any language; nothing
// where it stands for none.
func valueOf(command string, f domain.Field, text string) string {
	options := f.Enum
	if f.Type == "yes/no" {
		options = []string{"true", "false"}
	}
	for _, value := range options {
		for _, l := range tongues {
			if domain.FoldName(l.choice(command, f, value)) == domain.FoldName(text) {
				return value
			}
		}
	}
	return ""
}

// choice is what one of the values of a field is called.
func (l *tongue) choice(command string, f domain.Field, value string) string {
	if f.Type == "yes/no" {
		return l.say(map[string]string{"true": "yes", "false": "no"}[value])
	}
	return l.enumLabel(command, f.Name, value)
}

// choices says what a field can be, where it is one of a few values.
func (v *visit) choices(t domain.CommandType, name string) string {
	i := slices.IndexFunc(t.Field, func(f domain.Field) bool { return f.Name == name && len(f.Enum) > 0 })
	if i < 0 {
		return ""
	}
	var labels []string
	for _, value := range t.Field[i].Enum {
		labels = append(labels, v.choice(t.Name, t.Field[i], value))
	}
	return v.say("batch.choices", strings.Join(labels, v.say("and")))
}

// recordBatch records all lines or none; or it only tries those that can be read. It
// answers the request where they were recorded, and notes at each line what is
// wrong where not.
func (v *visit) recordBatch(t domain.CommandType, key string, lines []line, record bool) (done bool, err error) {
	var requests []eventstore.Request
	var asked []*line
	for i := range lines {
		if l := &lines[i]; len(l.faults) == 0 {
			requests, asked = append(requests, eventstore.Request{ID: key + "-" + strconv.Itoa(l.number), Command: l.command}), append(asked, l)
		}
	}
	give := v.server.TryAll
	if record {
		give = v.server.RecordAll
	}
	outcomes, err := give(v.ctx(), v.caller, v.ledger.Ledger, requests)
	if err != nil {
		return false, err
	}
	var last eventstore.Position
	done = record
	for i, out := range outcomes {
		if out.Err == nil {
			last = out.Receipt.Position
			continue
		}
		done = false
		found := newRefusals(out.Err, nil)
		if p := web.ProblemOf(out.Err); len(found) == 0 && p.Code != eventstore.BatchNotRecorded {
			found = domain.Refusals{{Code: p.Code, Message: p.Detail, Hint: p.Hint}}
		}
		asked[i].faults = append(asked[i].faults, found...)
	}
	if !done {
		return false, nil
	}
	v.awaitViews(last.Block)
	http.Redirect(v.w, v.r, v.href("batch/"+t.Name, "done", strconv.Itoa(len(lines)), "at", last.String()), http.StatusSeeOther)
	return true, nil
}

// showLines shows what was read, what is wrong with each line, and the sum.
func (v *visit) showLines(view *batchView, t domain.CommandType, columns []string, lines []line) {
	view.Table = table{Columns: []column{{Label: v.say("batch.line"), Number: true}}, Empty: v.say("batch.empty")}
	for _, c := range columns {
		view.Table.Columns = append(view.Table.Columns, column{Label: v.fieldLabel(t.Name, c)})
	}
	view.Table.Columns = append(view.Table.Columns, column{Label: v.say("batch.problem")})
	sum, summed := domain.Money{Currency: v.ledger.Currency}, slices.Contains(columns, "amount")
	for _, l := range lines {
		cells := []cell{{Text: strconv.Itoa(l.number), Number: true}}
		for i := range columns {
			c := cell{}
			if i < len(l.cells) {
				c.Text = l.cells[i]
			}
			cells = append(cells, c)
		}
		var said []string
		for _, r := range l.faults {
			text, _ := v.refusalText(r)
			if _, told := v.texts["problem."+r.Code]; told && r.Code == "value_unknown" {
				text += v.choices(t, r.Field)
			}
			if r.Field != "" {
				text = v.fieldLabel(t.Name, r.Field) + v.say("colon") + text
			}
			said = append(said, text)
		}
		problem := cell{Text: strings.Join(said, v.say("list.separator"))}
		if len(said) > 0 {
			view.Faults++
			problem.State = "halted"
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: append(cells, problem)})
		a, err := domain.ParseAmount(l.values.Get("amount"))
		m, err2 := a.Money(v.ledger.Currency)
		if err == nil && err2 == nil {
			sum, err = sum.Add(m)
		}
		summed = summed && err == nil && err2 == nil
	}
	view.Sum = []fact{{v.say("batch.lines"), text(strconv.Itoa(len(lines)))}, {v.say("batch.faults"), text(strconv.Itoa(view.Faults))}}
	if summed && len(lines) > 0 {
		view.Sum = append(view.Sum, fact{v.say("sum"), v.exact(sum, "")})
	}
}
