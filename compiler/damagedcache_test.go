package compiler_test

// What the folder of the cache has, is damaged, or is used by several at once: what is compiled is the same.

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
)

// TestDamagedCache: whatever is in the folder of the cache, what is compiled is the same.
func TestDamagedCache(t *testing.T) {
	files := readTree(t, filepath.Join("..", "examples", "planets"))
	o := workspace.Options{Compiler: "mongocd test"}
	want, _ := everything(t, files, o)
	dir := filepath.Join(t.TempDir(), "cache")
	o.Cache = opened(dir)
	everything(t, files, o)
	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(entries) < 2 {
		t.Fatal(entries, err)
	}
	for _, damage := range []func(text []byte) []byte{
		func(text []byte) []byte { return text[:len(text)-1] },
		func(text []byte) []byte { return append(text, 0) },
		func(text []byte) []byte { return nil },
		func(text []byte) []byte { return text[:10] },
		func(text []byte) []byte { text[len(text)-7] ^= 1; return text },
		func(text []byte) []byte { text[20] ^= 1; return text },
		func(text []byte) []byte { text[0] ^= 1; return text },
	} {
		for _, name := range entries {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, damage(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o.Cache = opened(dir)
		if got, _ := everything(t, files, o); got != want {
			t.Errorf("otherwise:\n%s", cmp.Diff(want, got))
		}
		if o.Cache.Trouble() == nil {
			t.Error("nothing is said of it")
		}
		w, _ := workspace.Load(files)
		if known, all := compiler.Recalled(t.Context(), w, o); known != all {
			t.Errorf("it was not written again: %d of %d", known, all)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder
		t.Fatal(err)
	}
	o.Cache = opened(dir)
	if got, _ := everything(t, files, o); got != want || o.Cache.Trouble() == nil {
		t.Errorf("otherwise, or nothing said:\n%s", cmp.Diff(want, got))
	}
}

// TestCacheAtOnce: several compilations of several workspaces use one folder.
func TestCacheAtOnce(t *testing.T) {
	files := readTree(t, filepath.Join("..", "examples", "planets"))
	o := workspace.Options{Compiler: "mongocd test"}
	want, _ := everything(t, files, o)
	dir := filepath.Join(t.TempDir(), "cache")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 3 {
				o := o
				o.Cache = opened(dir)
				if got, _ := everything(t, files, o); got != want {
					t.Errorf("otherwise:\n%s", cmp.Diff(want, got))
				}
				if err := o.Cache.Trouble(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
