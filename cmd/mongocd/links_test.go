package main

// Symbolic links in a workspace, its `extracted` and its build: whoever writes a pull
// request can put them there. No command reads or writes what is outside through one.

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canary is in every file outside of the workspace.
const canary = "canary-6fd1"

const linkedWeave = `weave w
environments prod

from src into dst {
  sync items by name
}
`

// linked makes a workspace that compiles and has been compiled, and beside it a folder
// whose files are like those of the workspace, with the canary.
func linked(t *testing.T) (workspace, outside string) {
	t.Helper()
	workspace, outside = filepath.Join(t.TempDir(), "w"), filepath.Join(t.TempDir(), "outside")
	for dir, name := range map[string]string{workspace: "a", outside: canary} {
		put(t, filepath.Join(dir, "w.weave"), strings.Replace(linkedWeave, "weave w", "weave w // "+name, 1))
		put(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), `{"_id":1,"name":"`+name+`"}`+"\n")
		if code, out := inWorkspace(t, dir, "compile"); code != 0 {
			t.Fatalf("compile: exit %d\n%s", code, out)
		}
	}
	put(t, filepath.Join(outside, "secret.txt"), canary+"\n")
	put(t, filepath.Join(outside, "broken.weave"), "weave "+canary+" {{{\n")
	return workspace, outside
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inWorkspace runs a command with no environment at all.
func inWorkspace(t *testing.T, dir string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(append(args, "--workspace", dir), strings.NewReader(""), &out, &out, func(string) (string, bool) { return "", false })
	return code, out.String()
}

// contents are all files below a folder, with their texts and modes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all[path] += "\n" + string(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLinksLeadNowhere(t *testing.T) {
	commands := [][]string{
		{"check"}, {"check", "--output", "json"}, {"test"}, {"diff"}, {"diff", "--output", "markdown"}, {"explain", "--document", "dst.items", "--env", "prod"}, {"fmt", "--check"}, {"fmt", "--diff"}, {"fmt"},
		{"compile", "--check"}, {"compile"}, {"compile", "--target", "mongosh", "--force"}, {"compile", "--check"},
	}
	for i, link := range []struct{ at, to string }{
		{"w.weave", "w.weave"}, {"w.weave", "broken.weave"}, {"other.weave", "broken.weave"}, {"w.weave.new", "secret.txt"}, {".mongocd-", "secret.txt"}, {"sub", "."}, {"sub/x.weave", "broken.weave"},
		{"extracted", "extracted"}, {"extracted/src", "extracted/src"}, {"extracted/src/items", "extracted/src/items"}, {"extracted/src/items/documents.jsonl", "extracted/src/items/documents.jsonl"},
		{"extracted/src/items/documents.jsonl", "secret.txt"}, {"extracted/src/items/collection.json", "secret.txt"}, {"extracted/src/items/documents.bson", "secret.txt"}, {"extracted/src/items/documents", "."},
		{"extracted/src/items/mongocd.lock", "secret.txt"}, {"extracted/mongocd.lock", "secret.txt"}, {"extracted/src/mongocd.lock", "secret.txt"}, {"extracted/src/other", "."},
		{"build", "build"}, {"build", "empty"}, {"build/prod", "build/prod"}, {"build/prod", "empty"}, {"build/prod/w", "build/prod/w"}, {"build/prod/w/mongosh.js", "secret.txt"}, {"build/prod/w/manifest.json", "build/prod/w/manifest.json"},
		{"build/prod/w/desired", "build/prod/w/desired"}, {"build/prod/w/internal", "build/prod/w/internal"}, {"build/prod/w/w", "secret.txt"}, {"build/.mongocd-new", "empty"}, {"build/.mongocd-new/commit.json", "empty"},
	} {
		t.Run(strings.ReplaceAll(link.at+" to "+link.to, "/", ":"), func(t *testing.T) {
			t.Parallel()
			for _, relative := range []bool{i%2 == 0} {
				workspace, outside := linked(t)
				put(t, filepath.Join(outside, "empty", "keep"), canary)
				at, to := filepath.Join(workspace, filepath.FromSlash(link.at)), filepath.Join(outside, filepath.FromSlash(link.to))
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.RemoveAll(at); err != nil {
					t.Fatal(err)
				}
				if relative {
					short, err := filepath.Rel(filepath.Dir(at), to)
					if err != nil {
						t.Fatal(err)
					}
					to = short
				}
				if err := os.Symlink(to, at); err != nil {
					t.Fatal(err)
				}
				before := contents(t, outside)
				// What was compiled, as a person would apply it from there.
				for _, from := range []string{"build/prod/w", "build/prod"} {
					code, out := planFrom(t, filepath.Join(workspace, filepath.FromSlash(from)))
					if strings.HasPrefix(link.at, from+"/") && strings.Contains(strings.ReplaceAll(out, outside, ""), canary) {
						t.Errorf("plan --from %s: exit %d\n%s", from, code, out)
					}
				}
				for _, command := range commands {
					code, out := inWorkspace(t, workspace, command...)
					if strings.Contains(strings.ReplaceAll(out, outside, ""), canary) {
						t.Errorf("%s says what is outside\n%s", strings.Join(command, " "), out)
					}
					if strings.Contains(out, "internal-error") {
						t.Errorf("%s: exit %d\n%s", strings.Join(command, " "), code, out)
					}
					if after := contents(t, outside); !equalContents(before, after) {
						t.Fatalf("%s changed what is outside: exit %d\n%s", strings.Join(command, " "), code, out)
					}
				}
				for name, text := range contents(t, workspace) {
					if strings.Contains(text, canary) {
						t.Errorf("%s has what is outside", name)
					}
				}
			}
		})
	}
}

