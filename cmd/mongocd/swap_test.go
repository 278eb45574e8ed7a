package main

// Folders are exchanged for links while commands run. In: a workspace and a
// directory as destination, and somebody who puts links to a folder outside in the
// place of their folders, all the time. Out: the folder outside is as it was, and
// nothing of it is in any output or file.

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
)

// swapper exchanges folders below a root for links to the same ones outside.
type swapper struct {
	root, outside string
	random        *rand.Rand
	swaps         atomic.Int64
	stop, stopped chan struct{}
}

// swapped are the folders, those of a replacement under way among them.
var swapped = []string{
	"extracted", "extracted/SOURCE", "extracted/SOURCE/items", "extracted/SOURCE/items/documents", "extracted/.mongocd-new", "extracted/.mongocd-new/new-0", "extracted/.mongocd-new/new-0/documents",
	"extracted/.mongocd-new/old-0", "build", "build/prod", "build/prod/w", "build/prod/w/desired", "build/prod/w/internal", "build/.mongocd-new", "build/.mongocd-new/new-0", "build/.mongocd-new/new-0/desired",
	"live", "live/in", "live/in/dst", "live/in/dst/items", "live/in/dst/items/documents", "live/in/.mongocd-new", "live/in/.mongocd-new/new-0", "live/in/.mongocd-new/old-0",
}

// run exchanges until stop is closed, and leaves no link.
func (s *swapper) run(source string) {
	defer close(s.stopped)
	for {
		select {
		case <-s.stop:
			return
		default:
		}
		name := strings.ReplaceAll(swapped[s.random.IntN(len(swapped))], "SOURCE", source)
		at, away := filepath.Join(s.root, filepath.FromSlash(name)), filepath.Join(s.root, "away")
		if name == "extracted/.mongocd-new/new-0" || s.random.IntN(3) > 0 { // those that are there for a moment only are waited for
			for range 200 {
				if _, err := os.Lstat(at); err == nil {
					break
				}
				runtime.Gosched()
			}
		}
		moved := os.Rename(at, away) == nil
		if os.Symlink(filepath.Join(s.outside, filepath.FromSlash(name)), at) == nil {
			s.swaps.Add(1)
			time.Sleep(time.Duration(s.random.IntN(3000)) * time.Microsecond)
		}
		if info, err := os.Lstat(at); err == nil && info.Mode()&os.ModeSymlink != 0 {
			_ = os.Remove(at) // the command may have moved it since
		}
		if moved && os.Rename(away, at) != nil { // it was made again meanwhile
			_ = os.RemoveAll(away)
		}
		s.unlink()
		time.Sleep(time.Duration(s.random.IntN(4000)) * time.Microsecond)
	}
}

// unlink removes the links that a command has moved elsewhere with a folder.
func (s *swapper) unlink() {
	_ = filepath.Walk(s.root, func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode()&os.ModeSymlink != 0 {
			_ = os.Remove(name)
		}
		return nil
	})
}

