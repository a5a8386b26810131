package chaos

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watchVariable tells a new process of this program to start itself again with
// its syncs watched: the process that started it decides how each of them ends.
const watchVariable = "AIDLEDGER_CHAOS_WATCH"

// watchFD is where a watched process finds the socket to who watches it.
const watchFD = 3

// disk decides how the syncs of a process end, as its disk would.
type disk struct {
	mode             atomic.Int32
	reached, refused atomic.Int64 // syncs that were done, and that were not
}

// How a disk answers a sync.
const (
	diskHealthy = iota
	diskFails   // it says that it could not
	diskLies    // it says that it did, and did not
)

// The structures of seccomp's user notification; see linux/seccomp.h.
type (
	syncAsked struct {
		id         uint64
		pid, flags uint32
		call       int32
		arch       uint32
		ip         uint64
		args       [6]uint64
	}
	syncEnds struct {
		id     uint64
		result int64
		errno  int32
		flags  uint32
	}
)

// noWatch says why this process cannot decide how the syncs of another one end.
func noWatch() error {
	var sizes [3]uint16
	if _, _, err := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_NOTIF_SIZES, 0, uintptr(unsafe.Pointer(&sizes))); err != 0 {
		return fmt.Errorf("this kernel does not notify of system calls: %w", err)
	}
	return nil
}

// watched becomes a program whose syncs who started it decides, where that was
// asked for. It returns where it was not.
func watched() {
	if os.Getenv(watchVariable) == "" {
		return
	}
	err := watchMe()
	fmt.Fprintln(os.Stderr, "its syncs cannot be watched:", err)
	os.Exit(1)
}

// watchMe hands the decision on all syncs of this thread, and of everything
// that it becomes, to the other end of the socket, and starts the program again.
func watchMe() error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const load, equal, answer = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{
		{Code: load, K: 0}, // the number of the call
		{Code: equal, K: unix.SYS_FSYNC, Jt: 2},
		{Code: equal, K: unix.SYS_FDATASYNC, Jt: 1},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
		{Code: answer, K: unix.SECCOMP_RET_USER_NOTIF},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	if err := unix.Sendmsg(watchFD, []byte{0}, unix.UnixRights(int(fd)), nil, 0); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	unix.CloseOnExec(int(fd))
	unix.CloseOnExec(watchFD)
	environment := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, watchVariable+"=") })
	return syscall.Exec(self, os.Args, environment)
}

// attach makes a command that was not started yet one whose syncs d decides.
// The function that it returns is called once it was started.
func (d *disk) attach(cmd *exec.Cmd) (started func() error, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(ends[1]), "watch")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Env = append(cmd.Env, watchVariable+"=1")
	return func() error {
		defer unix.Close(ends[0])
		theirs.Close()
		rights := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := unix.Recvmsg(ends[0], make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
		if err != nil {
			return err
		}
		messages, err := unix.ParseSocketControlMessage(rights[:n])
		if err != nil || len(messages) != 1 {
			return errors.Join(errors.New("the program did not hand its syncs over"), err)
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			return err
		}
		go d.decide(fds[0])
		return nil
	}, nil
}

// decide answers every sync until the program has ended.
func (d *disk) decide(fd int) {
	defer unix.Close(fd)
	for {
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); err == unix.EINTR {
			continue
		} else if err != nil || ready[0].Revents&unix.POLLIN == 0 {
			return
		}
		var asked syncAsked
		if _, _, err := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&asked))); err != 0 {
			continue // it was killed meanwhile
		}
		ends := syncEnds{id: asked.id}
		switch d.mode.Load() {
		case diskHealthy:
			ends.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
			d.reached.Add(1)
		case diskFails:
			ends.errno = -int32(unix.EIO)
			d.refused.Add(1)
		case diskLies:
			d.refused.Add(1)
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&ends)))
	}
}
