package web

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestWhereARequestComesFrom(t *testing.T) {
	behind := &Server{Config: Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	open := &Server{}
	for _, c := range []struct {
		name   string
		server *Server
		peer   string
		header []string
		want   string
	}{
		{"nobody between", open, "192.0.2.7:99", nil, "192.0.2.7"},
		{"a header where no proxy is trusted", open, "10.0.0.1:99", []string{"192.0.2.7"}, "10.0.0.1"},
		{"through a trusted proxy", behind, "10.0.0.1:99", []string{"192.0.2.7"}, "192.0.2.7"},
		{"through two of them", behind, "10.0.0.1:99", []string{"192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		{"in two headers", behind, "10.0.0.1:99", []string{"192.0.2.7", "10.0.0.2"}, "192.0.2.7"},
		{"a client that writes the header itself", behind, "10.0.0.1:99", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
		{"a client that claims to be a proxy", behind, "10.0.0.1:99", []string{"198.51.100.1, 10.9.9.9, 192.0.2.7"}, "192.0.2.7"},
		{"a header from who is no proxy", behind, "192.0.2.7:99", []string{"198.51.100.1"}, "192.0.2.7"},
		{"a proxy without the header", behind, "10.0.0.1:99", nil, "10.0.0.1"},
		{"a header that names no address", behind, "10.0.0.1:99", []string{"192.0.2.7, unknown"}, "10.0.0.1"},
		{"an address with a port", behind, "10.0.0.1:99", []string{"192.0.2.7:4711"}, "192.0.2.7"},
		{"IPv6", behind, "[fd00::1]:99", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv4 in the form of IPv6", behind, "[::ffff:10.0.0.1]:99", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.header}}
			if got := c.server.addressOf(r).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
