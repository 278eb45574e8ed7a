package main

// Extract as a whole: a copy through files is byte for byte the source, files
// depend on nothing but the data, a kill and a full disk leave the old or the
// new state, what a person has written stays.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// TestCopyIsByteEqual: extract, compile without rules and apply give a copy of
// 50 collections, byte for byte: of 2,500 documents, in a soak of 20,000.
func TestCopyIsByteEqual(t *testing.T) {
	c := newCell(t)
	each := 50
	if os.Getenv("MONGOCD_SOAK") != "" {
		each = 400
	}
	c.fill(50, each, false)
	// Documents of capped collections cannot be updated: they go by a mode of their own.
	c.file("all.weave", strings.Replace(c.weave(), "sync all expect any", "sync all except /[27]$/ expect any\n  sync /[27]$/ expect any { mode insert }", 1))
	c.must("extract")
	first := c.tree()
	if out := c.must("extract"); strings.Contains(out, "written") {
		t.Errorf("a second extract writes:\n%s", out)
	}
	if d := differ(first, c.tree()); len(d) > 0 {
		t.Errorf("a second extract changes %q", d)
	}
	c.must("extract", "--check")
	c.must("compile", "--target", "go")
	c.must("apply", "--env", "prod", "--yes")
	want, got := c.dump(c.source), c.dump(c.to)
	if len(got) != 51 || len(want) != 51 {
		t.Errorf("%d collections of %d", len(got), len(want))
	}
	for name := range want {
		if !slices.Equal(want[name], got[name]) {
			t.Errorf("%s is no copy: %d lines of %d", name, len(got[name]), len(want[name]))
			for i := range min(len(want[name]), len(got[name])) {
				if want[name][i] != got[name][i] {
					t.Fatalf("%v\n%v", bson.Raw(want[name][i]), bson.Raw(got[name][i]))
				}
			}
		}
	}
	c.must("verify", "--env", "prod")
}

// TestOrderOfSourceLeavesNoTrace: the same data put in otherwise gives the same files.
func TestOrderOfSourceLeavesNoTrace(t *testing.T) {
	c := newCell(t)
	for _, form := range []string{"files", "lines", "shards"} {
		var trees []map[string]string
		for _, backwards := range []bool{false, true} {
			c.clean()
			if err := os.RemoveAll(filepath.Join(c.dir, "extracted")); err != nil {
				t.Fatal(err)
			}
			c.fill(5, 60, backwards)
			c.must("extract", "--layout", form)
			trees = append(trees, withoutSource(c.tree()))
		}
		if d := differ(trees[0], trees[1]); len(d) > 0 {
			t.Errorf("%s: the order of the source shows in %q", form, d)
		}
	}
}

// keys are `_id`s whose file names are hard: each is a document of its own.
func hardKeys() []any {
	keys := []any{"", "a", "A", "aa", "Aa", "aA", "AA", ".", "..", "../../etc/passwd", "a/b", `a\b`, "a.b", ".git", ".json", "nul", "NUL", "con", "com1", "COM1.txt", "lpt9", "aux.json",
		"a\x00b", "\x00", "a\n", "\x1b[31m", "~", "a~b", "-", "--help", "_", "😀", "é", "e\u0301", "ß", "SS", "İ", "i̇", "\u202egnp.exe", " a", "a ", "a.", "CON ", "$x", "%00", "*", "?", "a:b", "a|b", `"`, "'",
		strings.Repeat("x", 119), strings.Repeat("x", 120), strings.Repeat("x", 121), strings.Repeat("y", 10_000), strings.Repeat("y", 10_000) + "z", strings.Repeat("😀", 4000),
		int32(1), "1", "1.0", int64(2), 3.5, "3.5", true, "true", "null", bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: "1"}}, `{a: 1}`, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 2}}, bson.D{{Key: "b", Value: 2}, {Key: "a", Value: 1}},
		bson.ObjectID{0x65, 1}, bson.ObjectID{0x65, 1}.Hex(), bson.DateTime(0), "1970-01-01T00:00:00Z", bson.Binary{Subtype: 0, Data: []byte("a")}, bson.Binary{Subtype: 4, Data: make([]byte, 16)},
		bson.Timestamp{T: 1, I: 1}, bson.MinKey{}, bson.MaxKey{}, math(-0.5), bson.NewDecimal128(0x3040000000000000, 7)}
	for _, device := range []string{"prn", "com0", "com9", "lpt0", "conin$", "conout$", "clock$"} {
		keys = append(keys, device, strings.ToUpper(device))
	}
	return keys
}

