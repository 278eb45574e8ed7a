package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
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
