package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// account is the system user that runs the server.
type account struct {
	name     string
	uid, gid uint32
	owner    string // name of the user who starts it: the same one, or root
}

// UnreachableError says that the user who runs the server for root may not enter a directory above the data.
type UnreachableError struct {
	Dir  string // the first closed directory on the way
	User string // the user who runs the server
}

// Error names the directory and says how to open the way.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("localpg: PostgreSQL does not run as root, so it runs as user %s, who may not enter %s: "+
		"choose a data directory outside of it, such as /var/lib/aidledger, or open the way with: chmod o+x %s", e.User, e.Dir, e.Dir)
}

// serverAccount chooses who runs the server: an ordinary user himself; for root the owner of the data when there is
// some, then postgres, then nobody.
func serverAccount(dataDir string) (account, error) {
	me, err := user.Current()
	if err != nil {
		return account{}, fmt.Errorf("localpg: user %d has no name on this system and PostgreSQL needs one: "+
			"add the user to /etc/passwd or use a server of your own: %w", os.Geteuid(), err)
	}
	if os.Geteuid() != 0 {
		return accountOf(me, me.Username)
	}
	var stat syscall.Stat_t
	if err := syscall.Stat(dataDir, &stat); err == nil && stat.Uid != 0 {
		if owner, err := user.LookupId(strconv.FormatUint(uint64(stat.Uid), 10)); err == nil {
			return accountOf(owner, me.Username)
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			return accountOf(found, me.Username)
		}
	}
	return account{}, fmt.Errorf("localpg: PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody: " +
		"run as an ordinary user or use a server of your own")
}

func accountOf(u *user.User, owner string) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("localpg: user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("localpg: user %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uint32(uid), gid: uint32(gid), owner: owner}, nil
}

// dropped reports whether the server runs as another user than we do.
func (a account) dropped() bool { return int64(a.uid) != int64(os.Geteuid()) }

// attributes makes a child process run as the server's user.
func (a account) attributes() *syscall.SysProcAttr {
	if !a.dropped() {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
}

// give makes the server's user the owner of a file or directory.
func (a account) give(path string) error {
	if !a.dropped() {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reach checks that the server's user can enter dir. It lets that user try, because permission bits alone do not tell
// what access lists and mounts decide.
func (a account) reach(ctx context.Context, dir string) error {
	if !a.dropped() {
		return nil
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real // the closed directory may be one that a link leads through
	}
	const script = `for d do cd "$d" 2>/dev/null || { printf %s "$d"; exit 1; }; done`
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", script, "sh"}, wayTo(dir)...)...)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.SysProcAttr = a.attributes()
	closed, err := cmd.Output()
	if len(closed) > 0 {
		return &UnreachableError{Dir: string(closed), User: a.name}
	}
	if err != nil {
		return fmt.Errorf("localpg: become user %s: %w", a.name, err)
	}
	return nil
}

// makeAll creates dir and what is missing above it. For root the new directories can be entered, but not listed, by
// everybody: the server's user has to pass through them.
func makeAll(dir string) error {
	for _, d := range wayTo(dir) {
		if _, err := os.Stat(d); err == nil {
			continue
		}
		if err := os.Mkdir(d, 0o700); err != nil {
			if os.IsExist(err) { // somebody else was faster
				continue
			}
			return err
		}
		if os.Geteuid() == 0 {
			if err := os.Chmod(d, 0o711); err != nil {
				return err
			}
		}
	}
	return nil
}

// wayTo lists the directories from the root to dir, dir included.
func wayTo(dir string) []string {
	way := []string{dir}
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		way = append(way, dir)
	}
	slices.Reverse(way)
	return way
}
