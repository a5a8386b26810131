package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
)

// dataDir is the directory of one server:
//
//	lock         held by the server's process
//	token        what clients present, for the owner alone
//	reader-token what other systems present to read events, for the owner alone
//	master.key   what wraps the keys of people, for the owner alone
//	signing-key  what checkpoints are signed with, for the owner alone
//	retired-keys public halves of the keys that were used before
//	stream       the stream that a repair has made, if there was one
//	witnesses    who cosigns checkpoints, if there is anybody
//	server.json  where the running server is, for clients on this machine
//	logs         the names of the logs that were opened from here
//	nats/        the log, unless it is on servers elsewhere
//	postgres/    the read models, unless they are in a database elsewhere
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir creates the directory if there is none, and takes it for this
// process. Another process that has it keeps it: the error then has the code
// data_dir_locked.
func openDataDir(path string) (*dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // PostgreSQL's user has to pass through
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w; choose another one with --data", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory cannot be used: %w; choose another one with --data", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another process uses the data directory %s (data_dir_locked); stop it, or choose another directory with --data", path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if _, err := os.Stat(filepath.Join(path, restoringFile)); err == nil {
		lock.Close()
		return nil, fmt.Errorf("%s was not restored to its end; remove it, and restore the backup again (restore_unfinished)", path)
	}
	return &dataDir{path, lock}, nil
}

// restoringFile is in a directory as long as a backup is being restored into it.
const restoringFile = "restoring"

func (d *dataDir) file(name string) string { return filepath.Join(d.path, name) }

// release lets another process take the directory.
func (d *dataDir) release() { d.lock.Close() }

// secret returns the 64 hexadecimal digits that are kept in a file of the
// directory, and makes them at the first call. It refuses a file that others may
// read.
func (d *dataDir) secret(file string) (string, error) {
	name := d.file(file)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		var random [32]byte
		rand.Read(random[:]) // never fails
		secret := hex.EncodeToString(random[:])
		return secret, replaceFile(name, []byte(secret+"\n"))
	}
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("others may read the secret in %s; close it with: chmod 600 %s", name, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("the secret in %s is empty; restore it, or remove the file to get a new one", name)
	}
	return secret, nil
}

// address is how clients on this machine find the server.
type address struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	PID   int    `json:"pid"`

	Events string `json:"events,omitempty"` // where other systems read events
}

const addressFile = "server.json"

func (d *dataDir) announce(a address) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return replaceFile(d.file(addressFile), append(text, '\n'))
}

func (d *dataDir) withdraw() { _ = os.Remove(d.file(addressFile)) }

// readAddress finds the server of a data directory.
func readAddress(dir string) (a address, err error) {
	text, err := os.ReadFile(filepath.Join(dir, addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("no server runs on %s; start one with: aidledger serve --data %s, or name another directory", dir, dir)
	}
	if err != nil {
		return a, fmt.Errorf("the address of the server cannot be read: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%s is damaged; start the server again", filepath.Join(dir, addressFile))
	}
	return a, nil
}

// replaceFile writes a file for the owner alone, whole or not at all.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // of no effect once it was renamed
	if _, err := f.Write(content); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
