package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// outside is a program for stories: a verifier that was written from the
// specifications (RFC 6962, c2sp.org/signed-note, tlog-checkpoint, tlog-proof)
// and uses nothing of ours. Signatures and proofs are checked twice, by the
// packages of the Go checksum database and by the standard library.
func outside() {
	check := map[string]func(keys []string, target string) error{"bundle": outsideBundle, "receipt": outsideReceipt}[os.Args[1]]
	keys, err := outsideKeys(os.Args[3])
	if err == nil {
		err = check(keys, os.Args[2])
	}
	if err != nil {
		fmt.Println("NO:", err)
		os.Exit(exitDiffers)
	}
	fmt.Println("YES")
}

// outsideKeys reads verifier keys, the first word of each line.
func outsideKeys(name string) (keys []string, err error) {
	text, err := os.ReadFile(name)
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 0 && words[0][0] != '#' {
			keys = append(keys, words[0])
		}
	}
	return keys, err
}

// outsideCheckpoint opens a signed checkpoint in both ways.
func outsideCheckpoint(keys []string, signed []byte) (size int64, root [32]byte, err error) {
	var verifiers []note.Verifier
	for _, key := range keys {
		if v, err := note.NewVerifier(key); err == nil {
			verifiers = append(verifiers, v)
		}
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	if err != nil {
		return 0, root, err
	}
	text, signatures, _ := strings.Cut(string(signed), "\n\n")
	if text += "\n"; text != opened.Text || !outsideSigned(keys, text, signatures) {
		return 0, root, errors.New("by hand, no key has signed it")
	}
	lines := strings.Split(text, "\n")
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, root, err
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	copy(root[:], raw)
	return size, root, err
}

// outsideSigned finds an Ed25519 signature by one of the keys of the origin.
func outsideSigned(keys []string, text, signatures string) bool {
	origin, _, _ := strings.Cut(text, "\n")
	for _, key := range keys {
		parts := strings.SplitN(key, "+", 3)
		public, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil || parts[0] != origin || len(public) != 33 || public[0] != 1 {
			continue
		}
		id := sha256.Sum256(append([]byte(origin+"\n"), public...))
		for line := range strings.Lines(signatures) {
			words := strings.Fields(line)
			raw, err := base64.StdEncoding.DecodeString(words[len(words)-1])
			if err == nil && words[1] == origin && len(raw) == 68 && binary.BigEndian.Uint32(raw) == binary.BigEndian.Uint32(id[:]) &&
				ed25519.Verify(public[1:], []byte(text), raw[4:]) {
				return true
			}
		}
	}
	return false
}

// merkleRoot is MTH of RFC 6962, section 2.1, over the hashes of leaves.
func merkleRoot(leaves [][32]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return outsideNode(merkleRoot(leaves[:k]), merkleRoot(leaves[k:]))
}

func outsideNode(left, right [32]byte) [32]byte {
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func outsideLeaf(line []byte) [32]byte { return sha256.Sum256(append([]byte{0}, line...)) }

// outsideBundle compares the entries of a bundle with its checkpoint and with
// every earlier one.
func outsideBundle(keys []string, dir string) error {
	f, err := os.Open(filepath.Join(dir, "entries.jsonl"))
	if err != nil {
		return err
	}
	defer f.Close()
	var leaves [][32]byte
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		leaf := outsideLeaf(lines.Bytes())
		if withheld, ok := bytes.CutPrefix(lines.Bytes(), []byte(`"`)); ok {
			raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSuffix(withheld, []byte(`"`))))
			if err != nil {
				return err
			}
			leaf = [32]byte(raw)
		}
		leaves = append(leaves, leaf)
	}
	last, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	earlier, err := os.ReadFile(filepath.Join(dir, "checkpoints"))
	if err != nil {
		return err
	}
	origin, _, _ := strings.Cut(string(last), "\n")
	notes := []string{string(last)}
	for _, one := range strings.Split("\n"+string(earlier), "\n"+origin+"\n")[1:] {
		notes = append(notes, origin+"\n"+strings.TrimSuffix(one, "\n")+"\n")
	}
	for i, text := range notes {
		size, root, err := outsideCheckpoint(keys, []byte(text))
		switch {
		case err != nil:
			return fmt.Errorf("checkpoint %d: %w", i, err)
		case size > int64(len(leaves)) || i == 0 && size != int64(len(leaves)):
			return fmt.Errorf("%d entries are there, and a checkpoint has %d", len(leaves), size)
		case merkleRoot(leaves[:size]) != root:
			return fmt.Errorf("the first %d entries are not those that were signed", size)
		}
	}
	fmt.Printf("%d entries, %d checkpoints\n", len(leaves), len(notes))
	return nil
}

// outsideReceipt checks that an entry is in the tree that was signed.
func outsideReceipt(keys []string, name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	entry, rest, _ := strings.Cut(string(text), "\n")
	head, checkpoint, _ := strings.Cut(rest, "\n\n")
	lines := strings.Split(head, "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("it is no proof")
	}
	size, root, err := outsideCheckpoint(keys, []byte(checkpoint))
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return err
		}
		proof = append(proof, tlog.Hash(raw))
	}
	if err := tlog.CheckRecord(proof, size, root, index, tlog.RecordHash([]byte(entry))); err != nil {
		return err
	}
	if outsideInclusion(outsideLeaf([]byte(entry)), index, size, proof) != root {
		return errors.New("by hand, the proof leads to another root")
	}
	return nil
}

// outsideInclusion walks up an inclusion proof as RFC 9162 says in 2.1.3.2.
func outsideInclusion(hash [32]byte, index, size int64, proof tlog.RecordProof) [32]byte {
	at, last := index, size-1
	for _, p := range proof {
		if at%2 == 1 || at == last {
			hash = outsideNode(p, hash)
			for at%2 == 0 && at > 0 {
				at, last = at/2, last/2
			}
		} else {
			hash = outsideNode(hash, p)
		}
		at, last = at/2, last/2
	}
	return hash
}
