package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"aidledger/cmd/internal/access"
)

// visitor is who looks at the pages of a demonstration from this machine
// without having signed in: somebody who may read, and nothing more.
func (s *Server) visitor(r *http.Request) access.Caller {
	if !s.Pages || !s.fromHere(r) || r.URL.Path == "/metrics" || r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/") {
		return access.Caller{}
	}
	role, _ := access.LookupRole(access.Auditor)
	grants := role.Grants()
	for c := range grants {
		if c != access.ReadLedger && c != access.ReadLog && c != access.ReadStatus && c != access.Export && c != access.Verify {
			delete(grants, c)
		}
	}
	return access.Caller{Person: "visitor", Role: "visitor", Grants: grants}
}

// fromHere tells whether a request comes from this machine and names it as
// such. The second keeps out a foreign site whose name leads to 127.0.0.1.
func (s *Server) fromHere(r *http.Request) bool {
	if !s.addressOf(r).IsLoopback() {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
