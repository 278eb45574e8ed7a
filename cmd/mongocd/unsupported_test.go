package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/lang/diag"
)

// What the engines do not carry out is a warning at its place, what they do is none.
func TestNotCarriedOut(t *testing.T) {
	const weave = `weave shop
environments preprod, prod

from shop into shop {
  after { run { ping: 1 } }
  sync flags {
    preserve stats
    index on name { unique: true }
    indexes exact
    drop index old
    options { validationLevel: "off" }
    before { run { ping: 1 } }
    set rollout = 7
  }
}
`
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.weave":                              weave,
		"extracted/shop/flags/documents.jsonl": `{"_id": 1, "name": "a", "rollout": 5}`,
		"extracted/shop/flags/collection.json": `{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w, diags := compiler.Load(dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	result, diags := w.Compile(context.Background(), compiler.Options{Compiler: "mongocd test"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := map[string]string{} // by name and place, in which environments
	for _, s := range result.States {
		for _, f := range s.Unsupported() {
			want["`"+f.Name+"` "+f.Origin] += s.Environment
		}
	}
	found := notCarriedOut(w, result)
	if len(found) != len(want) {
		t.Errorf("%d warnings for %d statements: %+v", len(found), len(want), found)
	}
	for _, d := range found {
		words := strings.Fields(d.Span.Text())
		name := d.Message[strings.Index(d.Message, "`"):]
		environments, ok := want[name+" "+d.Span.String()]
		if !ok || d.Severity != diag.Warning || d.Code != diag.NotCarriedOut {
			t.Errorf("unexpected %+v", d)
		}
		if len(words) == 0 || !strings.Contains(name, words[0]) && words[0] != "environment" && words[0] != "run" && words[0] != "sync" {
			t.Errorf("%s is at %q", name, d.Span.Text())
		}
		if both := strings.Contains(d.Message, "preprod, prod"); both != (environments == "preprodprod") {
			t.Errorf("%q for %s", d.Message, environments)
		}
	}
}
