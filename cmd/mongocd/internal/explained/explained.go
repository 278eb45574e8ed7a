// Package explained is where the values of documents come from, for people. In: the
// provenance of a document (compiler/describe); out: text that is safe on a terminal.
package explained

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Write writes one environment's provenance as text.
func Write(b *strings.Builder, p *describe.Provenance, color bool) error {
	fmt.Fprintf(b, "%s of %s -> %s (weave %s, environment %s)\n\n", p.Document, p.Source, p.Destination, p.Weave, p.Environment)
	value := func(v string) {
		if p.Path != "" {
			v = p.Path + ": " + v
		}
		fmt.Fprintf(b, "    %s\n", v)
	}
	if p.File != "" {
		fmt.Fprintf(b, "extracted  %s\n", fileLine(p.File, p.Line))
		value(p.Extracted)
	} else if !p.Made.IsZero() {
		fmt.Fprintf(b, "made by    %s  %s\n", LineOf(p.Made), FirstLine(p.Made))
	}
	for _, f := range p.Filters {
		word := "selected  "
		if !f.Kept {
			word = "left out  "
		}
		fmt.Fprintf(b, "%s %s  %s\n", word, LineOf(f.Span), FirstLine(f.Span))
	}
	if p.LeftOut() {
		b.WriteString("result     none: the document is left out\n")
		return nil
	}
	for _, s := range p.Steps {
		fmt.Fprintf(b, "changed    %s  %s\n", LineOf(s.Span), FirstLine(s.Span))
		for _, c := range s.Changes {
			fmt.Fprintf(b, "    %s\n", changeText(c))
		}
	}
	if len(p.Steps) == 0 && p.File != "" {
		b.WriteString("changed    by no statement\n")
	}
	if p.Result != "" {
		b.WriteString("result\n")
		value(p.Result)
	}
	for _, policy := range p.Policies {
		fmt.Fprintf(b, "at the destination  %s  %s\n", LineOf(policy.Span), policy.Text)
	}
	if len(p.Problems) > 0 {
		b.WriteByte('\n')
		return diag.Render(b, p.Problems, diag.RenderOptions{Color: color, Bare: true})
	}
	return nil
}

func changeText(c value.Change) string {
	text := c.Before + " -> " + c.After
	if c.Path != "" {
		text = c.Path + ": " + text
	}
	return text
}

func fileLine(file string, line int) string {
	file = diag.Safe(file, 300)
	if line > 0 {
		return fmt.Sprintf("%s:%d", file, line)
	}
	return file
}

// LineOf is "file:line".
func LineOf(s source.Span) string {
	return fmt.Sprintf("%s:%d", diag.Safe(s.File.Name, 200), s.Position().Line)
}

// FirstLine is the first line of a statement, safe for terminals.
func FirstLine(s source.Span) string {
	first, _, _ := strings.Cut(s.Text(), "\n")
	return diag.Safe(strings.TrimSpace(first), 100)
}
