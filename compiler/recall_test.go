package compiler_test

// Compiling with a cache against compiling without, over random edits:
// MONGOCD_SOAK=n for n edits, MONGOCD_SEED=s for those of another seed.

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/layout"
)

// opened is a cache that keeps small workspaces, too.
func opened(dir string) *cache.Store {
	store := cache.Open(dir)
	store.Worth = 0
	return store
}

// everything is all that compiling files gives, and whether there is a result.
func everything(t *testing.T, files fstest.MapFS, o workspace.Options) (string, bool) {
	t.Helper()
	w, diags := workspace.Load(files)
	var result *compiler.Result
	if w != nil {
		var more diag.List
		result, more = compiler.Compile(t.Context(), w, o)
		diags = append(diags, more...)
	}
	var out bytes.Buffer
	if result != nil {
		for _, s := range result.States {
			writeState(t, &out, s)
			text, err := json.MarshalIndent(s, "", " ") // what no file of it has, too
			if err != nil {
				t.Fatal(err)
			}
			out.Write(text)
		}
		fmt.Fprintf(&out, "\ninputs: %v\n", result.Inputs)
	}
	return renderAll(t, diags) + out.String(), result != nil
}

// sameWithCache compiles with a cache and without, and tells how many jobs were known.
func sameWithCache(t *testing.T, files fstest.MapFS, o workspace.Options, store *cache.Store, edits ...string) (known, all int, ok bool) {
	t.Helper()
	want, ok := everything(t, files, o)
	o.Cache, o.Space = store, paged.New(0)
	if w, _ := workspace.Load(files); w != nil {
		known, all = compiler.Recalled(t.Context(), w, o)
	}
	if got, _ := everything(t, files, o); got != want {
		t.Fatalf("after %q, %d of %d jobs known (-without +with the cache):\n%s", edits, known, all, cmp.Diff(want, got))
	}
	bareLike(t, files, o, edits)
	if err := store.Trouble(); err != nil {
		t.Fatal(err)
	}
	return known, all, ok
}

// bareLike holds compilations that need no documents against one that has them: the same
// messages, and states but for the BSON. One that needs none of all jobs together has those
// of all where it has those of one.
func bareLike(t *testing.T, files fstest.MapFS, o workspace.Options, edits []string) {
	t.Helper()
	var said [3]string
	for i, way := range []workspace.Options{{Bare: true, Together: true}, {Bare: true}, {}} {
		w, diags := workspace.Load(files)
		if w == nil {
			return
		}
		o.Bare, o.Together = way.Bare, way.Together
		result, more := compiler.Compile(t.Context(), w, o)
		said[i] = renderAll(t, append(diags, more...))
		if result == nil {
			continue
		}
		with, without := 0, 0
		for _, s := range result.States {
			for _, c := range s.Collections {
				for n := range c.Documents {
					if c.Documents[n].Raw == nil {
						without++
					} else {
						with++
					}
					c.Documents[n].Raw = nil
				}
			}
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			said[i] += string(text)
		}
		if without > 0 && (!way.Bare || way.Together && with > 0) {
			t.Errorf("after %q, %+v: %d documents with BSON, %d without", edits, way, with, without)
		}
		said[i] += fmt.Sprint(result.Inputs, result.Keys)
	}
	for _, bare := range said[:2] {
		if bare != said[2] {
			t.Fatalf("after %q (-bare +with documents):\n%s", edits, cmp.Diff(bare, said[2]))
		}
	}
}

