package web

import (
	"context"
	"io"
	"net/http"

	"aidledger/cmd/internal/access"
)

// backupRoutes give what is in no log, to the owner alone.
var backupRoutes = []Route{
	{"GET", "/v1/backup/people", access.Operate, (*Server).getPeopleBackup, "Who may sign in, and who read what, one row a line; for the owner."},
	{"GET", "/v1/backup/vault", access.Operate, (*Server).getVaultBackup, "The keys of people, wrapped by the master key, one row a line; for the owner."},
}

func (s *Server) getPeopleBackup(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if s.People == nil {
		return newProblem("not_found", "the server has no people", "there is nothing to back up")
	}
	return s.dump(c, w, r, s.People.Dump)
}

func (s *Server) getVaultBackup(c access.Caller, w http.ResponseWriter, r *http.Request) error {
	if s.Vault == nil {
		return newProblem("vault_missing", "the server has no vault", "start it with its database")
	}
	return s.dump(c, w, r, s.Vault.Dump)
}

func (s *Server) dump(c access.Caller, w http.ResponseWriter, r *http.Request, write func(context.Context, io.Writer) error) error {
	if err := newParams(r).err(); err != nil {
		return err
	}
	if c.Role != access.Owner {
		return newProblem("owner_only", "a backup of people is for the owner alone", "use the token of the server itself")
	}
	_ = http.NewResponseController(w).SetWriteDeadline(noDeadline)
	w.Header()["Content-Type"] = contentLines
	if err := write(r.Context(), w); err != nil {
		s.Log.Error("a backup broke off", "route", r.Pattern, "error", err)
		panic(http.ErrAbortHandler) // the client must not take what it has for all of it
	}
	return nil
}
