package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hayone1/mongocd/compiler/paged"
)

func key(n int) *Key {
	k := NewKey("test")
	k.Add(fmt.Sprint(n))
	return k
}

func put(s *Store, n int, text []byte) {
	s.Put(key(n), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func TestEntries(t *testing.T) {
	base := t.TempDir()
	s := Open(filepath.Join(base, "new", "cache"))
	s.Space = paged.New(0)
	for n, size := range []int{0, 1, piece - 1, piece, piece + 1, 3*piece + 7} {
		text := bytes.Repeat([]byte("mongocd"), size/7+1)[:size]
		if _, ok := s.Get(key(n)); ok {
			t.Error("it is there before")
		}
		put(s, n, text)
		if got, ok := s.Get(key(n)); !ok || !bytes.Equal(got, text) {
			t.Errorf("%d bytes: %v, %d bytes", size, ok, len(got))
		}
	}
	if err := s.Trouble(); err != nil {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		err := filepath.WalkDir(filepath.Join(base, "new"), func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[e.IsDir()]; err == nil && info.Mode().Perm() != want {
				t.Errorf("%s has the mode %s", name, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestOthersFolder: a folder that others may write into, or that lies elsewhere, is not used.
func TestOthersFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are no mode there")
	}
	dir := filepath.Join(t.TempDir(), "cache")
	put(Open(dir), 1, []byte("text"))
	link := dir + " link"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		mode fs.FileMode
		used bool
	}{{dir, 0o777, false}, {dir, 0o770, false}, {link, 0o700, false}, {dir, 0o755, true}} {
		if err := os.Chmod(dir, x.mode); err != nil {
			t.Fatal(err)
		}
		s := Open(x.name)
		_, got := s.Get(key(1))
		read := s.Trouble()
		s = Open(x.name)
		put(s, 2, nil)
		if written := s.Trouble(); got != x.used || (read == nil) != x.used || (written == nil) != x.used {
			t.Errorf("%s, mode %o: used %v; %v; %v", x.name, x.mode, got, read, written)
		}
	}
}

// TestKeys: no other parts give the key of some.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, parts := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"aa"}, {"a", "a"}, {"1:a"}, {"a1:a"}} {
		k := NewKey("test")
		k.Add(parts...)
		name, ok := Open("/").name(k)
		if !ok || seen[name] {
			t.Errorf("%q: %s, %v", parts, name, ok)
		}
		seen[name] = true
	}
}

// TestFailedEntry: what could not be made is kept in no part.
func TestFailedEntry(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "cache"))
	s.Put(key(1), func(w io.Writer) error {
		_, err := w.Write(make([]byte, 3<<20))
		return errors.Join(err, errors.New("no more"))
	})
	s.limit = 4 << 10
	put(s, 2, make([]byte, 2<<10)) // more than a quarter
	if entries, err := os.ReadDir(s.dir); err != nil || len(entries) > 0 || s.Trouble() == nil {
		t.Error(entries, err, s.Trouble())
	}
}

// TestEviction: the entries that were used longest ago go, and what a killed run left.
func TestEviction(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "cache"))
	s.limit = 10 << 10
	for n := range 6 {
		put(s, n, make([]byte, 1<<10))
		name, _ := s.name(key(n))
		at := time.Now().Add(time.Duration(n-100) * time.Hour)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	left := filepath.Join(s.dir, "1"+temporary)
	for name, age := range map[string]time.Duration{left: 2 * abandoned, left + temporary: 0} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if at := time.Now().Add(-age); os.Chtimes(name, at, at) != nil {
			t.Fatal("no time")
		}
	}
	if _, ok := s.Get(key(1)); !ok { // the second oldest is used again
		t.Fatal("it is gone")
	}
	for n := range 4 {
		put(s, 10+n, make([]byte, 2<<10))
	}
	var there []int
	for n := range 14 {
		if _, ok := s.Get(key(n)); ok {
			there = append(there, n)
		}
	}
	if fmt.Sprint(there) != "[1 10 11 12 13]" {
		t.Errorf("there are %v", there)
	}
	if files, err := os.ReadDir(s.dir); err != nil || len(files) != len(there)+1 {
		t.Errorf("%d files: %v", len(files), err)
	}
	if err := s.Trouble(); err != nil {
		t.Error(err)
	}
}
