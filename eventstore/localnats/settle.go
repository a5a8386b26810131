package localnats

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// settle makes sure that what a server will find in the files of dir is on the
// disk. After a sync that failed, the system may go on showing data that never
// reached the disk and will never be written again; a server that starts on it
// would acknowledge it. Only the last file of each stream can hold such data,
// because a stream whose sync failed takes no more; so that file is written
// anew.
func settle(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return err
	}
	last := map[string]int{}
	for _, file := range files {
		in, name := filepath.Split(file)
		if n, err := strconv.Atoi(strings.TrimSuffix(name, ".blk")); err == nil {
			last[in] = max(last[in], n)
		}
	}
	for in, n := range last {
		if err := writeAnew(filepath.Join(in, fmt.Sprint(n, ".blk")), filepath.Join(dir, "settle.tmp")); err != nil {
			return fmt.Errorf("the end of the log cannot be written to the disk: %w", err)
		}
	}
	return nil
}

// syncs returns an error where the disk of dir does not sync what is written.
func syncs(dir string) error {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString("is it on the disk?")
	return errors.Join(err, f.Sync(), f.Close())
}

// writeAnew puts a copy of a file, which is on the disk, in its place.
func writeAnew(file, temporary string) error {
	defer os.Remove(temporary) // of no effect once it was renamed
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, file); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
