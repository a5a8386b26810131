package pages

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// picturesVariable names the folder for a picture of every main page, in both
// languages, light and dark, on a desk and on a phone. Without it one page is
// enough to know that they can be taken.
const picturesVariable = "AIDLEDGER_TEST_PICTURES"

// album is the pages that somebody looks at: the address by the name of the file.
type album struct {
	login string
	pages map[string]string
}

var albums = []album{
	{"zhang", map[string]string{
		"overview": invented, "record": invented + "/record", "disburse": invented + "/record/disburse-funds?fund=inv-c-2019&project=inv-p10&payer=inv-treasury", "gift": invented + "/record/receive-gift",
		"benefit": invented + "/record/record-benefit", "reverse": invented + "/record/reverse-entry", "batch": invented + "/batch/disburse-funds", "imports": invented + "/imports",
		"statements": invented + "/statements", "vouchers": invented + "/vouchers", "journal": invented + "/journal", "my-requests": invented + "/requests?state=mine",
		"beneficiaries": invented + "/beneficiaries?why=picture", "account": "/account",
	}},
	{"li", map[string]string{
		"home": "/", "totals": invented + "/totals?by=project", "projects": invented + "/projects", "project": invented + "/trace/inv-p10", "flow": invented + "/flow", "requests": invented + "/requests",
		"idle": invented + "/idle", "findings": invented + "/findings", "coverage": invented + "/coverage", "notices": invented + "/notices", "compare": invented + "/compare",
		"gaps": invented + "/gaps", "settings": invented + "/settings", "reports": invented + "/reports", "search": invented + "/search?q=ccx",
	}},
	{"wang", map[string]string{
		"past": invented + "/totals?by=project&as_of=20", "events": invented + "/events", "event": invented + "/events/20.0", "why": invented + "/why?stage=disbursed", "verify": "/verify",
		"samples": invented + "/samples", "evidence": invented + "/evidence", "access-log": "/access-log",
	}},
	{"chen", map[string]string{"status": "/status", "people": "/people", "refused": invented + "/settings"}},
	{"", map[string]string{"public": "/public", "public-totals": "/public/haidian-chicheng-invented", "public-projects": "/public/haidian-chicheng-invented/projects", "sign-in": "/sign-in"}},
}

func pictures(t *testing.T, b tab) {
	folder, all := os.Getenv(picturesVariable), albums
	if folder == "" {
		folder, all = t.TempDir(), []album{{"", map[string]string{"public": "/public"}}}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, who := range all {
		if who.login != "" {
			b.signIn(who.login, "/")
		}
		for _, language := range []string{"zh-Hans", "en"} {
			b.open("/sign-in")
			b.speak(language)
			for name, path := range who.pages {
				b.picture(filepath.Join(folder, name+"-"+language), path)
			}
		}
		if who.login != "" {
			b.click(".who form button")
			b.see(`[name="password"]`)
		}
	}
}

// speak chooses a language. Where it is chosen already, nobody could tell when the
// page has come again.
func (b tab) speak(language string) {
	b.t.Helper()
	now, err := chromedp.Run(b, chromedp.Evaluate[string](`document.documentElement.lang`))
	if err != nil {
		b.t.Fatal(err)
	}
	if now != language {
		b.click(`button[lang="` + language + `"]`)
		b.see(`html[lang="` + language + `"] h1`)
	}
}

// picture takes a page as it is on a desk and on a phone, light and dark.
func (b tab) picture(file, path string) {
	b.t.Helper()
	for width, at := range map[int64]string{1280: "desk", 360: "phone"} {
		for _, scheme := range []string{"light", "dark"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := chromedp.Call(b, emulation.SetEmulatedMedia, media); err != nil {
				b.t.Fatal(err)
			}
			b.do(chromedp.EmulateViewport(width, 900))
			b.open(path)
			taken, err := chromedp.Run(b, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(file+"-"+scheme+"-"+at+".png", taken, 0o644)
			}
			if size, failed := png.DecodeConfig(bytes.NewReader(taken)); err != nil || failed != nil || int64(size.Width) != width {
				b.t.Fatalf("the picture of %s is %d wide, %v %v", path, size.Width, err, failed)
			}
		}
	}
}
