package query

// What stands at a place, for people. In: a file and an offset; out: Markdown about
// it and the text that it is about; and of a call that is being written, the function.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Hover is Markdown about what stands at an offset; "" where there is nothing to say.
func (s *Snapshot) Hover(name string, offset int) (string, source.Span) {
	a := s.around(name, offset)
	if a == nil || a.silent || a.word < 0 || a.inText >= 0 {
		return "", source.Span{}
	}
	at := a.replaced()
	for _, o := range s.mentions(name, offset) {
		if text := about(s, a, o); text != "" {
			return text, o.Span
		}
	}
	word := a.Tokens[a.word]
	if i := a.word; i+1 < len(a.Tokens) && a.Is(a.Tokens[i+1], "(") {
		if f := function.Find(a.Text(word)); f != nil {
			return documentation(f), at
		}
	}
	if slices.Contains(a.block().stmts, a.word) {
		for _, k := range parser.Keywords() {
			if k.Word == a.Text(word) {
				return "```weave\n" + k.Form + "\n```", at
			}
		}
	}
	return a.pathHover()
}

// pathHover is what the data has at the path whose part stands at the place.
func (a *around) pathHover() (string, source.Span) {
	from := a.pathStart(a.word)
	document := a.document()
	list := a.givens()
	find := finder(list)
	node, end := a.upTo(a.word).at(document, find, from) // of `a.b.c`, at b, what a.b is
	if node == nil || end != a.word+1 {
		return "", source.Span{}
	}
	at := source.Span{File: a.File, Start: a.Tokens[from].Start, End: a.Tokens[a.word].End}
	documents := count(document)
	of := a.collection()
	if g := find(a.Text(a.Tokens[from])); g != nil {
		documents, of = g.documents, ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", code(strings.Join(strings.Fields(at.Text()), "")))
	if of != "" {
		fmt.Fprintf(&b, " of %s", code(of))
	}
	if t := types(node, documents); t != "" {
		fmt.Fprintf(&b, " · %s", t)
	}
	if node.Elements != nil {
		fmt.Fprintf(&b, "\n\nElements: %s", strings.TrimSuffix(types(node.Elements, node.Elements.Count), fmt.Sprintf(", in %s", words.OfDocuments(node.Elements.Count, node.Elements.Count))))
		fmt.Fprintf(&b, " (%d)", node.Elements.Count)
	}
	if len(node.Fields) > 0 {
		var names []string
		for _, f := range node.Fields {
			names = append(names, doc.Path{f.Name}.String())
		}
		if len(names) > 30 {
			names = append(names[:30], "…")
		}
		fmt.Fprintf(&b, "\n\nFields: %s", code(strings.Join(names, ", ")))
	}
	if values, more := literals(node); len(values) > 0 && !node.Many {
		kind := fmt.Sprintf("%d value%s", len(values), words.Plural(len(values)))
		if more {
			kind = "values"
		}
		fmt.Fprintf(&b, "\n\n%s:\n%s", strings.ToUpper(kind[:1])+kind[1:], bullets(values))
	} else if node.Many {
		fmt.Fprintf(&b, "\n\nMore than %d values, or one that is long", shape.MaxValues)
	}
	return b.String(), at
}

func bullets(list []string) string {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, "- %s\n", code(v))
	}
	return b.String()
}

