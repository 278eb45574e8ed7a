package check

// Tests: which environments they are for, that their documents are constants,
// which messages they may expect, what cannot be expected together.

import (
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Test is one `test`. Collections are resolved by the compiler, which knows
// what patterns stand for.
type Test struct {
	Name string
	// Span is the head of the declaration, without its block.
	Span source.Span
	// Environments in the order they are declared.
	Environments []string
	Given        []*ast.Given
	Expected     []*ast.Expected
}

// Expects reports whether the test expects a message of this code.
func (t *Test) Expects(code diag.Code) bool {
	return slices.ContainsFunc(t.Expected, func(e *ast.Expected) bool {
		return e.Message != nil && e.Message.Code.Text == string(code)
	})
}

// test checks one test; earlier are the names so far.
func (c *checker) test(d *ast.TestDecl, earlier map[string]source.Span) {
	t := &Test{Name: d.Name.Text, Span: source.Span{File: d.Span.File, Start: d.Span.Start, End: d.Name.Span.End}}
	if at, ok := earlier[t.Name]; ok {
		e := c.report(diag.DuplicateName, d.Name.Span, "two tests of this weave are named %s", diag.Quote(t.Name, 64))
		e.Related = []diag.Related{{Span: at, Message: "the other one"}}
	}
	earlier[t.Name] = d.Name.Span
	if len(d.Environments.Names) > 0 {
		t.Span.End = d.Environments.Span.End
	}
	t.Environments = slices.Sorted(slices.Values(c.covered(d.Environments)))

	s := &scope{checker: c, names: map[string]source.Span{}, constant: true}
	for _, l := range c.module.Lets {
		s.names[l.Name.Text] = l.Name.Span
	}
	for name, in := range c.inputs {
		s.names[name] = in.Name.Span
	}
	for _, stmt := range d.Body.Stmts {
		switch stmt := stmt.(type) {
		case *ast.Given:
			t.Given = append(t.Given, stmt)
			s.documentObject(stmt.Document)
			s.bareName(stmt.Collection, place{what: "a collection", clause: "given"})
			s.bareSource(stmt.Source)
		case *ast.Expected:
			t.Expected = append(t.Expected, stmt)
			if stmt.Message == nil {
				s.bareName(stmt.Collection, place{what: "a collection", clause: "expect"})
				s.bareSource(stmt.Source)
			}
			if stmt.Document != nil {
				s.object(stmt.Document)
			}
			if stmt.Message != nil {
				c.knownCode(stmt.Message.Code, allCodes())
			}
			for _, p := range stmt.Without {
				if !isFieldPath(p) {
					c.report(diag.BadPath, p.Span, "`without` names fields, not elements of arrays")
				}
			}
		}
	}
	c.contradictions(t)
	c.module.Tests = append(c.module.Tests, t)
}

// knownCode reports a name that is the code of no message, with the nearest of
// those that may stand there.
func (f *forms) knownCode(name ast.Name, usable []diag.Code) bool {
	if slices.ContainsFunc(diag.Codes, func(info diag.CodeInfo) bool { return string(info.Code) == name.Text }) {
		return true
	}
	near := make([]string, len(usable))
	for i, code := range usable {
		near[i] = string(code)
	}
	e := f.report(diag.UnknownCode, name.Span, "there is no message with the code %s", diag.Quote(name.Text, 64))
	if near := diag.Suggest(name.Text, near); near != "" {
		e.Label = "did you mean `" + near + "`?"
		e.Fix = &diag.Fix{Span: name.Span, Text: near}
	}
	e.Notes = []string{"the code of a message is the word in brackets: `error[check-failed]`; `mongocd explain` lists all of them"}
	return false
}

func allCodes() []diag.Code {
	out := make([]diag.Code, len(diag.Codes))
	for i, info := range diag.Codes {
		out[i] = info.Code
	}
	return out
}

// contradictions reports a test that expects nothing, or what cannot come together.
func (f *forms) contradictions(t *Test) {
	if len(t.Expected) == 0 {
		f.report(diag.EmptyTest, t.Span, "this test expects nothing").Notes = []string{
			"write what must come out: `expect flags with { … }`, `expect no flags` or `expect error check-failed`"}
		return
	}
	isError := func(e *ast.Expected) bool { return e.Message != nil && !e.Message.Warning }
	isDocument := func(e *ast.Expected) bool { return e.Message == nil }
	failing, document := slices.IndexFunc(t.Expected, isError), slices.IndexFunc(t.Expected, isDocument)
	if failing >= 0 && document >= 0 {
		e := f.report(diag.ContradictoryTest, t.Expected[document].Span, "where an error is expected, no documents come out")
		e.Related = []diag.Related{{Span: t.Expected[failing].Span, Message: "the error"}}
		e.Notes = []string{"make two tests of it"}
	}
}

// isFieldPath reports whether a path is made of field names alone.
func isFieldPath(p *ast.Path) bool {
	return !slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind != ast.FieldStep })
}
