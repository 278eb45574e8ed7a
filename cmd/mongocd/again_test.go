package main

// `compile` with a cache against `compile` without, over random edits of a workspace and of
// its output: what is said, the exit code, and every byte of the output. MONGOCD_SOAK=n for
// n edits, MONGOCD_SEED=s for those of another seed.

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// filesBelow are the files below a directory by path.
func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		below, _ := filepath.Rel(dir, name)
		out[filepath.ToSlash(below)] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

// twins are two workspaces with the same files, one of which has a cache.
type twins struct {
	t                    *testing.T
	cached, plain, cache string
	random               *rand.Rand
}

// newTwins also says how many edits are asked for.
func newTwins(t *testing.T, edits int) (*twins, int) {
	seed := uint64(1)
	for name, to := range map[string]func(uint64){"MONGOCD_SOAK": func(n uint64) { edits = int(n) }, "MONGOCD_SEED": func(n uint64) { seed = n }} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			to(n)
		}
	}
	base := t.TempDir()
	return &twins{t, filepath.Join(base, "a", "ws"), filepath.Join(base, "b", "ws"), filepath.Join(base, "cache"), rand.New(rand.NewPCG(seed, 14))}, edits
}

// both changes a file of both; nil removes it.
func (w *twins) both(name string, change func(text []byte) []byte) {
	w.t.Helper()
	for _, dir := range []string{w.cached, w.plain} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			w.t.Fatal(err)
		}
		if text = change(text); text == nil {
			err = os.Remove(file)
		} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = os.WriteFile(file, text, 0o644)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// one is one of the files; "": there is none.
func (w *twins) one(keep func(string) bool) string {
	w.t.Helper()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(filesBelow(w.t, w.plain))), func(name string) bool { return !keep(name) })
	if len(names) == 0 {
		return ""
	}
	return names[w.random.IntN(len(names))]
}

// compare runs mongocd in both, holds what it says and writes against each other, and reports whether it exits with 0.
func (w *twins) compare(what string, args []string) bool {
	w.t.Helper()
	said := func(dir string) string {
		var out bytes.Buffer
		code := run(append(args, "--workspace", dir), strings.NewReader(""), &out, &out, func(name string) (string, bool) {
			if name == "MONGOCD_CACHE" && dir == w.cached {
				return w.cache, true
			}
			return "off", name == "MONGOCD_CACHE"
		})
		return strings.ReplaceAll(fmt.Sprintf("%d\n%s", code, out.String()), dir, "ws")
	}
	said1, said2 := said(w.plain), said(w.cached)
	if said1 != said2 {
		w.t.Fatalf("%s, %q: without a cache\n%s\nwith it\n%s", what, args, said1, said2)
	}
	want, got := filesBelow(w.t, w.plain), filesBelow(w.t, w.cached)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			w.t.Fatalf("%s, %q: %s is not as without a cache", what, args, name)
		}
	}
	if len(got) != len(want) {
		w.t.Fatalf("%s, %q: %d files, without a cache %d", what, args, len(got), len(want))
	}
	return strings.HasPrefix(said1, "0\n")
}

func TestRandomEditsOfOutput(t *testing.T) {
	w, edits := newTwins(t, 16)
	cached, plain, random, both, one := w.cached, w.plain, w.random, w.both, w.one
	for _, dir := range []string{cached, plain} {
		if err := os.CopyFS(dir, os.DirFS("../../examples/planets")); err != nil {
			t.Fatal(err)
		}
	}
	digit := regexp.MustCompile(`[1-9]`)
	otherDigit := func(name string) string {
		at, to := random.IntN(1<<20), byte('1'+random.IntN(9))
		both(name, func(text []byte) []byte {
			if all := digit.FindAllIndex(text, -1); len(all) > 0 {
				text[all[at%len(all)][0]] = to
			}
			return text
		})
		return "a digit of " + name
	}
	done := 0
	for i := range edits {
		var what string
		data := func(name string) bool {
			return strings.HasPrefix(name, "extracted/") && strings.HasSuffix(name, ".json")
		}
		built := func(name string) bool { return strings.HasPrefix(name, "build/") }
		switch n := random.IntN(12); {
		case n < 2:
			what = "nothing"
		case n < 5:
			what = otherDigit(one(data))
		case n < 6:
			what = otherDigit(one(func(name string) bool { return strings.HasSuffix(name, ".weave") }))
		case n < 8 && one(built) != "":
			what = otherDigit(one(built))
		case n < 9 && one(built) != "":
			name := one(built)
			what = "remove " + name
			both(name, func([]byte) []byte { return nil })
		case n < 10 && one(built) != "":
			name := one(built) + ".own"
			what = "add " + name
			both(name, func([]byte) []byte { return []byte("own") })
		default: // as it was
			what = "back"
			for _, dir := range []string{cached, plain} {
				for _, of := range []string{"extracted", "planets.weave"} {
					if err := os.RemoveAll(filepath.Join(dir, of)); err != nil {
						t.Fatal(err)
					}
				}
				for name, text := range filesBelow(t, "../../examples/planets") {
					if to := filepath.Join(dir, filepath.FromSlash(name)); !built(name) {
						if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		args := [][]string{{"compile"}, {"compile", "--target", "go"}, {"compile", "--force"}, {"compile", "--check"}, {"compile", "--force", "--target", "mongosh", "--self-contained"}}[random.IntN(5)]
		args = append(args, "--with-edits")
		if w.compare(fmt.Sprintf("edit %d, %s", i, what), args) {
			done++
		}
	}
	if done < edits/8 {
		t.Errorf("%d of %d compile", done, edits)
	}
}
