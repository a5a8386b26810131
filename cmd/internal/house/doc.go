// Package house keeps the rules of this code base as tests.
//
// The rules say which room may import which, what must be documented, how long a file or a function may grow, and
// what has no place here: clocks and randomness in the domain, floating point for money, skipped tests. Each rule is
// one small function over the parsed source, next to examples of source that it must accept and refuse, so that no
// rule passes by looking at nothing.
//
// A rule can have exceptions. Each names the place and the reason, and fails as soon as the place no longer needs it.
//
// The package also checks docker-compose.yml against the server and against the parser of NATS.
package house
