//go:build !linux

package chaos

import (
	"errors"
	"os/exec"
	"sync/atomic"
)

const (
	diskHealthy = iota
	diskFails
	diskLies
)

type disk struct {
	mode             atomic.Int32
	reached, refused atomic.Int64
}

func noWatch() error {
	return errors.New("only Linux lets one process decide how the syncs of another end")
}

func watched() {}

func (d *disk) attach(*exec.Cmd) (func() error, error) { return nil, noWatch() }
