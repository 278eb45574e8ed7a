package connect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/extract"
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/sources"
)

func TestWithPassword(t *testing.T) {
	for _, test := range []struct{ uri, password, want string }{
		{"mongodb://ann@db.example/x", "s:e/c@r+t %", "mongodb://ann:s%3Ae%2Fc%40r%2Bt%20%25@db.example/x"},
		{"mongodb+srv://ann@db.example?w=1", "p", "mongodb+srv://ann:p@db.example?w=1"},
		{"mongodb://ann@h1:1,h2:2/", "p", "mongodb://ann:p@h1:1,h2:2/"},
		{"mongodb://ann:own@db.example", "p", "mongodb://ann:own@db.example"},
		{"mongodb://db.example/?authSource=a@b", "p", "mongodb://db.example/?authSource=a@b"},
		{"mongodb://ann@db.example", "", "mongodb://ann@db.example"},
		{"nonsense", "p", "nonsense"},
	} {
		if got := withPassword(test.uri, test.password); got != test.want {
			t.Errorf("withPassword(%q): %q, want %q", test.uri, got, test.want)
		}
	}
}

// TestSuspects holds the error of likely-secret; cmd/mongocd/testdata/server
// has it with a weave.
func TestSuspects(t *testing.T) {
	selected := []Selection{{Source: sources.Source{Name: "shop"}, wanted: []sources.Wanted{{Collection: "c"}}}}
	results := []extract.Result{{Source: "shop", Collection: "c", Suspects: []redact.Suspect{{Field: "hooks[].token", Why: "its name", Documents: 2, Redact: "redact *.token", NotSecret: "not secret *.token"}}}}
	a := &console.Console{Stderr: &bytes.Buffer{}, LookupEnv: func(string) (string, bool) { return "", false }}
	if err := a.Report(Suspects(selected, results), console.DiagnosticOptions{Output: "text"}); err == nil {
		t.Error("a likely secret does not end the command")
	}
	text := a.Stderr.(*bytes.Buffer).String()
	for _, want := range []string{"error[likely-secret]: `hooks[].token` of \"shop.c\" looks like a secret: its name, in 2 documents", "= redact *.token", "= not secret *.token"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\ndoes not have %s", text, want)
		}
	}
}
