package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"aidledger/cmd/internal/checks"
	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/notary"
	"aidledger/cmd/internal/pages"
	"aidledger/cmd/internal/tracing"
	"aidledger/cmd/internal/web"
	"aidledger/eventstore"
	"aidledger/eventstore/feed"
	"aidledger/projections"
	"aidledger/projections/people"
	"aidledger/projections/vault"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
)

// stopMax is how long the parts of the server may take to stop, all together.
const stopMax = 20 * time.Second

// serveOptions is what serve was asked to do, checked as far as that is
// possible without starting anything.
type serveOptions struct {
	dir                       string
	restoring                 bool // a backup into it: nobody serves it before that is done
	listen                    string
	publicURL                 string
	publicPages               bool
	identity                  *web.Identity // nil: none
	token                     string        // empty: the one of the data directory
	natsURL, natsUser, natsPW string
	natsListen                string // empty: nobody reads events from outside
	postgresURL               string
	peopleURL, vaultURL       string // empty: postgresURL
	readURL                   string // empty: postgresURL
	proxies                   []netip.Prefix
	stream                    string
	region                    string // the stream that was named
	places                    string // stream of the places of ledgers; empty: there is no other region
	replicas                  int
	vaultKey                  string // empty: the one of the data directory
	demo                      bool
	loopback                  bool          // nobody on another machine can reach it
	checkEvery                time.Duration // 0: never by itself
	origin                    string        // name in what is signed; empty: the one of the data directory
}

func (c *command) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the log, the read models and the HTTP API until interrupted",
		Args:  exactly(0),
	}
	bind(cmd, "serve")
	withDemo := cmd.Flags().Bool("demo", false, "load the demonstration programme and show its totals")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := readServeOptions(cmd)
		if err != nil {
			return err
		}
		o.demo = *withDemo
		return c.runServer(cmd.Context(), o)
	}
	return cmd
}

func readServeOptions(cmd *cobra.Command) (o serveOptions, err error) {
	get := func(env string) string { return value(cmd, env) }
	o = serveOptions{
		dir: get("AIDLEDGER_DATA"), listen: get("AIDLEDGER_LISTEN"), publicURL: strings.TrimSuffix(get("AIDLEDGER_PUBLIC_URL"), "/"), token: get("AIDLEDGER_TOKEN"), vaultKey: get("AIDLEDGER_VAULT_KEY"),
		natsURL: get("AIDLEDGER_NATS_URL"), natsUser: get("AIDLEDGER_NATS_USER"), natsPW: get("AIDLEDGER_NATS_PASSWORD"),
		postgresURL: get("AIDLEDGER_POSTGRES_URL"), peopleURL: get("AIDLEDGER_PEOPLE_URL"), vaultURL: get("AIDLEDGER_VAULT_URL"), readURL: get("AIDLEDGER_READ_URL"), stream: get("AIDLEDGER_STREAM"), region: get("AIDLEDGER_STREAM"), places: get("AIDLEDGER_PLACES"),
	}
	o.origin, o.natsListen = get("AIDLEDGER_ORIGIN"), get("AIDLEDGER_NATS_LISTEN")
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		return o, usage(cmd, "--listen %q is no address; write HOST:PORT, as in 127.0.0.1:8080", o.listen)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return o, usage(cmd, "--listen has the port %q; ports go from 0 to 65535", port)
	}
	ip := net.ParseIP(host)
	o.loopback = host == "localhost" || ip != nil && ip.IsLoopback()
	if o.token == "" && !o.loopback {
		return o, usage(cmd, "--listen %s is open to other machines; set a token for them in AIDLEDGER_TOKEN, or listen on 127.0.0.1", o.listen)
	}
	if o.token != "" && len(o.token) < 16 {
		return o, usage(cmd, "AIDLEDGER_TOKEN has less than 16 characters, which can be guessed; make one with: openssl rand -hex 24")
	}
	if issuer := get("AIDLEDGER_OIDC_ISSUER"); issuer != "" {
		o.identity = &web.Identity{Issuer: issuer, ClientID: get("AIDLEDGER_OIDC_CLIENT_ID"), ClientSecret: get("AIDLEDGER_OIDC_CLIENT_SECRET")}
		if o.identity.ClientID == "" || o.publicURL == "" {
			return o, usage(cmd, "--oidc-issuer needs --oidc-client, and --public-url, to which the identity provider leads back")
		}
	}
	switch pages := get("AIDLEDGER_PUBLIC_PAGES"); pages {
	case "on", "off":
		o.publicPages = pages == "on"
	default:
		return o, usage(cmd, "--public-pages is %q; use on or off", pages)
	}
	o.replicas, err = strconv.Atoi(get("AIDLEDGER_REPLICAS"))
	if err != nil || o.replicas != 1 && o.replicas != 3 && o.replicas != 5 {
		return o, usage(cmd, "--replicas is %q; use 1, 3 or 5", get("AIDLEDGER_REPLICAS"))
	}
	if o.natsListen != "" && o.natsURL != "" {
		return o, usage(cmd, "--nats-listen is for the NATS server inside, and --nats-url names others; aidledger setup nats --subscriber is for those")
	}
	if o.replicas > 1 && o.natsURL == "" {
		return o, usage(cmd, "--replicas %d needs the servers of a cluster in --nats-url", o.replicas)
	}
	if o.places != "" && o.natsURL == "" {
		return o, usage(cmd, "--places is for regions that share the NATS servers in --nats-url, and those are not given")
	}
	if o.readURL != "" && o.postgresURL == "" {
		return o, usage(cmd, "--read-url is a standby of the database in --postgres-url, and that is not given")
	}
	if o.checkEvery, err = time.ParseDuration(get("AIDLEDGER_CHECK_EVERY")); err != nil || o.checkEvery < 0 {
		return o, usage(cmd, "--check-every is %q; write a time such as 24h, or 0", get("AIDLEDGER_CHECK_EVERY"))
	}
	if o.proxies, err = parseProxies(get("AIDLEDGER_TRUSTED_PROXIES")); err != nil {
		return o, usage(cmd, "--trusted-proxies is %q; write addresses with commas between them, as in 10.0.0.1,192.0.2.0/24", get("AIDLEDGER_TRUSTED_PROXIES"))
	}
	return o, o.check(cmd)
}