func TestRandomSwaps(t *testing.T) {
	c := newCell(t)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("MONGOCD_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	source := c.source.Name()
	const weave = "weave w\nenvironments prod\n\nfrom SOURCE into dst {\n  sync items by name {\n    prune all at most 100%\n  }\n}\n"
	if err := os.Remove(filepath.Join(c.dir, "all.weave")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(c.dir)
	// Outside is what the commands would read and write, with the canary in each document.
	outside := filepath.Join(t.TempDir(), "outside")
	for dir, name := range map[string]string{c.dir: "a", outside: canary} {
		put(t, filepath.Join(dir, "w.weave"), strings.ReplaceAll(weave, "SOURCE", source))
		for _, root := range []string{"extracted/" + source, "live/in/dst"} {
			for i := range 20 {
				put(t, filepath.Join(dir, filepath.FromSlash(root), "items", "documents", fmt.Sprintf("d%02d.json", i)), fmt.Sprintf(`{"_id":%d,"name":"%s%02d"}`, i, name, i))
			}
		}
		if code, out := inWorkspace(t, dir, "compile"); code != 0 {
			t.Fatalf("compile: exit %d\n%s", code, out)
		}
	}
	for _, name := range []string{"extracted/.mongocd-new", "build/.mongocd-new", "live/in/.mongocd-new"} {
		for _, sub := range []string{"new-0/documents", "new-0/desired", "old-0/documents"} {
			put(t, filepath.Join(outside, filepath.FromSlash(name), filepath.FromSlash(sub), "f.json"), canary)
		}
		put(t, filepath.Join(outside, filepath.FromSlash(name), "commit.json"), `{"format":1,"folders":[{"path":"`+canary+`"}]}`)
	}
	c.environment["MONGOCD_DESTINATION_URI"] = "dir:live/in" // below the current directory
	commands := [][]string{
		{"extract", "--discard-edits"}, {"extract", "--check"}, {"extract", "--relock"}, {"compile", "--force"}, {"compile", "--check"}, {"check"}, {"diff"},
		{"plan", "--env", "prod"}, {"apply", "--env", "prod", "--yes"}, {"verify", "--env", "prod"},
	}
	before := contents(t, outside)
	swap := &swapper{root: c.dir, outside: outside, random: rand.New(rand.NewPCG(seed, 1)), stop: make(chan struct{}), stopped: make(chan struct{})}
	go swap.run(source)
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			close(swap.stop)
			<-swap.stopped
		}
	}
	defer stop()
	random := rand.New(rand.NewPCG(seed, 2))
	done, refused := map[string]int{}, map[string]int{}
	for i := range soak(t, 100) {
		// The source changes, so that extract has something to write.
		for n := range 20 {
			doc := bson.D{{Key: "_id", Value: n}, {Key: "name", Value: fmt.Sprintf("a%02d", n)}, {Key: "turn", Value: i}}
			if _, err := c.source.Collection("items").ReplaceOne(c.ctx, bson.D{{Key: "_id", Value: n}}, doc, options.Replace().SetUpsert(true)); err != nil {
				t.Fatal(err)
			}
		}
		command := commands[random.IntN(len(commands))]
		code, out := c.run(command...)
		if strings.Contains(strings.ReplaceAll(out, outside, ""), canary) {
			t.Fatalf("run %d: %q says what is outside: exit %d\n%s", i, command, code, out)
		}
		if strings.Contains(out, "internal-error") || strings.Contains(out, "panic") {
			t.Errorf("run %d: %q: exit %d\n%s", i, command, code, out)
		}
		if code == console.ExitDone || code == console.ExitDifferences {
			done[command[0]]++
		} else {
			refused[command[0]]++
		}
		if i%10 == 0 {
			if after := contents(t, outside); !equalContents(before, after) {
				t.Fatalf("run %d: %q changed what is outside: exit %d\n%s", i, command, code, out)
			}
		}
	}
	stop()
	if after := contents(t, outside); !equalContents(before, after) {
		t.Fatal("what is outside has changed")
	}
	for name, text := range contents(t, c.dir) {
		if strings.Contains(text, canary) {
			t.Errorf("%s has what is outside", name)
		}
	}
	t.Logf("%d exchanges; commands that did their work %v, and that refused %v", swap.swaps.Load(), done, refused)
	if swap.swaps.Load() < 200 || len(done) < 4 || len(refused) < 3 {
		t.Errorf("too few exchanges, or commands that are always refused or never: the test shows nothing")
	}
	// With nobody there, everything works again; what a command was in the midst of is finished or gone.
	for _, name := range []string{"extracted", "build", "live"} {
		if err := os.RemoveAll(filepath.Join(c.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	c.file("live/in/dst/items/documents.jsonl", "")
	for _, command := range [][]string{{"extract"}, {"compile"}, {"compile", "--check"}, {"apply", "--env", "prod", "--yes"}, {"verify", "--env", "prod"}} {
		if code, out := c.run(command...); code != console.ExitDone {
			t.Errorf("%q: exit %d\n%s", command, code, out)
		}
	}
}
