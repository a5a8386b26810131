package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
)

// program names this build for the snapshots that it writes and trusts: by its
// revision where it was built from a clean one, and by its bytes otherwise. A
// program that cannot name itself uses no snapshot of anybody.
func program() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if settings["vcs.revision"] != "" && settings["vcs.modified"] == "false" {
			return "revision " + settings["vcs.revision"]
		}
	}
	hash, err := executableHash()
	if err != nil {
		return "unknown " + rand.Text()
	}
	return "executable " + hash
}

func executableHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
