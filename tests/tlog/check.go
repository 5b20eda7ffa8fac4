// Checks logs that Lotmark wrote with the Go project's verifier of transparency logs (golang.org/x/mod/sumdb), which
// shares no line with ours: the signed checkpoint, every tile and every entry, and the proofs that we give out. Then
// flips single bytes and asks the same verifier again.
//
//	tlog_check TLOG_WRITER
//	tlog_check --export FOLDER    only the log in FOLDER, as `lotmark journal export` writes it
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// 2^8 hashes a tile, as C2SP tlog-tiles fixes it.
const height = 8

// Reads a file of the log by its path beneath the log's folder.
type readFile func(path string) ([]byte, error)

// A C2SP path from the Go module's: it names the height, and the entries "data".
func pathOf(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

type tiles struct{ read readFile }

func (t tiles) Height() int { return height }
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		content, err := t.read(pathOf(tile))
		if err != nil {
			return nil, err
		}
		if len(content) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes", pathOf(tile), len(content))
		}
		data[i] = content
	}
	return data, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// The tree that a checkpoint signed by this key is of. note and tlog.ParseTree know the text of Go's own log, whose first
// line is fixed; the checkpoint's differs in nothing else.
func openCheckpoint(read readFile, key string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	signed, err := read("checkpoint")
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	if !strings.HasPrefix(opened.Text, verifier.Name()+"\n") {
		return tree, errors.New("checkpoint of another log")
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + strings.TrimPrefix(opened.Text, verifier.Name()+"\n")))
}

// The entries of a bundle, each after its length in two bytes.
func splitBundle(rest []byte) (entries [][]byte, err error) {
	for len(rest) > 0 {
		if len(rest) < 2 {
			return nil, errors.New("cut in a length")
		}
		length := int(binary.BigEndian.Uint16(rest))
		if len(rest) < 2+length {
			return nil, errors.New("cut in an entry")
		}
		entries = append(entries, rest[2:2+length])
		rest = rest[2+length:]
	}
	return entries, nil
}

func readEntries(read readFile, size int64) (entries [][]byte, err error) {
	for n := int64(0); n<<height < size; n++ {
		width := size - n<<height
		if width > 1<<height {
			width = 1 << height
		}
		path := pathOf(tlog.Tile{H: height, L: -1, N: n, W: int(width)})
		content, err := read(path)
		if err != nil {
			return nil, err
		}
		bundle, err := splitBundle(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", path, err)
		}
		if int64(len(bundle)) != width {
			return nil, fmt.Errorf("%s: %d entries", path, len(bundle))
		}
		entries = append(entries, bundle...)
	}
	return entries, nil
}

// The entries lead to the signed root, and every tile is byte for byte what the Go module makes of them.
func checkTiles(read readFile, tree tlog.Tree, entries [][]byte) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i, entry := range entries {
		more, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("the entries do not lead to the signed root: %v", err)
	}
	for level := 0; tree.N>>(height*level) > 0; level++ {
		for n, left := int64(0), tree.N>>(height*level); left > 0; n, left = n+1, left-1<<height {
			tile := tlog.Tile{H: height, L: level, N: n, W: 1 << height}
			if left < 1<<height {
				tile.W = int(left)
			}
			expected, err := tlog.ReadTileData(tile, reader)
			if err != nil {
				return err
			}
			found, err := read(pathOf(tile))
			if err != nil || !bytes.Equal(expected, found) {
				return fmt.Errorf("%s is another tile: %v", pathOf(tile), err)
			}
		}
	}
	return nil
}

// Checkpoint, entries and tiles; and the log as a client reads it, tile by tile up to the signed root. (That reader alone
// would not do: in Debian 12's version it leaves some full tiles unauthenticated.)
func checkLog(read readFile, key string) (tree tlog.Tree, entries [][]byte, err error) {
	if tree, err = openCheckpoint(read, key); err != nil {
		return tree, nil, err
	}
	if entries, err = readEntries(read, tree.N); err != nil {
		return tree, nil, err
	}
	if err = checkTiles(read, tree, entries); err != nil {
		return tree, nil, err
	}
	indexes := make([]int64, tree.N)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	leaves, err := tlog.TileHashReader(tree, tiles{read}).ReadHashes(indexes)
	if err != nil {
		return tree, nil, err
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != leaves[i] {
			return tree, nil, fmt.Errorf("entry %d is not the one that was logged", i)
		}
	}
	return tree, entries, nil
}

type proofs struct {
	Inclusion []struct {
		Index  int64    `json:"index"`
		Hashes []string `json:"hashes"`
	} `json:"inclusion"`
	Consistency []struct {
		OldSize int64    `json:"old_size"`
		Hashes  []string `json:"hashes"`
	} `json:"consistency"`
}

func parseHashes(texts []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		hash, err := hex.DecodeString(text)
		if err != nil || copy(hashes[i][:], hash) != tlog.HashSize {
			panic("not a hash: " + text)
		}
	}
	return hashes
}

