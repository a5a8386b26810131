package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/projections"
)

// Config is what the pages are made from.
type Config struct {
	Store    *eventstore.Store
	Views    *projections.DB
	Runner   *projections.Runner
	Log      *slog.Logger
	Now      func() time.Time
	Versions map[string]string
	Public   bool // show the public pages
}

// Site answers requests for pages. It is safe for concurrent use.
type Site struct {
	Config
	templates   map[string]map[string]*template.Template // by language and page
	needs       map[string]access.Capability             // of every page, by its path
	making      rebuild
	waiting     waiting
	interrupted interrupted
}

// New returns the pages.
func New(c Config) *Site {
	s := &Site{Config: c, templates: parseAll(), needs: map[string]access.Capability{}}
	for _, p := range pages {
		if p.method == http.MethodGet {
			s.needs[p.path] = p.needs
		}
	}
	return s
}

// handler shows one page.
type handler func(v *visit) error

// page is one line of the pages.
type page struct {
	method, path string
	needs        access.Capability
	show         handler
	doc          string
}

var pages = []page{
	{"GET", "/{$}", access.SignedIn, (*visit).home, "Page: the ledgers."},
	{"GET", "/ledgers/{ledger}", access.ReadLedger, (*visit).overview, "Page: a programme at one glance."},
	{"GET", "/ledgers/{ledger}/live", access.ReadLedger, (*visit).live, "The last block that the pages of a ledger show, now and whenever there is a new one, as server-sent events."},
	{"GET", "/ledgers/{ledger}/totals", access.ReadLedger, (*visit).totals, "Page: totals by one dimension."},
	{"GET", "/ledgers/{ledger}/journal", access.ReadLedger, (*visit).journal, "Page: movements of money, the last ones first."},
	{"GET", "/ledgers/{ledger}/why", access.ReadLedger, (*visit).why, "Page: how a number came about, step by step."},
	{"GET", "/ledgers/{ledger}/flow", access.ReadLedger, (*visit).flow, "Page: money from providers through projects to villages."},
	{"GET", "/ledgers/{ledger}/trace/{id}", access.ReadLedger, (*visit).trace, "Page: a thing, with its money up and down."},
	{"GET", "/ledgers/{ledger}/{register}", access.ReadLedger, (*visit).register, "Page: what is registered of one kind."},
	{"GET", "/ledgers/{ledger}/search", access.ReadLedger, (*visit).search, "Page: what has a name or an id."},
	{"GET", "/ledgers/{ledger}/requests", access.ReadLedger, (*visit).requests, "Page: payments that were asked for."},
	{"GET", "/ledgers/{ledger}/requests/{request}", access.ReadLedger, (*visit).request, "Page: one request, and what it changes."},
	{"GET", "/ledgers/{ledger}/events", access.ReadLog, (*visit).events, "Page: the events as they are in the log."},
	{"GET", "/ledgers/{ledger}/events/{position}", access.ReadLog, (*visit).event, "Page: one event, raw."},
	{"GET", "/ledgers/{ledger}/findings", access.ReadLedger, (*visit).findings, "Page: what was found wrong."},
	{"POST", "/ledgers/{ledger}/findings", access.RaiseFindings, (*visit).runChecks, "Page: looks for what is odd now."},
	{"GET", "/ledgers/{ledger}/findings/{finding}", access.ReadLedger, (*visit).finding, "Page: a finding, and what became of it."},
	{"GET", "/ledgers/{ledger}/reports", access.ReadLedger, (*visit).reports, "Page: totals that were published."},
	{"GET", "/ledgers/{ledger}/reports/{report}", access.ReadLedger, (*visit).report, "Page: a report as it was published, and as it is now; to print."},
	{"GET", "/ledgers/{ledger}/notices", access.ReadLedger, (*visit).notices, "Page: public notices, and those that are due."},
	{"GET", "/ledgers/{ledger}/notices/{notice}", access.ReadLedger, (*visit).notice, "Page: a public notice."},
	{"GET", "/ledgers/{ledger}/coverage", access.ReadLedger, (*visit).coverage, "Page: places that somebody is paired with, and those without."},
	{"GET", "/ledgers/{ledger}/beneficiaries", access.ReadBeneficiaries, (*visit).beneficiaries, "Page: beneficiaries, masked, for who says why."},
	{"GET", "/ledgers/{ledger}/beneficiaries/{id}", access.RevealBeneficiary, (*visit).askReveal, "Page: asks which field of a beneficiary to see in full, and why."},
	{"POST", "/ledgers/{ledger}/beneficiaries/{id}", access.RevealBeneficiary, (*visit).reveal, "Page: one field of a beneficiary in full."},
	{"GET", "/ledgers/{ledger}/samples", access.ReadLedger, (*visit).samples, "Page: entries that were drawn for audits."},
	{"GET", "/ledgers/{ledger}/samples/{sample}", access.ReadLedger, (*visit).sample, "Page: a sample, drawn once more, and what was found in it."},
	{"GET", "/ledgers/{ledger}/evidence", access.Export, (*visit).evidence, "Page: files that prove to others what the ledger says."},
	{"GET", "/status", access.ReadStatus, (*visit).status, "Page: how far the read models are, and the log."},
	{"POST", "/status/rebuild", access.Operate, (*visit).rebuild, "Page: begins to make all read models anew."},
	{"POST", "/status/resume", access.Operate, (*visit).resume, "Page: lets a read model that stopped try again."},
	{"GET", "/people", access.ManagePeople, (*visit).people, "Page: who may sign in, and what they may do."},
	{"POST", "/people", access.ManagePeople, (*visit).addPerson, "Page: adds a person and shows the link that lets the person in."},
	{"GET", "/people/{person}", access.ManagePeople, (*visit).person, "Page: one person, with tokens."},
	{"POST", "/people/{person}", access.ManagePeople, (*visit).changePerson, "Page: changes what a person may do."},
	{"GET", "/access-log", access.ReadAccessLog, (*visit).accessLog, "Page: who read what, took what out, and changed what people may do."},
	{"GET", "/ledgers/{ledger}/settings", access.ReadLedger, (*visit).settings, "Page: the thresholds of a ledger."},
	{"GET", "/verify", access.Verify, (*visit).askVerify, "Page: asks whether to replay the log and compare."},
	{"POST", "/verify", access.Verify, (*visit).verify, "Page: replays the log and compares every row."},
	{"GET", "/ledgers/{ledger}/record", access.SignedIn, (*visit).record, "Page: what can be recorded."},
	{"POST", "/ledgers/{ledger}/record", access.SignedIn, (*visit).dropDraft, "Page: deletes a draft."},
	{"GET", "/ledgers/{ledger}/record/{command}", access.SignedIn, (*visit).form, "Page: the form of a command."},
	{"POST", "/ledgers/{ledger}/record/{command}", access.ByCommand, (*visit).post, "Page: checks or records what a form says."},
	{"GET", "/ledgers/{ledger}/batch/{command}", access.SignedIn, (*visit).askBatch, "Page: many commands pasted from a spreadsheet."},
	{"POST", "/ledgers/{ledger}/batch/{command}", access.ByCommand, (*visit).batch, "Page: checks what was pasted, or records all of it."},
	{"GET", "/ledgers/{ledger}/imports", access.ImportReports, (*visit).askImport, "Page: the form to import a file, and the files that were."},
	{"POST", "/ledgers/{ledger}/imports", access.ByCommand, (*visit).importFile, "Page: tries a file, or imports the one that was tried."},
	{"GET", "/ledgers/{ledger}/imports/{import}", access.CorrectEntries, (*visit).askUndo, "Page: asks why an import is to be taken back."},
	{"POST", "/ledgers/{ledger}/imports/{import}", access.CorrectEntries, (*visit).undo, "Page: takes an import back as one."},
	{"GET", "/ledgers/{ledger}/statements", access.ReadLedger, (*visit).statements, "Page: bank statements beside the ledger."},
	{"POST", "/ledgers/{ledger}/statements", access.ImportReports, (*visit).importStatement, "Page: records the lines of a bank statement."},
	{"POST", "/ledgers/{ledger}/statements/matches", access.ImportReports, (*visit).confirmMatches, "Page: confirms which entries moved the money of lines."},
	{"GET", "/ledgers/{ledger}/vouchers", access.ReadLedger, (*visit).vouchers, "Page: the numbers of vouchers, and those that are missing."},
	{"GET", "/ledgers/{ledger}/compare", access.ReadLedger, (*visit).compare, "Page: totals on two days."},
	{"GET", "/ledgers/{ledger}/idle", access.ReadLedger, (*visit).idle, "Page: cash of funds by how long it has lain there."},
	{"GET", "/ledgers/{ledger}/voucher/{entry}", access.ReadLedger, (*visit).voucher, "Page: a payment voucher to print."},
	{"GET", "/public", access.Public, (*visit).publicHome, "Page: the ledgers, for everybody."},
	{"GET", "/public/{ledger}", access.Public, (*visit).publicPage, "Page: totals by year, for everybody."},
	{"GET", "/public/{ledger}/{page}", access.Public, (*visit).publicPage, "Page: projects, villages or notices, for everybody."},
	{"GET", "/sign-in", access.Public, (*visit).askSignIn, "Page: the form to sign in."},
	{"POST", "/sign-in", access.Public, (*visit).signIn, "Page: signs a person in."},
	{"POST", "/sign-out", access.Public, (*visit).signOut, "Page: ends the session."},
	{"GET", "/join/{invitation}", access.Public, (*visit).askJoin, "Page: the form by which a person who was invited chooses a password."},
	{"POST", "/join/{invitation}", access.Public, (*visit).join, "Page: keeps that password."},
	{"GET", "/account", access.SignedIn, (*visit).account, "Page: who asks, password and second factor."},
	{"POST", "/account", access.SignedIn, (*visit).changeAccount, "Page: changes the password or the second factor."},
	{"POST", "/preferences", access.Public, (*visit).prefer, "Keeps language and unit in a cookie."},
}

