// Package access says who may do what. It promises:
//
//   - Code asks for a capability and never for a role. A role is a name for a
//     set of capabilities (roles.go), and each command of the domain needs one
//     (commands.go).
//   - One function decides and records: [Gate.Allow]. Every route of the API and
//     every command passes through it, and a test goes over all of them with all
//     roles.
//   - A capability may be limited to places or projects. What a caller does under
//     such a limit must name a place or project of it, and none outside.
//   - A refusal says which capability is missing and is logged without the name
//     of anybody.
package access