// TestEveryWorkspaceFromCache compiles the examples and every workspace of the
// diagnostics twice with a cache.
func TestEveryWorkspaceFromCache(t *testing.T) {
	var workspaces []fstest.MapFS
	for _, example := range []string{"planets", "markets", "growthbook", "saas"} {
		workspaces = append(workspaces, readTree(t, filepath.Join("..", "examples", example)))
	}
	archives, err := filepath.Glob(filepath.Join(diagnosticsDir, "*.txtar"))
	if err != nil || len(archives) < 100 {
		t.Fatalf("%d workspaces: %v", len(archives), err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := fstest.MapFS{}
		for _, f := range archive.Files {
			if f.Name != "want" {
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		workspaces = append(workspaces, files)
	}
	store := opened(filepath.Join(t.TempDir(), "cache"))
	compiled, known := 0, 0
	for _, files := range workspaces {
		o := workspace.Options{Compiler: "mongocd test"}
		want, ok := everything(t, files, o)
		o.Cache = store
		for range 2 {
			if got, _ := everything(t, files, o); got != want {
				t.Fatalf("(-without +with the cache):\n%s", cmp.Diff(want, got))
			}
		}
		if w, _ := workspace.Load(files); w != nil && ok {
			again, all := compiler.Recalled(t.Context(), w, o)
			known, compiled = known+again, compiled+all
		}
	}
	if err := store.Trouble(); err != nil {
		t.Error(err)
	}
	if compiled < 50 || known < compiled*3/4 {
		t.Errorf("of %d jobs that compile %d were known the second time", compiled, known)
	}
}

// edited is a workspace that random edits change.
type edited struct {
	*rand.Rand
	ctx   context.Context
	files fstest.MapFS
	o     workspace.Options
	envs  []string
}

var digits = regexp.MustCompile(`[1-9]`)

// edit makes one change and names it.
func (e *edited) edit() string {
	data := e.named(func(name string) bool {
		return strings.Contains(name, "extracted/") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".jsonl"))
	})
	weaves := e.named(func(name string) bool { return strings.HasSuffix(name, ".weave") })
	switch n := e.IntN(22); {
	case n < 7: // another digit in a document, in an index, in a date
		return e.digit(data[e.IntN(len(data))])
	case n < 8:
		name := data[e.IntN(len(data))]
		if lines := bytes.SplitAfter(e.files[name].Data, []byte("\n")); len(lines) > 2 && strings.HasSuffix(name, ".jsonl") {
			at := e.IntN(len(lines))
			e.files[name] = &fstest.MapFile{Data: bytes.Join(slices.Delete(lines, at, at+1), nil)}
		} else if path.Base(path.Dir(name)) == "documents" {
			delete(e.files, name)
		}
		return "remove a document of " + name
	case n < 11:
		return e.digit(weaves[e.IntN(len(weaves))])
	case n < 12:
		name := weaves[e.IntN(len(weaves))]
		e.files[name] = &fstest.MapFile{Data: append([]byte("# a comment\n"), e.files[name].Data...)}
		return "move the text of " + name
	case n < 14:
		e.o.Environments = nil
		if e.IntN(2) == 0 {
			e.o.Environments = []string{e.envs[e.IntN(len(e.envs))]}
		}
		return fmt.Sprint("environments ", e.o.Environments)
	case n < 16:
		e.o.Inputs = map[string]string{"region": []string{"eu", "us", "ap"}[e.IntN(3)]}
		return fmt.Sprint("inputs ", e.o.Inputs)
	case n < 18:
		return e.pin(e.envs[e.IntN(len(e.envs))])
	case n < 20: // another type of a number in one file, which other files take
		const name = "extracted/s/stock/documents/2.jsonl"
		if f := e.files[name]; f != nil {
			text := bytes.Replace(f.Data, []byte(`"q": 5`), []byte(`"q": {"$numberLong": "5"}`), 1)
			if bytes.Equal(text, f.Data) {
				text = bytes.Replace(text, []byte(`"q": {"$numberLong": "5"}`), []byte(`"q": 5`), 1)
			}
			e.files[name] = &fstest.MapFile{Data: text}
		}
		return "the type of q"
	case n < 21:
		e.o.WithEdits = !e.o.WithEdits
		return "with edits or without"
	default:
		e.o.Compiler = fmt.Sprint("mongocd ", e.IntN(2))
		return "compiler"
	}
}

// named are the names of files, sorted.
func (e *edited) named(keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(e.files)), func(name string) bool { return !keep(name) })
}

func (e *edited) digit(name string) string {
	text := bytes.Clone(e.files[name].Data)
	all := digits.FindAllIndex(text, -1)
	if len(all) == 0 {
		return "nothing"
	}
	text[all[e.IntN(len(all))][0]] = byte('1' + e.IntN(9))
	e.files[name] = &fstest.MapFile{Data: text}
	return "a digit of " + name
}

// pin pins the data of an environment as it is now, or unpins it.
func (e *edited) pin(env string) string {
	at := workspace.PinFolder(env)
	if e.files[path.Join(at, workspace.PinName)] != nil {
		for name := range e.files {
			if strings.HasPrefix(name, at+"/") {
				delete(e.files, name)
			}
		}
		return "unpin " + env
	}
	folders := map[string]int{}
	for _, name := range e.named(func(name string) bool { return strings.HasPrefix(name, "extracted/") }) {
		rest := strings.TrimPrefix(name, "extracted/")
		e.files[path.Join(at, rest)] = e.files[name]
		parts := strings.Split(rest, "/")
		folders[parts[0]+"/"+parts[1]]++
	}
	var entries []workspace.PinEntry
	for folder := range folders {
		if c, err := layout.Survey(e.ctx, e.files, path.Join(at, folder)); err == nil {
			entries = append(entries, workspace.PinEntry{Folder: folder, Digest: hex.EncodeToString(c.Digest[:])})
		}
	}
	e.files[path.Join(at, workspace.PinName)] = &fstest.MapFile{Data: workspace.PinText(entries)}
	return "pin " + env
}

