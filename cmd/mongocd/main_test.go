package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/runtime/change"
)

// A panic anywhere in a command is one message and exit code 1.
func TestMistake(t *testing.T) {
	var stdout, stderr bytes.Buffer
	lookup := func(string) (string, bool) { panic("the environment\x1b[2J fails") }
	code := run([]string{"check"}, strings.NewReader(""), &stdout, &stderr, lookup)
	if code != console.ExitFailed || stdout.Len() > 0 {
		t.Errorf("exit %d, stdout %q", code, &stdout)
	}
	for _, want := range []string{`error[internal-error]: mongocd made a mistake while running this command: the environment\u{1b}[2J fails`, "= nothing was written",
		"please report it with `mongocd version`", "(*Console).Workspace console.go:"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, &stderr)
		}
	}
}

// While a destination is written to, nobody can say that nothing was.
func TestMistakeWhileWriting(t *testing.T) {
	var stderr bytes.Buffer
	a := &app{Console: &console.Console{Stderr: &stderr, LookupEnv: func(string) (string, bool) { return "", false }, Changing: true}}
	if code := a.mistake("oh", nil); code != change.ExitStopped || !strings.Contains(stderr.String(), "something may have been written") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
