package localpg

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const oldest = 15 // the first major version whose SQL the read models may use

// installation is a set of PostgreSQL's programs.
type installation struct {
	bin     string // the directory
	version string // such as "15.18"
	major   int    // such as 15
}

func (i installation) program(name string) string { return filepath.Join(i.bin, name) }

// NotInstalledError says that no usable PostgreSQL was found, and how to get one.
type NotInstalledError struct {
	// Install is the command that installs PostgreSQL on this system. It is empty when the system is not known.
	Install string
	// Found lists what was found and why it does not do.
	Found []string
}

// Error says what is missing and how to install it.
func (e *NotInstalledError) Error() string {
	text := fmt.Sprintf("localpg: PostgreSQL %d or newer is not installed", oldest)
	if len(e.Found) > 0 {
		text += " (" + strings.Join(e.Found, "; ") + ")"
	}
	if e.Install == "" {
		return text + ". Install it with your system's package manager and start again."
	}
	return text + ". Install it and start again:\n\n    " + e.Install + " && go run ./cmd/aidledger serve --demo\n"
}

// installs is how an operating system (ID or ID_LIKE of os-release) installs PostgreSQL.
var installs = []struct{ system, command string }{
	{"debian", "apt-get install -y postgresql"},
	{"ubuntu", "apt-get install -y postgresql"},
	{"fedora", "dnf install -y postgresql-server"},
	{"rhel", "dnf install -y postgresql-server"},
	{"suse", "zypper install -y postgresql-server"},
	{"alpine", "apk add postgresql"},
	{"arch", "pacman -S --noconfirm postgresql"},
}

// installCommand returns the command for a system, told from the text of its os-release file.
func installCommand(goos, osRelease string, root bool) string {
	if goos == "darwin" {
		return "brew install postgresql@17"
	}
	var systems []string
	for line := range strings.Lines(osRelease) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			systems = append(systems, strings.Fields(strings.Trim(value, `"'`))...)
		}
	}
	for _, i := range installs {
		if !slices.Contains(systems, i.system) {
			continue
		}
		if root {
			return i.command
		}
		return "sudo " + i.command
	}
	return ""
}

// places are where packages put the programs without putting them on the PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // PostgreSQL's own packages for Red Hat
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin", // built from source
}

// candidates lists the directories that may hold PostgreSQL, best first: the one on the PATH, the usual places from the
// newest to the oldest, and what pg_config names. When a directory is given, it is the only one.
func candidates(ctx context.Context, given string) []string {
	if given != "" {
		return []string{given}
	}
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil { // initdb lies beside the real program
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range places {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(numberIn(b), numberIn(a)) })
		dirs = append(dirs, found...)
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// numberIn returns the last number in a path, which is the version in all of the usual places.
func numberIn(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

// versionsIn lists the major versions that have data in dir.
func versionsIn(dir string) []int {
	found, _ := filepath.Glob(filepath.Join(dir, "pg*", "PG_VERSION"))
	var majors []int
	for _, path := range found {
		if n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "pg")); err == nil {
			majors = append(majors, n)
		}
	}
	return majors
}

// find returns the first usable installation, or a later one when it is the one that wrote the data we have.
func find(ctx context.Context, dirs []string, withData []int) (installation, error) {
	var usable []installation
	missing := &NotInstalledError{}
	for _, dir := range dirs {
		i, err := probe(ctx, dir)
		switch {
		case err != nil:
			missing.Found = append(missing.Found, err.Error())
		case len(withData) == 0 || slices.Contains(withData, i.major):
			return i, nil
		default:
			usable = append(usable, i)
		}
	}
	if len(usable) > 0 {
		return usable[0], nil
	}
	if err := ctx.Err(); err != nil { // the programs were not asked, or did not get to answer
		return installation{}, fmt.Errorf("localpg: look for PostgreSQL: %w", err)
	}
	osRelease, _ := os.ReadFile("/etc/os-release")
	missing.Install = installCommand(runtime.GOOS, string(osRelease), os.Geteuid() == 0)
	return installation{}, missing
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// probe asks the programs in a directory for their version.
func probe(ctx context.Context, dir string) (installation, error) {
	i := installation{bin: dir}
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(i.program(name)); err != nil {
			return i, err
		}
	}
	cmd := exec.CommandContext(ctx, i.program("postgres"), "--version")
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		return i, fmt.Errorf("%s does not run: %w", i.program("postgres"), err)
	}
	match := versionLine.FindSubmatch(out)
	if match == nil {
		return i, fmt.Errorf("%s has no version that we can read: %q", dir, out)
	}
	i.version = string(match[1])
	if i.major, err = strconv.Atoi(string(match[2])); err != nil {
		return i, fmt.Errorf("%s: %w", dir, err)
	}
	if i.major < oldest {
		return i, fmt.Errorf("%s has version %s", dir, i.version)
	}
	return i, nil
}
