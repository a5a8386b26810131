package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aidledger/domain"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DefaultStream is the name of the stream of a Config that names none.
const DefaultStream = "AIDLEDGER"

// Config says where the log is. The zero value of each field but Conn and Now
// is a usable default.
type Config struct {
	Conn     *nats.Conn
	Stream   string           // name of the stream; DefaultStream if empty
	Replicas int              // copies of the stream in a cluster; 1 if zero
	Now      func() time.Time // the clock that stamps entries
	Log      *slog.Logger     // nil: slog.Default

	// Places is asked before a ledger is opened; it may be in another region. Nil:
	// there is no other one.
	Places *Places

	// MustExist refuses to create the stream: something outside remembers that
	// there was one, so an absent stream is a loss and not a first start.
	MustExist bool

	// SyncAlways says that the server is known to sync before it acknowledges;
	// a remote server does not tell.
	SyncAlways bool

	// Room is asked before each block; its error says that there is no room for
	// it, and nothing is recorded then. Nil: there is always room.
	Room func() error

	// Seal is called with a command of a ledger that says something about a
	// person, after it was checked and before it is hashed; it seals what must
	// not be in the log. Nil: such commands are refused.
	Seal func(ctx context.Context, ledger string, c domain.Command) error

	// Writing is called before a block is stored, with the contexts of the calls
	// whose commands are in it. What it returns goes with the block as its Trace,
	// and done is told the sequence of the block, or why it was not stored. Nil:
	// nobody follows the blocks.
	Writing func(ledger string, entries int, calls []context.Context) (trace string, done func(sequence uint64, err error))

	// Rehearse returns a function that seals copies of commands which are decided
	// and not recorded, one rehearsal long: nothing that it makes is kept. Nil:
	// commands about persons cannot be rehearsed.
	Rehearse func() Sealer

	// Revive is called when the server answers questions but did not store a
	// block in time, as JetStream does after its disk was full. Nil: the operator
	// of the server has to start it again.
	Revive func() error

	// Program names the program and its version. A snapshot of another program is
	// not used, since that may have folded the same events by other rules.
	Program string

	// SnapshotEvents is how many events of a ledger come between two snapshots of
	// its state; 100,000 if zero.
	SnapshotEvents int

	// QueueMax is how many commands may wait for one ledger before further ones
	// are told that it is busy; 8192 if zero.
	QueueMax int

	// PublishTimeout is how long one attempt to store a block waits for its
	// answer before the writer reads back whether it was stored; 5 s if zero.
	PublishTimeout time.Duration

	// AnswerTimeout is how long a command waits for a log that does not answer
	// before it is told that its outcome is unknown; 20 s if zero.
	AnswerTimeout time.Duration
}

// payloadMin is how many bytes a message may have at least, so that every
// command fits into one.
const payloadMin = 64 << 10

// Store is the log of all ledgers of one stream. It is safe for concurrent use.
type Store struct {
	cfg    Config
	js     jetstream.JetStream
	stream jetstream.Stream
	denied *denials

	mu      sync.Mutex
	writers map[string]*writer
	closed  bool
	done    sync.WaitGroup
	ctx     context.Context // of the writers

	damage    atomic.Pointer[BadBlock] // see Check
	reviving  sync.Mutex
	revivals  atomic.Uint64
	snapshots sync.Mutex // held while one is stored
	cancel    context.CancelFunc
}

