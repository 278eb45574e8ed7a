package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Without a git program the flag that needs it says so.
func TestDiffWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var stdout, stderr bytes.Buffer
	code := run([]string{"diff", "--workspace", t.TempDir(), "--from", "main"}, strings.NewReader(""), &stdout, &stderr, func(string) (string, bool) { return "", false })
	if code != console.ExitFailed || !strings.Contains(stderr.String(), "there is no program `git` on PATH") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}

// Colours stand around what is safe already, and only where they are wanted.
func TestDiffColours(t *testing.T) {
	c := &comparison{kind: "revisions", from: "v1", to: "v2", found: []describe.CollectionChanges{{
		Weave: "w\x1b[2J", Environment: "prod", From: "shop.flags", To: "shop.flags", Before: 1, After: 2,
		Settings: []describe.FieldChange{{Path: "mode", Before: doc.String("replace"), After: doc.String("merge")}},
		Documents: []describe.DocumentChanges{
			{Action: describe.ChangeDocument, Document: "name \"a\"", Fields: []describe.FieldChange{{Path: "n", Before: doc.String("\x1b[2J"), After: bson.RawValue{}}}},
			{Action: describe.RemoveDocument, Document: "name \"b\""},
		},
		Conflicts: []string{"apply would refuse: x"},
	}}}
	plain := "w\\u{1b}[2J for prod: shop.flags\n  1 document at v1, 2 at v2, 1 changed, 1 removed\n  ! apply would refuse: x\n  ~ mode: \"replace\" → \"merge\"\n" +
		"  ~ name \"a\"\n      n: \"\\u{1b}[2J\" → (missing)\n  - name \"b\"\n"
	if got := c.text(diffItems, paint{}); got != plain {
		t.Errorf("plain:\n%s", got)
	}
	colored := c.text(diffItems, paint{on: true})
	for _, want := range []string{"\x1b[31m\"replace\"\x1b[0m → \x1b[32m\"merge\"\x1b[0m", "\x1b[33m~ name \"a\"\x1b[0m", "\x1b[31m- name \"b\"\x1b[0m"} {
		if !strings.Contains(colored, want) {
			t.Errorf("no %q in\n%q", want, colored)
		}
	}
	without := colored
	for _, style := range []string{bold, red, green, yellow} {
		without = strings.ReplaceAll(without, "\x1b["+style+"m", "")
	}
	if strings.ReplaceAll(without, "\x1b[0m", "") != plain {
		t.Errorf("colours change the text:\n%q", colored)
	}
	if markdown := c.markdown(diffItems); strings.Contains(markdown, "\x1b") {
		t.Errorf("%q", markdown)
	}
}

// TestRevisionThatCannotBeRead: a workspace below the repository's root that was
// not there yet is empty; one of which an object is missing is an error.
func TestRevisionThatCannotBeRead(t *testing.T) {
	root := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q", "-b", "main")
	write("readme", "x")
	git("add", "-A")
	git("commit", "-q", "-m", "before")
	write("a/ws/r.weave", "weave r\n")
	git("add", "-A")
	git("commit", "-q", "-m", "with")
	r, err := openGit(t.Context(), filepath.Join(root, "a", "ws"))
	if err != nil {
		t.Fatal(err)
	}
	for revision, want := range map[string]int{"HEAD": 1, "HEAD~1": 0} {
		if found, err := r.files(t.Context(), revision); err != nil || len(found) != want {
			t.Errorf("%s: %d files, %v; want %d", revision, len(found), err, want)
		}
	}
	for _, lost := range []string{"HEAD:a/ws", "HEAD:a"} { // the first one stays lost
		id := git("rev-parse", lost)
		if err := os.Remove(filepath.Join(root, ".git", "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
		if found, err := r.files(t.Context(), "HEAD"); err == nil {
			t.Errorf("without %s: %d files and no error", lost, len(found))
		}
	}
}
