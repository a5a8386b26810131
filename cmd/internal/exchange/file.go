package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"aidledger/cmd/internal/exchange/fts"
	"aidledger/cmd/internal/exchange/iati"
	"aidledger/domain"
)

// FileMax is how many bytes a file may have.
const FileMax = 4 << 30

// The formats of files.
const (
	FormatIATI      = "iati"
	FormatFTS       = "fts"
	FormatCSV       = "csv"
	FormatXLSX      = "xlsx"
	FormatJSONLines = "json-lines"
	FormatParquet   = "parquet" // to be read by others
)

// File is a file that is to be imported. It lies on disk, without a name, until
// it is closed.
type File struct {
	Name   string // as its owner calls it, without folders
	SHA256 string
	Format string
	Size   int64

	disk *os.File
}

// Receive takes a file in and finds out what it is. It returns a
// *domain.Refusal of code file_type, file_too_large or file_empty for one that
// cannot be imported.
func Receive(r io.Reader, name string) (*File, error) {
	disk, err := os.CreateTemp("", "aidledger-import-")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(disk.Name()) // it stays as long as it is open, and no longer
	f := &File{Name: baseName(name), disk: disk}
	hash := sha256.New()
	f.Size, err = io.Copy(io.MultiWriter(disk, hash), io.LimitReader(r, FileMax+1))
	f.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if err == nil {
		f.Format, err = f.detect()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// baseName takes the folders off a name, and what a ledger does not record.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if clean, err := domain.ParseText(name, 200); err == nil && clean != "." && clean != "/" {
		return clean
	}
	return "file"
}

// Close lets go of the file.
func (f *File) Close() { _ = f.disk.Close() }

// open returns a reader from the beginning. Only one may be in use.
func (f *File) open() io.Reader { return io.NewSectionReader(f.disk, 0, f.Size) }

// detect tells the format by the first bytes, since names are often wrong.
func (f *File) detect() (string, error) {
	switch {
	case f.Size == 0:
		return "", fault("file_empty", "the file is empty", "give a file with rows")
	case f.Size > FileMax:
		return "", fault("file_too_large", fmt.Sprintf("the file has more than %d bytes", int64(FileMax)), "split it")
	}
	head := make([]byte, 4096)
	n, _ := io.ReadFull(f.open(), head) // shorter files are read as far as they go
	head = head[:n]
	for _, known := range []struct{ magic, is, hint string }{
		{"\xd0\xcf\x11\xe0", "an old or encrypted workbook (.xls)", "open it, remove the password, and save it as .xlsx without macros"},
		{"\x89PNG", "a picture", "give the table itself"}, {"\xff\xd8\xff", "a picture", "give the table itself"},
		{"%PDF", "a PDF", "give the table itself as .xlsx or .csv"}, {"\x1f\x8b", "a compressed file", "unpack it first"},
		{"Rar!", "an archive", "unpack it first"}, {"7z\xbc\xaf", "an archive", "unpack it first"}, {"\x7fELF", "a program", "give a table"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return "", fault("file_type", "the file is "+known.is, known.hint)
		}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		if isFlowBook(f) {
			return FormatFTS, nil
		}
		return FormatXLSX, nil
	}
	if iati.IsXML(head) {
		return FormatIATI, nil
	}
	text, err := firstText(head)
	if err != nil {
		return "", err
	}
	switch text = strings.TrimSpace(text); {
	case fts.IsFlows(text):
		return FormatFTS, nil
	case strings.HasPrefix(text, "{"):
		return FormatJSONLines, nil
	}
	return FormatCSV, nil
}

func fault(code, message, hint string) *domain.Refusal {
	return &domain.Refusal{Code: code, Message: message, Hint: hint}
}