// Open creates the stream if it is not there, or checks that the existing one
// cannot forget and has lost nothing. It returns a *Failure of code
// stream_settings, stream_missing, log_damaged or log_unavailable.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Stream == "" {
		cfg.Stream = DefaultStream
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	cfg.Replicas = max(cfg.Replicas, 1)
	if cfg.QueueMax == 0 {
		cfg.QueueMax = 8192
	}
	if cfg.SnapshotEvents == 0 {
		cfg.SnapshotEvents = snapshotEvents
	}
	if cfg.PublishTimeout == 0 {
		cfg.PublishTimeout = 5 * time.Second
	}
	if cfg.AnswerTimeout == 0 {
		cfg.AnswerTimeout = 20 * time.Second
	}
	if most := cfg.Conn.MaxPayload(); most > 0 && most < payloadMin {
		return nil, failure(StreamSettings, fmt.Sprintf("the NATS server takes messages of at most %d bytes (max_payload)", most),
			fmt.Sprintf("set max_payload to %d or more; 8 MB is usual", payloadMin), nil)
	}
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, failure(LogUnavailable, "JetStream cannot be used", "", err)
	}
	s := &Store{cfg: cfg, js: js, writers: map[string]*writer{}, denied: watchDenials(cfg.Conn)}
	if s.stream, err = openStream(ctx, js, cfg); err != nil {
		return nil, s.denied.since(0, err)
	}
	if cfg.Places != nil {
		if err := s.claimAll(ctx); err != nil {
			return nil, s.denied.since(0, err)
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

func openStream(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if cfg.MustExist {
			return nil, failure(StreamMissing, fmt.Sprintf("there is no stream %s, but there was one", cfg.Stream),
				"restore the log from a backup; an empty one would forget what was recorded", nil)
		}
		if stream, err = js.CreateStream(ctx, settings(cfg)); err == nil && stream.CachedInfo().State.LastSeq != 0 {
			return nil, failure(LogDamaged, fmt.Sprintf("the new stream %s is not empty: old messages came back", cfg.Stream),
				"use another stream name or an empty data directory", nil)
		}
	}
	if err != nil {
		return nil, failure(LogUnavailable, fmt.Sprintf("the stream %s cannot be opened", cfg.Stream),
			"check that the NATS server is reachable and has JetStream enabled", err)
	}
	if err := checkSettings(stream.CachedInfo().Config); err != nil {
		return nil, err
	}
	return stream, checkState(cfg.Stream, stream.CachedInfo().State)
}

// dedupeWindow is for how long a stream looks out for messages with the same id of
// NATS. Ours have none: a block has its guard and a command an id of its own. A
// server that starts reads all messages of that time, two minutes by default.
const dedupeWindow = time.Second

func settings(cfg Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        cfg.Stream,
		Description: "aidledger: blocks of events, one subject per ledger",
		Subjects:    []string{cfg.Stream + ".*"},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardNew,
		Replicas:    cfg.Replicas,
		MaxMsgs:     -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
		DenyDelete: true,
		DenyPurge:  true,
		Duplicates: dedupeWindow,
		// Without direct reads every read asks the leader, so a writer that asks
		// whether its block was stored never gets a stale answer.
		AllowDirect: false,
	}
}

// checkSettings refuses a stream that could let go of old messages, or that
// could acknowledge before it stores.
func checkSettings(c jetstream.StreamConfig) error {
	var drifted []string
	for _, s := range []struct {
		name string
		ok   bool
		want string
	}{
		{"retention", c.Retention == jetstream.LimitsPolicy, "limits"},
		{"storage", c.Storage == jetstream.FileStorage, "file"},
		{"discard", c.Discard == jetstream.DiscardNew, "new"},
		{"max_msgs", c.MaxMsgs <= 0, "-1"},
		{"max_bytes", c.MaxBytes <= 0, "-1"},
		{"max_age", c.MaxAge == 0, "0"},
		{"max_msgs_per_subject", c.MaxMsgsPerSubject <= 0, "-1"},
		{"max_msg_size", c.MaxMsgSize <= 0, "-1"},
		{"deny_delete", c.DenyDelete, "true"},
		{"deny_purge", c.DenyPurge, "true"},
		{"allow_rollup_hdrs", !c.AllowRollup, "false"},
		{"allow_msg_ttl", !c.AllowMsgTTL, "false"},
		{"allow_direct", !c.AllowDirect, "false"},
		{"compression", c.Compression == jetstream.NoCompression, "none"},
		{"no_ack", !c.NoAck, "false"},
		{"persist_mode", c.PersistMode != jetstream.AsyncPersistMode, "default"},
		{"mirror", c.Mirror == nil, "none"},
		{"sources", len(c.Sources) == 0, "none"},
		{"subject_transform", c.SubjectTransform == nil, "none"},
	} {
		if !s.ok {
			drifted = append(drifted, fmt.Sprintf("%s must be %s", s.name, s.want))
		}
	}
	if len(drifted) > 0 {
		return failure(StreamSettings, fmt.Sprintf("the stream %s could forget: %s", c.Name, strings.Join(drifted, ", ")),
			"set it back with the nats tool (nats stream edit), or ask whoever changed it", nil)
	}
	return nil
}

