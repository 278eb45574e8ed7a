package main

// What every command writes, to its streams and into files: nothing of a document, a
// name or a rule is in it that a reader cannot see.

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// hiddenData is a workspace for rules over documents with hostile names and values:
// extracted, and as they are at a directory that is the destination.
func hiddenData(t *testing.T, dir, rules string) {
	t.Helper()
	var extracted, there bytes.Buffer
	line := func(b *bytes.Buffer, d bson.D) {
		raw, err := bson.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "%s\n", doc.Line(raw))
	}
	for i, text := range hostile.Texts {
		name := strings.ReplaceAll(text, "\x00", "")
		d := bson.D{{Key: "_id", Value: int32(i)}, {Key: "k", Value: text}, {Key: "n", Value: int32(i)}, {Key: "list", Value: bson.A{text, bson.D{{Key: name + "x", Value: text}}}}}
		if !has(d, name) {
			d = append(d, bson.E{Key: name, Value: bson.D{{Key: name + "x", Value: text}}})
		}
		line(&extracted, d)
		switch i % 3 {
		case 0:
			d[3].Value = bson.A{"other" + text}
			line(&there, d)
		case 1:
			line(&there, append(bson.D{{Key: "_id", Value: text}}, d[1:3]...))
		}
		line(&there, bson.D{{Key: "_id", Value: "more " + text}, {Key: "k", Value: "more " + text}})
	}
	put(t, filepath.Join(dir, "rules.weave"), rules)
	for folder, documents := range map[string]string{"extracted/src": extracted.String(), "there/db": there.String()} {
		put(t, filepath.Join(dir, folder, "items", "documents.jsonl"), documents)
		put(t, filepath.Join(dir, folder, "items", "collection.json"), `{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": [{"key": {"x\u202e\u200b": 1}, "name": "i\u200b\u00a0"}]}`)
	}
}

func has(d bson.D, name string) bool {
	return slices.ContainsFunc(d, func(e bson.E) bool { return e.Key == name })
}

// hiddenRules compile; wrongRules give messages with what they found in the data.
const (
	hiddenRules = `weave hidden
environments prod

from src into db {
  sync items by k {
    mode exact
    not secret *.'../../../../etc/passwd', *.'/etc/passwd'
    where n == 2 { set k = "made\u{202e}\u{200b}\u{a0}" }
    index on n { unique: true, name: "u\u{200b}" }
    prune all at most 1000
  }
}

test "x\u{200b}" for prod {
  given items { _id: 1, k: "a\u{200b}", n: 2 }
  expect items with { k: "made\u{202e}\u{200b}\u{a0}", n: 2 }
  expect items with { k: "b\u{202e}", n: 2 }
}
`
	wrongRules = `weave hidden
environments prod

from src into db {
  sync items by k {
    only where k == "no\u{200b}"
    check n < 1
    check k matches /^x/ else "it is ${k}"
    index on list { unique: true }
    set n = k
    rename k to n
    set 'x` + "\u200b" + `' = 1
    frobnicate "a` + "\u200b" + `"
  }
}
`
	failingRules = `weave hidden
environments prod

from src into db {
  sync items {
    mode exact
    check n < 1
    check k matches /^x/ else "it is ${k}"
    where n < 90 { set n = 1 }
    index on n { unique: true, name: "u\u{200b}" }
    warn k != "a\u{200b}" else "it is ${k}"
  }
}
`
)

// wantSeen: nothing in a text is hidden.
func wantSeen(t *testing.T, what, text string) {
	t.Helper()
	for i, r := range text {
		if r != '\n' && safe.Hidden(r) {
			t.Errorf("%s has a raw %U: %q", what, r, text[max(0, i-80):min(len(text), i+80)])
			return
		}
	}
}

