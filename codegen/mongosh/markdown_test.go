package mongosh

// Reports as Markdown, with names and values from people who want to be read as
// markup. In: a state of them; out: what a Markdown reader makes of the report.

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

var attacks = []string{
	"`", "``", "` `` ```", "`a` **b**", "```\n# head\n```", "<script>alert(1)</script>", "<!--", "| a | b |\n|---|---|\n| 1 | 2 |", "\n\n# head\n",
	"[x](https://example.com)", "![x](https://example.com/x.png)", "https://example.com", "@someone #1", "\\`", "a\\", "&lt;i&gt;", "~~x~~", "- [ ] x", "*_*", " x ", "`x", "x`", " ", "</code>", "\u202e",
	"$x$", "::error::x",
}

// markup are the tags that a report has.
var markup = []string{"h3", "h4", "ul", "li", "p", "code", "pre", "strong", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "br"}

// attributes are those that the report's own markup has.
var attributes = regexp.MustCompile(`^( open=""| open| /| class="language-(text|diff)"| style="text-align:right"| align="right")?$`)

// marker is the comment by which a job finds what it wrote.
var marker = regexp.MustCompile(`^<!-- mongocd( [A-Za-z0-9._-]+)+ -->\n`)

var tag = regexp.MustCompile(`</?([a-zA-Z0-9!-]+)([^>]*)>`)

// wantPlain renders Markdown as GitHub's dialect and holds that only the
// report's own markup is in it; it returns the texts of the code spans.
func wantPlain(t *testing.T, text string) (spans []string) {
	t.Helper()
	var out bytes.Buffer
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	if err := reader.Convert([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	page := marker.ReplaceAllString(out.String(), "")
	for _, m := range tag.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(markup, m[1]) || !attributes.MatchString(m[2]) {
			t.Errorf("the Markdown has the tag %q:\n%s\n%s", m[0], text, &out)
		}
	}
	// What is no code has no character that GitHub or GitLab make a mention, a reference or a link of.
	prose := regexp.MustCompile(`(?s)<code>.*?</code>|<code class.*?</code>|<[^>]*>`).ReplaceAllString(page, "")
	if found := regexp.MustCompile(`[@#$~!%&]\w|https?:|www\.|::`).FindString(html.UnescapeString(prose)); found != "" {
		t.Errorf("outside of code is %q:\n%s", found, text)
	}
	for _, m := range regexp.MustCompile(`(?s)<code>(.*?)</code>`).FindAllStringSubmatch(out.String(), -1) {
		spans = append(spans, html.UnescapeString(m[1]))
	}
	return spans
}

func TestMarkdownHostile(t *testing.T) {
	e := newEngines(t, "f_markdown")
	c := collection(t, "f_markdown", "a`b|c<i>*x*", desired.Exact)
	at := place{}
	for i, attack := range attacks {
		text, err := json.Marshal(attack)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.NewReplacer("\n", "\\n", "\\", "\\\\").Replace(attack)
		wanted := parse(t, `{"_id": `+string(text)+`, `+`"v": `+string(text)+`}`)
		wanted = doc.NewBuilder(64).Append("_id", wanted.Lookup("_id")).Append("f"+name, wanted.Lookup("v")).Raw()
		c.Documents = append(c.Documents, desired.Document{Raw: wanted, Origin: name + ".weave:1:1"})
		if i%2 == 0 {
			at.documents = append(at.documents, doc.NewBuilder(64).Append("_id", wanted.Lookup("_id")).Append("f"+name, bson.RawValue{Type: bson.TypeNull}).Raw())
		}
	}
	s := state(c)
	s.Weave, s.Environment = "w`<b>", "e|*x*"
	report := e.agree("hostile", s, []place{at})
	spans := wantPlain(t, view.Report(report, view.Form{Markdown: true, Verbose: true}))
	for _, want := range []string{
		"w`<b>", "e|*x*", "f_markdown.a`b|c<i>*x*", `{_id: "<script>alert(1)</script>"}`, "{_id: \"` `` ```\"}", "{_id: \"\\\\`\"}",
		`{_id: "| a | b |\n|---|---|\n| 1 | 2 |"}`, `{_id: "\u{202e}"}`, "'f<!--'", "[x](https://example.com).weave:1:1", "`.weave:1:1",
	} {
		if !slices.Contains(spans, want) {
			t.Errorf("no code span is %q: %q", want, spans)
		}
	}

	// A conflict and a failure with texts that close what they stand in.
	hostile := &change.Report{Command: "apply", Weave: "w", Environment: "e", Outcome: change.Stopped, Exit: 4,
		Conflicts: []change.Conflict{{Code: "x", Database: "d", Collection: "c", Message: strings.Join(attacks, "\n"), Fix: "```", Origin: "o"}},
		Failure:   &change.Failure{Stage: "write", Message: "````\n" + strings.Join(attacks, "\n")}}
	wantPlain(t, view.Report(hostile, view.Form{Markdown: true}))
}