// The proofs that our side made, and that each is refused once a hash of it is another.
func checkProofs(given proofs, tree tlog.Tree, entries [][]byte, read readFile) error {
	hashes := tlog.TileHashReader(tree, tiles{read})
	for _, one := range given.Inclusion {
		proof, record := tlog.RecordProof(parseHashes(one.Hashes)), tlog.RecordHash(entries[one.Index])
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, one.Index, record); err != nil {
			return fmt.Errorf("inclusion of %d: %v", one.Index, err)
		}
		for i := range proof {
			proof[i][5] ^= 1
			if tlog.CheckRecord(proof, tree.N, tree.Hash, one.Index, record) == nil {
				return fmt.Errorf("inclusion of %d holds with another hash", one.Index)
			}
			proof[i][5] ^= 1
		}
	}
	for _, one := range given.Consistency {
		old, err := tlog.TreeHash(one.OldSize, hashes)
		if err != nil {
			return err
		}
		proof := tlog.TreeProof(parseHashes(one.Hashes))
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, one.OldSize, old); err != nil {
			return fmt.Errorf("consistency with %d: %v", one.OldSize, err)
		}
		old[5] ^= 1
		if tlog.CheckTree(proof, tree.N, tree.Hash, one.OldSize, old) == nil {
			return fmt.Errorf("consistency with %d holds for another old tree", one.OldSize)
		}
	}
	return nil
}

var indexInPath = regexp.MustCompile(`(x\d{3}/)*\d{3}(\.p/\d+)?$`)

// "tile/0 full", "tile/entries partial", …
func kindOf(path string) string {
	kind := indexInPath.ReplaceAllString(path, "")
	if strings.Contains(path, ".p/") {
		return kind + " partial"
	}
	return kind + " full"
}

// Flips a bit in each of a few bytes of each file, or of a few files of each kind; says how many.
func checkFlips(read readFile, key string, files []string, filesOfKind int) (int, error) {
	seen, flips := map[string]int{}, 0
	for _, path := range files {
		if seen[kindOf(path)]++; seen[kindOf(path)] > filesOfKind {
			continue
		}
		original, err := read(path)
		if err != nil {
			return flips, err
		}
		for _, at := range []int{0, len(original) / 2, len(original) - 1} {
			flipped := append([]byte(nil), original...)
			flipped[at] ^= 1
			_, _, err := checkLog(func(other string) ([]byte, error) {
				if other == path {
					return flipped, nil
				}
				return read(other)
			}, key)
			if err == nil {
				return flips, fmt.Errorf("%s: a flipped bit in byte %d was not found", path, at)
			}
			flips++
		}
	}
	return flips, nil
}

func listFiles(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, folder+"/"))
		}
		return err
	})
	sort.Strings(files)
	return files, err
}

func checkSize(writer string, size int64, filesOfKind int) error {
	folder, err := os.MkdirTemp("", "lotmark-tlog-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if output, err := exec.Command(writer, folder, strconv.FormatInt(size, 10)).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %s", err, output)
	}
	key, err := os.ReadFile(folder + "/key")
	if err != nil {
		return err
	}
	// Each file is read once: the flips ask for them again and again.
	cache := map[string][]byte{}
	read := func(path string) (content []byte, err error) {
		if content, found := cache[path]; found {
			return content, nil
		}
		if content, err = os.ReadFile(folder + "/log/" + path); err == nil {
			cache[path] = content
		}
		return content, err
	}
	tree, entries, err := checkLog(read, string(key))
	if err != nil {
		return err
	}
	if tree.N != size {
		return fmt.Errorf("the checkpoint says %d entries", tree.N)
	}
	files, err := listFiles(folder + "/log")
	if err != nil {
		return err
	}
	if len(files) != len(cache) {
		return fmt.Errorf("%d files in the log, %d of them read by the verifier", len(files), len(cache))
	}
	text, err := os.ReadFile(folder + "/proofs.json")
	if err != nil {
		return err
	}
	var given proofs
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	if len(given.Inclusion) == 0 || len(given.Consistency) == 0 {
		return errors.New("no proofs")
	}
	if err := checkProofs(given, tree, entries, read); err != nil {
		return err
	}
	flips, err := checkFlips(read, string(key), files, filesOfKind)
	if err != nil {
		return err
	}
	fmt.Printf("%6d entries, %3d files: all verified; %d inclusion and %d consistency proofs hold; %d flipped bits found\n",
		size, len(files), len(given.Inclusion), len(given.Consistency), flips)
	return nil
}

func checkExport(folder string) error {
	key, err := os.ReadFile(folder + "/journal.key.pub")
	if err != nil {
		return err
	}
	tree, entries, err := checkLog(func(path string) ([]byte, error) { return os.ReadFile(folder + "/" + path) },
		strings.TrimSpace(string(key)))
	if err != nil {
		return err
	}
	lines, err := os.ReadFile(folder + "/events.jsonl")
	if err != nil {
		return err
	}
	if !bytes.Equal(lines, append(bytes.Join(entries, []byte("\n")), '\n')) {
		return errors.New("events.jsonl: not the entries of the log")
	}
	fmt.Printf("%d entries: all verified\n", tree.N)
	return nil
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "--export" {
		if err := checkExport(os.Args[2]); err != nil {
			fmt.Fprintf(os.Stderr, "tlog_check: %s: %v\n", os.Args[2], err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tlog_check TLOG_WRITER | --export FOLDER")
		os.Exit(2)
	}
	for _, size := range []int64{1, 255, 256, 257, 1000, 70000} {
		filesOfKind := 1000
		if size > 10000 {
			filesOfKind = 3
		}
		if err := checkSize(os.Args[1], size, filesOfKind); err != nil {
			fmt.Fprintf(os.Stderr, "tlog_check: %d entries: %v\n", size, err)
			os.Exit(1)
		}
	}
}
