package pages

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
)

// interrupted are forms that came when the session of who filled them in had
// ended. Nothing of them was recorded; who signs in finds them as they were. They
// are kept in memory and given out once, because a form may be about a person.
type interrupted struct {
	mu    sync.Mutex
	forms []interruptedForm
}

type interruptedForm struct {
	key    string
	values url.Values
}

// How many forms are kept, and how long one may be.
const interruptedMax, interruptedBytes = 16, 256 << 10

// keep returns the key under which a form is found again.
func (i *interrupted) keep(values url.Values) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.forms) == interruptedMax {
		i.forms = i.forms[1:]
	}
	key := rand.Text()
	i.forms = append(i.forms, interruptedForm{key, values})
	return key
}

// take returns a form, once; nil where there is none.
func (i *interrupted) take(key string) url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := slices.IndexFunc(i.forms, func(f interruptedForm) bool { return f.key == key })
	if at < 0 {
		return nil
	}
	values := i.forms[at].values
	i.forms = slices.Delete(i.forms, at, at+1)
	return values
}

// leadToSignIn asks who has not signed in to do so, and leads back to the page
// then. Of a form it says that nothing was recorded.
func (s *Site) leadToSignIn(w http.ResponseWriter, r *http.Request) {
	to := url.Values{"here": {r.URL.RequestURI()}}
	if r.Method == http.MethodPost {
		route, here := strings.TrimPrefix(r.Pattern, "POST "), r.URL.EscapedPath()
		for _, shown := s.needs[route]; !shown && route != "/"; _, shown = s.needs[route] {
			route, here = path.Dir(route), path.Dir(here)
		}
		to = url.Values{"here": {here}, "unrecorded": {"lost"}}
		if strings.HasSuffix(route, "/{command}") {
			r.Body = http.MaxBytesReader(w, r.Body, interruptedBytes)
			if r.ParseForm() == nil && len(r.PostForm) > 0 {
				to = url.Values{"here": {here + "?interrupted=" + s.interrupted.keep(r.PostForm)}, "unrecorded": {"kept"}}
			}
		}
	}
	http.Redirect(w, r, "/sign-in?"+to.Encode(), http.StatusSeeOther)
}

// readInterrupted puts what somebody had written before the session ended into
// the inputs of this page, and tells whether there was such a form.
func (v *visit) readInterrupted() bool {
	values := v.interrupted.take(v.query.Get("interrupted"))
	for name, all := range values {
		if name != "do" {
			v.query[name] = all
		}
	}
	return values != nil
}
