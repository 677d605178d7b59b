// Verifies a log over HTTP with the libraries of Go's checksum database, to which this format owes its tiles: the checkpoint's
// signature with sumdb/note, every leaf's hash, recomputed from the entry bundles, against the tree with sumdb/tlog, which reads
// hash tiles and believes none that does not lead to the checkpoint's root; proofs of records; and proofs that the tree of each
// earlier checkpoint, given as a file, is a beginning of this one.
//
// Usage: sumdb URL VERIFIER-KEY [CHECKPOINT-FILE...]
// Prints what it verified, or the first thing that does not hold, and then ends with 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	fileMax    = tileWidth * (2 + 65535)
)

// site is a log behind a URL, its tiles remembered once the tree has vouched for them.
type site struct {
	url    string
	client *http.Client
	tiles  map[string][]byte
}

func (s *site) get(path string) ([]byte, error) {
	reply, err := s.client.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, reply.Status)
	}
	data, err := io.ReadAll(io.LimitReader(reply.Body, fileMax+1))
	if err == nil && len(data) > fileMax {
		err = fmt.Errorf("%s: larger than %d bytes", path, fileMax)
	}
	return data, err
}

// pathOf is the tile's path in C2SP tlog-tiles, which leaves the height out.
func pathOf(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

func (s *site) Height() int { return tileHeight }

func (s *site) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := pathOf(tile)
		data, known := s.tiles[path]
		if !known {
			var err error
			if data, err = s.get(path); err != nil {
				return nil, err
			}
			if len(data) != tile.W*tlog.HashSize {
				return nil, fmt.Errorf("%s: %d bytes for %d hashes", path, len(data), tile.W)
			}
		}
		found[i] = data
	}
	return found, nil
}

func (s *site) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, tile := range tiles {
		s.tiles[pathOf(tile)] = data[i]
	}
}

// openCheckpoint verifies a signed note and reads its three lines; sumdb's own tree notes begin otherwise.
func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("checkpoint: not origin, size and root: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %q is no size", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %q is no root", lines[2])
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

// bundle gives the entries from first on, as many as a bundle of that tree holds.
func (s *site) bundle(first, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: first / tileWidth, W: tileWidth}
	if size-first < tileWidth {
		tile.W = int(size - first)
	}
	path := strings.Replace(pathOf(tile), "tile/0/", "tile/entries/", 1)
	data, err := s.get(path)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s: ends in the middle of entry %d", path, first+int64(len(entries)))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%s: %d entries, not %d", path, len(entries), tile.W)
	}
	return entries, nil
}

// checkLeaves recomputes the hashes of a bundle's entries and proves the first and the last of them.
func (s *site) checkLeaves(first int64, tree tlog.Tree, hashes tlog.HashReader) error {
	entries, err := s.bundle(first, tree.N)
	if err != nil {
		return err
	}
	indexes := make([]int64, len(entries))
	for i := range entries {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	stored, err := hashes.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("entry %d: %v", first, err)
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != stored[i] {
			return fmt.Errorf("entry %d: its hash is not the tree's", first+int64(i))
		}
	}
	for _, i := range []int{0, len(entries) - 1} {
		index := first + int64(i)
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[i]))
		}
		if err != nil {
			return fmt.Errorf("entry %d: proof: %v", index, err)
		}
	}
	return nil
}

// checkGrowth proves that the tree began as an earlier one.
func checkGrowth(old, tree tlog.Tree, hashes tlog.HashReader) error {
	if old.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err == nil {
		err = tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
	}
	if err != nil {
		return fmt.Errorf("from size %d to %d: %v", old.N, tree.N, err)
	}
	return nil
}

// checkSizes proves growth from the sizes at which tiles begin and end, with roots computed from the tree.
func checkSizes(tree tlog.Tree, hashes tlog.HashReader) error {
	for _, size := range []int64{1, 2, 255, 256, 257, 65535, 65536, 65537, tree.N / 2, tree.N - 1, tree.N} {
		if size < 1 || size > tree.N {
			continue
		}
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return fmt.Errorf("root of size %d: %v", size, err)
		}
		if err := checkGrowth(tlog.Tree{N: size, Hash: root}, tree, hashes); err != nil {
			return err
		}
	}
	return nil
}

func verify(url, key string, earlier []string) error {
	s := &site{url, &http.Client{Timeout: 30 * time.Second}, map[string][]byte{}}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	text, err := s.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(text, verifier)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, s)
	for first := int64(0); first < tree.N; first += tileWidth {
		if err := s.checkLeaves(first, tree, hashes); err != nil {
			return err
		}
	}
	if err := checkSizes(tree, hashes); err != nil {
		return err
	}
	for _, file := range earlier {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		old, err := openCheckpoint(text, verifier)
		if err != nil {
			return fmt.Errorf("%s: %v", file, err)
		}
		if err := checkGrowth(old, tree, hashes); err != nil {
			return err
		}
	}
	fmt.Printf("%d entries, %d tiles, %d earlier checkpoints\n", tree.N, len(s.tiles), len(earlier))
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: sumdb URL VERIFIER-KEY [CHECKPOINT-FILE...]")
		os.Exit(2)
	}
	if err := verify(strings.TrimRight(os.Args[1], "/"), os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
