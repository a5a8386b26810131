package web

import (
	"net/http"
	"strings"

	"aidledger/projections/people"
)

// The cookie of a session. Over HTTPS its name begins with __Host-, so that no
// other host of the domain can set it.
const (
	cookieName = "aidledger-session"
	hostPrefix = "__Host-"
)

// isHTTPS tells whether browsers reach the server through TLS.
func (s *Server) isHTTPS() bool { return strings.HasPrefix(s.PublicURL, "https://") }

func (s *Server) cookieName() string {
	if s.isHTTPS() {
		return hostPrefix + cookieName
	}
	return cookieName
}

// sessionOf returns the secret of the session that a request comes with, empty
// where there is none.
func (s *Server) sessionOf(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// SignIn checks who somebody is, ends the session that the browser had, and
// gives it a new one.
func (s *Server) SignIn(w http.ResponseWriter, r *http.Request, login, password, code string) error {
	session, err := s.People.SignIn(r.Context(), people.Attempt{Login: login, Password: password, Code: code, Address: s.addressOf(r).String()})
	if err != nil {
		return err
	}
	return s.enter(w, r, session)
}

// enter gives the browser a session in place of the one that it had.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, session string) error {
	if old := s.sessionOf(r); old != "" {
		if err := s.People.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	s.setCookie(w, session, int(people.SessionMax().Seconds()))
	return nil
}

// SignOut ends the session of a browser.
func (s *Server) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.People.SignOut(r.Context(), s.sessionOf(r)); err != nil {
		return err
	}
	s.setCookie(w, "", -1)
	return nil
}

func (s *Server) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.isHTTPS(), SameSite: http.SameSiteLaxMode})
}
