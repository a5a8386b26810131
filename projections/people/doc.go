// Package people knows who may sign in, and remembers who read what. Unlike the
// read models its tables cannot be made anew from the log: they are durable,
// migrated step by step, and live in a schema of their own. It promises:
//
//   - No secret is stored in clear. Passwords are kept as Argon2id; sessions,
//     tokens, invitations and recovery codes as SHA-256 of 256 random bits; the
//     secrets of second factors, which must be read again, are sealed with a key
//     that is not in the database.
//   - No password is shipped. A person chooses one by a link that works once.
//   - A change counts at once: whoever is disabled, changes the role or the
//     password, or signs out, has no session from then on, on any server.
//   - Asking who somebody is costs no question to the database per request.
//   - Signing in tells nobody whether a name exists, neither by text nor by time,
//     and allows few attempts.
//   - The access log is only ever added to.
//
// What a role means and what a capability allows is not known here.
package people
