package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"aidledger/cmd/internal/access"
	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/tracing"
	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/projections"
	"aidledger/projections/people"
	"aidledger/projections/vault"

	"github.com/go-json-experiment/json"
)

// Config is what the API answers from.
type Config struct {
	Store  *eventstore.Store
	Places *eventstore.Places // where each ledger is; nil: here
	Views  *projections.DB
	Runner *projections.Runner
	Notary *notary.Notary
	Feed   *feed.Feed // nil: nobody subscribes to events
	Log    *slog.Logger

	People    *people.Store   // nil: there is nobody but the owner
	Identity  *Identity       // nil: no identity provider
	Vault     *vault.Vault    // nil: nobody's personal data can be read
	PublicURL string          // where browsers reach the server, without a slash at the end
	Tracer    *tracing.Tracer // nil: nobody follows requests
	Proxies   []netip.Prefix  // whose X-Forwarded-For is believed

	Token    string            // of the owner, who may do everything
	ReadyAt  uint64            // the log's end at the start; ready when the read models are there
	Pages    bool              // show the pages without a token, to this machine
	Versions map[string]string // for the status

	// Translate returns the text of a code in Chinese, and what to do; ok is false
	// where there is none. Nil: every text is English.
	Translate func(code string) (text, hint string, ok bool)

	// ShowProblem answers a browser that asked for a page. Nil: it gets what
	// programs get.
	ShowProblem func(http.ResponseWriter, *http.Request, access.Caller, *Problem)
}

// Server answers HTTP requests. It is safe for concurrent use.
type Server struct {
	Config
	gate    access.Gate
	routes  []Route
	meters  map[string]*meter // by method and path of a route
	handler http.Handler
	ctx     context.Context // ends with the server: what follows the log stops then
	stop    context.CancelFunc

	ledgersHere sync.Map // names, and until when they are taken to be here
}

// New returns a server of the API, and of more routes beside it.
func New(c Config, more ...Route) *Server {
	s := &Server{Config: c, meters: map[string]*meter{}, routes: slices.Concat(routes, more)}
	if c.People != nil {
		s.routes = append(s.routes, peopleRoutes...)
		if c.Identity != nil {
			s.routes = append(s.routes, identityRoutes...)
		}
	}
	s.gate.Log, s.gate.Holds = c.Log, s.holds
	s.ctx, s.stop = context.WithCancel(context.Background())
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.translated(r, newProblem("cross_origin", "a page of another site asked for this", "go to the server's own pages")).send(w)
	}))
	s.handler = origins.Handler(s.mux())
	return s
}

// Context ends with the server: for what goes on when who asked has left.
func (s *Server) Context() context.Context { return s.ctx }

// Limits of a request.
const (
	pathMax   = 4 << 10  // bytes of path and query
	headerMax = 32 << 10 // bytes of all headers
	bodyMax   = 1 << 20  // bytes of one command, and of one line of a batch
	waitMax   = 10 * time.Second
)

// HTTP returns the server for net/http to run, with its time-outs and limits.
func (s *Server) HTTP() *http.Server {
	h := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    headerMax,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	h.RegisterOnShutdown(s.stop)
	return h
}

// Headers that every answer carries. The slices are shared and never changed.
var (
	nosniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
	noReferrer  = []string{"no-referrer"}
	onlyOurs    = []string{"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}
	contentJSON = []string{"application/json"}
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["X-Content-Type-Options"] = nosniff
	h["Cache-Control"] = noStore
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = onlyOurs
	switch p := r.URL.Path; {
	case len(r.RequestURI) > pathMax:
		s.translated(r, newProblem("uri_too_long", fmt.Sprintf("the address has more than %d bytes", pathMax), "shorten it")).send(w)
	case p != path.Clean(p) || !readable(p):
		// The mux would redirect to the clean path. Nobody asks for such a path in good faith.
		s.translated(r, newProblem("path_not_found", "there is nothing at this path", "GET /v1 lists the routes")).send(w)
	case !slices.Contains([]string{"", "identity"}, r.Header.Get("Content-Encoding")):
		s.translated(r, newProblem("content_encoding", fmt.Sprintf("the body is packed as %q", shorten(r.Header.Get("Content-Encoding"))), "send it as it is")).send(w)
	case !readable(unescaped(r.URL.RawQuery)):
		s.translated(r, newProblem("query_malformed", "the query has a byte that is no UTF-8, or a NUL", "write it in UTF-8")).send(w)
	default:
		s.handler.ServeHTTP(w, r)
	}
}

// readable tells whether a text can be looked for: no name has a NUL or a byte
// that is not UTF-8, and PostgreSQL takes neither.
func readable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// unescaped returns a query without its escapes; one that is malformed has none
// that are of interest here.
func unescaped(query string) string {
	text, err := url.QueryUnescape(query)
	if err != nil {
		return ""
	}
	return text
}

// answer makes an http.Handler of a route: it finds the caller, asks the gate,
// sends the problem that the handler returns, and turns a panic into one.
func (s *Server) answer(rt Route) http.Handler {
	m := &meter{}
	s.meters[rt.Method+" "+rt.Path] = m
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, status, code := time.Now(), http.StatusOK, ""
		r, ended := s.Tracer.Request(r)
		defer func() { m.count(status, time.Since(begun)); ended(status, code) }()
		defer func() {
			if cause := recover(); cause != nil {
				status, code = http.StatusInternalServerError, "internal"
				s.panicked(w, r, cause)
			}
		}()
		c, err := s.admit(rt, r)
		if err == nil {
			err = s.here(r)
		}
		if err == nil {
			err = rt.Handle(s, c, w, r)
		}
		if err == nil {
			return
		}
		p := s.elsewhere(w, r, ProblemOf(err))
		if r.Context().Err() != nil && p.Status >= http.StatusInternalServerError {
			// Who asked is gone, or has hung up half, and the work was cut off for
			// that. To return would say 200; a refusal is right all the same.
			panic(http.ErrAbortHandler)
		}
		status, code = p.Status, p.Code
		if p.Code == "internal" {
			p.Request = rand.Text()
			s.Log.Error("a request failed", "request", p.Request, "method", r.Method, "route", r.Pattern, "error", err)
		}
		s.send(w, r, c, p)
	})
}

// send answers with a problem: as a page to a person, else as JSON.
func (s *Server) send(w http.ResponseWriter, r *http.Request, c access.Caller, p *Problem) {
	programs := r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/")
	if s.ShowProblem != nil && !programs && strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.ShowProblem(w, r, c, p)
		return
	}
	s.translated(r, p).send(w)
}

func (s *Server) panicked(w http.ResponseWriter, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	p := newProblem("internal", "something went wrong in the server", "look for the request in the server's log")
	p.Request = rand.Text()
	s.Log.Error("a handler panicked", "request", p.Request, "method", r.Method, "route", r.Pattern, "cause", fmt.Sprint(cause),
		"stack", string(debug.Stack()))
	s.send(w, r, access.Caller{}, p)
}

// reply sends a value as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err
	}
	return replyJSON(w, status, body)
}

// replyJSON sends a value that is JSON already.
func replyJSON(w http.ResponseWriter, status int, body []byte) error {
	w.Header()["Content-Type"] = contentJSON
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone; there is nobody to tell
	return nil
}
