package eventstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/nats-io/nats.go/jetstream"
)

// The sorted entries of a snapshot are stored in pages, each of which is one
// message and is found by its first key. So a start does not have to read all of
// them: it looks into the page that an id would be in, for as long as the whole
// is being read behind it.

// pageMax is how many bytes a page has at most.
const pageMax = 64 << 10

// page says where a page is. Its sum proves that it is the one that was written.
type page struct {
	first    entryKey
	sequence uint64
	sum      Hash
}

const pageBytes = len(entryKey{}) + 8 + len(Hash{}) // of a page in the directory of a snapshot

// pagedEntries are the entries of a snapshot that were not all read yet.
type pagedEntries struct {
	stream  jetstream.Stream
	subject string
	pages   []page
	read    map[int]sortedEntries // those that were asked for
}

// errPage says that a page is not what was written, and never will be.
var errPage = errors.New("a page of the entries cannot be read")

func (p *pagedEntries) find(ctx context.Context, k entryKey) (entryRecord, bool, error) {
	i := sort.Search(len(p.pages), func(i int) bool { return bytes.Compare(p.pages[i].first[:], k[:]) > 0 }) - 1
	if i < 0 {
		return entryRecord{}, false, nil
	}
	entries, ok := p.read[i]
	if !ok {
		var err error
		if entries, err = p.get(ctx, i); err != nil {
			return entryRecord{}, false, err
		}
		p.read[i] = entries
	}
	r, ok := entries.find(k)
	return r, ok, nil
}

// get reads one page from the server.
func (p *pagedEntries) get(ctx context.Context, i int) (sortedEntries, error) {
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return p.stream.GetMsg(ctx, p.pages[i].sequence)
	})
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, fmt.Errorf("%w: it is missing", errPage)
	case err != nil:
		return nil, readError(ctx, err)
	case m.Subject != p.subject || sha256.Sum256(m.Data) != p.pages[i].sum || len(m.Data)%entryBytes != 0:
		return nil, fmt.Errorf("%w: it is damaged", errPage)
	}
	return m.Data, nil
}

// all reads every page.
func (p *pagedEntries) all(ctx context.Context) (sortedEntries, error) {
	var whole sortedEntries
	for i := range p.pages {
		one, err := p.get(ctx, i)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			whole = make(sortedEntries, 0, len(p.pages)*len(one))
		}
		whole = append(whole, one...)
	}
	return whole, nil
}

// readDirectory reads where the pages of a snapshot are.
func readDirectory(b []byte) ([]page, error) {
	if len(b)%pageBytes != 0 {
		return nil, io.ErrUnexpectedEOF
	}
	pages := make([]page, 0, len(b)/pageBytes)
	for ; len(b) > 0; b = b[pageBytes:] {
		var p page
		rest := b[copy(p.first[:], b):]
		p.sequence = binary.BigEndian.Uint64(rest)
		copy(p.sum[:], rest[8:])
		pages = append(pages, p)
	}
	return pages, nil
}

// writePages stores entries under a subject, and returns their directory and the
// sequence of the first page, 0 where there is none.
func (s *Store) writePages(ctx context.Context, subject string, entries sortedEntries) (directory []byte, first uint64, err error) {
	limit := min(pageMax, int(s.cfg.Conn.MaxPayload())-2048) / entryBytes * entryBytes
	for len(entries) > 0 {
		one := entries[:min(limit, len(entries))]
		entries = entries[len(one):]
		ack, err := s.js.Publish(ctx, subject, one)
		if err != nil {
			return nil, first, err
		}
		if first == 0 {
			first = ack.Sequence
		}
		sum := sha256.Sum256(one)
		directory = append(directory, one.key(0)...)
		directory = binary.BigEndian.AppendUint64(directory, ack.Sequence)
		directory = append(directory, sum[:]...)
	}
	return directory, first, nil
}

// wholeEntries is what reading all pages came to.
type wholeEntries struct {
	of      *pagedEntries
	entries sortedEntries
	err     error
}

// readPages reads all pages behind the writer. Another process may store a later
// snapshot meanwhile and sweep away this one: that has all entries of this one.
func (w *writer) readPages(p *pagedEntries) {
	ctx := w.store.ctx
	from := p
	whole, err := from.all(ctx)
	for errors.Is(err, errPage) {
		later, failed := w.store.snapshot(ctx, w.ledger)
		if failed != nil || later.entries.paged == nil || later.entries.paged.subject == from.subject {
			break
		}
		from = later.entries.paged
		whole, err = from.all(ctx)
	}
	select {
	case w.whole <- wholeEntries{p, whole, err}:
	case <-ctx.Done():
	}
}

// entry returns where an entry is. Where the page of it is lost it waits for what
// reading all of them comes to.
func (w *writer) entry(ctx context.Context, k entryKey) (entryRecord, bool, error) {
	for {
		r, ok, err := w.entries.get(ctx, k)
		switch {
		case !errors.Is(err, errPage):
			return r, ok, err
		case w.whole == nil: // a rehearsal, behind which nobody reads
			return r, ok, failure(LogUnavailable, "an entry of long ago cannot be looked up", "try again after the next command of this ledger was recorded", err)
		case !w.loaded:
			return r, ok, err
		}
		select {
		case got := <-w.whole:
			w.complete(got)
		case <-ctx.Done():
			return r, false, ctx.Err()
		}
	}
}

// complete puts all entries in the place of those that were read page by page. A
// snapshot whose pages are lost is forgotten: the log is folded from its first
// block before anything else is decided.
func (w *writer) complete(got wholeEntries) {
	switch {
	case got.of != w.entries.paged:
	case got.err == nil:
		w.entries.sorted, w.entries.paged = got.entries, nil
	case w.store.ctx.Err() == nil:
		w.store.cfg.Log.Warn("the entries of a snapshot cannot be read; its log is read from the first block", "ledger", w.ledger, "reason", got.err)
		w.loaded, w.distrust = false, true
	}
}
