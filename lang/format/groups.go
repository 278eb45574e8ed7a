// Where a statement or value that does not fit into a line is broken.
//
// In: nodes of the tree. Out: groups, chains of names or operators, and the
// tokens before which their lines end.
package format

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/token"
)

// breaksIn reports whether a statement or its head has clauses that are broken.
func (l *layout) breaksIn(start, end int) bool {
	depth := 0
	for _, t := range l.tokens[l.after(start):] {
		if t.Start >= end {
			break
		}
		r := l.roles[t.Start]
		switch {
		case t.Kind == token.TextStart || t.Kind == token.InterpStart || r.opens():
			depth++
		case t.Kind == token.TextEnd || t.Kind == token.InterpEnd || r.closes():
			depth--
		case depth == 0 && l.clauses[t.Start]:
			return true
		}
	}
	return false
}

// commented reports whether a comment stands in a range.
func (l *layout) commented(start, end int) bool {
	for _, t := range l.tokens[l.after(start):] {
		if t.Start >= end {
			break
		}
		if t.Kind == token.Comment {
			return true
		}
	}
	return false
}

// endBefore is the end of the last token before an offset that is no comment.
func (l *layout) endBefore(offset int) int {
	i := l.after(offset) - 1
	for i > 0 && l.tokens[i].Kind == token.Comment {
		i--
	}
	return l.tokens[i].End
}

// wordBefore is the start of the token before an offset, comments left out.
func (l *layout) wordBefore(offset int) int {
	i := l.after(offset) - 1
	for i > 0 && l.tokens[i].Kind == token.Comment {
		i--
	}
	return l.tokens[i].Start
}

// chain makes a node a group that is broken before these tokens.
func (l *layout) chain(n ast.Node, before ...int) {
	at := n.Place()
	l.groups = append(l.groups, groupRange{start: at.Start, end: at.End, chain: true})
	for _, b := range before {
		l.breaks[b] = true
	}
}

// names makes what stands between commas of a statement a chain.
func names[T ast.Node](l *layout, nodes []T) {
	if len(nodes) < 2 {
		return
	}
	l.groups = append(l.groups, groupRange{start: nodes[0].Place().Start, end: nodes[len(nodes)-1].Place().End, chain: true})
	for _, n := range nodes[1:] {
		l.breaks[n.Place().Start] = true
	}
}

// clause marks a place for a break of a statement.
func (l *layout) clause(start int) { l.breaks[start], l.clauses[start] = true, true }

// operators marks the operators of a chain of one level.
func (l *layout) operators(x ast.Expr, level string) {
	b, ok := x.(*ast.Binary)
	if !ok || !strings.Contains(level, " "+string(b.Op)+" ") {
		return
	}
	l.inner[x] = true
	l.breaks[b.OpSpan.Start] = true
	l.operators(b.X, level)
	l.operators(b.Y, level)
}

// levels are the operators that are broken as one chain.
var levels = []string{" or ", " and ", " ?? ", " + - "}
