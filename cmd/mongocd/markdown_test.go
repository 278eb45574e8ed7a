package main

// Markdown documents with fenced examples, and parts that are generated.

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
)

// markdown is a document whose parts are replaced one after the other.
type markdown struct {
	path, text string
	edits      []edit
}

type edit struct {
	start, end int
	text       string
}

// fence is a fenced block: its info words and its text, with the text's place.
type fence struct {
	kind       string
	info       map[string]string
	text       string
	start, end int
	line       int
}

func readMarkdown(t *testing.T, path string) *markdown {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &markdown{path: path, text: string(text)}
}

func (m *markdown) fences() []fence {
	var out []fence
	for _, at := range fencePattern.FindAllStringSubmatchIndex(m.text, -1) {
		f := fence{kind: m.text[at[2]:at[3]], info: map[string]string{}, text: m.text[at[6]:at[7]], start: at[6], end: at[7],
			line: strings.Count(m.text[:at[0]], "\n") + 1}
		for _, word := range strings.Fields(m.text[at[4]:at[5]]) {
			key, value, _ := strings.Cut(word, "=")
			f.info[key] = value
		}
		out = append(out, f)
	}
	return out
}

// replace notes that a part should read otherwise.
func (m *markdown) replace(start, end int, text string) {
	if m.text[start:end] != text {
		m.edits = append(m.edits, edit{start, end, text})
	}
}

// settle rewrites the document with UPDATE_GOLDEN, else reports what should read otherwise.
func (m *markdown) settle(t *testing.T) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "" {
		for _, e := range m.edits {
			t.Errorf("%s:%d is out of date (UPDATE_GOLDEN=1 rewrites it):\n%s", m.path, strings.Count(m.text[:e.start], "\n")+1,
				format.Diff("document", m.text[e.start:e.end], e.text))
		}
		return
	}
	slices.SortFunc(m.edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range m.edits {
		m.text = m.text[:e.start] + e.text + m.text[e.end:]
	}
	if len(m.edits) > 0 {
		if err := os.WriteFile(m.path, []byte(m.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// generated replaces the part between <!-- generated NAME --> and <!-- end -->.
func (m *markdown) generated(t *testing.T, name, text string) {
	t.Helper()
	begin := "<!-- generated " + name + ": UPDATE_GOLDEN=1 go test ./cmd/mongocd -run Language -->\n"
	start := strings.Index(m.text, begin)
	if start < 0 {
		t.Errorf("%s has no part %q", m.path, begin)
		return
	}
	start += len(begin)
	length := strings.Index(m.text[start:], "<!-- end -->")
	if length < 0 {
		t.Fatalf("%s: the part %s has no end", m.path, name)
	}
	m.replace(start, start+length, text)
}

// file is the whole file of an example, and where its text stands in it.
func (f fence) file(t *testing.T) (text string, start, indent int) {
	t.Helper()
	of := f.info["of"]
	if of == "" {
		of = "flags"
	}
	in, ok := documentSyncs[of]
	if !ok {
		t.Fatalf("line %d: no collection %q", f.line, of)
	}
	wrap := func(head, body, tail string, indent int) (string, int, int) {
		var b strings.Builder
		for line := range strings.Lines(body) {
			if strings.TrimSpace(line) != "" {
				b.WriteString(strings.Repeat(" ", indent))
			}
			b.WriteString(line)
		}
		return head + b.String() + tail, len(head), indent
	}
	openSync := documentHead + "from " + in.from + " {\n  " + in.head + " {\n    # with what stands in the example\n"
	closeSync := "  }\n"
	if in.beside != "" {
		closeSync += "\n  " + in.beside + "\n"
	}
	closeSync += "}\n"
	switch f.info["fragment"] {
	case "":
		return f.text, 0, 0
	case "file":
		tail := ""
		if !regexp.MustCompile(`(?m)^from `).MatchString(f.text) {
			tail = "\nfrom " + in.from + " {\n  # beside the example\n  " + in.head + "\n}\n"
		}
		head := documentHead
		if strings.Contains(f.text, "environments ") {
			head = "weave example\n"
		}
		return wrap(head, f.text, tail, 0)
	case "from":
		return wrap(documentHead+"from "+in.from+" {\n  # with what stands in the example\n", f.text, "}\n", 2)
	case "sync":
		return wrap(openSync, f.text, closeSync, 4)
	case "values":
		var b strings.Builder
		n := 0
		for line := range strings.Lines(f.text) {
			n++
			fmt.Fprintf(&b, "create example%d = %s", n, line)
		}
		return openSync + b.String() + closeSync, -1, 0
	}
	t.Fatalf("line %d: unknown fragment %q", f.line, f.info["fragment"])
	return "", 0, 0
}

// restyle is the example as the formatter writes it.
func restyle(t *testing.T, f fence, text string, start, indent int) string {
	t.Helper()
	formatted, diags := format.Format(source.NewFile("example.weave", text))
	if len(diags) > 0 || start < 0 {
		return f.text
	}
	again, _ := format.Format(source.NewFile("example.weave", formatted))
	if again != formatted {
		t.Errorf("line %d: formatting twice differs from formatting once", f.line)
	}
	tail := len(text) - start
	for line := range strings.Lines(f.text) {
		tail -= len(line)
		if strings.TrimSpace(line) != "" {
			tail -= indent
		}
	}
	if len(formatted) < start+tail || formatted[:start] != text[:start] || !strings.HasSuffix(formatted, text[len(text)-tail:]) {
		t.Errorf("line %d: formatting changes what stands around the example:\n%s", f.line, formatted)
		return f.text
	}
	var b strings.Builder
	for line := range strings.Lines(formatted[start : len(formatted)-tail]) {
		b.WriteString(strings.TrimPrefix(line, strings.Repeat(" ", indent)))
	}
	return b.String()
}
