package pages

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/exchange"
	"aidledger/domain"
	"aidledger/projections"
)

// waiting are files that were tried and may be imported next, so that nobody has
// to choose a file twice. They lie on disk until they are used, or too many others
// came after them.
type waiting struct {
	mu    sync.Mutex
	files []waitingFile
}

type waitingFile struct {
	key, person string
	file        *exchange.File
}

// waitingMax is how many files wait at most.
const waitingMax = 16

// keep lets a file wait, and returns the key under which it does.
func (w *waiting) keep(person string, f *exchange.File) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.files) == waitingMax {
		w.files[0].file.Close()
		w.files = w.files[1:]
	}
	key := rand.Text()
	w.files = append(w.files, waitingFile{key, person, f})
	return key
}

// take returns a file of a person, who has to close it; nil where it no longer
// waits.
func (w *waiting) take(person, key string) *exchange.File {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.files, func(f waitingFile) bool { return f.key == key && f.person == person })
	if i < 0 {
		return nil
	}
	f := w.files[i].file
	w.files = slices.Delete(w.files, i, i+1)
	return f
}

// importsView is the form to import a file, what it would do or did, and the
// files that came before.
type importsView struct {
	Desks     []navGroup // commands that a row can be, as the page to record groups them
	Units     []option
	Sheet     string
	SkipBad   bool
	Waiting   string // key of the file that was tried
	File      string // its name
	Outcome   string
	State     string
	Facts     []fact
	Faults    table
	Notices   []string
	Templates string // address of empty tables, without the command
	Problem   *failure
	Imports   table
	Undone    string
}

func (v *visit) askImport() error {
	view := v.importsView(exchange.Options{Command: v.query.Get("command")})
	view.Undone = v.texts["import.undone."+v.query.Get("undone")]
	return v.showImports(http.StatusOK, view)
}

func (v *visit) importsView(o exchange.Options) importsView {
	view := importsView{Sheet: o.Sheet, SkipBad: o.SkipBad, Templates: "/v1/templates/"}
	for _, d := range desks {
		g := navGroup{Label: v.say("desk." + d.name)}
		for _, name := range d.commands {
			if v.caller.Has(access.OfCommand(name)) {
				g.Items = append(g.Items, option{Value: name, Label: v.label("command", name), Current: name == o.Command})
			}
		}
		if len(g.Items) > 0 {
			view.Desks = append(view.Desks, g)
		}
	}
	view.Units = []option{{Label: v.say("import.unit.of-table"), Current: o.Unit == ""}} // so that 单位：万元 above a table is not passed over
	for _, u := range []string{"元", "万元", "亿元"} {
		view.Units = append(view.Units, option{Value: u, Label: v.say("import.unit." + u), Current: u == o.Unit})
	}
	return view
}

func (v *visit) showImports(status int, view importsView) error {
	all, err := v.Views.Imports(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax})
	if err != nil {
		return err
	}
	view.Imports = table{Columns: v.columns("file", "recorded", "actor", "+rows", "state"), Empty: v.say("import.none")}
	slices.SortFunc(all.Rows, func(a, b projections.Import) int { return b.Recorded.Compare(a.Recorded) })
	for _, i := range all.Rows {
		state := linked(v.say("import.undo"), v.href("imports/"+string(i.Import)))
		if i.Reversed != "" {
			state = cell{Text: v.say("import.reversed"), State: "reversal"}
		}
		view.Imports.Rows = append(view.Imports.Rows, row{Cells: []cell{text(i.File), text(v.moment(i.Recorded)), text(v.who(i.Actor)), {Text: strconv.Itoa(i.Rows), Number: true}, state}})
	}
	return v.show(status, "imports", v.say("page.imports"), view)
}

// importFile tries the file of the form, or brings in the one that was tried.
func (v *visit) importFile() error {
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Time{}) // a file takes as long as it takes
	_ = control.SetWriteDeadline(time.Time{})
	o, file, err := v.receive()
	view := v.importsView(o)
	if err != nil {
		return v.importFailed(view, err)
	}
	o.DryRun = v.r.FormValue("do") != "import"
	if o.Named, err = v.naming(o.Command); err != nil {
		file.Close()
		return err
	}
	report, err := v.server.Import(v.r, v.caller, file, o)
	if err != nil || !o.DryRun && report.Outcome != exchange.Refused {
		file.Close()
	} else {
		view.Waiting, view.File = v.waiting.keep(v.caller.Person, file), file.Name
	}
	if err != nil {
		return v.importFailed(view, err)
	}
	v.reported(&view, report)
	status := http.StatusOK
	if report.Outcome == exchange.Refused {
		status = http.StatusUnprocessableEntity
	}
	return v.showImports(status, view)
}

// naming reads the names of things and choices in a table of commands, as a form
// does; nil where a file says itself what it has.
func (v *visit) naming(command string) (func(string, domain.Field, string) string, error) {
	t, ok := domain.LookupCommand(command)
	if !ok {
		return nil, nil
	}
	o, err := v.offers(t)
	type asked struct{ command, field, text string }
	known := map[asked]string{} // a column has few names, and many rows
	return func(command string, f domain.Field, text string) string {
		this := asked{command, f.Name, text}
		value, ok := known[this]
		switch {
		case ok:
			return value
		case len(f.Enum) > 0:
			value = valueOf(command, f, text)
		case !fresh(command, f.Name):
			value = o.named(nounsFor(command, f.Name), text)
		}
		known[this] = value
		return value
	}, err
}

func (v *visit) importFailed(view importsView, err error) error {
	wrong, status := v.wrong(err)
	if status >= http.StatusInternalServerError {
		return err
	}
	view.Problem = wrong
	return v.showImports(status, view)
}