// parseProxies reads addresses and prefixes of addresses.
func parseProxies(text string) (all []netip.Prefix, err error) {
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			at, err := netip.ParseAddr(one)
			if err != nil {
				return nil, err
			}
			p = netip.PrefixFrom(at, at.BitLen())
		}
		all = append(all, p)
	}
	return all, nil
}

// checkNames refuses what cannot be the name of a stream, by flag.
func checkNames(cmd *cobra.Command, names map[string]string) error {
	for flag, name := range names {
		for _, b := range []byte(name) {
			if b != '-' && b != '_' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
				return usage(cmd, "--%s %q is no name; use letters, digits, - and _", flag, name)
			}
		}
	}
	return nil
}

func (o serveOptions) check(cmd *cobra.Command) error {
	if err := checkNames(cmd, map[string]string{"stream": o.stream, "places": o.places}); err != nil {
		return err
	}
	if o.places == o.stream {
		return usage(cmd, "--places and --stream are both %q; they are two streams", o.stream)
	}
	if u, err := url.Parse(o.postgresURL); o.postgresURL != "" && err == nil && u.Scheme != "" &&
		u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return usage(cmd, "--postgres-url starts with %s://; write postgres://USER@HOST/DATABASE", u.Scheme)
	}
	return nil
}

// server is what runs between the start and the stop of serve. Parts are
// stopped in the reverse order of their start.
type server struct {
	*command
	serveOptions
	log   *slog.Logger
	parts []part

	data     *dataDir
	readers  string // address at which events are read; empty: none
	database string // connection string, of the work of an offline verb
	store    *eventstore.Store
	views    *projections.DB
	reads    *projections.DB    // answers queries: views, or a standby of it
	regions  *eventstore.Places // where each ledger is; nil: here
	master   vault.Key
	vault    *vault.Vault
	people   *people.Store
	runner   *projections.Runner
	feed     *feed.Feed
	notary   *notary.Notary
	tracer   *tracing.Tracer // nil: nobody follows requests
	versions map[string]string
	failed   chan error // a part that cannot go on
}

type part struct {
	name string
	stop func(context.Context) error
}

