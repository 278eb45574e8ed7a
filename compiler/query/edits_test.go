package query

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/diag"
)

// notRemoved are the messages whose edit leaves them, by file and code, with the reason.
var notRemoved = map[string]string{
	"compare-between.txtar never-ordered":   "both bounds of a `between` have the mistake, and a message of the same words",
	"where-else-syntax.txtar missing-comma": "what was meant as a block is read as an object, whose next field lacks a comma, too",
	"written-fields.txtar unknown-field":    "one message says it for all places of a name: the edit is that of the first",
}

// TestEditsRemove makes the edit of every message of the corpus that has one: the
// message is gone, and the text has no more syntax errors than before.
func TestEditsRemove(t *testing.T) {
	archives, err := filepath.Glob(filepath.Join("..", "..", "testdata", "diagnostics", "*.txtar"))
	if err != nil || len(archives) < 100 {
		t.Fatalf("%d workspaces: %v", len(archives), err)
	}
	edits, accepted, mended := 0, 0, 0
	used := map[string]bool{}
	for _, file := range archives {
		w, _ := archive(t, file)
		before := analysed(t, w)
		for i := range before {
			d := analysed(t, w)[i] // in the files as they are after the edits that were taken back
			fixes := w.Now().Mending(d)
			mended += len(fixes)
			if d.Fix != nil {
				fixes = append(fixes, d.Fix)
				edits++
			} else if fix := w.Now().Accepting(d); fix != nil {
				fixes = append(fixes, fix)
				accepted++
			}
			for _, fix := range fixes {
				f := fix.Span.File
				w.Edit(f.Name, f.Text[:fix.Span.Start]+fix.Text+f.Text[fix.Span.End:])
				after := analysed(t, w)
				w.Edit(f.Name, f.Text)
				same := func(o diag.Diagnostic) bool {
					return o.Code == d.Code && o.Message == d.Message && o.Severity == d.Severity
				}
				removed := number(after, same) < number(before, same)
				name := filepath.Base(file) + " " + string(d.Code)
				if notRemoved[name] != "" {
					used[name] = true
					continue
				}
				if !removed || syntaxErrors(after) > syntaxErrors(before) {
					t.Errorf("%s: %s at %s is not removed by %q for %q:\n%s", name, d.Message, d.Span, fix.Text, fix.Span.Text(), listed(after))
				}
			}
		}
	}
	for name := range notRemoved {
		if !used[name] {
			t.Errorf("%s is an exception that is none", name)
		}
	}
	if edits < 80 || accepted < 20 || mended < 15 {
		t.Errorf("%d edits, %d to accept and %d statements were made", edits, accepted, mended)
	}
	t.Logf("%d edits, %d to accept, %d statements", edits, accepted, mended)
}

func analysed(t *testing.T, w *Workspace) diag.List {
	t.Helper()
	a, err := w.Now().Analyse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return a.Diagnostics
}

func number(l diag.List, is func(diag.Diagnostic) bool) (n int) {
	for _, d := range l {
		if is(d) {
			n++
		}
	}
	return n
}

func syntaxErrors(l diag.List) int {
	return number(l, func(d diag.Diagnostic) bool {
		return slices.Contains([]diag.Code{diag.SyntaxError, diag.UnclosedText, diag.UnexpectedCharacter}, d.Code)
	})
}

func listed(l diag.List) string {
	var b strings.Builder
	for _, d := range l {
		b.WriteString("  " + d.Span.String() + " " + string(d.Code) + ": " + d.Message + "\n")
	}
	return b.String()
}
