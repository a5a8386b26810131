package main

import (
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bar shows how far something long is, on a terminal and nowhere else.
type bar struct {
	container *mpb.Progress
	line      *mpb.Bar
}

// newBar returns a bar on stderr. It draws nothing where stderr is no terminal.
func (c *command) newBar(what string) *bar {
	if !isTerminal(c.stderr) {
		return &bar{}
	}
	container := mpb.New(mpb.WithOutput(c.stderr), mpb.WithWidth(40))
	line := container.AddBar(0,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.Name(" "), decor.Elapsed(decor.ET_STYLE_GO)))
	return &bar{container, line}
}

// update says how much is done. The total may still change.
func (b *bar) update(done, total uint64) {
	if b.line != nil {
		b.line.SetTotal(int64(total), false)
		b.line.SetCurrent(int64(done))
	}
}

// close removes the bar. It may be called twice.
func (b *bar) close() {
	if b.line != nil {
		b.line.Abort(true)
		b.container.Wait()
		b.line = nil
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
