package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"aidledger/cmd/internal/access"
	"aidledger/projections"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Identity is an identity provider (OpenID Connect) whose subjects may sign in,
// as far as they were linked to people. It is found at the first use, so that
// the server starts without it.
type Identity struct {
	Issuer       string
	ClientID     string
	ClientSecret string

	mu       sync.Mutex
	provider *oidc.Provider
}

// How long the provider has to answer, and a person to sign in there.
const (
	identityAnswerMax = 10 * time.Second
	identityVisitMax  = 10 * time.Minute
)

var identityRoutes = []Route{
	{"GET", "/sign-in/oidc", access.Public, (*Server).getIdentity, "Leads to the identity provider."},
	{"GET", identityReturn, access.Public, (*Server).getIdentityReturn, "Where the identity provider leads back to."},
}

const identityReturn = "/sign-in/oidc/return"

func (i *Identity) find(ctx context.Context) (*oidc.Provider, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.provider != nil {
		return i.provider, nil
	}
	// The provider keeps the context for its keys, so it must not be that of a request.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), &http.Client{Timeout: identityAnswerMax}), i.Issuer)
	if err == nil {
		i.provider = p
	}
	return p, err
}

func (s *Server) oauth(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p, err := s.Identity.find(ctx)
	if err != nil {
		s.Log.Warn("the identity provider does not answer", "issuer", s.Identity.Issuer, "error", err)
		return nil, nil, newProblem("identity_unavailable", "the identity provider does not answer", "try again, or sign in with a password")
	}
	return p, &oauth2.Config{ClientID: s.Identity.ClientID, ClientSecret: s.Identity.ClientSecret, Endpoint: p.Endpoint(),
		RedirectURL: s.PublicURL + identityReturn, Scopes: []string{oidc.ScopeOpenID}}, nil
}

// identityCookie keeps what the browser has to bring back: the state, the nonce
// and the verifier of the code (PKCE).
func (s *Server) identityCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName() + "-oidc", Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.isHTTPS(), SameSite: http.SameSiteLaxMode}
}

func (s *Server) getIdentity(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	_, config, err := s.oauth(r.Context())
	if err != nil {
		return err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	http.SetCookie(w, s.identityCookie(state+"."+nonce+"."+verifier, int(identityVisitMax.Seconds())))
	http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

// getIdentityReturn signs the person in whom the provider means.
func (s *Server) getIdentityReturn(_ access.Caller, w http.ResponseWriter, r *http.Request) error {
	cookie, err := r.Cookie(s.cookieName() + "-oidc")
	if err != nil {
		return identityRefused("the browser did not bring back what it was given")
	}
	http.SetCookie(w, s.identityCookie("", -1))
	state, rest, _ := strings.Cut(cookie.Value, ".")
	nonce, verifier, _ := strings.Cut(rest, ".")
	q := r.URL.Query()
	if state == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
		return identityRefused("the answer belongs to another attempt")
	}
	if q.Get("code") == "" {
		return identityRefused("the identity provider refused")
	}
	token, err := s.identify(r.Context(), q.Get("code"), nonce, verifier)
	if err != nil {
		return err
	}
	session, err := s.People.SignInSubject(r.Context(), token.Issuer, token.Subject)
	if errors.As(err, new(*projections.Error)) {
		return newProblem("identity_unknown", "the identity provider knows you, but nobody here is linked to that account",
			"ask an administrator to link it: aidledger people link LOGIN "+token.Issuer+" SUBJECT")
	}
	if err == nil {
		err = s.enter(w, r, session)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// identify trades the code for a token of the provider, and believes it after
// its signature, issuer, audience, time and nonce were checked.
func (s *Server) identify(ctx context.Context, code, nonce, verifier string) (*oidc.IDToken, error) {
	provider, config, err := s.oauth(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: identityAnswerMax})
	traded, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		s.Log.Warn("the identity provider did not take a code", "error", errors.Unwrap(err))
		return nil, identityRefused("the identity provider did not take the code")
	}
	raw, _ := traded.Extra("id_token").(string)
	token, err := provider.Verifier(&oidc.Config{ClientID: s.Identity.ClientID}).Verify(ctx, raw)
	if err != nil || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		s.Log.Warn("a token of the identity provider is not believed", "issuer", s.Identity.Issuer)
		return nil, identityRefused("the token of the identity provider is not to be believed")
	}
	return token, nil
}

func identityRefused(detail string) error {
	return newProblem("identity_refused", detail, "start again")
}
