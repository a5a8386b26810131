package evidence

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Manifest says what a bundle is of. Scope names what was chosen, and is empty
// where nothing was withheld. Files has the SHA-256 of each file but the
// manifest.
type Manifest struct {
	Format   int               `json:"format"`
	Ledger   string            `json:"ledger"`
	Origin   string            `json:"origin"`
	Size     int64             `json:"size"`
	Position string            `json:"position"` // of the totals
	Made     time.Time         `json:"made"`
	Scope    map[string]string `json:"scope,omitempty"`
	Files    map[string]string `json:"files"`
}

// format is the version of the form of a bundle.
const format = 1

// Names of the files of a bundle.
const (
	manifestFile    = "manifest.json"
	EntriesFile     = "entries.jsonl"
	CheckpointFile  = "checkpoint"
	CheckpointsFile = "checkpoints"
	KeysFile        = "keys"
	readmeFile      = "README.txt"
	totalsDir       = "totals"
)

// TotalsFile returns the name of the totals by a dimension.
func TotalsFile(by string) string { return totalsDir + "/" + by + ".csv" }

// Dimensions lists what totals are of.
func Dimensions() []string {
	return []string{"year", "budget-year", "project", "village", "provider", "fund"}
}

//go:embed bundle.txt
var readme string

// Folder is where a bundle is written, one file after the other: each ends
// where the next one begins. A zip.Writer is one.
type Folder interface {
	Create(name string) (io.Writer, error)
}

// Writer writes a bundle.
type Writer struct {
	to       Folder
	manifest Manifest
}

// NewWriter begins a bundle.
func NewWriter(to Folder, m Manifest) *Writer {
	m.Format, m.Files = format, map[string]string{}
	return &Writer{to, m}
}

// Add copies a file into the bundle.
func (w *Writer) Add(name string, content io.Reader) error {
	return w.Write(name, func(to io.Writer) error {
		_, err := io.Copy(to, content)
		return err
	})
}

// Write adds a file to the bundle that write writes.
func (w *Writer) Write(name string, write func(io.Writer) error) error {
	f, err := w.to.Create(name)
	if err != nil {
		return err
	}
	h := sha256.New()
	if err := write(io.MultiWriter(f, h)); err != nil {
		return err
	}
	w.manifest.Files[name] = hex.EncodeToString(h.Sum(nil))
	return nil
}

// Close writes what remains: how to check the bundle, and the manifest.
func (w *Writer) Close() error {
	if err := w.Add(readmeFile, strings.NewReader(readme)); err != nil {
		return err
	}
	text, err := json.Marshal(w.manifest, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	f, err := w.to.Create(manifestFile)
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	return err
}

// readManifest reads the manifest, and compares every file with its hash.
func readManifest(bundle fs.FS) (m Manifest, err error) {
	text, err := fs.ReadFile(bundle, manifestFile)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s cannot be read: %w", manifestFile, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("the bundle has the format %d, and this program reads %d", m.Format, format)
	}
	err = fs.WalkDir(bundle, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == manifestFile {
			return err
		}
		want, ok := m.Files[name]
		if !ok {
			return fmt.Errorf("%s is not in the manifest", name)
		}
		f, err := bundle.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		if hex.EncodeToString(h.Sum(nil)) != want {
			return fmt.Errorf("%s is not the file that the manifest names", name)
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	for _, name := range []string{EntriesFile, CheckpointFile, CheckpointsFile, KeysFile} {
		if _, ok := m.Files[name]; !ok {
			return m, fmt.Errorf("the bundle has no %s", name)
		}
	}
	for _, by := range Dimensions() {
		if _, ok := m.Files[TotalsFile(by)]; !ok && len(m.Scope) == 0 {
			return m, fmt.Errorf("the bundle has no %s", TotalsFile(by))
		}
	}
	names := make([]string, 0, len(m.Files))
	for name := range m.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, err := fs.Stat(bundle, name); err != nil {
			return m, err
		}
	}
	return m, nil
}
