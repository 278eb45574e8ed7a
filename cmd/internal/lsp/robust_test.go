package lsp

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMalformed sends what is no message between messages: the session goes on.
func TestMalformed(t *testing.T) {
	dir := example(t, "planets")
	c := start(t)
	if _, answer := c.ask("textDocument/hover", map[string]any{}); c.wait(answer).Error.Code != notInitialized {
		t.Error("a request before initialize is answered otherwise")
	}
	c.initialize(nil, dir)
	raw := func(text string) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if _, err := c.in.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	framed := func(body string) { raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)) }
	answers := make(chan message, 100)
	c.mutex.Lock()
	c.waiting[-1] = answers
	c.mutex.Unlock()
	for _, body := range []string{"{", "null", "5", "[]", `{"jsonrpc": "2.0"}`, `{"id": 7}`, `"\ud800"`, "\xff\xfe", `{"jsonrpc":"2.0","method":5,"id":1}`, strings.Repeat("[", 100_000)} {
		framed(body)
		select {
		case m := <-answers:
			if m.Error == nil || m.Error.Message == "" {
				t.Errorf("%.40q is answered by %+v", body, m)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%.40q is not answered", body)
		}
	}
	raw("nonsense\r\nContent-Length: minus one\r\nContent-Length: -5\r\nX: y\r\n")
	raw("Content-Length: 99999999999999999999\r\n" + strings.Repeat("x", 200_000) + "\n")
	for _, method := range []string{"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "$/cancelRequest", "$/setTrace", "no/such", "workspace/didChangeConfiguration", "workspace/didChangeWorkspaceFolders"} {
		for _, params := range []any{nil, 5, []int{1}, "x", map[string]any{"textDocument": 5}, map[string]any{"textDocument": map[string]any{"uri": "untitled:1"}}, map[string]any{"settings": map[string]any{"mongocd": nil}}} {
			c.notify(method, params)
		}
	}
	for method := range requests {
		for _, params := range []any{nil, 5, map[string]any{}, map[string]any{"textDocument": map[string]any{"uri": "file:///no/such.weave"}}, map[string]any{"textDocument": map[string]any{"uri": uri(filepath.Join(dir, "planets.weave"))}, "position": map[string]any{"line": -5, "character": 1 << 40}, "positions": []any{map[string]any{"line": 1 << 40}}}} {
			_, answer := c.ask(method, params)
			if m := c.wait(answer); m.Error != nil && m.Error.Code == -32603 {
				t.Errorf("%s of %v: %s", method, params, m.Error.Message)
			}
		}
	}
	if _, answer := c.ask("no/such", nil); c.wait(answer).Error.Code != -32601 {
		t.Error("an unknown method is answered otherwise")
	}
	end(t, c)
}

// TestGone is a client that goes away in the middle of everything: the server ends.
func TestGone(t *testing.T) {
	for name, leave := range map[string]func(c *client){
		"at once": func(*client) {}, "within a header": func(c *client) { c.mustWrite("Content-Le") }, "within a body": func(c *client) { c.mustWrite("Content-Length: 100\r\n\r\n{") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := example(t, "saas")
			c := start(t)
			c.initialize(nil, dir)
			file := filepath.Join(dir, "flags.weave")
			c.open(file, readFile(t, file))
			for range 20 {
				c.ask("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": uri(file)}})
			}
			leave(c)
			if err := c.in.Close(); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-c.ended:
				c.ended <- err
				if err != nil || strings.Contains(c.stderr.String(), "panic") {
					t.Errorf("%v\n%s", err, c.stderr.String())
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the server does not end")
			}
		})
	}
	c := start(t)
	c.initialize(nil)
	c.notify("exit", nil)
	err := <-c.ended
	c.ended <- err
	if err == nil {
		t.Error("exit without shutdown ends with success")
	}
}

func (c *client) mustWrite(text string) {
	if _, err := c.in.Write([]byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// TestCancelled cancels requests: each is answered, as cancelled or not.
func TestCancelled(t *testing.T) {
	dir := example(t, "saas")
	c := start(t)
	c.initialize(nil, dir)
	file := filepath.Join(dir, "flags.weave")
	c.open(file, readFile(t, file))
	cancelled := 0
	for range 10 {
		id, answer := c.ask("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": uri(file)}})
		c.notify("$/cancelRequest", map[string]any{"id": id})
		if m := c.wait(answer); m.Error != nil {
			if m.Error.Code != requestCancelled {
				t.Errorf("%+v", m.Error)
			}
			cancelled++
		}
	}
	if cancelled == 0 {
		t.Error("nothing was cancelled")
	}
	end(t, c)
}

