package eventstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"sort"
)

// entryIndex knows where each entry of a ledger is. It never forgets one, since
// a command id is good for ever, so what came before the last snapshot is kept
// in the form in which it is stored: 36 bytes for each entry and nothing to do
// when it is loaded.
type entryIndex struct {
	sorted sortedEntries
	paged  *pagedEntries            // in place of sorted, until all of it was read
	frozen map[entryKey]entryRecord // on their way into sorted
	recent map[entryKey]entryRecord
}

// entryRecord says where an entry is, and enough of its content to tell a
// repetition from another command with the same id.
type entryRecord struct {
	block   uint64
	content uint64
	actor   uint32
}

func newEntryIndex(sorted sortedEntries) entryIndex {
	return entryIndex{sorted: sorted, recent: map[entryKey]entryRecord{}}
}

func (x *entryIndex) get(ctx context.Context, k entryKey) (r entryRecord, ok bool, err error) {
	if r, ok = x.recent[k]; ok {
		return r, true, nil
	}
	if r, ok = x.frozen[k]; ok {
		return r, true, nil
	}
	if x.paged != nil {
		return x.paged.find(ctx, k)
	}
	r, ok = x.sorted.find(k)
	return r, ok, nil
}

func (x *entryIndex) put(k entryKey, r entryRecord) { x.recent[k] = r }

// freeze sets the recent entries apart, to be merged while others come in.
func (x *entryIndex) freeze() {
	x.frozen, x.recent = x.recent, map[entryKey]entryRecord{}
}

// thaw puts what freeze set apart, merged by now, in its place.
func (x *entryIndex) thaw(merged sortedEntries) { x.sorted, x.frozen = merged, nil }

// sortedEntries are entries in the order of their keys, each as its key, block,
// content and actor.
type sortedEntries []byte

const entryBytes = len(entryKey{}) + 8 + 8 + 4

func (s sortedEntries) key(i int) []byte { return s[i*entryBytes:][:len(entryKey{})] }

func (s sortedEntries) find(k entryKey) (entryRecord, bool) {
	i, ok := sort.Find(len(s)/entryBytes, func(i int) int { return bytes.Compare(k[:], s.key(i)) })
	if !ok {
		return entryRecord{}, false
	}
	rest := s[i*entryBytes+len(k):]
	return entryRecord{block: binary.BigEndian.Uint64(rest), content: binary.BigEndian.Uint64(rest[8:]), actor: binary.BigEndian.Uint32(rest[16:])}, true
}

func (s sortedEntries) append(k entryKey, r entryRecord) sortedEntries {
	s = append(s, k[:]...)
	s = binary.BigEndian.AppendUint64(s, r.block)
	s = binary.BigEndian.AppendUint64(s, r.content)
	return binary.BigEndian.AppendUint32(s, r.actor)
}

// merge returns new sorted entries with further ones among them. A key that is
// in both has what it has in more.
func (s sortedEntries) merge(more map[entryKey]entryRecord) sortedEntries {
	keys := make([]entryKey, 0, len(more))
	for k := range more {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b entryKey) int {
		return cmp.Or(cmp.Compare(binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(b[:])), bytes.Compare(a[:], b[:]))
	})
	out := make(sortedEntries, 0, len(s)+len(keys)*entryBytes)
	for _, k := range keys {
		n := sort.Search(len(s)/entryBytes, func(i int) bool { return bytes.Compare(s.key(i), k[:]) >= 0 })
		out = append(out, s[:n*entryBytes]...)
		if s = s[n*entryBytes:]; len(s) > 0 && bytes.Equal(s.key(0), k[:]) {
			s = s[entryBytes:]
		}
		out = out.append(k, more[k])
	}
	return append(out, s...)
}