func math(f float64) float64 { return f }

// TestHardFileNames: keys of every kind go through files and come back.
func TestHardFileNames(t *testing.T) {
	c := newCell(t)
	var documents []any
	for i, key := range hardKeys() {
		documents = append(documents, bson.D{{Key: "_id", Value: key}, {Key: "n", Value: int32(i)}})
	}
	c.insert("keys", documents...)
	names := []string{"a b", "CON", "con", "Con", "a..", "x/y", "😀", "a.new", "hidden.", "mongocd.lock", "documents", strings.Repeat("long", 50)}
	for _, name := range names {
		c.insert(name, bson.D{{Key: "_id", Value: name}})
	}
	c.must("extract", "--layout", "files")
	tree := c.tree()
	folded := map[string]string{}
	for name := range tree {
		for part := range strings.SplitSeq(name, "/") {
			if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_-~.") != "" || len(part) > 140 || strings.HasPrefix(part, ".") {
				t.Errorf("the file name %q is not safe everywhere", name)
			}
		}
		if other, ok := folded[strings.ToLower(name)]; ok {
			t.Errorf("%q and %q are one name on some file systems", name, other)
		}
		folded[strings.ToLower(name)] = name
	}
	if n := len(tree) - 2*(1+len(names)); n != len(documents)+len(names) {
		t.Errorf("%d files of documents, want %d", n, len(documents)+len(names))
	}
	if out := c.must("extract"); strings.Contains(out, "written") {
		t.Errorf("a second extract writes:\n%s", out)
	}
	c.must("apply", "--env", "prod", "--yes")
	want, got := c.dump(c.source), c.dump(c.to)
	for name := range want {
		if !slices.Equal(want[name], got[name]) {
			t.Errorf("%q is no copy: %d lines of %d", name, len(got[name]), len(want[name]))
		}
	}
}

// TestEditsSurvive: a file that a person has changed stays through every
// command that was not told to discard it.
func TestEditsSurvive(t *testing.T) {
	c := newCell(t)
	c.insert("flags", bson.D{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(1)}}, bson.D{{Key: "_id", Value: "b"}, {Key: "n", Value: int32(2)}})
	c.insert("other", bson.D{{Key: "_id", Value: "a"}})
	c.must("extract")
	folder := filepath.ToSlash(filepath.Join("extracted", layout.FolderName(c.source.Name()), "flags"))
	mine := map[string]string{
		folder + "/documents/a.json":    "{\"_id\": \"a\", \"n\": 7}\n",
		folder + "/documents/mine.json": "{\"_id\": \"mine\", \"n\": 8}\n",
		folder + "/README.md":           "mine\n",
	}
	for name, text := range mine {
		c.file(name, text)
	}
	gone := filepath.Join(c.dir, folder, "documents", "b.json")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	c.insert("flags", bson.D{{Key: "_id", Value: "new"}})
	before := c.tree()
	for _, args := range [][]string{
		{"extract"}, {"extract", "--layout", "lines"}, {"extract", "--check"}, {"extract", "--collection", "flags"}, {"check"}, {"test"}, {"diff", "--env", "prod"}, {"compile"}, {"compile", "--check"}, {"fmt"},
		{"plan", "--env", "prod"}, {"apply", "--env", "prod", "--yes"}, {"verify", "--env", "prod"}, {"extract", "--max-documents", "1"}, {"init"},
	} {
		code, out := c.run(args...)
		if d := differ(before, c.tree()); len(d) > 0 {
			t.Fatalf("%q changed %q", args, d)
		}
		if args[0] == "extract" && code == console.ExitDone {
			t.Errorf("%q did not stop:\n%s", args, out)
		}
	}
	if _, out := c.run("extract"); !strings.Contains(out, folder+"/documents/b.json") || !strings.Contains(out, folder+"/documents/mine.json") || !strings.Contains(out, "3 files were changed") {
		t.Errorf("the files are not named:\n%s", out)
	}
	if code, out := c.run("extract", "--check"); code != console.ExitDifferences || !strings.Contains(out, "edited   "+folder+"/documents/a.json") || !strings.Contains(out, "missing  "+folder+"/documents/new.json") {
		t.Errorf("--check ends with %d:\n%s", code, out)
	}
	c.must("extract", "--discard-edits")
	after := c.tree()
	relative := strings.TrimPrefix(folder, "extracted/")
	if after[relative+"/README.md"] != "mine\n" || after[relative+"/documents/mine.json"] != "" || !strings.Contains(after[relative+"/documents/a.json"], `"n": 1`) {
		t.Errorf("%q", after)
	}
}