// runServer is the composition root: it starts the parts, waits for the end of
// ctx or for a part that fails, and stops what was started.
func (c *command) runServer(ctx context.Context, o serveOptions) error {
	s := &server{command: c, serveOptions: o, failed: make(chan error, 2)}
	s.log = slog.New(slog.NewTextHandler(c.notes, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.versions = map[string]string{"aidledger": version(), "go": runtime.Version()}
	err := s.start(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
			fmt.Fprintln(c.notes, "stopping")
		case err = <-s.failed:
		}
	} else if ctx.Err() != nil {
		err = nil // interrupted while starting: what was started stops again
	}
	return errors.Join(err, s.stop())
}

func (s *server) start(ctx context.Context) error {
	var err error
	if s.data, err = openDataDir(s.dir); err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.data.release(); return nil }})
	if s.token == "" {
		if s.token, err = s.data.secret("token"); err != nil {
			return err
		}
	}
	listener, err := s.bindAddress()
	if err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { listener.Close(); return nil }})
	if s.stream, err = s.data.currentStream(s.stream); err != nil {
		return err
	}
	log, err := s.startLog()
	if err != nil {
		return err
	}
	if log.Places, err = s.openPlaces(ctx, log.Conn); err != nil {
		return err
	}
	if err := s.startTracing(ctx, &log); err != nil {
		return err
	}
	database, err := s.startDatabase(ctx)
	if err != nil {
		return err
	}
	if err = s.openVault(ctx, &log, cmp.Or(s.vaultURL, database)); err != nil {
		return err
	}
	if err := s.openViews(ctx, log, database); err != nil {
		return err
	}
	if err := s.openPeople(ctx, cmp.Or(s.peopleURL, database)); err != nil {
		return err
	}
	s.startForgetting(ctx)
	s.startChecks(ctx)
	if err := s.startFeed(ctx, log.Conn); err != nil {
		return err
	}
	if err := s.startNotary(ctx); err != nil {
		return err
	}
	url, err := s.startHTTP(ctx, listener)
	if err != nil {
		return err
	}
	if s.demo {
		if err := s.loadDemo(ctx); err != nil {
			return err
		}
	}
	if err := s.welcome(ctx); err != nil {
		return err
	}
	// Clients on this machine find the server when it has everything: from here
	// on a database that goes away is waited for.
	if err := s.data.announce(address{URL: url, Token: s.token, PID: os.Getpid(), Events: s.readers}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "listening on %s (data in %s)\n", url, s.data.path)
	return nil
}

// step tells on stderr what is being done, and after it how long that took.
func (s *server) step(what string, do func() error) error {
	begun := time.Now()
	if err := do(); err != nil {
		return err
	}
	fmt.Fprintf(s.notes, "%s (%s)\n", what, time.Since(begun).Round(time.Millisecond))
	return nil
}

func (s *server) bindAddress() (net.Listener, error) {
	listener, err := net.Listen("tcp", s.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(s.listen)
		return nil, fmt.Errorf("port %s is in use on %s; stop what uses it, or let the system pick a port with: --listen 127.0.0.1:0", port, s.listen)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", s.listen, err)
	}
	return listener, nil
}

