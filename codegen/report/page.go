// Package report writes what a run or a comparison found as one HTML page, for
// people who review it in a browser.
//
// In: reports (runtime/change), made into plain data (data.go, from.go). Out: one
// file without references to any other: style, script and data are in it. The
// script is TypeScript in page/, bundled into page.js by a test (bundle_test.go).
// Data reaches the page as JSON alone; without JavaScript, its first items are read
// as they stand (static.html).
package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

//go:embed page.js
var script string

//go:embed page.css
var style string

//go:embed static.html
var static string

// policy lets the page run its own script and nothing else, fetch nothing, and make
// markup of a text only for the preview, whose frame runs no script. Attributes of
// style are free, since the preview, which the policy is handed down to, shows those
// of the HTML in the data.
func policy() string {
	return "default-src 'none'; script-src 'sha256-" + digest(script) + "'; style-src-elem 'sha256-" + digest(style) + "'; style-src-attr 'unsafe-inline'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types preview"
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Generator begins the element that says who wrote the page.
const Generator = `<meta name="generator" content="mongocd`

// readable is how many items stand in the page as HTML, for browsers without JavaScript.
const readable = 200

var page = template.Must(template.New("page").Funcs(template.FuncMap{"value": plain}).Parse(static))

// plain is a value for browsers without JavaScript: a string line by line, anything else on one.
func plain(text string) string {
	v, err := doc.ParseExtJSONValue([]byte(text))
	if err != nil {
		return change.Clean(text)
	}
	if s, ok := v.StringValueOK(); ok {
		return lines(s)
	}
	return change.ShowWhole(v)
}

// Write writes the page.
func Write(w io.Writer, p Page) error {
	b := bufio.NewWriterSize(w, 1<<16)
	short, left := p.short(readable)
	if err := page.Execute(b, map[string]any{"Page": short, "Left": left, "Policy": policy(), "Style": template.CSS(style)}); err != nil {
		return err
	}
	// Not by the template, which would copy it; the encoder writes < > & as \u003c …
	// so that nothing in it ends the element (https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements).
	if _, err := b.WriteString(`<script type="application/json" id="data">`); err != nil {
		return err
	}
	if err := json.NewEncoder(b).Encode(p); err != nil {
		return err
	}
	if _, err := b.WriteString("</script>\n<script>" + script + "</script>\n</body>\n</html>\n"); err != nil {
		return err
	}
	return b.Flush()
}

// short is the page with the first n items, and how many were left out.
func (p Page) short(n int) (out Page, left int) {
	out = p
	out.Runs = make([]Run, len(p.Runs))
	for i, run := range p.Runs {
		sections := run.Sections
		run.Sections = nil
		for _, s := range sections {
			all := len(s.Items)
			s.Items = s.Items[:min(all, n)]
			n -= len(s.Items)
			left += all - len(s.Items)
			if len(s.Items) > 0 {
				run.Sections = append(run.Sections, s)
			}
		}
		out.Runs[i] = run
	}
	return out, left
}
