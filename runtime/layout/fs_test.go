package layout

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/runtime/disk"
)

// TestMemory reads the folders of a disk out of memory: the same collections and
// the same faults, word for word.
func TestMemory(t *testing.T) {
	root := t.TempDir()
	if err := writeAt(t, root, Dir(root, "shop", "flags"), sample(t, 3)); err != nil {
		t.Fatal(err)
	}
	if err := writeAt(t, root, Dir(root, "shop", "Price.Lists"), sample(t, 40)); err != nil {
		t.Fatal(err)
	}
	put(t, root, "shop/notes.txt", "x")
	put(t, root, "shop/edited/documents.jsonl", "{}\r\n")
	put(t, root, "shop/edited/mongocd.lock", DigestOf([]byte("{}\n")).String()+"  documents.jsonl\n")
	put(t, root, "shop/faulty/documents/a.json", "{\n\"a\":}")
	put(t, root, "shop/faulty/documents/b/c.json", "{}")
	put(t, root, "shop/file/documents", "no folder")
	put(t, root, "shop/twice%2e/documents.jsonl", "")
	put(t, root, "shop/twice./documents.jsonl", "")
	put(t, root, ".hidden/c/documents.jsonl", "")
	memory := fstest.MapFS{}
	folder, err := disk.Open(filepath.Dir(root))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	base := filepath.Base(root)
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(filepath.Dir(root), name)
		memory[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := func(v any, err error) string {
		if err != nil {
			return "error: " + err.Error()
		}
		return fmt.Sprintf("%+v", v)
	}
	directory := openedAt(t, filepath.Dir(root))
	for name, files := range map[string]fs.FS{"a directory": directory, "memory": memory} {
		if got, want := text(Databases(files, base)), text(Databases(folder, base)); got != want {
			t.Errorf("%s: databases %s, want %s", name, got, want)
		}
		for _, database := range []string{"shop", "none", "notes.txt"} {
			if got, want := text(Collections(files, base, database)), text(Collections(folder, base, database)); got != want {
				t.Errorf("%s: collections %s, want %s", name, got, want)
			}
		}
		for _, collection := range []string{"flags", "Price.Lists", "edited", "faulty", "file", "twice.", "none", "notes.txt"} {
			at, err := Find(files, base, "shop", collection)
			if got, want := text(at, err), text(Find(folder, base, "shop", collection)); got != want {
				t.Errorf("%s: found %s, want %s", name, got, want)
			}
			if err != nil {
				continue
			}
			if got, want := text(Read(t.Context(), files, at)), text(Read(t.Context(), folder, at)); got != want {
				t.Errorf("%s: read %s, want %s", name, got, want)
			}
		}
	}
}

func TestDiskIsNotLeft(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "c/documents.jsonl", `{"secret": 1}`)
	root := t.TempDir()
	put(t, root, "w/x/c/documents.jsonl", `{}`)
	if err := os.Symlink(outside, filepath.Join(root, "w/linked")); err != nil {
		t.Fatal(err)
	}
	d := openedAt(t, filepath.Join(root, "w"))
	for _, name := range []string{"linked/c/documents.jsonl", "../w/x/c/documents.jsonl", "linked"} {
		if data, err := fs.ReadFile(d, name); err == nil {
			t.Errorf("%s: %s", name, data)
		}
		if _, err := fs.Stat(d, name); err == nil {
			t.Errorf("%s: it is described", name)
		}
	}
	if names, err := Collections(d, "linked", "c"); err == nil {
		t.Errorf("%q", names)
	}
	if names, err := Databases(d, "."); err != nil || !slices.Equal(names, []string{"x"}) {
		t.Errorf("%q %v", names, err)
	}
	if to, err := fs.ReadLink(d, "linked"); err != nil || to != outside {
		t.Errorf("%q %v", to, err)
	}
}

func TestNamesThatAreNoText(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "shop/c/documents"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "shop/c/documents/\xff.json"), []byte("{}"), 0o644); err != nil {
		t.Skipf("this file system has no such names: %v", err)
	}
	c, err := readAt(t, filepath.Join(root, "shop/c"))
	if err != nil || len(c.Documents) != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if err := os.Mkdir(filepath.Join(root, "\xfe"), 0o755); err != nil {
		t.Fatal(err)
	}
	if names, err := Databases(openedAt(t, root), "."); err != nil || len(names) != 2 {
		t.Errorf("%q %v", names, err)
	}
}

func openedAt(t *testing.T, dir string) *disk.Folder {
	t.Helper()
	f, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}