func equalContents(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, text := range a {
		if b[name] != text {
			return false
		}
	}
	return true
}

// planFrom plans what was compiled, at an empty destination.
func planFrom(t *testing.T, from string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run([]string{"plan", "--from", from, "-v"}, strings.NewReader(""), &out, &out, func(name string) (string, bool) {
		if name != "MONGOCD_DESTINATION_URI" {
			return "", false
		}
		return "dir:" + t.TempDir(), true
	})
	return code, out.String()
}

// A build folder that is named by a way from the current directory is below it; one
// elsewhere is named by its absolute path.
func TestFromLeadsNowhere(t *testing.T) {
	for _, at := range []string{"build", "build/prod", "build/prod/w"} {
		workspace, outside := linked(t)
		if err := os.RemoveAll(filepath.Join(workspace, at)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(outside, at), filepath.Join(workspace, at)); err != nil {
			t.Fatal(err)
		}
		t.Chdir(workspace)
		for _, from := range []string{"build/prod/w", "build/prod", "./build/prod/../prod/w"} {
			if code, out := planFrom(t, from); code == 0 || strings.Contains(strings.ReplaceAll(out, outside, ""), canary) || strings.HasPrefix(from, at) && !strings.Contains(out, "leads out of the current directory") {
				t.Errorf("%s is a link: plan --from %s: exit %d\n%s", at, from, code, out)
			}
		}
		if code, out := planFrom(t, filepath.Join(outside, "build", "prod")); code != 0 || !strings.Contains(out, canary) {
			t.Errorf("elsewhere: exit %d\n%s", code, out)
		}
	}

	workspace, _ := linked(t)
	t.Chdir(workspace)
	if err := os.Symlink("prod", filepath.Join("build", "live")); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"build/prod", "build/live", "build/live/w", filepath.Join(workspace, "build", "live")} {
		if code, out := planFrom(t, from); code != 0 || !strings.Contains(out, "1 to insert") {
			t.Errorf("plan --from %s: exit %d\n%s", from, code, out)
		}
	}
	for _, from := range []string{"build/none", "w.weave", filepath.Join(workspace, "none")} {
		if code, out := planFrom(t, from); code != 64 || !strings.Contains(out, "is no folder") {
			t.Errorf("plan --from %s: exit %d\n%s", from, code, out)
		}
	}
}
