package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"aidledger/cmd/internal/demo"
	"aidledger/cmd/internal/web"
	"aidledger/projections"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

// client speaks to the HTTP API of a running server.
type client struct {
	url   string
	token string
	named string // ledger that was asked for; empty: the usual one
}

// newClient finds the server: where the settings say, else by the file that
// the server leaves in its data directory.
func newClient(cmd *cobra.Command) (*client, error) {
	c := &client{url: strings.TrimSuffix(value(cmd, "AIDLEDGER_URL"), "/"), named: value(cmd, "AIDLEDGER_LEDGER")}
	if c.url != "" {
		c.token = value(cmd, "AIDLEDGER_TOKEN")
		if u, err := url.Parse(c.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, usage(cmd, "--url %q is no address; write http://HOST:PORT", c.url)
		}
		return c, nil
	}
	found, err := readAddress(value(cmd, "AIDLEDGER_DATA"))
	c.url, c.token = found.URL, found.Token
	return c, err
}

// request is one call of the API. The ledger's part of the path is left out.
type request struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   io.Reader
}

// send makes the call and returns the answer. An answer that is a problem
// becomes a *web.Problem.
func (c *client) send(ctx context.Context, q request) (*http.Response, error) {
	target := c.url + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, target, q.body)
	if err != nil {
		return nil, err
	}
	if q.header != nil {
		r.Header = q.header
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := http.DefaultClient.Do(r)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("no server answers at %s; start one with: aidledger serve", c.url)
	case err != nil:
		return nil, err
	}
	if media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); media == "application/problem+json" {
		defer answer.Body.Close()
		problem := &web.Problem{}
		if err := json.UnmarshalRead(answer.Body, problem); err != nil {
			return nil, fmt.Errorf("the server answered %s", answer.Status)
		}
		return nil, problem
	}
	return answer, nil
}

// get asks a query and returns the whole answer.
func (c *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	answer, err := c.send(ctx, request{method: "GET", path: path, query: query})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// fetch asks a query and decodes the answer.
func fetch[T any](ctx context.Context, c *client, path string, query url.Values) (v T, err error) {
	body, err := c.get(ctx, path, query)
	if err != nil {
		return v, err
	}
	return v, json.UnmarshalRead(bytes.NewReader(body), &v)
}

// ledgerClient finds the server and the path of the ledger that is meant.
func ledgerClient(cmd *cobra.Command) (c *client, ledger string, err error) {
	if c, err = newClient(cmd); err != nil {
		return nil, "", err
	}
	ledger, err = c.ledger(cmd.Context())
	return c, ledger, err
}

func (c *client) ledgers(ctx context.Context) ([]projections.Ledger, error) {
	page, err := fetch[projections.List[projections.Ledger]](ctx, c, "/v1/ledgers", url.Values{"limit": {"1000"}})
	return page.Rows, err
}

// ledger returns the path of the ledger that was asked for, else of the only
// one in the log, else of the programme that the demonstration loads.
func (c *client) ledger(ctx context.Context) (string, error) {
	if c.named == "" {
		status, err := fetch[web.Status](ctx, c, "/v1/status", nil)
		if err != nil {
			return "", err
		}
		switch names := status.Ledgers; {
		case len(names) == 1:
			c.named = names[0]
		case slices.Contains(names, demo.Programme):
			c.named = demo.Programme
		case len(names) == 0:
			return "", errors.New("there is no ledger yet; open one with: aidledger do open-ledger --ledger NAME --title TITLE")
		default:
			return "", fmt.Errorf("there are several ledgers; name one with --ledger: %s", strings.Join(names, ", "))
		}
	}
	return "/v1/ledgers/" + url.PathEscape(c.named), nil
}

// facts returns what is known about the ledger of that name.
func facts(all []projections.Ledger, name string) projections.Ledger {
	for _, l := range all {
		if l.Ledger == name {
			return l
		}
	}
	return projections.Ledger{Ledger: name}
}
