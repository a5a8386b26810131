package localpg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	logMax   = 1 << 20 // bytes; a log that is larger at a start becomes postgres.log.1
	tailMax  = 20      // lines of the log in an error
	tailRead = 8 << 10 // bytes in which these lines are looked for
)

// openLog opens the server's log for appending. The server writes through this descriptor, so its user needs no right to
// the file.
func (c *Cluster) openLog() error {
	path := filepath.Join(c.dir, "postgres.log")
	if info, err := os.Stat(path); err == nil && info.Size() > logMax {
		if err := os.Rename(path, path+".1"); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	c.log, c.logged = file, info.Size()
	return nil
}

// withLog adds to an error what the server said since this start.
func (c *Cluster) withLog(err error) error {
	info, statErr := c.log.Stat()
	if statErr != nil {
		return fmt.Errorf("localpg: %w", err)
	}
	from := max(c.logged, info.Size()-tailRead)
	text, _ := io.ReadAll(io.NewSectionReader(c.log, from, info.Size()-from))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = lines[max(0, len(lines)-tailMax):]
	return fmt.Errorf("localpg: %w\nThe log %s ends with:\n  %s", err, c.log.Name(), strings.Join(lines, "\n  "))
}
