// What the one style says in other words than the author did.
//
// In: a syntax tree. Out: that of the same text with `as` before `by`, without
// parentheses and quotes that change nothing, and with `${a}` for `${ a }`.
package format

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// edit replaces the bytes [start, end) by text.
type edit struct {
	start, end int
	text       string
}

// tidied is the tree of the tidied text; the given one where nothing is to be done.
func tidied(file *ast.File) *ast.File {
	for range 3 { // parentheses in texts, and the like
		edits := edits(file)
		if len(edits) == 0 {
			return file
		}
		next, errs := parser.Parse(source.NewFile(file.Source.Name, apply(file.Source.Text, edits)))
		if len(errs) > 0 {
			return file
		}
		file = next
	}
	return file
}

// apply makes the edits that do not overlap an earlier one.
func apply(text string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var b strings.Builder
	end := 0
	for _, e := range edits {
		if e.start < end {
			continue
		}
		b.WriteString(text[end:e.start] + e.text)
		end = e.end
	}
	return b.String() + text[end:]
}

type tidier struct {
	file  *ast.File
	l     *layout
	edits []edit
}

func edits(file *ast.File) []edit {
	t := &tidier{file: file, l: newLayout(file)}
	for _, d := range file.Decls {
		ast.Walk(d, t.visit)
	}
	return t.edits
}

func (t *tidier) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Sync:
		t.clauses(n)
	case *ast.Paren:
		t.inner(n)
	case *ast.Binary:
		t.null(n)
	case *ast.Unary:
		t.negated(n)
	case *ast.Let:
		t.whole(n.Value)
	case *ast.Assign:
		t.whole(n.Value)
	case *ast.Filter:
		t.whole(n.Cond)
	case *ast.Where:
		t.whole(n.Cond)
	case *ast.Check:
		t.whole(n.Cond)
	case ast.ObjectField:
		t.whole(n.Value)
		t.whole(n.Key)
	case *ast.Comprehension:
		t.whole(n.Key)
		t.whole(n.Elem)
	case ast.EnvEntry:
		t.whole(n.Value)
	case *ast.List:
		for _, e := range n.Elems {
			t.whole(e)
		}
	case *ast.Call:
		for _, a := range n.Args {
			t.whole(a)
		}
	case *ast.Text:
		for _, p := range n.Parts {
			if p.Expr != nil {
				t.whole(p.Expr)
				t.interpolation(p)
			}
		}
	case ast.Step:
		t.step(n)
	}
	return true
}

// comments reports whether a comment stands in a range.
func (t *tidier) comments(start, end int) bool {
	for _, tok := range t.l.tokens[t.l.after(start):] {
		if tok.Start >= end {
			return false
		}
		if tok.Kind == token.Comment {
			return true
		}
	}
	return false
}

// drop takes the parentheses away.
func (t *tidier) drop(p *ast.Paren) {
	if t.comments(p.Span.Start, p.Span.End) {
		return
	}
	t.edits = append(t.edits, edit{p.Span.Start, p.X.Place().Start, ""}, edit{p.X.Place().End, p.Span.End, ""})
}

// whole drops parentheses around a whole value.
func (t *tidier) whole(x ast.Expr) {
	if p, ok := x.(*ast.Paren); ok {
		t.drop(p)
	}
}

// inner drops parentheses in parentheses.
func (t *tidier) inner(p *ast.Paren) {
	if in, ok := p.X.(*ast.Paren); ok {
		t.drop(in)
	}
}

// clauses puts the `as` of a sync before its `by`, unless comments stand among
// them, which belong to the one or the other.
func (t *tidier) clauses(s *ast.Sync) {
	if s.As == nil || s.By == nil || s.As.Span.Start < s.By[0].Span.Start {
		return
	}
	by := t.l.tokens[t.l.after(s.By[0].Span.Start)-1]
	as := t.l.tokens[t.l.after(s.As.Span.Start)-1]
	if t.comments(by.Start, s.As.Span.End) {
		return
	}
	text := t.file.Source.Text
	t.edits = append(t.edits, edit{by.Start, s.As.Span.End, text[as.Start:s.As.Span.End] + " " + strings.TrimSpace(text[by.Start:as.Start])})
}

// interpolation writes the value of `${ }` as one writes it in a line.
func (t *tidier) interpolation(p ast.TextPart) {
	start, end := p.Span.Start+2, p.Span.End-1
	if flat := t.l.flat(start, end); flat != t.file.Source.Text[start:end] {
		t.edits = append(t.edits, edit{start, end, flat})
	}
}

var plain = regexp.MustCompile(`^[\pL_$][\pL\pM\pN_$]*$`)

// step takes the quotes from a field behind a dot that needs none.
func (t *tidier) step(s ast.Step) {
	text := s.Span.Text()
	at := strings.IndexAny(text, `'"`)
	if s.Kind != ast.FieldStep || at < 0 || !plain.MatchString(s.Name) || t.comments(s.Span.Start, s.Span.End) {
		return
	}
	t.edits = append(t.edits, edit{s.Span.Start + at, s.Span.End, s.Name})
}
