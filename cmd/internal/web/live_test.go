package web

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"
)

// listening is a client of server-sent events.
type listening struct {
	t    *testing.T
	body io.Closer
	in   *bufio.Scanner
}

// listen connects; last is the id of the last event that the client has seen.
func (a *api) listen(t *testing.T, query, last string) listening {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", a.URL+"/v1/ledgers/test/events"+query, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "text/event-stream")
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	got, err := a.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Body.Close() })
	if is := got.Header.Get("Content-Type"); is != "text/event-stream" {
		t.Fatalf("the answer is %s %s", got.Status, is)
	}
	return listening{t, got.Body, bufio.NewScanner(got.Body)}
}

// next reads one event.
func (l listening) next() (id, name, data string) {
	l.t.Helper()
	for l.in.Scan() && l.in.Text() != "" {
		field, value, _ := strings.Cut(l.in.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		}
	}
	return id, name, data
}

func TestAListenerSeesEachEventOnceAndGoesOnWhereItWas(t *testing.T) {
	a := opened(t)
	first := a.listen(t, "", "")
	var last string
	for range 11 {
		id, name, data := first.next()
		if id == "" || !strings.Contains(data, `"type":"`+name+`"`) || !strings.Contains(data, `"position":"`+id+`"`) {
			t.Fatalf("the event %s %s is %s", id, name, data)
		}
		last = id
	}
	want := a.must(t, "next", "close-year", `{"year":2017}`)
	if id, name, _ := first.next(); id != want.Position.String() || name != "year-closed" {
		t.Errorf("the next event is %s %s, want that of %s", id, name, want.Position)
	}
	first.body.Close()
	again := a.listen(t, "?limit=1", last)
	if id, _, _ := again.next(); id != want.Position.String() {
		t.Errorf("it goes on at %s, want %s", id, want.Position)
	}
	if again.in.Scan() {
		t.Error("the limit did not end the stream")
	}
}

// Who follows the log sees nothing more of it once the session has ended.
func TestWhoIsKeptOutHearsNothingMore(t *testing.T) {
	a := opened(t)
	for accept, lines := range map[string]int{"text/event-stream": 4 * 11, "application/x-ndjson": 11} {
		b, p := a.joined(t, "zhang"+accept[:4], access.Auditor)
		r, _ := http.NewRequestWithContext(t.Context(), "GET", a.URL+"/v1/ledgers/test/events?follow=true", nil)
		r.Header.Set("Cookie", b.cookie)
		r.Header.Set("Accept", accept)
		got, err := a.Client().Do(r)
		if err != nil || got.StatusCode != http.StatusOK {
			t.Fatal(got, err)
		}
		defer got.Body.Close()
		in := bufio.NewReader(got.Body)
		for range lines { // what there is
			if _, err := in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		object[people.Person](t, a.call(t, "PUT", "/v1/people/"+p.Person+"/role", `{"role":"administrator"}`))
		a.must(t, "secret"+accept[:4], "add-note", `{"id":"n-`+accept[:4]+`","kind":"memo","text":"what nobody hears of `+accept[:4]+`"}`)
		heard, err := io.ReadAll(in)
		if err != nil || strings.Contains(string(heard), "nobody hears of "+accept[:4]) || !strings.Contains(string(heard), "unauthenticated") {
			t.Errorf("%s: %v %s", accept, err, heard)
		}
	}
}

func TestAListenerThatSaysNonsenseIsToldSo(t *testing.T) {
	a := opened(t)
	got := a.call(t, "GET", "/v1/ledgers/test/events", "", "Accept", "text/event-stream", "Last-Event-ID", "yesterday")
	if p := got.problem(); got.status != http.StatusBadRequest || len(p.Errors) != 1 || p.Errors[0].Field != "Last-Event-ID" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
