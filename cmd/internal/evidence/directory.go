package evidence

import (
	"io"
	"os"
	"path/filepath"
)

// Directory is a Folder on the disk.
type Directory struct {
	path string
	last *os.File
}

// NewDirectory makes a directory, which must not exist.
func NewDirectory(path string) (*Directory, error) {
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, err
	}
	return &Directory{path: path}, os.Mkdir(filepath.Join(path, totalsDir), 0o755)
}

// Create begins a file and ends the one before it.
func (d *Directory) Create(name string) (io.Writer, error) {
	if err := d.Close(); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(d.path, filepath.FromSlash(name)))
	d.last = f
	return f, err
}

// Close ends the last file.
func (d *Directory) Close() error {
	if d.last == nil {
		return nil
	}
	f := d.last
	d.last = nil
	return f.Close()
}
