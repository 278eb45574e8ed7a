package check

// Names of databases, sources, collections and indexes that are written without
// quotes and are also something else: a constant, an input, an environment.
//
// A bare word there stands for itself, whatever else it names. Who writes
// `into target` beside `let target = …` means the constant, so the word must be
// quoted to be the name.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// place is where a bare name stands: what is named, how it is written there
// ("into", "as"), and whether its value may be written instead, by environment as well.
type place struct {
	what, clause      string
	text, environment bool
}

// bareName reports a bare word that is also a constant, an input or an environment.
func (s *scope) bareName(n ast.Name, at place) {
	if n.Text == "" || Quoted(n) {
		return
	}
	text := diag.Safe(n.Text, 64)
	value, also := "", ""
	var related []diag.Related
	switch l, in := s.constantNamed(n.Text), s.inputs[n.Text]; {
	case l != nil:
		also, related = "a `let`", []diag.Related{{Span: l.Name.Span, Message: "named here"}}
		switch x := ast.Unparen(l.Value).(type) {
		case *ast.Text:
			if _, constant := constantText(x); constant && at.text {
				value = shortText(x.Span)
			}
		case *ast.PerEnv:
			if at.environment {
				value = shortText(x.Span)
			}
		}
	case in != nil:
		also, related = "an `input`", []diag.Related{{Span: in.Name.Span, Message: "named here"}}
	case slices.Contains(s.module.Environments, n.Text) || len(s.module.Groups[n.Text]) > 0:
		also = "an environment"
	default:
		return
	}
	if at.environment && value == "" {
		value = "per environment { … }"
	}
	e := s.report(diag.BareName, n.Span, "`%s` is %s here too, and a bare word is the name of %s itself", text, also, at.what)
	e.Related = related
	e.Label = fmt.Sprintf("for that name write `%s \"%s\"`", at.clause, text)
	e.Fix = &diag.Fix{Span: n.Span, Text: `"` + n.Text + `"`}
	if value != "" {
		e.Notes = append(e.Notes, fmt.Sprintf("for the value write it in this place: `%s %s`", at.clause, value))
	} else {
		e.Notes = append(e.Notes, "the name of "+at.what+" is written out: it cannot be calculated")
	}
}

// bareSource is bareName of a source, where one is given.
func (s *scope) bareSource(n *ast.Name) {
	if n != nil {
		s.bareName(*n, place{what: "a source", clause: "from"})
	}
}

// constantNamed is the `let` of a name in scope; nil when it names something else or nothing.
func (s *scope) constantNamed(name string) *ast.Let {
	for at := s; at != nil; at = at.outer {
		if l := at.local[name]; l != nil {
			return l
		}
	}
	return s.checker.lets[name]
}
