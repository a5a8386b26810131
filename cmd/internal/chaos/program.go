package chaos

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"aidledger/cmd/internal/web"
	"aidledger/domain"
	"aidledger/eventstore"
	"aidledger/eventstore/proof"

	"github.com/go-json-experiment/json"
)

// process is a program that a scenario started. It ends with the scenario.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // once ended is closed

	mu     sync.Mutex
	output bytes.Buffer
}

// Write keeps what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.output.Len() < 1<<20 {
		p.output.Write(b)
	}
	return len(b), nil
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.TrimSpace(p.output.String())
}

func (p *process) start() error {
	p.ended = make(chan struct{})
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// kill ends the process as a loss of power to it alone would: kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop asks the process to end and waits until it has.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("it did not stop within %s; it said: %s", patience, p.said())
	}
	return nil
}

// server is a running aidledger server, a process of its own.
type server struct {
	process
	url, token string
	client     *http.Client
}

var listening = regexp.MustCompile(`(?m)^listening on (\S+) `)

// masterKey is that of every server: those that share a database share its vault.
var masterKey = strings.Repeat("5a", 32)

// signingKey is that of every server: those that share a log sign it with one.
var signingKey = sync.OnceValues(func() (string, error) { return proof.GenerateSigningKey(rand.Reader, "chaos.example") })

// ownerToken is what the owner presents to every server.
var ownerToken = strings.Repeat("70", 32)

// shareKeys puts the signing key and the owner's token into the data directory of
// a new server.
func shareKeys(dir string) error {
	key, err := signingKey()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	name := filepath.Join(dir, "signing-key")
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	return errors.Join(os.WriteFile(name, []byte(key+"\n"), 0o600), os.WriteFile(filepath.Join(dir, "token"), []byte(ownerToken+"\n"), 0o600))
}

// serve starts a server with its data in dir and waits until it answers.
func (r *Run) serve(ctx context.Context, dir string, args ...string) (*server, error) {
	if err := shareKeys(dir); err != nil {
		return nil, err
	}
	s := newServer(ownerToken)
	s.cmd = exec.Command(r.Program, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Env = append(os.Environ(), "AIDLEDGER_TOKEN=", "AIDLEDGER_NATS_URL=", "AIDLEDGER_POSTGRES_URL=", "AIDLEDGER_VAULT_KEY="+masterKey)
	listens, err := s.launch()
	if err != nil {
		return nil, err
	}
	if err := listens(ctx); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

func newServer(token string) *server {
	return &server{token: token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
}

// launch starts the process. What it returns waits until the server listens.
func (s *server) launch() (listens func(context.Context) error, err error) {
	s.cmd.Stderr = &s.process
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(ready)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m[1]
			}
		}
	}()
	return func(ctx context.Context) error {
		select {
		case url, open := <-ready:
			if !open {
				<-s.ended
				return &startError{s.said()}
			}
			s.url = url
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, nil
}

// startError says that a server ended instead of listening, and what it said.
type startError struct{ said string }

// Error returns what the server said.
func (e *startError) Error() string { return "the server did not start: " + e.said }

// do sends one request and decodes the answer. An answer that is not a success
// becomes a *web.Problem.
func (s *server) do(ctx context.Context, method, path, key string, body []byte, answer any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		problem := &web.Problem{Status: resp.StatusCode, Code: resp.Status, Detail: string(data)}
		if json.Unmarshal(data, problem) == nil && problem.Code == eventstore.Busy && resp.Header.Get("Retry-After") == "" {
			return violated("the server is busy and does not say when to come back")
		}
		return problem
	}
	switch answer := answer.(type) {
	case nil:
		return nil
	case *[]byte:
		*answer = data
		return nil
	}
	return json.Unmarshal(data, answer)
}

// submit records a command over HTTP.
func (s *server) submit(ctx context.Context, name string, r eventstore.Request) (receipt eventstore.Receipt, err error) {
	body, err := json.Marshal(r.Command)
	if err != nil {
		return receipt, err
	}
	var answer struct {
		eventstore.Receipt
		Waited *bool `json:"waited"`
	}
	err = s.do(ctx, "POST", "/v1/ledgers/"+name+"/commands/"+domain.CommandName(r.Command), r.ID, body, &answer)
	return answer.Receipt, err
}

// again tells whether an error leaves open what happened, so that the command
// has to be sent again with its id.
func again(err error) bool {
	var problem *web.Problem
	var failure *eventstore.Failure
	switch {
	case err == nil:
		return false
	case errors.As(err, &problem):
		onItsWay := problem.Code == eventstore.LedgerElsewhere || problem.Code == "ledger_moved"
		return onItsWay || problem.Status == http.StatusTooManyRequests || problem.Status >= 500
	case errors.As(err, &failure):
		return failure.Code == eventstore.Busy || failure.Code == eventstore.OutcomeUnknown ||
			failure.Code == eventstore.LogUnavailable || failure.Code == eventstore.Closed
	}
	_, domainError := errors.AsType[*domain.Refusal](err)
	_, broken := errors.AsType[*Violation](err)
	return !domainError && !broken
}

// finishing is a road on which a client learns the outcome of a command that it
// sent, also after it was told to stop. Only the end of ctx cuts it off.
func finishing(ctx context.Context, do submit) submit {
	return func(_ context.Context, name string, q request) (receipt, error) { return insist(ctx, do, name, q) }
}

// insist sends a command with the same id until its outcome is known.
func insist(ctx context.Context, do submit, name string, r eventstore.Request) (eventstore.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		receipt, err := do(ctx, name, r)
		if !again(err) {
			return receipt, err
		}
		if pause(ctx, wait) != nil {
			return receipt, err
		}
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patience is how long a scenario waits for what must happen in the end. It
// turns a hang into an error, and nothing else depends on it: a machine that is
// ten times slower finds the same.
const patience = 3 * time.Minute

// until asks every 20 ms until the answer is yes.
func until(ctx context.Context, what string, yes func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !yes() {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("%s did not happen within %s", what, patience)
		}
	}
	return nil
}
