package proof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of the tiles that a tree is kept in: a tile holds up
// to 256 hashes, as in c2sp.org/tlog-tiles.
const TileHeight = 8

// Edge is all that has to be kept of a tree to add leaves and to know its root:
// the roots of its complete subtrees, the largest first. The zero Edge is the
// empty tree.
type Edge struct {
	size  int64
	roots []tlog.Hash
}

// Size returns the number of leaves.
func (e *Edge) Size() int64 { return e.size }

// Add adds a leaf by its hash (see [tlog.RecordHash]).
func (e *Edge) Add(leaf tlog.Hash) {
	for n := e.size; n&1 == 1; n >>= 1 {
		last := len(e.roots) - 1
		leaf = tlog.NodeHash(e.roots[last], leaf)
		e.roots = e.roots[:last]
	}
	e.roots = append(e.roots, leaf)
	e.size++
}

// Root returns the root of the tree.
func (e *Edge) Root() tlog.Hash {
	if e.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // reads nothing
		return root
	}
	last := len(e.roots) - 1
	root := e.roots[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(e.roots[i], root)
	}
	return root
}

// Growth adds leaves to a tree whose hashes are kept elsewhere, and collects
// the hashes that have to be kept in addition. It is a [tlog.HashReader] of the
// grown tree.
type Growth struct {
	old, size int64
	kept      tlog.HashReader
	first     int64 // index of the first fresh hash
	fresh     []tlog.Hash
}

// Grow returns the growth of a tree of a size, whose hashes kept reads.
func Grow(size int64, kept tlog.HashReader) *Growth {
	return &Growth{old: size, size: size, kept: kept, first: tlog.StoredHashCount(size)}
}

// Size returns the number of leaves of the grown tree.
func (g *Growth) Size() int64 { return g.size }

// Add adds a leaf by its hash.
func (g *Growth) Add(leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(g.size, leaf, g)
	if err != nil {
		return err
	}
	g.fresh = append(g.fresh, hashes...)
	g.size++
	return nil
}

// Root returns the root of the grown tree.
func (g *Growth) Root() (tlog.Hash, error) { return tlog.TreeHash(g.size, g) }

// ReadHashes implements [tlog.HashReader].
func (g *Growth) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var older []int64
	for i, index := range indexes {
		switch {
		case index < g.first:
			older = append(older, index)
		case index-g.first < int64(len(g.fresh)):
			out[i] = g.fresh[index-g.first]
		default:
			return nil, fmt.Errorf("the tree of %d leaves has no hash %d", g.size, index)
		}
	}
	if len(older) == 0 {
		return out, nil
	}
	found, err := g.kept.ReadHashes(older)
	if err != nil {
		return nil, err
	}
	for i, index := range indexes {
		if index < g.first {
			out[i], found = found[0], found[1:]
		}
	}
	return out, nil
}

// Tile is a tile with its hashes, one after the other.
type Tile struct {
	tlog.Tile
	Data []byte
}

// Tiles returns the tiles that the growth made or widened.
func (g *Growth) Tiles() (tiles []Tile, err error) {
	for _, t := range tlog.NewTiles(TileHeight, g.old, g.size) {
		data, err := tlog.ReadTileData(t, g)
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, Tile{t, data})
	}
	return tiles, nil
}