// checkState compares what the stream says that it holds with what a stream
// that never forgets must hold.
func checkState(name string, st jetstream.StreamState) error {
	if st.Msgs == 0 && st.LastSeq == 0 {
		return nil
	}
	if st.FirstSeq != 1 || st.Msgs != st.LastSeq || st.NumDeleted != 0 || st.Lost != nil && len(st.Lost.Msgs) > 0 {
		return failure(LogDamaged, fmt.Sprintf("the stream %s has %d messages from %d to %d, and %d of them deleted", name,
			st.Msgs, st.FirstSeq, st.LastSeq, st.NumDeleted), "restore the log from a backup before anything is written", nil)
	}
	return nil
}

// Durability says in one sentence what an acknowledgement is worth.
func (s *Store) Durability() string {
	if s.cfg.SyncAlways {
		return "every block is synced to disk before it is acknowledged (sync always)"
	}
	return "the server does not tell whether it syncs before it acknowledges; set sync_interval: always in its jetstream block"
}

// Stream returns the name of the stream.
func (s *Store) Stream() string { return s.cfg.Stream }

// EventStream returns the name of the stream that package feed fills with the
// events of a log.
func EventStream(log string) string { return log + "_EVENTS" }

// End returns the sequence of the last block in the stream, 0 when it is empty.
func (s *Store) End(ctx context.Context) (uint64, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, failure(LogUnavailable, "the log's end cannot be read", "check the NATS server", err)
	}
	return info.State.LastSeq, nil
}

// Ledgers lists the ledgers that have at least one block, by name.
func (s *Store) Ledgers(ctx context.Context) ([]string, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(s.cfg.Stream+".*"))
	if err != nil {
		return nil, failure(LogUnavailable, "the ledgers cannot be listed", "check the NATS server", err)
	}
	names := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		names = append(names, s.ledgerOf(subject))
	}
	slices.Sort(names)
	return names, nil
}

func (s *Store) subject(ledger string) string { return s.cfg.Stream + "." + ledger }

func (s *Store) ledgerOf(subject string) string { return strings.TrimPrefix(subject, s.cfg.Stream+".") }

// writer returns the writer of a ledger, started when it is first needed. The
// name becomes a part of a NATS subject, so nothing but an id is let through;
// and a name that no ledger has gets a writer only to open it, so that asking
// for many such names costs nothing.
func (s *Store) writer(ctx context.Context, ledger string, rs []Request, dry bool) (*writer, error) {
	id, err := domain.ParseID(ledger)
	if err != nil {
		return nil, err
	}
	if s.cfg.Places != nil && opens(rs) { // also where there is a writer: nothing was recorded yet where it only tried
		ctx, cancel := context.WithTimeout(ctx, s.cfg.AnswerTimeout)
		defer cancel()
		if err := s.cfg.Places.claim(ctx, string(id), !dry); err != nil {
			return nil, err
		}
	}
	if w, err := s.started(id, false); w != nil || err != nil {
		return w, err
	}
	if !opens(rs) {
		ctx, cancel := context.WithTimeout(ctx, s.cfg.AnswerTimeout)
		defer cancel()
		last, err := s.lastOf(ctx, string(id))
		if err != nil {
			return nil, failure(LogUnavailable, "the log did not answer in time, and nothing was recorded", "see the NATS server; then try again with the same id", err)
		}
		if last == 0 && s.cfg.Places != nil {
			if err := s.cfg.Places.claim(ctx, string(id), false); err != nil {
				return nil, err
			}
		}
		if last == 0 {
			return nil, &domain.Refusal{Kind: domain.NotFound, Code: "ledger_not_found", Message: fmt.Sprintf("no ledger is called %q", id),
				Hint: "open it with open-ledger, or check its name"}
		}
	}
	return s.started(id, true)
}

// started returns the writer of a ledger, nil where there is none and it should
// not be started.
func (s *Store) started(id domain.ID, start bool) (*writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, failure(Closed, "the ledger is shutting down", "try again when it has started", nil)
	}
	w := s.writers[string(id)]
	if w == nil && start {
		w = newWriter(s, string(id))
		s.writers[string(id)] = w
		s.done.Go(w.run)
	}
	return w, nil
}

// Close lets every writer finish the block that it is writing, tells the
// commands that still wait that the store is closed, and returns when all have
// stopped. It does not close the connection.
func (s *Store) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.done.Wait()
}