// Routes lists the pages for the route table of the server.
func (s *Site) Routes() []web.Route {
	var all []web.Route
	for _, p := range pages {
		all = append(all, web.Route{Method: p.method, Path: p.path, Needs: p.needs, Doc: p.doc,
			Handle: func(server *web.Server, c access.Caller, w http.ResponseWriter, r *http.Request) error {
				v := s.begin(c, w, r)
				v.server = server
				if p.needs != access.Public {
					if err := v.enter(); err != nil {
						return err
					}
				}
				return p.show(v)
			}})
	}
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		all = append(all, web.Route{Method: "GET", Path: "/" + name, Needs: access.Public, Doc: "A part of all pages.", Handle: asset(name)})
	}
	return all
}

// assets are the files that pages load.
var assets = map[string]string{
	"pages.css": "text/css; charset=utf-8",
	"pages.js":  "text/javascript; charset=utf-8",
	"icon.svg":  "image/svg+xml",
}

//go:embed assets
var assetFiles embed.FS

// asset serves a file that a browser keeps until it has another content.
func asset(name string) web.Handler {
	body, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is part of the binary
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	return func(_ *web.Server, _ access.Caller, w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Content-Type", assets[name])
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
		return nil
	}
}

//go:embed templates/*.html
var templateFiles embed.FS

// parseAll makes the template of every page in every language: the frame, what
// pages share, and the page's own file.
func parseAll() map[string]map[string]*template.Template {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is constant
	}
	all := map[string]map[string]*template.Template{}
	for _, l := range tongues {
		all[l.tag] = map[string]*template.Template{}
		shared := template.Must(template.New("").Funcs(template.FuncMap{"t": l.text, "label": l.label, "cell": l.cell, "row": l.row}).
			ParseFS(templateFiles, "templates/frame.html", "templates/parts.html"))
		for _, file := range files {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name != "frame" && name != "parts" {
				all[l.tag][name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
			}
		}
	}
	return all
}