// everyCommand are the commands in their forms. URI stands for that of a server, ID
// for the run that came before.
var everyCommand = map[string][][]string{
	"check":        {{}, {"--hints"}, {"--output", "json"}, {"--log-format", "json"}},
	"test":         {{}, {"--output", "json"}},
	"diff":         {{}, {"--output", "markdown"}, {"--output", "json"}, {"--destination", "there"}, {"--verbose"}},
	"explain":      {{"duplicate-key"}, {"items", "k\u200b"}, {"no\u202e"}},
	"fmt":          {{"--check"}, {"--diff"}},
	"render":       {{}, {"--output", "json"}},
	"compile":      {{"--check"}, {"--target", "mongosh"}, {"--target", "go", "--output", "json"}},
	"plan":         {{}, {"--verbose"}, {"--output", "markdown"}, {"--output", "json"}, {"--output", "commands"}, {"--output", "mongosh"}, {"--output", "liquibase"}, {"--output", "liquibase-yaml"}, {"--output", "bytebase"}, {"--out", "kept.plan"}, {"--html", "plan.html"}, {"--log-format", "json"}},
	"show":         {{"kept.plan"}, {"kept.plan", "--output", "markdown"}, {"kept.plan", "--html", "kept.html"}},
	"apply":        {{"--yes"}, {"--yes", "--output", "json"}},
	"verify":       {{}, {"--output", "json"}, {"--metrics", "verify.prom"}},
	"runs":         {{}, {"--output", "json"}, {"show", "last"}, {"show", "last", "--output", "json"}, {"show", "last", "--html", "run.html"}},
	"release-hold": {{}},
	"undo":         {{"--last", "--plan"}, {"--last", "--plan", "--output", "json"}, {"--last", "--yes"}},
	"claim":        {{}},
	"doctor":       {{}, {"--output", "json"}},
	"capture":      {{"--all"}, {"--all", "--output", "json"}, {"--document", "items[k=other\u200b]"}, {"--all", "--write"}},
	"adopt":        {{}, {"--output", "json"}, {"--write"}},
	"status":       {{}, {"--output", "markdown"}, {"--output", "json"}, {"--metrics", "status.prom"}, {"--html", "status.html"}},

	"promote": {{"extracted", "prod\u200b"}, {"extracted", "prod"}, {"extracted", "prod", "--document", "items[k=no\u202e]"}, {"prod", "prod", "--output", "json"}, {"--relock", "prod"}},

	"privileges": {{}, {"--for", "undo"}}, "version": {{}, {"--json"}}, "completion": {{"bash"}}, "init": {{"new\u200b"}}, "extract": {{"--database", "db", "--collection", "items"}, {"--database", "db", "--collection", "items", "--check"}, {"--database", "db\u200b"}},
	"import": {{"there/db/items/documents.jsonl", "--source", "src\u200b", "--collection", "items\u202e"}, {"no\u200b.csv"}, {"rules.weave", "--type", "csv", "--by", "k\u200b"}, {"rules.weave", "--type", "json", "--output", "json"}},
	"help":   {{}}, "lsp": {{}},
	"playground": {{"--port", "no\u200b"}}, // else it serves until it is interrupted
}

// refused are the commands that fail as they must, in all of their forms or in some:
// the test is one that fails, there is no such message and database, a directory
// remembers no runs and is no server.
var refused = []string{"test", "explain", "extract", "import", "promote", "runs directory", "undo directory", "claim directory", "release-hold directory", "doctor directory", "playground"}

// TestNothingIsHidden runs every command over such data, on a directory and on a server.
func TestNothingIsHidden(t *testing.T) {
	uri := engine.ForTest(t)
	order := []string{"check", "test", "diff", "explain", "fmt", "render", "compile", "promote", "doctor", "plan", "show", "verify", "privileges", "claim", "apply", "status", "capture", "adopt", "verify", "runs", "undo", "release-hold", "version", "completion", "extract", "import", "init", "help", "lsp", "playground"}
	all := slices.Collect(maps.Keys(everyCommand))
	for _, c := range (&app{Console: &console.Console{}}).rootCommand().Commands() {
		all = append(all, c.Name())
	}
	for _, name := range all {
		if !slices.Contains(order, name) || everyCommand[name] == nil {
			t.Errorf("%s is never run", name)
		}
	}
	for i, rules := range []string{hiddenRules, failingRules, wrongRules} {
		for _, at := range []string{"directory", "server"} {
			if i > 0 && at == "server" {
				continue // it never gets there
			}
			dir := t.TempDir()
			hiddenData(t, dir, rules)
			t.Chdir(dir)
			destination := "dir:there"
			if at == "server" {
				destination = uri
			}
			for _, name := range order {
				for _, flags := range everyCommand[name] {
					var stdout, stderr bytes.Buffer
					args := append([]string{name}, flags...)
					code := run(args, strings.NewReader(""), &stdout, &stderr, func(name string) (string, bool) {
						switch name {
						case "MONGOCD_DESTINATION_URI":
							return destination, true
						case "MONGOCD_SOURCE_URI":
							return uri, true
						}
						return "", false
					})
					what := fmt.Sprintf("%d %s: %q (exit %d)", i, at, args, code)
					if i == 0 && (code == 64 || code == 1) && !slices.Contains(refused, name) && !slices.Contains(refused, name+" "+at) {
						t.Errorf("%s\n%s%s", what, stdout.String(), stderr.String())
					}
					wantSeen(t, what, stdout.String())
					wantSeen(t, what+" on stderr", stderr.String())
				}
			}
			for path, text := range contents(t, dir) {
				if filepath.Base(path) != "rules.weave" && !strings.HasPrefix(path, filepath.Join(dir, ".")) {
					wantSeen(t, path, text)
				}
			}
		}
	}
}