// ruled is a workspace of two weaves with what one collection has of another.
const ruled = `-- shop/shop.weave --
weave shop
environments test, prod
input region: string = "eu"
let rate = 3

from s into per environment { test: shop_test, prod: shop } {
  sync products by sku {
    only where stock > 0 expect any
    lookup c in categories where c.key == category
    create label = "${name} in ${c.title} ${region}"
    create token = secret("SHOP_${region}")
    link parent to categories
    set price = price * rate
    for prod { remove internal expect any }
    warn price < 1000 else "it is dear: ${price}"
    check category refers to categories.key
  }
  sync categories by key {
    remove _id
    document {key: "all", title: "All 1"}
  }
  sync /^log/ { where n > 3 expect any { set n = 3 } }
  sync stock by _id {
    except where n < 0 expect any
    lookup c in categories where c.key == of
    create m = if n > 3 then 2 else n
    set old.kind = c.title
    remove gone expect any
    set q = 7
    where n > 1 expect any { rename a to b }
    each x in list where x.v > 2 expect any { set x.v = 0 }
    check n < 100000
    prune where n > 0 at most 5
  }
  not secret token
}
-- other/other.weave --
weave other
environments test, prod
from s into per environment { test: other_test, prod: other } {
  sync categories by key {
    set title = "${title} 7"
    prune all at most 5
  }
}
-- extracted/s/products/documents.jsonl --
{"_id": {"$oid": "65f0c0ffee00000000000001"}, "sku": "a1", "name": "A", "category": "k1", "stock": 4, "price": {"$numberDecimal": "1.50"}, "parent": {"$oid": "65f0c0ffee00000000000011"}, "internal": 1}
{"_id": {"$oid": "65f0c0ffee00000000000002"}, "sku": "a2", "name": "B", "category": "k2", "stock": 5, "price": {"$numberDecimal": "2.50"}, "parent": null}
{"_id": {"$oid": "65f0c0ffee00000000000003"}, "sku": "a3", "name": "C", "category": "k1", "stock": 6, "price": {"$numberDecimal": "400"}, "parent": {"$oid": "65f0c0ffee00000000000012"}}
-- extracted/s/categories/documents.jsonl --
{"_id": {"$oid": "65f0c0ffee00000000000011"}, "key": "k1", "title": "One"}
{"_id": {"$oid": "65f0c0ffee00000000000012"}, "key": "k2", "title": "Two"}
-- extracted/s/stock/documents/0.jsonl --
{"_id": 1, "of": "k1", "n": 4, "old": {"kind": "x", "y": 1}, "a": 1, "list": [{"v": 1}, {"v": 3}], "gone": 1}
{"_id": 3, "of": "k2", "n": 1, "old": {"kind": "y", "y": 2}, "a": 2, "list": []}
-- extracted/s/stock/documents/1.jsonl --
{"_id": 2, "of": "k1", "n": 5, "old": {"kind": "x", "y": 2}, "a": 3, "list": [{"v": 3}]}

{"_id": 4, "of": "k2", "n": 2, "old": {"kind": "x", "y": 5}, "a": 4, "list": [{"v": 1}]}
-- extracted/s/stock/documents/2.jsonl --
{"_id": 7, "of": "k1", "n": 6, "old": {"kind": "z", "y": 9}, "a": 5, "list": [{"v": 6}], "q": 5}
-- extracted/s/log1/documents.jsonl --
{"_id": 1, "n": 4}
{"_id": 2, "n": 2}
-- extracted/s/log2/documents.jsonl --
{"_id": 1, "n": 4}
`

// TestRandomEditsFromCache compiles workspaces after each of random edits with the cache
// of all earlier ones and without any: the same messages, states and digests.
func TestRandomEditsFromCache(t *testing.T) {
	edits, seed := 150, uint64(1)
	for name, to := range map[string]func(uint64){"MONGOCD_SOAK": func(n uint64) { edits = int(n) }, "MONGOCD_SEED": func(n uint64) { seed = n }} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			to(n)
		}
	}
	archive := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(ruled)).Files {
		archive[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	for _, base := range []struct {
		name  string
		files fstest.MapFS
		envs  []string
		share int // of the edits, in tenths
	}{
		{"ruled", archive, []string{"test", "prod"}, 7},
		{"planets", readTree(t, filepath.Join("..", "examples", "planets")), []string{"staging", "prod"}, 2},
		{"saas", readTree(t, filepath.Join("..", "examples", "saas")), []string{"staging", "prod"}, 1},
	} {
		t.Run(base.name, func(t *testing.T) {
			store := opened(filepath.Join(t.TempDir(), "cache"))
			e := &edited{ctx: t.Context(), Rand: rand.New(rand.NewPCG(seed, uint64(len(base.name)))), files: maps.Clone(base.files), envs: base.envs}
			known, all, compiled := 0, 0, 0
			n := max(edits*base.share/10, 2)
			var log []string
			for i := range n {
				if i%12 == 0 { // back to what there was
					e.files, e.o = maps.Clone(base.files), workspace.Options{WithEdits: true, Compiler: "mongocd 0"}
					log = nil
				} else {
					log = append(log, e.edit())
				}
				k, a, ok := sameWithCache(t, e.files, e.o, store, log...)
				if known, all = known+k, all+a; ok {
					compiled++
				}
			}
			if t.Logf("%d of %d compile, %d of %d jobs were known", compiled, n, known, all); n > 30 && (compiled < n/8 || known < all/10) {
				t.Errorf("%d of %d compile, %d of %d jobs were known", compiled, n, known, all)
			}
		})
	}
}
