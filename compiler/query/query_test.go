package query

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// TestAtOnce edits, analyses and asks at the same time.
func TestAtOnce(t *testing.T) {
	files := tree(t, filepath.Join("..", "..", "examples", "planets"))
	w := Open(files, workspace.Options{WithEdits: true}, nil)
	name := w.Now().Files()[0]
	text := string(files[name].Data)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 8 {
				w.Edit(name, text+strings.Repeat("\n", n+i))
				s := w.Now()
				everything(t, s, name, (n*31+i*97)%len(text))
				if _, err := s.Analyse(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				if i == 5 {
					w.Refresh()
				}
			}
		})
	}
	all.Wait()
	cancel()
	if _, err := w.Now().Analyse(ctx); err == nil {
		w.Edit(name, text+"# more")
		if _, err := w.Now().Analyse(ctx); err == nil {
			t.Error("an analysis goes on after its context has ended")
		}
	}
	w.Edit(name, text)
	if a, err := w.Now().Analyse(context.Background()); err != nil || a.Diagnostics.HasErrors() {
		t.Error(err, a)
	}
}

// TestStale holds that counts of statements stay while something else is being written,
// and go with what is changed.
func TestStale(t *testing.T) {
	files := tree(t, filepath.Join("..", "..", "examples", "saas"))
	w := Open(files, workspace.Options{WithEdits: true}, nil)
	text := string(files["flags.weave"].Data)
	counts := func(text string) string {
		w.Edit("flags.weave", text)
		list, err := w.Now().Counts(context.Background(), "flags.weave")
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, c := range list {
			fmt.Fprintf(&b, "%s %q %v\n", c.Kind, c.Head.Text(), c.In)
		}
		return b.String()
	}
	right := counts(text)
	if strings.Count(right, "\n") != 3 {
		t.Fatalf("the counts are\n%s", right)
	}
	if got := counts(strings.Replace(text, "    index on", "    set x.\n    index on", 1)); got != right {
		t.Errorf("with an error elsewhere the counts are\n%s\nand were\n%s", got, right)
	}
	if got := counts(strings.Replace(text, `stage == "alpha"`, `stage = = "alpha"`, 1)); strings.Contains(got, "where ") || !strings.Contains(got, "sync") {
		t.Errorf("with an error there the counts are\n%s", got)
	}
}

// TestWeavesApart holds that an error in one weave hides nothing of another one, and
// that data that changes on the disk is read again.
func TestWeavesApart(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	rules := func(name, collection, more string) *fstest.MapFile {
		return file("weave " + name + "\nenvironments e\nfrom s into " + name + " {\n  sync " + collection + " {\n    set x = 1\n    " + more + "\n  }\n}\n")
	}
	files := fstest.MapFS{
		"a/a.weave": rules("a", "c", "check y == 5"), "b/b.weave": rules("b", "d", "set ="), "f/f.weave": rules("f", "d", "set nothing = 1"),
		"extracted/s/c/collection.json": file(`{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`),
		"extracted/s/d/collection.json": file(`{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"], "indexes": []}`),
		"extracted/s/c/documents.jsonl": file(`{"_id": 1, "x": 2, "y": 3}` + "\n"),
		"extracted/s/d/documents.jsonl": file(`{"_id": 1, "x": 2}` + "\n"),
	}
	w := Open(files, workspace.Options{WithEdits: true}, nil)
	codes := func() string {
		var out []string
		for _, d := range analysed(t, w) {
			if d.Severity == diag.Error {
				out = append(out, d.Span.File.Name+" "+string(d.Code))
			}
		}
		return strings.Join(out, ", ")
	}
	if got, want := codes(), "a/a.weave check-failed, b/b.weave foreign-operator, f/f.weave unknown-field"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	files["extracted/s/c/documents.jsonl"] = file(`{"_id": 1, "x": 2, "y": 5, "z": 1}` + "\n")
	w.Refresh()
	if got, want := codes(), "b/b.weave foreign-operator, f/f.weave unknown-field"; got != want {
		t.Errorf("after the data has changed: got  %s\nwant %s", got, want)
	}
}
