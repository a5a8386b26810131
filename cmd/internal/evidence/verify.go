package evidence

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"aidledger/domain"
	"aidledger/eventstore/proof"

	"golang.org/x/mod/sumdb/tlog"
)

// Report says what was checked in a bundle.
type Report struct {
	Manifest
	proof.Opened
	OwnKeys   bool  // the keys are those of the bundle: nobody vouches for them
	Withheld  int64 // entries of which only the hash is there
	Earlier   int   // checkpoints that were found to be of the same past
	Totals    int   // amounts that were compared with a replay
	Remade    int   // published reports and samples that were made again
	Different []string

	published []*remade
}

// Trust is what a verifier brings along: keys, empty for those of the bundle,
// and checkpoints that were kept.
type Trust struct {
	Keys    string
	Earlier [][]byte
}

// Verify checks a bundle. An error says what is wrong with it.
func Verify(bundle fs.FS, t Trust) (r Report, err error) {
	if r.Manifest, err = readManifest(bundle); err != nil {
		return r, err
	}
	if r.OwnKeys = t.Keys == ""; r.OwnKeys {
		text, err := fs.ReadFile(bundle, KeysFile)
		if err != nil {
			return r, err
		}
		t.Keys = string(text)
	}
	keys, err := proof.ParseKeys(t.Keys)
	if err != nil {
		return r, err
	}
	signed, err := fs.ReadFile(bundle, CheckpointFile)
	if err != nil {
		return r, err
	}
	if r.Opened, err = keys.Open(signed); err != nil {
		return r, err
	}
	if r.Opened.Size != r.Manifest.Size || r.Opened.Origin != r.Manifest.Origin {
		return r, errors.New("the manifest is of another checkpoint than the one that is there")
	}
	earlier, err := earlierOf(bundle, keys, t, r.Opened)
	if err != nil {
		return r, err
	}
	sums, err := r.readEntries(bundle, earlier)
	if err != nil {
		return r, err
	}
	r.Earlier = len(earlier)
	if r.Withheld > 0 || len(r.Scope) > 0 {
		return r, nil // the rest of the amounts is not there
	}
	for _, by := range Dimensions() {
		if err := r.compareTotals(bundle, by, sums); err != nil {
			return r, fmt.Errorf("%s: %w", TotalsFile(by), err)
		}
	}
	r.Remade = len(r.published)
	return r, r.remake(bundle)
}

// earlierOf opens the checkpoints of the bundle and those that were kept, by
// size.
func earlierOf(bundle fs.FS, keys proof.Keys, t Trust, last proof.Opened) (all []proof.Opened, err error) {
	text, err := fs.ReadFile(bundle, CheckpointsFile)
	if err != nil {
		return nil, err
	}
	notes, err := proof.SplitNotes(text)
	if err != nil {
		return nil, err
	}
	for _, note := range append(notes, t.Earlier...) {
		o, err := keys.Open(note)
		if err != nil {
			return nil, err
		}
		if o.Origin != last.Origin {
			return nil, fmt.Errorf("an earlier checkpoint is of %s, and the bundle of %s", o.Origin, last.Origin)
		}
		if o.Size > last.Size {
			return nil, fmt.Errorf("an earlier checkpoint has %d entries, and the bundle only %d: entries are gone", o.Size, last.Size)
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(x, y proof.Opened) int { return int(x.Size - y.Size) })
	return all, nil
}

// lineMax is the most bytes of an entry.
const lineMax = 16 << 20

// readEntries follows the tree over the entries from one checkpoint to the next,
// and adds up what the entries moved.
func (r *Report) readEntries(bundle fs.FS, earlier []proof.Opened) (tally, error) {
	f, err := bundle.Open(EntriesFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var edge proof.Edge
	sums := tally{}
	reached := func() error {
		for len(earlier) > 0 && earlier[0].Size == edge.Size() {
			if earlier[0].Root != edge.Root() {
				return fmt.Errorf("the first %d entries are not those of an earlier checkpoint: the past was changed", edge.Size())
			}
			earlier = earlier[1:]
		}
		return nil
	}
	if err := reached(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, lineMax)
	for lines.Scan() {
		leaf := lines.Bytes()
		hash := tlog.RecordHash(leaf)
		if withheld, ok := withheldHash(leaf); ok {
			hash = withheld
			r.Withheld++
		} else if err := r.read(leaf, edge.Size(), sums); err != nil {
			return nil, fmt.Errorf("line %d: %w", edge.Size()+1, err)
		}
		edge.Add(hash)
		if err := reached(); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if edge.Size() != r.Opened.Size || edge.Root() != r.Root {
		return nil, fmt.Errorf("the %d entries that are there are not the %d that were signed", edge.Size(), r.Opened.Size)
	}
	return sums, nil
}

// read counts an entry, and keeps what it published.
func (r *Report) read(leaf []byte, at int64, sums tally) error {
	changes, err := changesOf(leaf)
	for _, c := range changes {
		sums.count(c, domain.ReportScope{})
		if p := remadeOf(c, at); p != nil {
			r.published = append(r.published, p)
		}
	}
	return err
}

// withheldHash reads the hash that stands for an entry.
func withheldHash(line []byte) (h tlog.Hash, ok bool) {
	if len(line) != 46 || line[0] != '"' {
		return h, false
	}
	raw, err := base64.StdEncoding.DecodeString(string(line[1:45]))
	if err != nil || len(raw) != len(h) {
		return h, false
	}
	copy(h[:], raw)
	return h, true
}

// compareTotals compares the published totals by a dimension with the replay:
// every amount that is there, and that no amount is missing.
func (r *Report) compareTotals(bundle fs.FS, by string, sums tally) error {
	f, err := bundle.Open(TotalsFile(by))
	if err != nil {
		return err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	head, err := rows.Read()
	if err != nil {
		return err
	}
	column := map[string]int{}
	for i, name := range head {
		column[name] = i
	}
	seen := map[cell]bool{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for _, stage := range domain.Stages() {
			at, ok := column[strings.ReplaceAll(stage.String(), "-", "_")]
			if !ok {
				return fmt.Errorf("there is no column for %s", stage)
			}
			c := cell{by, strings.TrimPrefix(row[column[by]], "'"), domain.Currency(row[column["currency"]]), stage}
			seen[c] = true
			r.Totals++
			if shown := row[at]; !same(shown, sums[c], c) {
				r.Different = append(r.Different, fmt.Sprintf("%s %q %s: %s is published, and the events say %s", by, c.key, stage, shown,
					domain.Money{Minor: sums[c], Currency: c.currency}.Decimal()))
			}
		}
	}
	for c, minor := range sums {
		if c.by == by && minor != 0 && !seen[c] {
			r.Different = append(r.Different, fmt.Sprintf("%s %q %s: %s is missing from what was published", by, c.key, c.stage,
				domain.Money{Minor: minor, Currency: c.currency}.Decimal()))
		}
	}
	slices.Sort(r.Different)
	return nil
}

// same tells whether an amount is shown as it is. An empty cell was never
// reported.
func same(shown string, minor int64, c cell) bool {
	if shown == "" {
		return minor == 0
	}
	return shown == domain.Money{Minor: minor, Currency: c.currency}.Decimal()
}