// formMax is how much of a form with a file is held in memory.
const formMax = 1 << 20

// receive reads the form and its file, or takes the file that waits.
func (v *visit) receive() (o exchange.Options, file *exchange.File, err error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, exchange.FileMax)
	if err := v.r.ParseMultipartForm(formMax); err != nil {
		return o, nil, problem(http.StatusBadRequest, "body_malformed", "the form could not be read", "send it again")
	}
	defer v.r.MultipartForm.RemoveAll()
	o = exchange.Options{Command: v.r.FormValue("command"), Sheet: strings.TrimSpace(v.r.FormValue("sheet")), Unit: v.r.FormValue("unit"), SkipBad: v.r.FormValue("skip_bad") == "true"}
	if o.Command != "" {
		if _, ok := domain.LookupCommand(o.Command); !ok {
			return o, nil, problem(http.StatusUnprocessableEntity, "command_unknown", "there is no such command", "choose one of the list")
		}
	}
	part, head, err := v.r.FormFile("file")
	if err == nil {
		defer part.Close()
		file, err = exchange.Receive(part, head.Filename)
		return o, file, err
	}
	if file = v.waiting.take(v.caller.Person, v.r.FormValue("waiting")); file == nil {
		return o, nil, problem(http.StatusUnprocessableEntity, "file_not_chosen", "there is no file, or it no longer waits", "choose the file again")
	}
	return o, file, nil
}

// reported shows what an import did, or would do.
func (v *visit) reported(view *importsView, r exchange.Report) {
	view.State = map[exchange.Outcome]string{exchange.Recorded: "good", exchange.Rehearsed: "good", exchange.Known: "past", exchange.Refused: "problem"}[r.Outcome]
	if r.Refused > 0 {
		view.State = "problem"
	}
	view.Outcome = v.say("import.outcome."+string(r.Outcome), r.Recorded)
	for _, f := range []struct {
		name string
		n    int
	}{{"rows", r.Rows}, {"recorded_rows", r.Recorded}, {"already", r.Already}, {"refused", r.Refused}, {"left_out", r.LeftOut}, {"findings_raised", r.Findings}} {
		view.Facts = append(view.Facts, fact{v.label("field", f.name), cell{Text: strconv.Itoa(f.n), Number: true}})
	}
	if r.Refused == 0 && r.Outcome == exchange.Known {
		view.Waiting = ""
	}
	view.Faults = table{Columns: v.columns("+row", "column", "problem", "remedy")}
	for _, f := range r.Faults {
		message, hint := f.Message, f.Hint
		if text, ok := v.texts["problem."+f.Code]; ok {
			message, hint = text, v.texts["remedy."+f.Code]
			if f.Value != "" {
				message += "（" + f.Value + "）"
			}
		}
		view.Faults.Rows = append(view.Faults.Rows, row{Cells: []cell{{Text: strconv.Itoa(f.Row), Number: true}, text(strings.TrimSpace(f.Name + " " + f.Column)), text(message), text(hint)}})
	}
	for _, n := range r.Notices {
		line := n.Text
		if n.Row > 0 {
			line = strconv.Itoa(n.Row) + ": " + n.Text
		}
		view.Notices = append(view.Notices, line)
	}
}

// undoView asks why an import is to be taken back.
type undoView struct {
	Facts   []fact
	Problem *failure
	Faults  table
	Reason  string
}

func (v *visit) askUndo() error { return v.showUndo(http.StatusOK, undoView{}) }

func (v *visit) showUndo(status int, view undoView) error {
	all, err := v.Views.Imports(v.ctx(), projections.ListQuery{Ledger: v.ledger.Ledger, Limit: listMax})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.Rows, func(i projections.Import) bool { return string(i.Import) == v.r.PathValue("import") })
	if i < 0 {
		return problem(http.StatusNotFound, "not_found", "there is no such import", "use the list of imports")
	}
	in := all.Rows[i]
	view.Facts = v.given("file", text(in.File), "recorded", text(v.moment(in.Recorded)), "actor", text(v.who(in.Actor)), "rows", text(strconv.Itoa(in.Rows)), "entry", linked(in.Entry, v.href("trace/"+in.Entry)))
	return v.show(status, "undo", v.say("import.undo"), view)
}

// undo takes an import back as one.
func (v *visit) undo() error {
	if err := v.readForm(smallForm); err != nil {
		return err
	}
	view := undoView{Reason: strings.TrimSpace(v.r.PostForm.Get("reason"))}
	report, err := v.server.UndoImport(v.r, v.caller, domain.ID(v.r.PathValue("import")), view.Reason)
	if err != nil {
		wrong, status := v.wrong(err)
		view.Problem = wrong
		return v.showUndo(status, view)
	}
	if report.Outcome == exchange.Refused {
		view.Problem = &failure{Message: v.say("import.undo-refused")}
		view.Faults = table{Columns: v.columns("entry", "problem", "remedy")}
		for _, f := range report.Faults {
			message, hint := f.Message, f.Hint
			if text, ok := v.texts["problem."+f.Code]; ok {
				message, hint = text, v.texts["remedy."+f.Code]
			}
			view.Faults.Rows = append(view.Faults.Rows, row{Cells: []cell{linked(f.Entry, v.href("trace/"+f.Entry)), text(message), text(hint)}})
		}
		return v.showUndo(http.StatusConflict, view)
	}
	http.Redirect(v.w, v.r, v.href("imports", "undone", string(report.Outcome)), http.StatusSeeOther)
	return nil
}