// about is Markdown about a mention of a name.
func about(s *Snapshot, a *around, o Mention) string {
	switch o.Kind {
	case "environment":
		_, groups := environments(a.weave)
		if members := groups[o.Name]; members != nil {
			return fmt.Sprintf("environments %s: %s", code(o.Name), code(strings.Join(members, ", ")))
		}
		out := "environment " + code(o.Name)
		for _, g := range slices.Sorted(keys(groups)) {
			if slices.Contains(groups[g], o.Name) {
				out += ", of " + code(g)
			}
		}
		return out
	case "collection":
		var b strings.Builder
		for _, from := range o.sources {
			k := workspace.Key{Source: from, Name: o.Name}
			c := a.data().load(k)
			if c == nil {
				continue
			}
			fmt.Fprintf(&b, "%s %s · %d document%s", c.Kind, code(from+"."+o.Name), c.Count, words.Plural(c.Count))
			for _, e := range a.about() {
				if d := dataOf(a.snapshot, e); d.pinned() {
					if pinned := d.load(k); pinned != nil {
						fmt.Fprintf(&b, " · pinned for %s: %d", code(e), pinned.Count)
					}
				}
			}
			if len(c.Indexes) > 0 {
				var names []string
				for _, ix := range c.Indexes {
					if v, ok := doc.Get(ix, doc.Path{"key"}); ok {
						names = append(names, doc.Show(v, 80))
					}
				}
				fmt.Fprintf(&b, "\n\nIndexes: %s", code(strings.Join(names, ", ")))
			}
			b.WriteString("\n\n")
		}
		return strings.TrimSpace(b.String())
	case "source":
		names := s.collections(o.Name)
		if len(names) == 0 {
			return fmt.Sprintf("source %s: nothing was extracted of it", code(o.Name))
		}
		return fmt.Sprintf("source %s: %s", code(o.Name), code(strings.Join(names, ", ")))
	case "let":
		return aboutLet(s, a, o)
	case "input":
		for d := range decls(a.weave) {
			if d, ok := d.(*ast.InputDecl); ok && d.Name.Text == o.Name {
				return "```weave\n" + head(d.Span.Text()) + "\n```"
			}
		}
	case "function":
		if f := function.Find(o.Name); f != nil {
			return documentation(f)
		}
	}
	return ""
}

// aboutLet is a constant with its value in each environment, or a `let` of a block.
func aboutLet(s *Snapshot, a *around, o Mention) string {
	text := "```weave\n" + clipped(letText(o)) + "\n```"
	w, _ := s.Checked()
	jobs, _ := w.Jobs(s.options)
	for _, j := range jobs {
		if j.Weave.Dir != a.weave.Dir {
			continue
		}
		if !slices.ContainsFunc(j.Weave.Module.Lets, func(l *ast.Let) bool { return l.Name.Span == o.Declared }) {
			break
		}
		lets, errs := j.Lets()
		if len(errs) > 0 {
			continue
		}
		raw, err := lets[o.Name].Raw()
		if err != nil {
			continue // a secret has no value here
		}
		text += fmt.Sprintf("\n- %s: %s", j.Environment, code(doc.Show(raw, 120)))
	}
	return text
}

// letText is a `let` as written.
func letText(o Mention) string {
	f := o.Declared.File
	from, _ := f.LineAt(o.Declared.Start)
	text := strings.TrimSpace(f.Text[from:])
	if o.whole.File != nil {
		text = o.whole.Text()
	}
	return text
}

// Signature is the function whose call holds an offset, and which of its parameters
// is being written; nil where there is none.
func (s *Snapshot) Signature(name string, offset int) (f *function.Function, parameter int) {
	a := s.around(name, offset)
	if a == nil || a.silent {
		return nil, 0
	}
	for k := len(a.brackets) - 1; k >= 0; k-- {
		open := a.brackets[k]
		if !a.Is(a.Tokens[open], "(") || open == 0 {
			continue
		}
		f := function.Find(a.Text(a.Tokens[open-1]))
		if f == nil {
			continue
		}
		commas, depth := 0, 0
		for i := open + 1; i < len(a.Tokens) && a.Tokens[i].Start < offset; i++ {
			switch a.Bracket(a.Tokens[i]) {
			case '(', '[', '{', '$':
				depth++
			case ')', ']', '}', '%':
				depth--
			}
			if depth == 0 && a.Is(a.Tokens[i], ",") {
				commas++
			}
		}
		return f, min(commas, max(len(f.Params)-1, 0))
	}
	return nil, 0
}
