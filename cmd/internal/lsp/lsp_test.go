package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/lang/diag"
)

// example is a copy of an example's workspace.
func example(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, filepath.Join("..", "..", "..", "examples", name), dir)
	return dir
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDiagnostics writes a misspelt field into an example, sees the message, makes
// the edit that is offered and sees the message go.
func TestDiagnostics(t *testing.T) {
	dir := example(t, "saas")
	c := start(t)
	c.initialize([]string{"utf-16"}, dir)
	file := filepath.Join(dir, "flags.weave")
	text := readFile(t, file)
	c.open(file, text)
	wrong := func(p publishDiagnostics) []diagnostic {
		return slices.DeleteFunc(slices.Clone(p.Diagnostics), func(d diagnostic) bool { return d.Severity == severities[diag.Hint] })
	}
	right := func(v int) func(publishDiagnostics) bool {
		return func(p publishDiagnostics) bool { return version(v)(p) && len(wrong(p)) == 0 }
	}
	c.diagnostics(file, right(1))

	l := linesOf(text, utf16Units)
	at := strings.Index(text, "check rollout between") + len("check roll")
	pos := l.position(at)
	c.change(file, 2, contentChange{Range: &rang{pos, position{pos.Line, pos.Character + 1}}}) // rollut
	p := c.diagnostics(file, func(p publishDiagnostics) bool { return version(2)(p) && len(wrong(p)) > 0 })
	d := wrong(p)[0]
	if d.Code != "unknown-field" || !strings.Contains(d.Message, "did you mean `rollout`") || d.CodeDescription == nil {
		t.Fatalf("%+v", p.Diagnostics)
	}
	var actions []codeAction
	decode(t, c.call("textDocument/codeAction", map[string]any{"textDocument": map[string]any{"uri": uri(file)}, "range": d.Range, "context": map[string]any{"diagnostics": p.Diagnostics, "only": []string{"quickfix"}}}), &actions)
	if len(actions) != 1 || actions[0].Title != "Write `rollout` for `rollut`" {
		t.Fatalf("%+v", actions)
	}
	edit := actions[0].Edit.DocumentChanges[0]
	if edit.TextDocument.Version == nil || *edit.TextDocument.Version != 2 {
		t.Errorf("the edit is for version %v", edit.TextDocument.Version)
	}
	c.change(file, 3, contentChange{Range: &edit.Edits[0].Range, Text: edit.Edits[0].NewText})
	c.diagnostics(file, right(3))
	c.change(file, 4, contentChange{Text: "from x into y {"})
	c.diagnostics(file, func(p publishDiagnostics) bool { return version(4)(p) && len(p.Diagnostics) > 0 })
	c.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": uri(file)}})
	c.diagnostics(file, func(p publishDiagnostics) bool { return p.Version == nil && len(wrong(p)) == 0 })
	end(t, c)
}

// TestPlainEdits: a client that does not know documentChanges has its edits by file.
func TestPlainEdits(t *testing.T) {
	dir := example(t, "saas")
	c := start(t)
	c.call("initialize", map[string]any{"rootUri": uri(dir), "capabilities": map[string]any{}})
	c.notify("initialized", map[string]any{})
	file := filepath.Join(dir, "app.weave")
	text := readFile(t, file)
	c.open(file, text)
	at := linesOf(text, utf16Units).position(strings.Index(text, "let app") + len("let a"))
	var edit workspaceEdit
	decode(t, c.call("textDocument/rename", map[string]any{"textDocument": map[string]any{"uri": uri(file)}, "position": at, "newName": "siteHost"}), &edit)
	if edit.DocumentChanges != nil || len(edit.Changes[uri(file)]) == 0 || len(edit.Changes) < 2 {
		t.Errorf("%+v", edit)
	}
	end(t, c)
}

// end ends a session as editors do.
func end(t *testing.T, c *client) {
	t.Helper()
	c.call("shutdown", nil)
	_, answer := c.ask("textDocument/hover", map[string]any{})
	if m := c.wait(answer); m.Error == nil {
		t.Error("a request after shutdown is answered")
	}
	c.notify("exit", nil)
	select {
	case err := <-c.ended:
		c.ended <- err
		if err != nil {
			t.Errorf("the server ended with %v:\n%s", err, c.stderr.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the server does not end")
	}
}

func decode(t *testing.T, from json.RawMessage, to any) {
	t.Helper()
	if err := json.Unmarshal(from, to); err != nil {
		t.Fatalf("%s: %v", from, err)
	}
}
