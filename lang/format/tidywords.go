// Conditions that can be said in two ways: the one style has one.
//
// In: conditions. Out: edits: `x is null` for `x == null`, `x not matches /…/`
// for `not (x matches /…/)`, and the like. Both are the same for every document.
package format

import (
	"github.com/hayone1/mongocd/lang/ast"
)

// null writes a comparison with null as `is null` or `is not null`.
func (t *tidier) null(b *ast.Binary) {
	word := map[ast.Op]string{ast.Eq: "is null", ast.Ne: "is not null"}[b.Op]
	if word == "" || t.comments(b.Span.Start, b.Span.End) {
		return
	}
	_, left := b.X.(*ast.Null)
	_, right := b.Y.(*ast.Null)
	switch {
	case left == right:
	case right:
		t.edits = append(t.edits, edit{b.OpSpan.Start, b.Span.End, " " + word})
	default:
		t.edits = append(t.edits, edit{b.Span.Start, b.Y.Place().Start, ""}, edit{b.Span.End, b.Span.End, " " + word})
	}
}

// negated writes `not (x in y)` as `x not in y`.
func (t *tidier) negated(u *ast.Unary) {
	if u.Op != ast.Not || u.Span.Start == u.X.Place().Start || t.comments(u.Span.Start, u.Span.End) {
		return
	}
	inner := u.X
	if p, ok := inner.(*ast.Paren); ok {
		inner = p.X
	}
	at := 0
	switch x := inner.(type) {
	case *ast.Matches:
		at = t.l.wordBefore(x.Regex.Span.Start)
	case *ast.Between:
		at = t.l.wordBefore(x.Low.Place().Start)
	case *ast.Binary:
		if x.Op != ast.In {
			return
		}
		at = x.OpSpan.Start
	case *ast.Is:
		if x.Not {
			return
		}
		at = x.Word.Span.Start
	default:
		return
	}
	t.edits = append(t.edits, edit{u.Span.Start, inner.Place().Start, ""}, edit{at, at, "not "}, edit{inner.Place().End, u.Span.End, ""})
}
