package check

// `moved`: both identities are constants. In: the statement. Out: what reads a
// document; bare words are texts that lack their quotes.

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

func (b *block) moved(s *ast.Moved) {
	from, unquoted := b.quoted(s.From)
	to, also := b.quoted(s.To)
	if !unquoted && !also {
		b.constant(s.From)
		b.constant(s.To)
		return
	}
	edit := fmt.Sprintf("moved %s to %s", from, to)
	e := b.report(diag.NotConstant, s.Span, "an identity that is a text stands in quotes")
	e.Notes = []string{"`moved` sees no document: both identities are constants"}
	e.Label, e.Fix = "write "+diag.Backquote(edit), &diag.Fix{Span: s.Span, Text: edit}
}

var bareText = regexp.MustCompile(`^[A-Za-z_$][\w$]*([-.][\w$]+)*$`)

// quoted is the text of a side as it should be, and whether it lacks quotes.
func (b *block) quoted(x ast.Expr) (text string, lacks bool) {
	text = x.Place().Text()
	if !bareText.MatchString(text) {
		return text, false
	}
	for p := range Paths(x) {
		if _, named := b.selection.lookup(p.Head); named {
			return text, false
		}
		lacks = true
	}
	if lacks {
		text = strconv.Quote(text)
	}
	return text, lacks
}