// openViews connects the read models to the log and lets them follow it.
func (s *server) openViews(ctx context.Context, log eventstore.Config, database string) error {
	err := s.step("opened the read models", func() (err error) {
		s.views, err = projections.OpenApart(ctx, database, cmp.Or(s.peopleURL, database))
		return err
	})
	if err != nil {
		return err
	}
	s.parts = append(s.parts, part{"", func(context.Context) error { s.views.Close(); return nil }})
	if err := s.step("opened the log "+s.stream, func() error { return s.openLog(ctx, log) }); err != nil {
		return err
	}
	fmt.Fprintln(s.notes, s.store.Durability())

	s.checkLog()
	s.runner = projections.NewRunner(s.views, s.store, s.log)
	if s.tracer != nil {
		s.runner.Writing = s.tracer.Batch
	}
	if err := s.openStandby(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.runner.Run(running); err != nil && running.Err() == nil {
			s.failed <- err
		}
	}()
	s.parts = append(s.parts, part{"the read models", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
	return nil
}

func waitFor(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startChecks lets the checks run from time to time.
func (s *server) startChecks(ctx context.Context) {
	if s.checkEvery == 0 {
		return
	}
	checker := checks.Checker{Store: s.store, Views: s.views, Runner: s.runner, Now: time.Now, Log: s.log}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		checker.RunEvery(running, s.checkEvery)
	}()
	s.parts = append(s.parts, part{"the checks", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
}

// startFeed sends the events of the log to subscribers.
func (s *server) startFeed(ctx context.Context, conn *nats.Conn) (err error) {
	cfg := feed.Config{Conn: conn, Log: s.store, Name: s.region, Replicas: s.replicas, Now: time.Now, Out: s.log}
	if s.places != "" {
		cfg.Region = s.region
	}
	if s.feed, err = feed.New(cfg); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.feed.Run(running)
	}()
	s.parts = append(s.parts, part{"the events", func(ctx context.Context) error {
		stop()
		return waitFor(ctx, ended)
	}})
	return nil
}

// startHTTP answers requests, and returns where.
func (s *server) startHTTP(ctx context.Context, listener net.Listener) (url string, err error) {
	end, err := s.store.End(ctx)
	if err != nil {
		return "", err
	}
	at := listener.Addr().(*net.TCPAddr)
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	url = "http://" + net.JoinHostPort(host, strconv.Itoa(at.Port))
	s.publicURL = cmp.Or(s.publicURL, url)
	if err := s.announceRegion(ctx); err != nil {
		return "", err
	}
	site := pages.New(pages.Config{Store: s.store, Views: s.reads, Runner: s.runner, Log: s.log, Now: time.Now, Versions: s.versions, Public: s.publicPages})
	h := web.New(web.Config{Store: s.store, Places: s.regions, Views: s.reads, Vault: s.vault, Runner: s.runner, Notary: s.notary, Feed: s.feed, Log: s.log, Token: s.token,
		People: s.people, Identity: s.identity, PublicURL: s.publicURL, Proxies: s.proxies, Tracer: s.tracer, ReadyAt: end, Pages: s.demo, Versions: s.versions, ShowProblem: site.ShowProblem, Translate: pages.Problem},
		site.Routes()...).HTTP()
	go func() {
		if err := h.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	s.parts = append(s.parts, part{"HTTP", func(ctx context.Context) error {
		s.data.withdraw()
		ctx, cancel := context.WithTimeout(ctx, stopMax/4)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			return h.Close() // a client that does not finish is cut off
		}
		return nil
	}})
	return url, nil
}

// loadDemo records the demonstration programme, as far as it is not there, and
// shows its totals.
func (s *server) loadDemo(ctx context.Context) error {
	bar := s.newBar("loading the programme")
	defer bar.close()
	var last uint64
	err := s.step("loaded the demonstration programme", func() error {
		return demo.Load(ctx, func(ctx context.Context, ledger string, rs []eventstore.Request) []eventstore.Outcome {
			outcomes := s.store.SubmitBatch(ctx, ledger, rs, false)
			for _, o := range outcomes {
				last = max(last, o.Receipt.Position.Block)
			}
			return outcomes
		}, func(done, total int) { bar.update(uint64(done), uint64(total)) })
	})
	if err != nil {
		return err
	}
	bar.close()
	if err := s.runner.WaitFor(ctx, last); err != nil {
		return err
	}
	l, err := s.views.Ledgers(ctx, projections.ListQuery{})
	if err != nil {
		return err
	}
	t, err := s.views.Totals(ctx, projections.TotalsQuery{Ledger: demo.Programme, By: "year"})
	if err != nil {
		return err
	}
	printTotals(s.out, t, facts(l.Rows, demo.Programme), localeLanguage())
	fmt.Fprintf(s.out, "%s: %s\n\n", demo.Invented, facts(l.Rows, demo.Invented).Title)
	return nil
}

// stop stops everything that was started, the last first.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopMax)
	defer cancel()
	var errs []error
	for len(s.parts) > 0 {
		p := s.parts[len(s.parts)-1]
		s.parts = s.parts[:len(s.parts)-1]
		if err := p.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", p.name, err))
		}
	}
	return errors.Join(errs...)
}

// version is the version of this program as far as the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value
		}
	}
	return info.Main.Version
}
