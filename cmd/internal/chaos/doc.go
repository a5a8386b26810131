// Package chaos breaks things on purpose and counts what that did to the money.
// Each [Scenario] starts real servers, does damage to them, and then compares
// what was acknowledged with what is in the log and in the read models. It
// prints figures, and it fails where its fault did not happen, so that it cannot
// pass by doing nothing.
//
// Most scenarios have a counter-proof: the same scenario with one protection
// taken away must find a [Violation]. That shows that the scenario would see
// the fault if the protection were not there.
//
// Some scenarios need root, loop devices or file systems in memory. Where they
// are missing the scenario is reported as not run, and asking for it alone is an
// error.
package chaos
