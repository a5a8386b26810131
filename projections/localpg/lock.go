package localpg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrLocked says that another process, or another part of this one, owns the directory.
var ErrLocked = errors.New("in use")

// own takes the lock of the directory's owner and writes our process id into it for others to read. The lock belongs to
// the open file: the kernel gives it back when the process dies.
func own(path string) (*os.File, error) {
	file, err := tryLock(path, os.O_CREATE)
	if errors.Is(err, ErrLocked) {
		holder := "another process"
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			holder = "process " + strings.TrimSpace(string(text))
		}
		return nil, fmt.Errorf("localpg: directory %s is %w by %s: stop it or choose another directory",
			filepath.Dir(path), ErrLocked, holder)
	}
	if err != nil {
		return nil, err
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = io.WriteString(file, strconv.Itoa(os.Getpid())+"\n")
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("localpg: %w", err)
	}
	return file, nil
}

// tryLock locks the file, or returns ErrLocked without waiting.
func tryLock(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|flag, 0o600)
	if err != nil {
		return nil, fmt.Errorf("localpg: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		return file, nil
	}
	file.Close()
	if err == syscall.EWOULDBLOCK {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("localpg: lock %s: %w", path, err)
}
