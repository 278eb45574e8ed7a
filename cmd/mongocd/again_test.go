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

func TestRandomEditsOfOutput(t *testing.T) {
	edits, seed := 16, uint64(1)
	for name, to := range map[string]func(uint64){"MONGOCD_SOAK": func(n uint64) { edits = int(n) }, "MONGOCD_SEED": func(n uint64) { seed = n }} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			to(n)
		}
	}
	random := rand.New(rand.NewPCG(seed, 14))
	base := t.TempDir()
	cached, plain, cache := filepath.Join(base, "a", "ws"), filepath.Join(base, "b", "ws"), filepath.Join(base, "cache")
	for _, dir := range []string{cached, plain} {
		if err := os.CopyFS(dir, os.DirFS("../../examples/planets")); err != nil {
			t.Fatal(err)
		}
	}
	both := func(name string, change func(text []byte) []byte) { // nil removes it
		for _, dir := range []string{cached, plain} {
			file := filepath.Join(dir, filepath.FromSlash(name))
			text, err := os.ReadFile(file)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if text = change(text); text == nil {
				err = os.Remove(file)
			} else {
				err = os.WriteFile(file, text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	one := func(keep func(string) bool) string {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(filesBelow(t, plain))), func(name string) bool { return !keep(name) })
		if len(names) == 0 {
			return ""
		}
		return names[random.IntN(len(names))]
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
	said := func(dir string, args ...string) string {
		var out bytes.Buffer
		code := run(append(args, "--workspace", dir), strings.NewReader(""), &out, &out, func(name string) (string, bool) {
			if name == "MONGOCD_CACHE" && dir == cached {
				return cache, true
			}
			return "off", name == "MONGOCD_CACHE"
		})
		return strings.ReplaceAll(fmt.Sprintf("%d\n%s", code, out.String()), dir, "ws")
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
		if want, got := said(plain, args...), said(cached, args...); got != want {
			t.Fatalf("edit %d, %s, %q: without a cache\n%s\nwith it\n%s", i, what, args, want, got)
		} else if strings.HasPrefix(want, "0\n") {
			done++
		}
		want, got := filesBelow(t, plain), filesBelow(t, cached)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if got[name] != want[name] {
				t.Fatalf("edit %d, %s, %q: %s is not as without a cache", i, what, args, name)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("edit %d, %s, %q: %d files, without a cache %d", i, what, args, len(got), len(want))
		}
	}
	if done < edits/8 {
		t.Errorf("%d of %d compile", done, edits)
	}
}
