package eventstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Files that prove something lie in an object store of JetStream beside the log,
// each under its ledger and the SHA-256 of its bytes. The log holds the hash (see
// domain.AttachmentAdded), so a file that was changed or lost is noticed.

// FileMax is how many bytes a file may have.
const FileMax = 20 << 20

// The codes of a Failure about a file.
const (
	FileTooLarge = "file_too_large" // it has more than FileMax bytes
	FileMissing  = "file_missing"   // nobody stored it, or it was lost
	FileDamaged  = "file_damaged"   // its bytes are not those of its hash
)

func (s *Store) bucket() string { return s.cfg.Stream + "-files" }

// PutFile stores a file of a ledger and returns its SHA-256 in hexadecimal. A
// file that is there already is left as it is. It returns when the file is as
// durable as a block.
func (s *Store) PutFile(ctx context.Context, ledger string, data []byte) (hash string, err error) {
	if len(data) > FileMax {
		return "", failure(FileTooLarge, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("a file has at most %d; split it, or scan it coarser", FileMax), nil)
	}
	sum := sha256.Sum256(data)
	hash = hex.EncodeToString(sum[:])
	if _, err := s.File(ctx, ledger, hash); err == nil {
		return hash, nil
	}
	files, err := s.js.ObjectStore(ctx, s.bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		files, err = s.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: s.bucket(), Description: "aidledger: files that prove something",
			Storage: jetstream.FileStorage, Replicas: s.cfg.Replicas})
	}
	if err == nil {
		_, err = files.Put(ctx, jetstream.ObjectMeta{Name: ledger + "/" + hash}, bytes.NewReader(data))
	}
	if err != nil {
		return "", failure(LogUnavailable, "the file could not be stored", "try again", err)
	}
	return hash, nil
}

// File returns the bytes of a file of a ledger by their hash. It returns a
// *Failure of code file_missing or file_damaged where they are not there, or are
// not what they were.
func (s *Store) File(ctx context.Context, ledger, hash string) ([]byte, error) {
	missing := func(cause error) error {
		return failure(FileMissing, "no file with the SHA-256 "+hash+" is stored", "upload it again; the hash in the log tells whether it is the right one", cause)
	}
	files, err := s.js.ObjectStore(ctx, s.bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, missing(err)
	}
	if err != nil {
		return nil, readError(ctx, err)
	}
	object, err := files.GetInfo(ctx, ledger+"/"+hash)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, missing(err)
	}
	if err != nil {
		return nil, readError(ctx, err)
	}
	data, err := s.chunks(ctx, object)
	if sum := sha256.Sum256(data); errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && hex.EncodeToString(sum[:]) != hash {
		return nil, failure(FileDamaged, "the file with the SHA-256 "+hash+" has other bytes by now", "restore it from a backup", err)
	}
	if err != nil {
		return nil, readError(ctx, err)
	}
	return data, nil
}

// chunks reads an object piece by piece (NATS ADR-20 says how it is stored). The
// client library would wait for a piece that the server lost until its patience
// ends, and nobody could tell that from a server that does not answer.
func (s *Store) chunks(ctx context.Context, object *jetstream.ObjectInfo) (data []byte, err error) {
	stream, err := s.js.Stream(ctx, "OBJ_"+object.Bucket)
	if err != nil {
		return nil, err
	}
	subject, after := "$O."+object.Bucket+".C."+object.NUID, uint64(0)
	for uint64(len(data)) < min(object.Size, FileMax+1) {
		m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
			return stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
		})
		if err != nil {
			return data, err
		}
		data, after = append(data, m.Data...), m.Sequence
	}
	return data, nil
}
