package diag

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/source"
)

// A line of any length, words of any length and lists of any length are shown on a screen or two.
func TestBounded(t *testing.T) {
	text := "first\n" + strings.Repeat("é, ", 6000) + "= 5\t" + strings.Repeat("世界", 4000)
	f := source.NewFile("a.weave", text)
	at := strings.Index(text, "=")
	var b bytes.Buffer
	l := List{{Code: SyntaxError, Span: source.Span{File: f, Start: at, End: at + 1}, Message: strings.Repeat("x", 50_000), Label: "here"},
		{Code: SyntaxError, Span: source.Span{File: f, Start: at, End: len(text)}, Message: "long", Notes: []string{strings.Repeat("y", 50_000)}}}
	if err := Render(&b, l, RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(b.String(), "\n") {
		if strings.HasPrefix(line, "2 |") || strings.Contains(line, "^") {
			lines = append(lines, line)
			if n := columns(line); n > longLine {
				t.Errorf("a line of %d columns: %s", n, line)
			}
		}
	}
	if i := columns(lines[0][:strings.Index(lines[0], "=")]); i != strings.Index(lines[1], "^") {
		t.Errorf("the mark is not below the place:\n%s\n%s", lines[0], lines[1])
	}
	if b.Len() > 3*longWords {
		t.Errorf("%d bytes are shown", b.Len())
	}
	l = nil
	for i := range 1000 { // one for each collection of a block
		l = append(l, Diagnostic{Severity: Warning, Code: NoEffect, Span: source.Span{File: f, Start: 0, End: 5}, Message: fmt.Sprintf("warning %d", i)})
	}
	b.Reset()
	if err := Render(&b, l, RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "warning[no-effect]"); n != mostAlike || !strings.Contains(b.String(), "  = and 990 more like it of the same place: the first 10 are shown\n") || !strings.HasSuffix(b.String(), "\n1000 warnings\n") {
		t.Errorf("%d are shown:\n%s", n, b.String())
	}
	l = nil
	for i := range 5000 {
		l = append(l, Diagnostic{Severity: Warning, Code: NoEffect, Message: fmt.Sprintf("warning %d", i)})
	}
	l = append(l, Diagnostic{Code: SyntaxError, Message: "the error"})
	b.Reset()
	if err := Render(&b, l, RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 20_000 || !strings.Contains(b.String(), "the error") || !strings.Contains(b.String(), " more are not shown") || !strings.HasSuffix(b.String(), "1 error, 5000 warnings\n") {
		t.Errorf("%d bytes, which end with %q", b.Len(), b.String()[b.Len()-100:])
	}
}
