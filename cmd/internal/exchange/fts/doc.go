// Package fts reads flows of OCHA's Financial Tracking Service: the JSON of its
// API, and the tables (CSV, .xlsx) that it and the Humanitarian Data Exchange offer. A flow is
// one amount on its way, whose status goes from pledge through commitment to
// paid; it counts in US dollars, as the totals that FTS publishes do, and the
// original amount is kept in the note. Flows across the boundary of a plan or
// country and flows inside it are told apart by their system, since FTS counts
// only those that come in.
package fts
