// Package web is the HTTP API of the ledger. It promises:
//
//   - One write path. A command is decoded strictly, stamped with its caller
//     and its Idempotency-Key, and given to the log; the answer carries the
//     position where it is recorded. Nothing else writes.
//   - Every fault at once. An error is application/problem+json (RFC 9457) with
//     a stable code, a hint, and one item for each field at fault.
//   - No route without a capability. Each line of the route table names what its
//     caller must be allowed to do, and one function (access.Gate.Allow) decides
//     it, for the route and for each command in a request.
//   - Read your writes. ?wait=true on a command and ?wait_for=POSITION on a
//     query wait until the read models have reached that position.
//
// The table of all routes is in routes.go. To add one, write a handler and a
// line in the table.
package web
