//go:build unix

package outputs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/runtime/desired"
)

// TestStamps: a large file that is as it was written or taken over is not read again, each other one is.
func TestStamps(t *testing.T) {
	dir := t.TempDir()
	store := cache.Open(filepath.Join(t.TempDir(), "cache"))
	to, err := Open(dir, "build")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(to.Close(), store.Trouble()); err != nil {
			t.Error(err)
		}
	})
	texts := map[string][]byte{"manifest.json": []byte("{}\n"), "small": []byte("small"),
		"a": bytes.Repeat([]byte("a"), stampedFrom), "b": bytes.Repeat([]byte("b"), stampedFrom)}
	replaced := func() {
		t.Helper()
		f := Folder{Path: "prod/w", Weave: "w"}
		for _, name := range []string{"a", "b", "manifest.json", "small"} {
			f.Files = append(f.Files, codegen.File{Path: name, Data: texts[name]})
			f.Sums = append(f.Sums, desired.OutputOf(name, texts[name]))
		}
		// The clock of the file system goes on, as it does while files are synced to a disk.
		tick := func(Folder) (string, []byte, error) { time.Sleep(50 * time.Millisecond); return "w", nil, nil }
		if _, err := Replace(to, []Folder{f}, true, tick, store); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, "build", "prod", "w", name) }
	// edited writes other bytes into a file, and gives it back the time of its last change.
	edited := func(name string, restore bool) {
		t.Helper()
		info, err := os.Stat(at(name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(at(name), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteAt([]byte("X"), 0)
		if err = errors.Join(err, f.Close()); err == nil && restore {
			err = os.Chtimes(at(name), time.Time{}, info.ModTime())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	reads := func(when string, store *cache.Store, want map[string]bool) {
		t.Helper()
		d, err := readDisk(to, "prod/w", store)
		if err != nil {
			t.Fatal(err)
		}
		for name, changed := range want {
			if found := d.files[name] != desired.OutputOf(name, texts[name]).SHA256; found != changed {
				t.Errorf("%s: %s is another file: %v", when, name, found)
			}
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}

	replaced()
	reads("as written", store, map[string]bool{"a": false, "b": false, "small": false})
	edited("b", true)
	edited("small", true)
	reads("a file as it was, by its inode, size and time", store, map[string]bool{"a": false, "b": false, "small": true})
	reads("without a store", nil, map[string]bool{"a": false, "b": true, "small": true})
	edited("b", false)
	reads("edited", store, map[string]bool{"a": false, "b": true, "small": true})

	replaced() // takes a over
	edited("a", true)
	edited("b", true)
	reads("taken over", store, map[string]bool{"a": false, "b": false})
	if err := os.WriteFile(at("a.new"), texts["a"][1:], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(at("a.new"), at("a")); err != nil {
		t.Fatal(err)
	}
	reads("another file in its place", store, map[string]bool{"a": true, "b": false})
}

// TestStampsOfTheSameTick: what was written in the tick of the clock in which the folder was
// put in its place is read again.
func TestStampsOfTheSameTick(t *testing.T) {
	dir := t.TempDir()
	store := cache.Open(filepath.Join(t.TempDir(), "cache"))
	if err := os.MkdirAll(filepath.Join(dir, "build", "prod", "w"), 0o700); err != nil {
		t.Fatal(err)
	}
	to, err := Open(dir, "build")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "build", "prod"))
	if err != nil {
		t.Fatal(err)
	}
	renamed := info.ModTime().UnixNano()
	keepStamps(store, to, "prod/w", map[string]stamp{"before": {Modified: renamed - 1}, "same": {Modified: renamed}, "after": {Modified: renamed + 1}})
	if kept := stampsOf(store, to, "prod/w"); len(kept) != 1 || kept["before"].Modified != renamed-1 {
		t.Errorf("kept: %v", kept)
	}
	if err := errors.Join(to.Close(), store.Trouble()); err != nil {
		t.Error(err)
	}
}
