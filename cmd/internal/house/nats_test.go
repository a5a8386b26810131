package house

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"aidledger/eventstore"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// readyMax is how long a NATS server, or three of them, may take to be ready. On an idle machine it is under a second.
const readyMax = time.Minute

// startNATS starts a server with the options of the compose file, except for what containers give: ports and volumes.
func startNATS(t *testing.T, options *server.Options) *server.Server {
	t.Helper()
	options.Host, options.Port = "127.0.0.1", server.RANDOM_PORT
	options.HTTPPort = server.RANDOM_PORT
	options.StoreDir = t.TempDir()
	options.NoLog, options.NoSigs = true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	s.Start()
	return s
}

// connect returns a client that reports what the server does not permit.
func connect(t *testing.T, s *server.Server, password string) (jetstream.JetStream, <-chan error, error) {
	t.Helper()
	if !s.ReadyForConnections(readyMax) {
		t.Fatal("NATS does not accept connections")
	}
	denied := make(chan error, 64)
	conn, err := nats.Connect(s.ClientURL(), nats.UserInfo("aidledger", password), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	return js, denied, err
}

func singleNATS(t *testing.T) *server.Server {
	t.Helper()
	options, err := natsOptions(t, composeFile(t, composeSecrets), "nats.conf", nil)
	if err != nil {
		t.Fatal(err)
	}
	return startNATS(t, options)
}

func TestNATSLetsInTheServerAlone(t *testing.T) {
	s := singleNATS(t)
	if _, _, err := connect(t, s, composeSecrets["NATS_PASSWORD"]); err != nil {
		t.Errorf("with the password: %v", err)
	}
	for _, password := range []string{"", "wrong"} {
		if _, _, err := connect(t, s, password); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with the password %q: %v, want it refused", password, err)
		}
	}
}

func TestNATSAnswersTheHealthChecksOfTheComposeFile(t *testing.T) {
	s := singleNATS(t)
	if !s.ReadyForConnections(readyMax) {
		t.Fatal("NATS does not accept connections")
	}
	for _, check := range []string{"/healthz", "/healthz?js-server-only=true"} {
		response, err := http.Get("http://" + s.MonitorAddr().String() + check)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", check, response.Status)
		}
	}
}

func TestTheServersPasswordCannotShortenTheLog(t *testing.T) {
	js, denied, err := connect(t, singleNATS(t), composeSecrets["NATS_PASSWORD"])
	if err != nil {
		t.Fatal(err)
	}
	config := jetstream.StreamConfig{Name: eventstore.DefaultStream, Subjects: []string{eventstore.DefaultStream + ".*"}, AllowDirect: true}
	stream, err := js.CreateStream(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := js.Publish(t.Context(), eventstore.DefaultStream+".a", []byte("block")); err != nil {
			t.Fatal(err)
		}
	}
	shorter := config
	shorter.MaxMsgs = 1
	for name, attempt := range map[string]func(context.Context) error{
		"purging the stream":  func(ctx context.Context) error { return stream.Purge(ctx) },
		"deleting a message":  func(ctx context.Context) error { return stream.DeleteMsg(ctx, 2) },
		"erasing a message":   func(ctx context.Context) error { return stream.SecureDeleteMsg(ctx, 2) },
		"limiting the stream": func(ctx context.Context) error { _, err := js.UpdateStream(ctx, shorter); return err },
		"deleting the stream": func(ctx context.Context) error { return js.DeleteStream(ctx, eventstore.DefaultStream) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), readyMax)
		done := make(chan error, 1)
		go func() { done <- attempt(ctx) }()
		select {
		case err := <-denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v, want a violation of permissions", name, err)
			}
			cancel()
			<-done
		case err := <-done:
			t.Errorf("%s was not denied but ended with: %v", name, err)
		}
		cancel()
	}
	for sequence := range uint64(3) {
		if _, err := stream.GetMsg(t.Context(), sequence+1); err != nil {
			t.Errorf("message %d: %v", sequence+1, err)
		}
	}
}

func TestThreeNATSNodesKeepThreeReplicas(t *testing.T) {
	compose := composeFile(t, composeSecrets)
	addresses := freeAddresses(t, 3)
	var nodes []*server.Server
	for i, address := range addresses {
		options, err := natsOptions(t, compose, "cluster.conf", nil)
		if err != nil {
			t.Fatal(err)
		}
		options.ServerName = "nats-" + string(rune('1'+i))
		options.Cluster.Host, options.Cluster.Port = address.IP.String(), address.Port
		var routes []*url.URL
		for j, route := range options.Routes {
			// The user and password in the URL stay those of the compose file.
			routes = append(routes, &url.URL{Scheme: route.Scheme, User: route.User, Host: addresses[j].String()})
		}
		options.Routes = routes
		nodes = append(nodes, startNATS(t, options))
	}
	js, _, err := connect(t, nodes[0], composeSecrets["NATS_PASSWORD"])
	if err != nil {
		t.Fatal(err)
	}
	config := jetstream.StreamConfig{Name: eventstore.DefaultStream, Subjects: []string{eventstore.DefaultStream + ".*"}, Replicas: 3}
	stream := createWhenReady(t, js, config)
	if _, err := js.Publish(t.Context(), eventstore.DefaultStream+".a", []byte("block")); err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != 1 || info.Cluster == nil || len(info.Cluster.Replicas) != 2 {
		t.Errorf("the stream has %d messages and the cluster %+v, want one message and two followers",
			info.State.Msgs, info.Cluster)
	}
}

// createWhenReady asks again while the nodes have not chosen a leader yet, or do not know all three of them.
func createWhenReady(t *testing.T, js jetstream.JetStream, config jetstream.StreamConfig) jetstream.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyMax)
	defer cancel()
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		attempt, done := context.WithTimeout(ctx, 2*time.Second)
		stream, err := js.CreateStream(attempt, config)
		done()
		if err == nil {
			return stream
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			t.Fatalf("the cluster made no stream in %v: %v", readyMax, err)
		}
	}
}

// freeAddresses returns addresses that nobody listens on. Nodes need each other's before they start.
func freeAddresses(t *testing.T, n int) []*net.TCPAddr {
	t.Helper()
	var addresses []*net.TCPAddr
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close() // Only at the end, so that all are different.
		addresses = append(addresses, listener.Addr().(*net.TCPAddr))
	}
	return addresses
}
