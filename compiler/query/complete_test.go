package query

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler/workspace"
)

// archive opens the workspace of a txtar file.
func archive(t *testing.T, file string) (*Workspace, *txtar.Archive) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "ask") {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return Open(files, workspace.Options{WithEdits: true}, nil), a
}

// TestAsk asks at places: each `ask` file of testdata/*.txtar is a text of rules.weave
// with ⟦⟧ at a place, and behind a line of dashes what is said there.
func TestAsk(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		w, a := archive(t, file)
		changed := false
		for i, f := range a.Files {
			what, ok := strings.CutPrefix(f.Name, "ask ")
			if !ok {
				continue
			}
			text, want, _ := strings.Cut(string(f.Data), "----\n")
			at := strings.Index(text, "⟦⟧")
			if at < 0 {
				t.Fatalf("%s: %s has no place", file, f.Name)
			}
			w.Edit("rules.weave", strings.Replace(text, "⟦⟧", "", 1))
			got := ask(w.Now(), strings.Fields(what)[0], at)
			if got != want {
				changed = true
				a.Files[i].Data = []byte(text + "----\n" + got)
				if os.Getenv("UPDATE_GOLDEN") == "" {
					t.Errorf("%s: %s\n%s\ngives\n%s\nwant\n%s", file, f.Name, text, got, want)
				}
			}
		}
		if changed && os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func ask(s *Snapshot, what string, at int) string {
	var b strings.Builder
	switch what {
	case "complete":
		items, replace := s.Completions("rules.weave", at)
		if replace.File != nil {
			fmt.Fprintf(&b, "for %q\n", replace.Text())
		}
		for n, i := range items {
			if n == 25 {
				fmt.Fprintf(&b, "and %d more\n", len(items)-n)
				break
			}
			fmt.Fprintf(&b, "%s %s", i.Kind, i.Label)
			if i.Insert != i.Label {
				fmt.Fprintf(&b, " %q", i.Insert)
			}
			if i.Detail != "" {
				fmt.Fprintf(&b, " (%s)", i.Detail)
			}
			b.WriteByte('\n')
		}
	case "hover":
		text, of := s.Hover("rules.weave", at)
		if of.File != nil {
			fmt.Fprintf(&b, "of %q\n%s\n", of.Text(), strings.TrimSpace(text))
		}
	case "signature":
		if f, n := s.Signature("rules.weave", at); f != nil {
			fmt.Fprintf(&b, "%s parameter %d\n", f, n)
		}
	case "references":
		for _, m := range s.References("rules.weave", at, true) {
			fmt.Fprintf(&b, "%s %s at %s declared %s\n", m.Kind, m.Name, m.Span, m.Declared)
		}
	case "rename":
		edits, err := s.Rename("rules.weave", at, "other")
		if err != nil {
			fmt.Fprintln(&b, err)
		}
		for _, e := range edits {
			fmt.Fprintf(&b, "%s %q\n", e.Span, e.Text)
		}
	case "enclosing":
		for _, e := range s.Enclosing("rules.weave", at) {
			fmt.Fprintf(&b, "%q\n", strings.Join(strings.Fields(e.Text()), " "))
		}
	}
	return b.String()
}