// TestEncodings makes the same edits behind characters of all sizes, in each encoding,
// with each kind of line end: the text that comes out is formatted alike.
func TestEncodings(t *testing.T) {
	for _, encoding := range []string{utf8Units, utf16Units, utf32Units} {
		for _, newline := range []string{"\n", "\r\n"} {
			t.Run(encoding+fmt.Sprintf("%q", newline), func(t *testing.T) {
				dir := t.TempDir()
				c := start(t)
				var result struct {
					Capabilities struct {
						PositionEncoding string `json:"positionEncoding"`
					} `json:"capabilities"`
				}
				decode(t, c.initialize([]string{encoding}, dir), &result)
				if result.Capabilities.PositionEncoding != encoding {
					t.Fatalf("the encoding is %s", result.Capabilities.PositionEncoding)
				}
				file := filepath.Join(dir, "w.weave")
				text := strings.Join([]string{"weave w", "environments a", "let x = \"é日😀𝓐\"\t# 😀", "let  y = x", ""}, newline)
				c.open(file, text)
				// Behind the astral characters of its line, then over two lines.
				for v, e := range []struct{ from, to, with string }{{"😀𝓐", "\"", "𝓑é"}, {"# 😀", "let", newline}, {"  y = ", "", "x + "}} {
					l := linesOf(text, encoding)
					from := strings.Index(text, e.from) + len(e.from)
					to := from
					if e.to != "" {
						to += strings.Index(text[from:], e.to)
					}
					r := l.rang(from, to)
					if l.offset(r.Start) != from || l.offset(r.End) != to {
						t.Fatalf("%d to %d is %+v, and that %d to %d", from, to, r, l.offset(r.Start), l.offset(r.End))
					}
					c.change(file, v+2, contentChange{Range: &r, Text: e.with})
					text = text[:from] + e.with + text[to:]
				}
				var locations []location
				at := linesOf(text, encoding)
				decode(t, c.call("textDocument/definition", map[string]any{"textDocument": map[string]any{"uri": uri(file)}, "position": at.position(strings.LastIndex(text, "x"))}), &locations)
				if len(locations) != 1 || locations[0].Range.Start != (position{2, 4}) {
					t.Errorf("%+v", locations)
				}
				var edits []textEdit
				decode(t, c.call("textDocument/formatting", map[string]any{"textDocument": map[string]any{"uri": uri(file)}}), &edits)
				for i := len(edits) - 1; i >= 0; i-- {
					l := linesOf(text, encoding)
					text = text[:l.offset(edits[i].Range.Start)] + edits[i].NewText + text[l.offset(edits[i].Range.End):]
				}
				want := strings.Join([]string{"weave w", "environments a", "let x = \"é日😀𝓐𝓑é\" # 😀", "let y = x + x", ""}, newline)
				if text != want {
					t.Errorf("got  %q\nwant %q", text, want)
				}
				end(t, c)
			})
		}
	}
}

// TestWithoutData holds that a workspace without extracted data still gets what the text shows.
func TestWithoutData(t *testing.T) {
	dir := t.TempDir()
	c := start(t)
	c.initialize(nil, dir)
	file := filepath.Join(dir, "w.weave")
	text := "weave w\nenvironments a, b\nlet x = 1\nfrom s into d {\n  sync c {\n    set y = x\n  }\n}\n"
	c.open(file, text)
	p := c.diagnostics(file, func(p publishDiagnostics) bool { return version(1)(p) && len(p.Diagnostics) > 0 })
	if p.Diagnostics[0].Code != "not-extracted" {
		t.Errorf("%+v", p.Diagnostics)
	}
	var list completionList
	decode(t, c.call("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": uri(file)}, "position": position{5, 12}}), &list)
	if !strings.Contains(fmt.Sprint(list.Items), "environment") {
		t.Errorf("%+v", list.Items)
	}
	c.change(file, 2, contentChange{Range: &rang{position{5, 12}, position{5, 13}}, Text: "z +"})
	p = c.diagnostics(file, func(p publishDiagnostics) bool { return version(2)(p) && len(p.Diagnostics) > 0 })
	if p.Diagnostics[0].Code == "not-extracted" {
		t.Errorf("%+v", p.Diagnostics)
	}
	end(t, c)
}

// TestFolders opens two workspaces in two folders, one of them below its folder.
func TestFolders(t *testing.T) {
	one, two := example(t, "planets"), t.TempDir()
	inner := filepath.Join(two, "data", "config")
	copyTree(t, example(t, "markets"), inner)
	c := start(t)
	c.initialize(nil, one, two)
	for _, file := range []string{filepath.Join(one, "planets.weave"), filepath.Join(inner, "markets.weave")} {
		c.open(file, readFile(t, file))
		c.diagnostics(file, version(1))
		var lenses []codeLens
		decode(t, c.call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": uri(file)}}), &lenses)
		if len(lenses) == 0 || !strings.Contains(lenses[0].Command.Title, "document") {
			t.Errorf("%s: %+v", file, lenses)
		}
	}
	var symbols []symbolInformation
	decode(t, c.call("workspace/symbol", map[string]any{"query": ""}), &symbols)
	found, err := json.Marshal(symbols)
	if err != nil || !strings.Contains(string(found), uri(one)) || !strings.Contains(string(found), uri(inner)) {
		t.Errorf("%s %v", found, err)
	}
	end(t, c)
}
