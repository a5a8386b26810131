package web

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/projections/people"

	"github.com/go-json-experiment/json"
)

// provider is an identity provider that speaks OpenID Connect: discovery, keys,
// authorization with PKCE, and signed tokens.
type provider struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu      sync.Mutex
	granted map[string]url.Values // what was asked for, by code
	claims  func(asked url.Values) map[string]any
	signer  *rsa.PrivateKey // nil: key
}

var providerKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

const clientSecret = "secret of the client"

func startProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{key: providerKeys()[0], granted: map[string]url.Values{}}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	p.claims = p.good
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.MarshalWrite(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.MarshalWrite(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
			"n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes())}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	return p
}

var encode = base64.RawURLEncoding.EncodeToString

func (p *provider) good(asked url.Values) map[string]any {
	return map[string]any{"iss": p.URL, "sub": "subject-42", "aud": "aidledger", "nonce": asked.Get("nonce"),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "aidledger" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "not what the protocol asks for", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.granted[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	secret, _ = url.QueryUnescape(secret)
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, ok := p.granted[r.FormValue("code")]
	delete(p.granted, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || id != "aidledger" || secret != clientSecret || encode(sum[:]) != asked.Get("code_challenge") || r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.MarshalWrite(w, map[string]any{"error": "invalid_grant"})
		return
	}
	claims, _ := json.Marshal(p.claims(asked))
	signed := encode([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signer := p.key
	if p.signer != nil {
		signer = p.signer
	}
	signature, _ := rsa.SignPKCS1v15(nil, signer, crypto.SHA256, digest[:])
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": signed + "." + encode(signature)})
}

// visitProvider is a browser that goes to the provider and comes back; tamper may
// change the address at which it comes back.
func (a *api) visitProvider(t *testing.T, tamper func(*url.URL)) (client *http.Client, got answer) {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	at := a.URL + "/sign-in/oidc"
	for range 3 {
		r, err := client.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		got = answer{status: r.StatusCode, header: r.Header}
		if r.StatusCode >= 400 {
			var p Problem
			_ = json.UnmarshalRead(r.Body, &p)
			got.body = p.Code
		}
		r.Body.Close()
		next, err := r.Location()
		if err != nil {
			break
		}
		if next.Path == identityReturn && tamper != nil {
			tamper(next)
		}
		at = next.String()
	}
	return client, got
}

func TestASubjectOfTheIdentityProviderSignsIn(t *testing.T) {
	p := startProvider(t)
	a := startWith(t, &Identity{Issuer: p.URL, ClientID: "aidledger", ClientSecret: clientSecret})
	person, _ := a.person(t, "zhang", people.Person{Role: access.Auditor}, people.Token{})
	if _, got := a.visitProvider(t, nil); got.status != 403 || got.body != "identity_unknown" {
		t.Errorf("a subject that nobody linked: %d %s", got.status, got.body)
	}
	if err := a.people.Link(t.Context(), access.Owner, person.Person, p.URL, "subject-42"); err != nil {
		t.Fatal(err)
	}
	client, got := a.visitProvider(t, nil)
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/" {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	r, err := client.Get(a.URL + "/v1/me")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var me Me
	if err := json.UnmarshalRead(r.Body, &me); err != nil || me.Person != person.Person || me.Role != access.Auditor {
		t.Errorf("got %d %+v %v", r.StatusCode, me, err)
	}
}

func TestAnIdentityThatIsNotToBeBelievedIsRefused(t *testing.T) {
	p := startProvider(t)
	a := startWith(t, &Identity{Issuer: p.URL, ClientID: "aidledger", ClientSecret: clientSecret})
	person, _ := a.person(t, "zhang", people.Person{Role: access.Auditor}, people.Token{})
	if err := a.people.Link(t.Context(), access.Owner, person.Person, p.URL, "subject-42"); err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) func() {
		return func() {
			p.claims = func(asked url.Values) map[string]any {
				claims := p.good(asked)
				claims[name] = value
				return claims
			}
		}
	}
	for _, c := range []struct {
		name    string
		prepare func()
		tamper  func(*url.URL)
	}{
		{"another nonce", claim("nonce", "x"), nil},
		{"for another client", claim("aud", "other"), nil},
		{"of another issuer", claim("iss", "https://id.example"), nil},
		{"one that has expired", claim("exp", time.Now().Add(-time.Hour).Unix()), nil},
		{"signed with another key", func() { p.signer = providerKeys()[1] }, nil},
		{"another state", func() {}, func(u *url.URL) { u.RawQuery = strings.Replace(u.RawQuery, "state=", "state=x", 1) }},
		{"another code", func() {}, func(u *url.URL) { u.RawQuery = strings.Replace(u.RawQuery, "code=", "code=x", 1) }},
		{"no code", func() {}, func(u *url.URL) { u.RawQuery = fmt.Sprint("error=access_denied&state=", u.Query().Get("state")) }},
	} {
		p.mu.Lock()
		p.claims, p.signer = p.good, nil
		c.prepare()
		p.mu.Unlock()
		if client, got := a.visitProvider(t, c.tamper); got.status != 401 || got.body != "identity_refused" {
			t.Errorf("%s: %d %s %v", c.name, got.status, got.body, client.Jar)
		}
	}
	got := a.call(t, "GET", identityReturn+"?code=x&state=y", "", "Authorization", "")
	if got.problem().Code != "identity_refused" {
		t.Errorf("without the cookie: %d %s", got.status, got.body)
	}
}

func TestAnIdentityProviderThatIsAwayIsNotTheServersFault(t *testing.T) {
	p := startProvider(t)
	p.Close()
	a := startWith(t, &Identity{Issuer: p.URL, ClientID: "aidledger", ClientSecret: clientSecret})
	if got := a.call(t, "GET", "/sign-in/oidc", "", "Authorization", ""); got.status != 503 || got.problem().Code != "identity_unavailable" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
