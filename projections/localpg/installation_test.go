package localpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fake makes a directory with programs that say they are this version.
func fake(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s'\n", version)
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheBestInstallationIsChosen(t *testing.T) {
	old, v15, v17, beta := fake(t, "14.20"), fake(t, "15.18 (Debian 15.18-0+deb12u1)"), fake(t, "17.6"), fake(t, "19beta1")
	for _, test := range []struct {
		name     string
		dirs     []string
		withData []int
		want     string
	}{
		{"the first one counts", []string{v17, v15}, nil, "17.6"},
		{"a distribution's addition is not part of the version", []string{v15}, nil, "15.18"},
		{"an old one is passed over", []string{old, v15}, nil, "15.18"},
		{"an empty directory is passed over", []string{t.TempDir(), v17}, nil, "17.6"},
		{"a test version counts", []string{beta}, nil, "19beta1"},
		{"the one that wrote our data is preferred", []string{v17, v15}, []int{15}, "15.18"},
		{"data of a version that is gone does not matter", []string{v17, v15}, []int{16}, "17.6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := find(t.Context(), test.dirs, test.withData)
			if err != nil || got.version != test.want {
				t.Errorf("got %q, %v; want %q", got.version, err, test.want)
			}
		})
	}
}

func TestWithoutPostgreSQLTheErrorSaysHowToGetIt(t *testing.T) {
	old := fake(t, "14.20")
	dir := filepath.Join(t.TempDir(), "data")
	_, err := Start(t.Context(), dir, Config{Bin: old})
	var missing *NotInstalledError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a NotInstalledError", err)
	}
	if !strings.Contains(err.Error(), "PostgreSQL 15 or newer is not installed") || !strings.Contains(err.Error(), "14.20") {
		t.Errorf("the error tells neither what is needed nor what was found: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory was made for nothing (%v)", err)
	}

	missing.Install = installCommand("linux", "ID=debian\n", true)
	if want := "apt-get install -y postgresql && go run ./cmd/aidledger serve --demo"; !slices.Contains(strings.Fields(missing.Error()), "apt-get") ||
		!strings.Contains(missing.Error(), "    "+want+"\n") {
		t.Errorf("the error lacks the line %q: %v", want, missing)
	}
	missing.Install = installCommand("darwin", "", false)
	if want := "brew install postgresql@17 && go run ./cmd/aidledger serve --demo"; !strings.Contains(missing.Error(), "    "+want+"\n") {
		t.Errorf("the error lacks the line %q: %v", want, missing)
	}
	missing.Install = ""
	if strings.Contains(missing.Error(), "&&") {
		t.Errorf("a line without a command: %v", missing)
	}
}

func TestEverySystemHasItsInstallCommand(t *testing.T) {
	for _, test := range []struct {
		goos, osRelease string
		root            bool
		want            string
	}{
		{"linux", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", true, "apt-get install -y postgresql"},
		{"linux", "ID=debian\n", false, "sudo apt-get install -y postgresql"},
		{"linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true, "apt-get install -y postgresql"},
		{"linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", true, "dnf install -y postgresql-server"},
		{"linux", "ID=alpine", true, "apk add postgresql"},
		{"linux", "ID=unheard-of\n", true, ""},
		{"linux", "", true, ""},
		{"darwin", "", false, "brew install postgresql@17"},
	} {
		if got := installCommand(test.goos, test.osRelease, test.root); got != test.want {
			t.Errorf("installCommand(%q, %q, %v) = %q, want %q", test.goos, test.osRelease, test.root, got, test.want)
		}
	}
}

func TestThisSystemsPostgreSQLIsFound(t *testing.T) {
	t.Setenv("PATH", "/usr/bin:/bin") // as on a Debian system, where the server is not on the PATH
	if _, err := find(t.Context(), candidates(t.Context(), ""), nil); err != nil {
		t.Error(err)
	}
}
