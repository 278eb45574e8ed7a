package check

// Lines that seem to begin something new and go on with the value before them:
// line breaks mean nothing. In: expressions. Out: warnings.

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// continued warns of a `-` or `[` that is the first of its line and stands no
// deeper than the line on which the value before it begins; what and better say
// what it is read as and how that is written.
func (s *scope) continued(value, at source.Span, what string) {
	from, _ := at.File.LineAt(at.Start)
	text := at.File.Text
	if strings.TrimLeft(text[from:at.Start], " \t") != "" || value.Start >= from {
		return
	}
	line, to := at.File.LineAt(value.Start)
	first := text[line:to]
	if at.Start-from > len(first)-len(strings.TrimLeft(first, " \t")) {
		return // deeper, as one writes it
	}
	e := s.report(diag.ContinuedLine, at, "a line break means nothing: %s", what)
	e.Severity = diag.Warning
	e.Related = []diag.Related{{Span: value, Message: "this goes on"}}
	e.Notes = []string{"put it on the line before or indent it deeper, if that is meant; else the statement is not whole"}
}

// continuedMinus judges a subtraction.
func (s *scope) continuedMinus(x *ast.Binary) {
	if x.Op == ast.Minus {
		s.continued(x.X.Place(), x.OpSpan, "this `-` subtracts from the value before it")
	}
}

// continuedSteps judges the positions that are taken of a value.
func (s *scope) continuedSteps(value source.Span, steps []ast.Step) {
	for _, step := range steps {
		if step.Kind != ast.FieldStep {
			s.continued(value, step.Span, "this is a position in the value before it")
		}
	}
}
