package rules

// `moved`: documents that the destination has by another identity. In: the
// statements in force and the finished documents; out: moves as the state has them,
// those of a chain one after the other, and errors of what no document can follow.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// move is a statement with the keys of its identities.
type move struct {
	desired.Move
	stmt     *ast.Moved
	from, to string
}

// moved evaluates the statements and puts the moves into Moves.
func (o *Outcome) moved() diag.List {
	var out diag.List
	report := func(at source.Span, format string, args ...any) *diag.Diagnostic {
		out = append(out, diag.Diagnostic{Code: diag.BadMove, Span: at, Message: fmt.Sprintf(format, args...)})
		return &out[len(out)-1]
	}
	var moves []move
	if len(o.Policy.Moves) == 0 {
		return nil
	}
	wanted := map[string]int{}
	for i := range o.Documents {
		wanted[doc.Key(o.identity(i)...)] = i
	}
	for _, s := range o.Policy.Moves {
		from, found := o.identityAt(s.From)
		to, more := o.identityAt(s.To)
		if out = append(append(out, found...), more...); len(found)+len(more) > 0 {
			continue
		}
		m := move{Move: desired.Move{Origin: s.Span.String(), From: from, To: to}, stmt: s, from: doc.Key(from...), to: doc.Key(to...)}
		i, ok := wanted[m.to]
		switch {
		case m.from == m.to:
			report(s.Span, "both sides are the same identity").Notes = []string{"write the identity that the destination has, and behind `to` the one that it is to get"}
			continue
		case !ok:
			e := report(s.To.Place(), "no document has this %s", o.byText())
			if near := o.nearestIdentity(to); near != "" {
				e.Notes = append(e.Notes, "the closest is "+near)
			}
			e.Notes = append(e.Notes, "behind `to` stands the identity of a document that is wanted; one that is wanted no more is what `prune` is for")
			continue
		}
		m.To = o.identity(i)
		moves = append(moves, m)
	}
	for i, m := range moves {
		for _, other := range moves[:i] {
			twice := m.stmt.To.Place()
			if m.from == other.from {
				twice = m.stmt.From.Place()
			} else if m.to != other.to {
				continue
			}
			e := report(twice, "another `moved` names this already")
			e.Related = []diag.Related{{Span: other.stmt.Span, Message: "here"}}
			e.Notes = []string{"keep one of the two: a document goes to one identity, and each is that of one document"}
		}
		by := slices.IndexFunc(moves, func(other move) bool { return other.to == m.from })
		if _, still := wanted[m.from]; still && by < 0 {
			report(m.stmt.From.Place(), "a document that is wanted has this %s", o.byText()).Notes =
				[]string{"the destination's document is that one: remove the `moved`, or say what moves there: `moved … to " + shown(m.stmt.From) + "`"}
		}
	}
	if out.HasErrors() {
		return out
	}
	return o.inChains(moves)
}

// MoveTo is the statement by which the destination's document gets the identity of a
// finished one; nil: there is none.
func (u *Unit) MoveTo(d bson.Raw) *ast.Moved {
	values := make([]bson.RawValue, len(u.By))
	for n, p := range u.By {
		values[n], _ = doc.Get(d, p)
	}
	for _, s := range u.Policy.Moves {
		if to, wrong := u.identityAt(s.To); len(wrong) == 0 && doc.Key(to...) == doc.Key(values...) {
			return s
		}
	}
	return nil
}

// inChains puts the moves into Moves, each behind the one that moves to its place.
func (o *Outcome) inChains(moves []move) diag.List {
	done := map[string]bool{}
	for _, head := range moves {
		if slices.ContainsFunc(moves, func(m move) bool { return m.to == head.from }) {
			continue
		}
		for at := head; ; {
			o.Moves = append(o.Moves, at.Move)
			done[at.from] = true
			next := slices.IndexFunc(moves, func(m move) bool { return m.from == at.to })
			if next < 0 {
				break
			}
			at = moves[next]
		}
	}
	for _, m := range moves {
		if !done[m.from] {
			return diag.List{{Code: diag.BadMove, Span: m.stmt.Span, Message: "these moves go in a circle",
				Notes: []string{"whether documents have changed places cannot be seen at the destination: both identities are there, before and after",
					"do it in two releases: first move one of them to an identity of its own, then both to where they belong"}}}
		}
	}
	return nil
}

// identity are the values that identify document i.
func (o *Outcome) identity(i int) []bson.RawValue {
	out := make([]bson.RawValue, len(o.By))
	for n, p := range o.By {
		out[n], _ = doc.Get(o.Documents[i].Raw, p)
	}
	return out
}

// identityAt are the values of one side: one, or a list with one for each path.
func (u *Unit) identityAt(x ast.Expr) ([]bson.RawValue, diag.List) {
	elems := []ast.Expr{x}
	list, isList := ast.Unparen(x).(*ast.List)
	if len(u.By) > 1 || isList {
		if !isList || len(u.By) == 1 || len(list.Elems) != len(u.By) {
			d := diag.Diagnostic{Code: diag.BadMove, Span: x.Place(), Message: fmt.Sprintf("the documents are identified by %s", u.byText()),
				Notes: []string{fmt.Sprintf("write a list of %d values, in the order of `by`: `[…, …]`", len(u.By))}}
			if len(u.By) == 1 {
				d.Notes = []string{"write one value, without brackets"}
			}
			return nil, diag.List{d}
		}
		elems = list.Elems
	}
	out := make([]bson.RawValue, len(elems))
	for i, e := range elems {
		v, errs := u.Env.Constant(e)
		if len(errs) > 0 {
			return nil, value.Diagnostics(errs)
		}
		raw, err := v.Raw()
		if err != nil {
			return nil, diag.List{err.Diagnostic()}
		}
		switch raw.Type {
		case bson.TypeNull, bson.TypeArray, bson.TypeRegex:
			return nil, diag.List{{Code: diag.BadMove, Span: e.Place(), Message: fmt.Sprintf("%s identifies no document", doc.Show(raw, 60)), Notes: []string{"write the value that the document has in `" + u.By[i].String() + "`"}}}
		}
		out[i] = raw
	}
	return out, nil
}

// nearestIdentity is the wanted identity closest to a text, for people; empty when none is near.
func (o *Outcome) nearestIdentity(to []bson.RawValue) string {
	text, ok := to[0].StringValueOK()
	if !ok || len(to) > 1 {
		return ""
	}
	var known []string
	for i := range o.Documents {
		if s, ok := o.identity(i)[0].StringValueOK(); ok {
			known = append(known, s)
		}
	}
	if near := diag.Suggest(text, known); near != "" {
		return diag.Quote(near, 64)
	}
	return ""
}

// shown is the source text of an expression.
func shown(x ast.Expr) string { return diag.Safe(x.Place().Text(), 64) }
