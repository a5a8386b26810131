package pages

import (
	"net/url"
	"strings"
	"testing"

	"aidledger/cmd/internal/access"
)

func TestAnAuditorDrawsASampleExtendsItAndSaysWhatWasFound(t *testing.T) {
	s := demonstrated(t)
	if err := s.notary.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := s.signedIn(t, "wang", access.Auditor)
	draw := func(form url.Values) {
		t.Helper()
		if status, at, page := b.open(t, invented+"/record/draw-sample", form); status != 200 || at != invented+"/samples/"+form.Get("sample") {
			t.Fatalf("it answers %d at %s: %s", status, at, page)
		}
	}
	_, _, page := b.open(t, invented+"/samples", nil)
	if !strings.Contains(page, "method=monetary-unit") || !strings.Contains(page, "seed=") {
		t.Fatalf("the list leads to no form with a seed: %s", page)
	}
	first := url.Values{"sample": {"seen"}, "size": {"5"}, "method": {"record"}, "stage": {"disbursed"}, "seed": {"123456"}}
	draw(first)
	_, _, page = b.open(t, invented+"/samples/seen", nil)
	for _, text := range []string{"结果与原样本相同", "123456", "按笔抽样", "/trace/invented-pay", "还没有提出问题", "extends=seen", "size=10"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q: %s", text, page)
		}
	}
	larger := url.Values{"sample": {"more"}, "size": {"10"}, "extends": {"seen"}}
	for _, same := range []string{"method", "stage", "seed"} {
		larger[same] = first[same]
	}
	draw(larger)
	b.open(t, invented+"/record/raise-finding", url.Values{"finding": {"f-1"}, "about": {"more"}, "severity": {"major"}, "text": {"没有收据"}})
	_, _, page = b.open(t, invented+"/samples/more", nil)
	for _, text := range []string{"没有收据", "/samples/seen"} {
		if !strings.Contains(page, text) {
			t.Errorf("the larger sample does not say %q: %s", text, page)
		}
	}
	if _, _, page = b.open(t, invented+"/samples", nil); !strings.Contains(page, "/samples/more") {
		t.Error("the list lacks a sample")
	}
}