// TestKilledExtract kills the program at random moments: what is there is the
// old state or the new one, and the next command works.
func TestKilledExtract(t *testing.T) {
	c := newCell(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const collections, each = 6, 60
	for n := range collections {
		var documents []any
		for i := range each {
			documents = append(documents, bson.D{{Key: "_id", Value: fmt.Sprintf("d%03d", i)}, {Key: "version", Value: int32(0)}, {Key: "text", Value: strings.Repeat("x", 200)}})
		}
		c.insert(fmt.Sprintf("c%d", n), documents...)
	}
	forms := []string{"files", "lines", "shards"}
	c.must("extract")
	started := time.Now()
	if out, err := c.program("extract", "--layout", "lines").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	full := time.Since(started)
	killed, old := 0, 0
	for i := range soak(t, 6) {
		version := int32(i + 1)
		for n := range collections {
			name := fmt.Sprintf("c%d", n)
			if _, err := c.source.Collection(name).UpdateMany(c.ctx, bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: version}}}}); err != nil {
				t.Fatal(err)
			}
		}
		before := c.tree()
		form := forms[random.IntN(3)]
		cmd := c.program("extract", "--layout", form)
		started := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Every other run is killed while it replaces the folders.
		moment := time.After(full/4 + time.Duration(random.Int64N(int64(full))))
		if i%2 == 1 {
			moment = c.committing(time.Duration(random.Int64N(int64(3 * time.Millisecond))))
		}
		var err error
		select {
		case err = <-ended:
			full = (full + time.Since(started)) / 2
		case <-moment:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			err = <-ended
		}
		if err != nil {
			killed++
		}
		// Any command finishes what was committed; one that only reads will do.
		c.must("check")
		now := c.tree()
		for name := range now {
			if strings.HasPrefix(name, replace.Area) {
				delete(now, name)
			}
		}
		if len(differ(before, now)) == 0 {
			old++
		} else {
			c.must("extract", "--check")
		}
		c.must("extract", "--layout", form)
		if d := differ(now, c.tree()); len(differ(before, now)) > 0 && len(d) > 0 {
			t.Fatalf("after %d kills: neither the old nor the new state: %q", i, d)
		}
		for name := range c.tree() {
			if strings.HasPrefix(name, ".") {
				t.Fatalf("left over: %s", name)
			}
		}
	}
	t.Logf("%d killed of runs of %s, %d left the old state", killed, full.Round(time.Millisecond), old)
}

