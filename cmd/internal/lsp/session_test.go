package lsp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// step is a request about a place: behind the text `behind` in `file`.
type step struct {
	method, file, behind string
	extra                map[string]any
}

var sessions = []struct {
	example string
	// edits are made first: in file, what is replaced by what.
	edits [][3]string
	steps []step
}{
	{"saas", [][3]string{{"flags.weave", "# What the flag's own list says for this environment.", "# 𝓐𝓑 é\tWhat it says. 😀"}}, []step{
		{"textDocument/documentSymbol", "flags.weave", "", nil},
		{"textDocument/documentSymbol", "app.weave", "", nil},
		{"workspace/symbol", "", "", map[string]any{"query": "tenant"}},
		{"textDocument/foldingRange", "flags.weave", "", nil},
		{"textDocument/selectionRange", "flags.weave", "check enabled or roll", nil},
		{"textDocument/hover", "flags.weave", "except where sta", nil},
		{"textDocument/hover", "flags.weave", "e.env == stage", nil},
		{"textDocument/hover", "flags.weave", "set rollout = fir", nil},
		{"textDocument/hover", "flags.weave", "sync fl", nil},
		{"textDocument/definition", "flags.weave", "e.env == stage", nil},
		{"textDocument/definition", "flags.weave", "for pr", nil},
		{"textDocument/references", "app.weave", "let stage", map[string]any{"context": map[string]any{"includeDeclaration": true}}},
		{"textDocument/documentHighlight", "flags.weave", "for e in environments where ", nil},
		{"textDocument/prepareRename", "app.weave", "let app", nil},
		{"textDocument/rename", "app.weave", "let app", map[string]any{"newName": "siteHost"}},
		{"textDocument/completion", "flags.weave", "except where stage == ", nil},
		{"textDocument/completion", "flags.weave", "preserve over", nil},
		{"textDocument/signatureHelp", "flags.weave", "set enabled = first(", nil},
		{"textDocument/inlayHint", "flags.weave", "", nil},
		{"textDocument/codeLens", "flags.weave", "", nil},
		{"textDocument/codeLens", "tests.weave", "", nil},
		{"textDocument/semanticTokens/full", "flags.weave", "", nil},
		{"workspace/executeCommand", "flags.weave", "sync fl", map[string]any{"command": showResult, "environment": "prod-eu"}},
		{"workspace/executeCommand", "flags.weave", "except where stage ==", map[string]any{"command": showResult, "environment": "prod-eu"}},
		{"workspace/executeCommand", "app.weave", "let appHost = per", map[string]any{"command": showResult, "environment": "prod-us"}},
		{"workspace/executeCommand", "tests.weave", "", map[string]any{"command": runTest, "test": "drafts stay in test"}},
		{"workspace/executeCommand", "flags.weave", "set rollout = fir", map[string]any{"command": showResult}},
		{"workspace/executeCommand", "flags.weave", "check rollout between", map[string]any{"command": showResult, "environment": "prod-us", "document": `flags[name=beta-api-v2]`}},
		{"workspace/executeCommand", "flags.weave", "sync fl", map[string]any{"command": showResult, "environment": "prod-us", "document": `flags[name=beta-api-v2]`}},
		{"textDocument/codeAction", "flags.weave", "e.env == stageN", map[string]any{"context": map[string]any{"diagnostics": []any{}, "only": []string{"show"}}}},
		{"workspace/didChangeConfiguration", "", "", map[string]any{"settings": map[string]any{"mongocd": map[string]any{"environment": "prod-eu", "lenses": "expressions"}}}},
		{"textDocument/codeLens", "flags.weave", "", nil},
		{"textDocument/codeAction", "flags.weave", "e.env == stageN", map[string]any{"context": map[string]any{"diagnostics": []any{}, "only": []string{"show"}}}},
		// Only where the text that is not saved is looked at.
		{"textDocument/didChange", "flags.weave", "prune all at most 3", map[string]any{"contentChanges": []any{map[string]any{"text": "from app_test into app {\n  sync flags by name { create shout = upper(name) + \"!\" }\n}\n"}}}},
		{"workspace/executeCommand", "flags.weave", "", map[string]any{"command": showResult, "environment": "prod-eu", "range": rang{position{1, 38}, position{1, 49}}}},
	}},
	{"saas", [][3]string{{"flags.weave", "    preserve overrides\n", "      preserve   overrides\n"}, {"flags.weave", "check rollout between", "check rolout between"}}, []step{
		{"textDocument/formatting", "flags.weave", "", nil},
		{"textDocument/rangeFormatting", "flags.weave", "preserve", nil},
		{"textDocument/onTypeFormatting", "flags.weave", "set rollout = 0\n      }", map[string]any{"ch": "}"}},
		{"textDocument/codeAction", "flags.weave", "check rol", map[string]any{"context": map[string]any{"diagnostics": []any{}}}},
		{"textDocument/codeAction", "flags.weave", "", map[string]any{"context": map[string]any{"diagnostics": []any{}, "only": []string{"source.fixAll"}}}},
	}},
	{"planets", nil, []step{
		{"textDocument/documentSymbol", "planets.weave", "", nil},
		{"textDocument/codeLens", "planets.weave", "", nil},
		{"textDocument/inlayHint", "planets.weave", "", nil},
	}},
	{"markets", nil, []step{
		{"textDocument/documentSymbol", "markets.weave", "", nil},
		{"textDocument/codeLens", "markets.weave", "", nil},
		{"textDocument/inlayHint", "markets.weave", "", nil},
	}},
}

