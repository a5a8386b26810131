package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore/proof"
	"aidledger/projections"
)

// verifyView asks for a verification, or tells what one found: one line for
// everything that was compared, and the tables row by row.
type verifyView struct {
	Done    bool
	Clean   bool
	Parts   table
	Reasons []string // what is wrong, in English
	Report  web.Verification
	Table   table
	Kept    string // checkpoints that somebody kept, as they were pasted
	Problem *failure
}

func (v *visit) askVerify() error {
	return v.show(http.StatusOK, "verify", v.say("page.verify"), verifyView{})
}

// verify compares everything with everything. It takes as long as it takes, and
// ends when the person leaves.
func (v *visit) verify() error {
	if err := v.readForm(1 << 20); err != nil {
		return err
	}
	view := verifyView{Kept: strings.TrimSpace(strings.ReplaceAll(v.r.PostForm.Get("kept"), "\r\n", "\n"))}
	var kept [][]byte
	if view.Kept != "" {
		var err error
		if kept, err = proof.SplitNotes([]byte(view.Kept + "\n")); err != nil {
			view.Problem, _ = v.wrong(problem(http.StatusUnprocessableEntity, "bad_checkpoint", "that is no signed checkpoint", "paste it as it was given"))
			return v.show(http.StatusUnprocessableEntity, "verify", v.say("page.verify"), view)
		}
	}
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{})
	var err error
	if view.Report, err = v.server.Verify(v.ctx(), kept, func(uint64, uint64) {}); err != nil {
		return err
	}
	view.Done, view.Clean = true, view.Report.Copies.Clean() && view.Report.Clean
	v.verified(v.ctx(), &view)
	return v.show(http.StatusOK, "verify", v.say("page.verify"), view)
}

// verified says of everything that was compared whether it is as it was, or
// where the first thing is that is not.
func (v *visit) verified(ctx context.Context, view *verifyView) {
	view.Parts = table{Columns: v.columns("compared", "state", "position")}
	add := func(part, state, where string) {
		view.Parts.Rows = append(view.Parts.Rows, row{Cells: []cell{text(v.say("verify.part." + part)), {Text: v.say("verify.state." + state), State: state}, text(where)}})
	}
	r := view.Report
	until := map[string]string{notary.InLog: whole(r.Copies.LogEnd), notary.InArchive: whole(r.Copies.ArchiveEnd)}
	for _, part := range []string{notary.InLog, notary.InArchive, notary.InTree, notary.InCheckpoint} {
		state, where := "ok", until[part]
		for _, f := range r.Copies.Findings {
			if f.In == part && state == "ok" {
				state, where = "halted", f.Position.String()
				view.Reasons = append(view.Reasons, f.Reason)
			}
		}
		add(part, state, where)
	}
	signing := v.server.Signing(ctx)
	for _, c := range signing.Checkpoints {
		state := "ok"
		if !strings.Contains(c.Standing, "witnessed by") {
			state = "unwitnessed"
		}
		add("witness", state, v.say("verify.signed", v.titleOf(c.Ledger), c.Size, v.moment(c.SignedAt)))
	}
	if !r.Copies.Clean() {
		add("views", "unknown", "")
		return
	}
	state, where := "ok", r.Position.String()
	if slices.ContainsFunc(r.Tables, func(t projections.TableReport) bool { return t.Differences > 0 }) {
		state = "halted"
	}
	add("views", state, where)
	view.Table = table{Columns: v.columns("table", "+rows", "+differences", "keys")}
	for _, t := range r.Tables {
		state := "ok"
		if t.Differences > 0 {
			state = "halted"
		}
		view.Table.Rows = append(view.Table.Rows, row{Cells: []cell{{Text: t.Table, State: "code"}, {Text: whole(t.Rows), Number: true},
			{Text: whole(t.Differences), Number: true, State: state}, text(strings.Join(t.Keys, ", "))}})
	}
	state = "ok"
	if len(r.DamagedFiles) > 0 {
		state = "halted"
	}
	add("files", state, strings.Join(r.DamagedFiles, ", "))
	if f := r.Feed; f != nil && f.Clean() {
		add("feed", "ok", whole(f.Messages))
	} else if f != nil {
		add("feed", "halted", whole(f.Message))
		view.Reasons = append(view.Reasons, f.Difference)
	}
}

// evidenceView leads to the files that prove to others what the ledger says.
type evidenceView struct {
	Facts  []fact
	Bundle string // address of everything as one file
	Files  table
	Name   string // of the ledger
}

// evidence offers the signed checkpoint, the entries under it and the keys, which
// a program of its own verifies without this server.
func (v *visit) evidence() error {
	view := evidenceView{Name: v.ledger.Ledger}
	size := ""
	for _, c := range v.server.Signing(v.ctx()).Checkpoints {
		if c.Ledger == v.ledger.Ledger {
			size = whole(uint64(c.Size))
			view.Facts = []fact{{v.label("field", "entries"), text(size)}, {v.label("field", "signed_at"), text(v.moment(c.SignedAt))}}
		}
	}
	view.Files = table{Columns: v.columns("file", "contents"), Empty: v.say("evidence.none")}
	base := "/v1/ledgers/" + v.ledger.Ledger
	if v.caller.Method == "" { // a visitor, whom the API does not know
		view.Files.Empty = v.say("evidence.sign-in")
	} else if size != "" {
		view.Bundle = base + "/evidence"
		for _, f := range []struct{ name, path string }{
			{"checkpoint", "/checkpoint?size=" + size}, {"checkpoints", "/checkpoints?size=" + size}, {"entries", "/entries?size=" + size}, {"keys", "/keys"},
		} {
			view.Files.Rows = append(view.Files.Rows, row{Cells: []cell{linked(v.say("evidence."+f.name), base+f.path), text(v.say("evidence-of." + f.name))}})
		}
	}
	return v.show(http.StatusOK, "evidence", v.say("page.evidence"), view)
}