// TestFullDisk: where files cannot grow, nothing is replaced.
func TestFullDisk(t *testing.T) {
	c := newCell(t)
	c.insert("small", bson.D{{Key: "_id", Value: 1}})
	c.must("extract")
	var documents []any
	for i := range 40 {
		documents = append(documents, bson.D{{Key: "_id", Value: i}, {Key: "text", Value: strings.Repeat("x", 100_000)}})
	}
	c.insert("small", bson.D{{Key: "_id", Value: 2}})
	c.insert("large", documents...)
	before := c.tree()
	for _, form := range []string{"files", "lines"} {
		cmd := c.program("extract", "--layout", form)
		limited := exec.Command("sh", "-c", `ulimit -f 60; exec -a mongocd "$0" "$@"`)
		limited.Args = append(limited.Args, cmd.Path)
		limited.Args = append(limited.Args, cmd.Args[1:]...)
		if bash, err := exec.LookPath("bash"); err == nil {
			limited.Path, limited.Args[0] = bash, "bash" // exec -a is none of sh
		} else {
			t.Fatal(err)
		}
		limited.Env = cmd.Env
		out, err := limited.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "file too large") || !strings.Contains(string(out), "large") {
			t.Errorf("%s: %v\n%s", form, err, out)
		}
		if d := differ(before, c.tree()); len(d) > 0 {
			t.Errorf("%s: %q", form, d)
		}
	}
	c.must("extract")
}

// TestCollectionThatIsGone: what a pattern brought in goes when the source has
// it no longer, but for a user's own files; edited files stop it.
func TestCollectionThatIsGone(t *testing.T) {
	c := newCell(t)
	for _, name := range []string{"a", "b", "c"} {
		c.insert(name, bson.D{{Key: "_id", Value: name}})
	}
	c.must("extract")
	folder := "extracted/" + layout.FolderName(c.source.Name()) + "/"
	c.file(folder+"c/NOTES", "mine")
	for _, name := range []string{"b", "c"} {
		if err := c.source.Collection(name).Drop(c.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := c.run("extract", "--check"); code != console.ExitDifferences || !strings.Contains(out, "extra    "+folder+"b/: the source has the collection no longer") {
		t.Errorf("--check ends with %d:\n%s", code, out)
	}
	c.must("extract", "--collection", "a")
	if len(c.tree()) != 10 {
		t.Errorf("one collection was asked for: %q", c.tree())
	}
	c.file(folder+"b/documents/b.json", `{"_id": "b", "mine": 1}`)
	if code, out := c.run("extract"); code != console.ExitFailed || !strings.Contains(out, "b.json") {
		t.Errorf("an edited file: %d\n%s", code, out)
	}
	if out := c.must("extract", "--discard-edits"); !strings.Contains(out, ".b: removed (the source has it no longer)") {
		t.Errorf("%s", out)
	}
	tree := c.tree()
	if _, err := os.Stat(filepath.Join(c.dir, folder, "b")); !os.IsNotExist(err) || len(tree) != 4 || tree[strings.TrimPrefix(folder, "extracted/")+"c/NOTES"] != "mine" {
		t.Errorf("%q %v", tree, err)
	}
	c.must("extract", "--check")
}

// TestOwnSource: what was extracted knows where it came from, and is not
// applied to it.
func TestOwnSource(t *testing.T) {
	c := newCell(t)
	c.insert("flags", bson.D{{Key: "_id", Value: "a"}, {Key: "n", Value: int32(1)}})
	name := c.source.Name()
	c.file("all.weave", "weave own\nenvironments prod\nfrom "+name+" into "+name+" {\n  sync flags {\n    set n = 2\n  }\n}\n")
	c.must("extract")
	if code, out := c.run("apply", "--env", "prod", "--yes"); code != 3 || !strings.Contains(out, "own-source") {
		t.Errorf("apply to the source ends with %d:\n%s", code, out)
	}
	if got := c.dump(c.source)["flags"]; !strings.Contains(strings.Join(got, ""), "n\x00\x01\x00\x00\x00") {
		t.Errorf("the source was written to: %q", got)
	}
}
