package replace

import (
	"encoding/json"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hayone1/mongocd/runtime/disk"
)

// in opens the folder that a root is in.
func in(t *testing.T, root string) (*disk.Folder, string) {
	t.Helper()
	base, rest, err := disk.Nearest(filepath.Dir(root))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	})
	return base, path.Join(rest, filepath.Base(root))
}

func beginAt(t *testing.T, root string, durable bool) (*Work, error) {
	t.Helper()
	base, name := in(t, root)
	return Begin(base, name, durable)
}

func finishAt(t *testing.T, root string) error {
	t.Helper()
	base, name := in(t, root)
	return Finish(base, name)
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree is every file below a root with its text: "a/f=new".
func tree(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.Walk(root, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		relative, _ := filepath.Rel(root, name)
		out = append(out, filepath.ToSlash(relative)+"="+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	before = []string{"a/README=mine", "a/f=old", "b/f=old", "b/g=old", "other/f=old", "x/f=old", "y/README=mine", "y/f=old"}
	after  = []string{"a/README=mine", "a/f=new", "a/g/h=new", "b/f=new", "c/d/f=new", "other/f=old", "y/README=mine"}
)

// begin has the old state and everything of the new one ready to be committed.
func begin(t *testing.T, durable bool) (string, *Work) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root")
	for _, f := range before {
		name, text, _ := strings.Cut(f, "=")
		put(t, root, name, text)
	}
	w, err := beginAt(t, root, durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, f := range []struct {
		path, file string
		own        []string
	}{{"gone", "f", nil}, {"a", "f g/h", []string{"f", "g"}}, {"b", "f", nil}, {filepath.Join("c", "d"), "f", nil}} {
		folder, err := w.Folder(f.path, f.own)
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(f.file) {
			if err := folder.Write(name, []byte("new")); err != nil {
				t.Fatal(err)
			}
		}
		if f.path == "gone" {
			if err := folder.Discard(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"x", "y"} {
		if err := w.Remove(name, []string{"f"}); err != nil {
			t.Fatal(err)
		}
	}
	return root, w
}

func TestCommit(t *testing.T) {
	for _, durable := range []bool{false, true} {
		root, w := begin(t, durable)
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, root); !slices.Equal(got, after) {
			t.Errorf("durable %v: %q", durable, got)
		}
		if _, err := os.Lstat(filepath.Join(root, "x")); !os.IsNotExist(err) {
			t.Errorf("an empty folder is left: %v", err)
		}
	}
}

func TestGivenUp(t *testing.T) {
	root, w := begin(t, true)
	if got := tree(t, root); !slices.Contains(got, Area+"/.gitignore=*\n") {
		t.Errorf("git would see the area: %q", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); !slices.Equal(got, before) {
		t.Errorf("%q", got)
	}
	fresh := filepath.Join(root, "fresh", "root")
	if w, err := beginAt(t, fresh, false); err != nil {
		t.Fatal(err)
	} else if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(fresh); !os.IsNotExist(err) {
		t.Errorf("the root that was made for nothing is there: %v", err)
	}
}

// What a run leaves that is killed between any two steps is the old state, or
// the next command makes it the new one.
func TestInterrupted(t *testing.T) {
	steps := []func(move func(from, to string)){
		func(move func(from, to string)) { move("a", Area+"/old-0") },
		func(move func(from, to string)) { move(Area+"/new-0", "a") },
		func(move func(from, to string)) { move(Area+"/old-0/README", "a/README") },
		func(move func(from, to string)) { move("b", Area+"/old-1") },
		func(move func(from, to string)) { move(Area+"/new-1", "b") },
		func(move func(from, to string)) { move(Area+"/new-2", "c/d") },
		func(move func(from, to string)) { move("x", Area+"/old-3") },
		func(move func(from, to string)) { move(Area+"/new-3", "x") },
		func(move func(from, to string)) { move("y", Area+"/old-4") },
		func(move func(from, to string)) { move(Area+"/new-4", "y") },
		func(move func(from, to string)) { move(Area+"/old-4/README", "y/README") },
	}
	for n := -1; n <= len(steps); n++ {
		root, w := begin(t, false)
		if err := w.root.Rename(Area+"/new-1", Area+"/new-0"); err != nil {
			t.Fatal(err)
		}
		for i, to := range []string{"2", "3", "4", "5"} {
			if err := w.root.Rename(Area+"/new-"+to, newName(i+1)); err != nil {
				t.Fatal(err)
			}
		}
		want := before
		if n >= 0 {
			text, err := json.Marshal(commit{format, []entry{{"a", []string{"f", "g"}, false}, {"b", nil, false}, {"c/d", nil, false}, {"x", []string{"f"}, true}, {"y", []string{"f"}, true}}})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.mark(text); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(root, "c"), 0o755); err != nil {
				t.Fatal(err)
			}
			for _, step := range steps[:n] {
				step(func(from, to string) {
					if err := os.Rename(filepath.Join(root, from), filepath.Join(root, to)); err != nil {
						t.Fatal(err)
					}
				})
			}
			want = after
		}
		// The process is gone, its lock with it.
		if err := w.lock.release(); err != nil {
			t.Fatal(err)
		}
		w.lock = nil
		if err := finishAt(t, root); err != nil {
			t.Fatalf("after %d steps: %v", n, err)
		}
		next, err := beginAt(t, root, false)
		if err != nil {
			t.Fatalf("after %d steps: %v", n, err)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		if got := tree(t, root); !slices.Equal(got, want) {
			t.Errorf("after %d steps: %q", n, got)
		}
	}
}

func TestRefused(t *testing.T) {
	root, w := begin(t, false)
	if _, err := beginAt(t, root, false); err == nil || !strings.Contains(err.Error(), "another mongocd is writing") {
		t.Errorf("a second writer: %v", err)
	}
	for _, name := range []string{"..", "../x", "/x", ".", Area, filepath.Join(Area, "x")} {
		if _, err := w.Folder(name, nil); err == nil {
			t.Errorf("the folder %q is taken", name)
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "link/x", "a/f/x"} {
		if _, err := w.Folder(name, nil); err == nil || !strings.Contains(err.Error(), "no folder") {
			t.Errorf("the folder %q: %v", name, err)
		}
	}
	f, err := w.Folder("x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write("../y", nil); err == nil {
		t.Error("a file is written outside of the folder")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{`: "damaged", `{"format": 9}`: "newer mongocd", `{"format": 1, "folders": [{"path": "../x"}]}`: "not below",
	} {
		put(t, root, Area+"/"+marker, text)
		if err := finishAt(t, root); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A disk that does not take what was written: the error is the command's, and nothing is replaced.
func TestWriteBackFails(t *testing.T) {
	root, w := begin(t, true)
	var parts []int64
	full := false
	w.writeBack = func(f *os.File, from, size int64) error {
		if full {
			return syscall.ENOSPC
		}
		parts = append(parts, from, size)
		return writeBack(f, from, size)
	}
	folder, err := w.Folder("large", nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := folder.Create("f")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 700_000)
	for range 5 {
		if _, err := file.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	// Whole blocks, one after the other.
	if want := []int64{0, 21 * blockSize, 21 * blockSize, 21 * blockSize}; !slices.Equal(parts, want) {
		t.Errorf("began with %d, want %d", parts, want)
	}
	full = true
	if _, err := file.Write([]byte(text)); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "f: ") {
		t.Errorf("a full disk: %v", err)
	}
	if err := errors.Join(file.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, root); !slices.Equal(got, before) {
		t.Errorf("%q", got)
	}
	// Where nothing has to be on disk, nothing is begun.
	_, w = begin(t, false)
	w.writeBack = func(*os.File, int64, int64) error { return syscall.EIO }
	if folder, err = w.Folder("large", nil); err != nil {
		t.Fatal(err)
	}
	if err := folder.Write("f", []byte(strings.Repeat("x", 3_000_000))); err != nil {
		t.Error(err)
	}
}

// A file that is as it was is taken over and not written; of another one what is the same to its beginning is taken from it.
func TestRewrite(t *testing.T) {
	root, w := begin(t, true)
	old := strings.Repeat("line\n", 100)
	for name, parts := range map[string][]string{
		"same":    {old[:200], old[200:]},
		"longer":  {old, "more\n"},
		"shorter": {old[:300]},
		"other":   {old[:200], "x", old[201:]},
		"begins":  {"x", old},
		"empty":   {},
		"fresh":   {old},
		"link":    {old},
	} {
		switch name {
		case "fresh":
		case "link":
			put(t, root, "a/g/target", old)
			if err := os.Symlink("target", filepath.Join(root, "a", "g", name)); err != nil {
				t.Fatal(err)
			}
		default:
			put(t, root, "a/g/"+name, old)
		}
		before, _ := os.Stat(filepath.Join(root, "a", "g", name))
		folder, err := w.Folder("a", []string{"f", "g"})
		if err != nil {
			t.Fatal(err)
		}
		file, err := folder.Rewrite("g/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if n, err := file.Write([]byte(part)); err != nil || n != len(part) {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		if err := file.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		made := filepath.Join(root, filepath.FromSlash(newName(folder.number)), "g", name)
		text, err := os.ReadFile(made)
		if err != nil || string(text) != strings.Join(parts, "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		after, err := os.Lstat(made)
		if kept := err == nil && before != nil && os.SameFile(before, after); kept != (name == "same") || !slices.Equal(folder.written, []string{"g/" + name}) {
			t.Errorf("%s: kept %v, written %q, %v", name, kept, folder.written, err)
		}
	}
	// Somebody writes to it meanwhile, or puts another one in its place.
	for _, last := range []string{"", "x", "another file"} {
		put(t, root, "b/g", old)
		folder, err := w.Folder("b", nil)
		if err != nil {
			t.Fatal(err)
		}
		file, err := folder.Rewrite("g")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(old)); err != nil {
			t.Fatal(err)
		}
		if last == "another file" {
			last = ""
			put(t, root, "b/new", old)
			if err := os.Rename(filepath.Join(root, "b", "new"), filepath.Join(root, "b", "g")); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, root, "b/g", "mine")
		}
		_, err = file.Write([]byte(last))
		if err = errors.Join(err, file.Close()); err == nil || !strings.Contains(err.Error(), filepath.Join("b", "g")+" was changed while it was compared") {
			t.Errorf("%q: %v", last, err)
		}
	}
}
