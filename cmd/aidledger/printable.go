package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// printable passes text on and writes every control character but line breaks
// and tabs as an escape such as \u001b, so that no data can move the cursor or
// colour the terminal. In JSON text the escapes mean the same characters. The
// parts of a server write to one at the same time.
type printable struct {
	mu   sync.Mutex
	w    io.Writer
	err  error // the first of w
	held bool  // the first byte of U+0080 to U+00BF was kept back
}

// leadByte begins U+0080 to U+00BF in UTF-8, half of which are controls.
const leadByte = 0xC2

// Write implements io.Writer. It reports all of p as written.
func (t *printable) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	suspect := func(b byte) bool { return b < ' ' && b != '\n' && b != '\t' || b == 0x7F || b == leadByte }
	if !t.held && !slices.ContainsFunc(p, suspect) {
		return t.pass(p)
	}
	out := make([]byte, 0, len(p)+16)
	for _, b := range p {
		held := t.held
		t.held = b == leadByte
		control := held && b >= 0x80 && b < 0xA0
		if held && !control {
			out = append(out, leadByte)
		}
		switch {
		case t.held: // until the next byte tells what it is
		case control, suspect(b):
			out = fmt.Appendf(out, `\u%04x`, b)
		default:
			out = append(out, b)
		}
	}
	if _, err := t.pass(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// pass writes and remembers what went wrong, because most of what prints does
// not look.
func (t *printable) pass(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if t.err == nil {
		t.err = err
	}
	return n, err
}
