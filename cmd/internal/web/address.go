package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf is where a request comes from. What the header X-Forwarded-For says
// is believed as far as proxies that are trusted wrote it: they add whom they
// got the request from at its end, and what stands before that anybody may have
// written.
func (s *Server) addressOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(at) {
			break
		}
		before, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = before
	}
	return at
}

// trusts tells whether an address is that of a trusted proxy.
func (s *Server) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

// parseHop reads an address, with a port or without.
func parseHop(text string) (netip.Addr, error) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap(), nil
	}
	at, err := netip.ParseAddr(text)
	return at.Unmap(), err
}
