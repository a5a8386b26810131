package web

import (
	"net/http"
	"strings"
	"testing"

	"aidledger/projections"
)

func TestAFileIsAttachedAndComesBackAsItWas(t *testing.T) {
	a := opened(t)
	const path = "/v1/ledgers/test/attachments"
	scan := strings.Repeat("%PDF scan ", 1000)
	send := func(key, query, body string) answer {
		t.Helper()
		return a.call(t, "POST", path+query, body, "Idempotency-Key", key, "Content-Type", "application/pdf")
	}
	const query = "?attachment=scan&name=合同.pdf&about=road&wait=true"
	if got := send("a1", query, scan); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := send("a1", query, scan); got.status != http.StatusOK {
		t.Errorf("again: %d %s", got.status, got.body)
	}
	if got := send("a1", query, scan+"x"); got.problem().Code != "idempotency_key_reused" {
		t.Errorf("other bytes: %d %s", got.status, got.body)
	}
	if got := send("a2", "?attachment=other&name=x&about=bridge", scan); got.problem().Code != "about_not_found" {
		t.Errorf("about nothing: %d %s", got.status, got.body)
	}
	if got := a.call(t, "POST", "/v1/ledgers/nowhere/attachments?attachment=x&name=x", scan, "Idempotency-Key", "a3"); got.status != http.StatusNotFound {
		t.Errorf("of no ledger: %d %s", got.status, got.body)
	}
	got := a.call(t, "GET", path+"/scan", "")
	if got.status != http.StatusOK || got.body != scan || got.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("it came back as %d bytes: %d %v", len(got.body), got.status, got.header)
	}
	if got := a.call(t, "GET", path+"/none", ""); got.status != http.StatusNotFound {
		t.Errorf("an unknown one: %d", got.status)
	}
	rows := read[projections.List[projections.Attachment]](t, a.call(t, "GET", path+"?about=road", "")).Rows
	if len(rows) != 1 || rows[0].Name != "合同.pdf" || rows[0].Length != int64(len(scan)) {
		t.Errorf("%+v", rows)
	}
	verify := func() *projections.Report {
		t.Helper()
		all := lines[ProgressLine[projections.Report]](t, a.call(t, "POST", "/v1/verify", ""))
		return all[len(all)-1].Result
	}
	if r := verify(); !r.Clean || r.Files != 1 {
		t.Errorf("%+v", r)
	}
	// A file that the log knows and nobody stored is one that was lost.
	a.must(t, "a4", "add-attachment", `{"attachment":"lost","name":"x","media_type":"a/b","length":1,"sha256":"`+strings.Repeat("ab", 32)+`"}`)
	a.call(t, "GET", "/v1/status?wait_for="+a.must(t, "a5", "close-year", `{"year":1950}`).Position.String(), "")
	if r := verify(); r.Clean || len(r.DamagedFiles) != 1 || r.DamagedFiles[0] != "test lost" {
		t.Errorf("%+v", r)
	}
	if got := a.call(t, "GET", path+"/lost", ""); got.problem().Code != "file_missing" {
		t.Errorf("a lost one: %d %s", got.status, got.body)
	}
}