// TestSessions asks a server process about the examples, and compares the answers,
// and the diagnostics, with testdata.
func TestSessions(t *testing.T) {
	for i, s := range sessions {
		t.Run(fmt.Sprintf("%s-%d", s.example, i), func(t *testing.T) {
			dir := example(t, s.example)
			c := start(t)
			var out strings.Builder
			write := func(what string, v json.RawMessage) {
				var b bytes.Buffer
				if err := json.Indent(&b, bytes.ReplaceAll(v, []byte(uri(dir)), []byte("file:///w")), "", " "); err != nil {
					t.Fatalf("%s: %v", v, err)
				}
				fmt.Fprintf(&out, "== %s\n%s\n", what, compacted(b.String()))
			}
			write("initialize", withoutVersion(t, c.initialize([]string{"utf-8-other", "utf-16"}, dir)))
			texts := map[string]string{}
			for _, st := range s.steps {
				if st.file == "" || texts[st.file] != "" {
					continue
				}
				text := readFile(t, filepath.Join(dir, st.file))
				for _, e := range s.edits {
					if e[0] == st.file {
						if !strings.Contains(text, e[1]) {
							t.Fatalf("%s has no %q", st.file, e[1])
						}
						text = strings.Replace(text, e[1], e[2], 1)
					}
				}
				texts[st.file] = text
				c.open(filepath.Join(dir, st.file), text)
			}
			for _, st := range s.steps {
				params := map[string]any{}
				for k, v := range st.extra {
					params[k] = v
				}
				l := linesOf(texts[st.file], utf16Units)
				at := strings.Index(texts[st.file], st.behind)
				if at < 0 {
					t.Fatalf("%s has no %q", st.file, st.behind)
				}
				pos, end := l.position(at+len(st.behind)), l.position(len(l.text))
				if st.file != "" {
					params["textDocument"] = map[string]any{"uri": uri(filepath.Join(dir, st.file))}
					params["position"], params["positions"] = pos, []position{pos}
					params["range"] = rang{pos, pos}
					if st.behind == "" {
						params["range"] = rang{position{}, end}
					}
				}
				if st.method == "workspace/executeCommand" {
					arg := map[string]any{"uri": uri(filepath.Join(dir, st.file)), "position": pos}
					for _, name := range []string{"environment", "document", "test", "range"} {
						if st.extra[name] != nil {
							arg[name] = st.extra[name]
						}
					}
					params = map[string]any{"command": st.extra["command"], "arguments": []any{arg}}
				}
				if strings.Contains(st.method, "/didChange") {
					c.notify(st.method, params)
					continue
				}
				write(fmt.Sprintf("%s %s %q", st.method, st.file, st.behind), c.call(st.method, params))
			}
			for file := range texts {
				c.diagnostics(filepath.Join(dir, file), version(1))
			}
			golden := filepath.Join("testdata", fmt.Sprintf("session-%s-%d.golden", s.example, i))
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := readFile(t, golden); want != out.String() {
				t.Errorf("%s is not\n%s", golden, out.String())
			}
			end(t, c)
		})
	}
}

// withoutVersion is what initialize answers without the version of this build.
func withoutVersion(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	var v map[string]any
	decode(t, raw, &v)
	v["serverInfo"].(map[string]any)["version"] = "VERSION"
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compacted writes positions and ranges on one line.
func compacted(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		trimmed := strings.TrimSpace(line)
		if n := len(out); n > 0 && (strings.HasPrefix(trimmed, `"line"`) || strings.HasPrefix(trimmed, `"character"`) || strings.HasPrefix(trimmed, "}") && strings.Contains(out[n-1], `"character"`) || isNumber(trimmed) && strings.Contains(out[n-1], ",") && isNumber(lastField(out[n-1]))) {
			out[n-1] += " " + trimmed
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func isNumber(s string) bool {
	s = strings.TrimSuffix(s, ",")
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func lastField(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 || len(f)%5 == 0 {
		return ""
	}
	return f[len(f)-1]
}
