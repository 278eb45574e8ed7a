package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRevisionThatCannotBeRead: a workspace below the repository's root that was
// not there yet is empty; one of which an object is missing is an error.
func TestRevisionThatCannotBeRead(t *testing.T) {
	root := t.TempDir()
	command := func(args ...string) string {
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
	command("init", "-q", "-b", "main")
	write("readme", "x")
	command("add", "-A")
	command("commit", "-q", "-m", "before")
	write("a/ws/r.weave", "weave r\n")
	command("add", "-A")
	command("commit", "-q", "-m", "with")
	r, err := Open(t.Context(), filepath.Join(root, "a", "ws"))
	if err != nil {
		t.Fatal(err)
	}
	for revision, want := range map[string]int{"HEAD": 1, "HEAD~1": 0} {
		if found, err := r.files(t.Context(), revision); err != nil || len(found) != want {
			t.Errorf("%s: %d files, %v; want %d", revision, len(found), err, want)
		}
	}
	for _, lost := range []string{"HEAD:a/ws", "HEAD:a"} { // the first one stays lost
		id := command("rev-parse", lost)
		if err := os.Remove(filepath.Join(root, ".git", "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
		if found, err := r.files(t.Context(), "HEAD"); err == nil {
			t.Errorf("without %s: %d files and no error", lost, len(found))
		}
	}
}
