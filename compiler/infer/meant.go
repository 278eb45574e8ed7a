package infer

// What a path that the data does not have was meant to be: a constant of another
// language, a value without its quotes, a field behind a word for the document,
// a name of another block, the length of a list.
//
// In: paths and comparisons that cannot be resolved. Out: the error with the edit.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/source"
)

// unknownHead reports whether the first word of a path is neither a field nor a name.
func (in scope) unknownHead(p *ast.Path) bool {
	return p != nil && p.Head != "this" && !in.document.unknown() && in.document.field(p.Head) == nil && in.names.binding(p.Head) == nil
}

// write says an edit of a place and makes it the fix.
func write(e *diag.Diagnostic, text string) {
	e.Label = fmt.Sprintf("write `%s`", diag.Safe(text, 80))
	e.Fix = &diag.Fix{Span: e.Span, Text: text}
}

// meantComparison reports `x == live`, `x == None` and `environment == …`, in
// which one side is a bare word; false when the comparison is nothing like that.
func (c *checker) meantComparison(x *ast.Binary, in scope) bool {
	if x.Op != ast.Eq && x.Op != ast.Ne {
		return false
	}
	if p := ast.PathOf(x.X); p != nil && p.Head == "environment" && len(p.Steps) == 0 && in.unknownHead(p) {
		e := c.report(diag.UnknownField, x.Span, "`environment` is no field: the name of the environment is `environment()`")
		e.Notes = []string{fmt.Sprintf("statements for one environment stand in `for %s { … }`", environmentWord(x.Y))}
		return true
	}
	text := x.Y.Place().Text()
	if p := ast.PathOf(x.Y); p != nil && !in.unknownHead(p) {
		return false
	} else if p == nil && !in.dashedWord(x.Y) {
		return false
	}
	field := ast.PathOf(x.X)
	if field == nil {
		return false
	}
	if constant := habit.Value(text); constant != "" {
		e := c.report(diag.UnknownField, x.Y.Place(), "`%s` is no constant of the language", diag.Safe(text, 40))
		write(e, constant)
		if constant == "null" {
			name := diag.Safe(field.Span.Text(), 60)
			e.Notes = []string{fmt.Sprintf("a field that is null: `%[1]s is null`; one that is not there: `%[1]s is missing`", name)}
			if x.Op == ast.Ne {
				e.Notes = []string{fmt.Sprintf("a field that is not null: `%[1]s is not null`; one that is there: `%[1]s is present`", name)}
			}
		}
		return true
	}
	v := in.resolve(field)
	if v == nil || !v.is("string") {
		return false
	}
	quoted := `"` + text + `"`
	known := ""
	if v.node != nil {
		for _, value := range v.node.Values {
			if t, ok := value.StringValueOK(); ok && (known == "" || t == text) && folded(t) == folded(text) {
				known = t
			}
		}
	}
	if p := ast.PathOf(x.Y); known == "" && (p == nil || len(p.Steps) > 0 || diag.Suggest(text, in.document.names()) != "" || c.namedElsewhere(text) != nil) && !strings.Contains(text, "-") {
		return false
	}
	e := c.report(diag.UnknownField, x.Y.Place(), "no document of %s has a field %s", c.Data.Name, diag.Quote(text, 64))
	if known != "" {
		quoted = diag.Quote(known, 60)
		e.Notes = []string{"it is a value of " + diag.Backquote(field.Span.Text()) + ", and a text stands in quotes"}
	} else {
		e.Notes = []string{"a text stands in quotes"}
	}
	write(e, quoted)
	return true
}

// environmentWord is the text of a constant for `for`.
func environmentWord(x ast.Expr) string {
	if t, ok := ast.Unparen(x).(*ast.Text); ok && len(t.Parts) == 1 && t.Parts[0].Expr == nil {
		return diag.Safe(t.Parts[0].Literal, 40)
	}
	return "ENVIRONMENT"
}

// dashedWord reports words joined by dashes without blanks, none of which is known.
func (in scope) dashedWord(x ast.Expr) bool {
	b, ok := x.(*ast.Binary)
	if !ok || b.Op != ast.Minus || strings.ContainsAny(x.Place().Text(), " \t\n()") {
		return false
	}
	if left := ast.PathOf(b.X); left != nil && !in.unknownHead(left) || left == nil && !in.dashedWord(b.X) {
		return false
	}
	right := ast.PathOf(b.Y)
	_, number := b.Y.(*ast.Number)
	return number || in.unknownHead(right)
}

// folded is a word without what spellings differ in.
func folded(word string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, word)
}

// meantProperty is a path whose last step is a function here, `list.length`.
func (c *checker) meantProperty(p *ast.Path, in scope) bool {
	last := len(p.Steps) - 1
	if last < 0 || p.Steps[last].Kind != ast.FieldStep || habit.Property(p.Steps[last].Name) == "" {
		return false
	}
	before := *p
	before.Steps = p.Steps[:last]
	v := in.resolve(&before)
	if v == nil || v.types == nil || !v.is("array") && !v.is("string") || v.is("object") {
		return false
	}
	if e := v.element(); v.is("array") && e != nil && e.field(p.Steps[last].Name) != nil {
		return false
	}
	name := p.Steps[last].Name
	e := c.report(diag.UnknownField, p.Span, "`.%s` is no field: it is a function here", diag.Safe(name, 40))
	write(e, fmt.Sprintf("%s(%s)", habit.Property(name), p.Span.File.Text[p.Span.Start:p.Steps[last].Span.Start]))
	return true
}

// meantPath says what an unknown path was meant to be; false when nobody knows.
func (c *checker) meantPath(e *diag.Diagnostic, p *ast.Path, in scope) bool {
	if p.Head == "this" || in.names.binding(p.Head) != nil || in.document.field(p.Head) != nil {
		return false
	}
	if constant := habit.Value(p.Head); constant != "" && len(p.Steps) == 0 {
		e.Message = fmt.Sprintf("`%s` is no constant of the language", diag.Safe(p.Head, 40))
		write(e, constant)
		return true
	}
	if habit.Root(p.Head) && len(p.Steps) > 0 && p.Steps[0].Kind == ast.FieldStep {
		rest := *p
		rest.Head, rest.Steps = p.Steps[0].Name, p.Steps[1:]
		if (scope{c.facts, in.document, nil}).resolve(&rest) != nil {
			e.Message = fmt.Sprintf("`%s` is no field: the fields of the document stand alone", diag.Safe(p.Head, 40))
			write(e, strings.TrimLeft(p.Span.File.Text[p.HeadSpan.End:p.Span.End], ". "))
			return true
		}
	}
	if p.Head == "environment" && len(p.Steps) == 0 {
		write(e, "environment()")
		return true
	}
	if b := in.elementWith(p); b != "" {
		e.Message = fmt.Sprintf("%s is a field of the elements, not of the document", diag.Backquote(p.Span.Text()))
		write(e, b+"."+p.Span.Text())
		return true
	}
	if stmt := c.namedElsewhere(p.Head); stmt != nil {
		e.Message = fmt.Sprintf("%s is a name of another block, and unknown here", diag.Backquote(p.Head))
		e.Related = []diag.Related{{Span: stmt.Place(), Message: "named here, for its block alone"}}
		e.Notes = []string{"move it above the block in which it stands"}
		if !c.together(p, stmt) {
			e.Notes = []string{"an `amend` sees none of the `sync`: write the value itself, or a `let` at the top of the file"}
		}
		return true
	}
	if odd := diag.Lookalike(p.Head, append(in.document.names(), in.bound()...)); odd != "" {
		e.Notes = []string{odd}
		return true
	}
	if near := diag.Suggest(p.Head, in.bound()); near != "" && diag.Suggest(p.Head, in.document.names()) == "" {
		e.Message = fmt.Sprintf("%s is neither a field of %s nor a name", diag.Backquote(p.Head), c.Data.Name)
		e.Label = fmt.Sprintf("did you mean `%s`?", near)
		e.Fix = &diag.Fix{Span: p.HeadSpan, Text: near}
		return true
	}
	return false
}

// bound are the names in scope: of `each`, `lookup`, `let` and lists.
func (in scope) bound() []string {
	var out []string
	for n := in.names; n != nil; n = n.outer {
		out = append(out, n.name)
	}
	for name := range in.facts.Env.Lets {
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// elementWith is the name of an element in scope that has what a path names.
func (in scope) elementWith(p *ast.Path) string {
	for outer := in.names; outer != nil; outer = outer.outer {
		if v := in.find(outer.name); outer.at != nil && v != nil && v.field(p.Head) != nil {
			return outer.name
		}
	}
	return ""
}

// namedElsewhere is the `let` or `lookup` of a name in some block of the sync.
func (f *facts) namedElsewhere(name string) ast.Stmt {
	var found ast.Stmt
	for _, block := range f.Target.Blocks {
		for _, stmt := range block {
			ast.Walk(stmt, func(node ast.Node) bool {
				switch b := node.(type) {
				case *ast.Lookup:
					if b.Name.Text == name && found == nil {
						found = b
					}
				case *ast.Let:
					if b.Name.Text == name && found == nil {
						found = b
					}
				}
				return true
			})
		}
	}
	return found
}

// together reports whether a path and a statement stand in the sync, or in one amendment of it.
func (f *facts) together(p *ast.Path, other ast.Stmt) bool {
	holds := func(block []ast.Stmt, at source.Span) bool {
		return slices.ContainsFunc(block, func(stmt ast.Stmt) bool { return at.Within(stmt.Place()) })
	}
	return slices.ContainsFunc(f.Target.Blocks, func(block []ast.Stmt) bool { return holds(block, p.Span) && holds(block, other.Place()) })
}

// interpolated is what seems to be a value in a text.
var interpolated = regexp.MustCompile(`\$\{\s*([\pL_][\pL\pN_]*)[^{}]*\}`)

// meantInterpolation warns of `'… ${name} …'`, in which nothing is filled in.
func (c *checker) meantInterpolation(x *ast.Text, in scope) {
	if x.Form != '\'' || len(x.Parts) != 1 {
		return
	}
	m := interpolated.FindStringSubmatch(x.Parts[0].Literal)
	if m == nil || in.document.unknown() || in.document.field(m[1]) == nil && in.names.binding(m[1]) == nil {
		return
	}
	e := c.report(diag.BadInterpolation, x.Span, "nothing is filled in between `'`: the characters `%s` are written", diag.Safe(m[0], 40))
	e.Severity = diag.Warning
	if !strings.ContainsAny(x.Parts[0].Literal, "\"\\\n") {
		write(e, `"`+x.Parts[0].Literal+`"`)
	}
	e.Notes = []string{"where the characters are meant, write `\"…\\${…}\"`"}
}

// swapped reports a range whose bounds are constants in the wrong order.
func (c *checker) swapped(x *ast.Between) {
	low, ok := c.constant(x.Low)
	high, also := c.constant(x.High)
	if !ok || !also {
		return
	}
	a, isNumber := low.AsFloat64OK()
	b, alsoNumber := high.AsFloat64OK()
	if isNumber && alsoNumber && a > b {
		e := c.report(diag.NeverOrdered, x.Span, "nothing is between %s and %s: the smaller one comes first", diag.Safe(x.Low.Place().Text(), 40), diag.Safe(x.High.Place().Text(), 40))
		e.Label = fmt.Sprintf("write `between %s and %s`", diag.Safe(x.High.Place().Text(), 40), diag.Safe(x.Low.Place().Text(), 40))
	}
}

// dateArithmetic reports a number that is added to a date.
func (c *checker) dateArithmetic(x *ast.Binary, in scope) {
	if x.Op != ast.Plus && x.Op != ast.Minus {
		return
	}
	p, have := in.known(x.X)
	if want := in.types(x.Y); p == nil || len(want) != 1 || family(want[0]) != "number" || slices.ContainsFunc(have, func(t string) bool { return t != "date" && t != "null" }) || !slices.Contains(have, "date") {
		return
	}
	by := x.Y.Place().Text()
	if x.Op == ast.Minus {
		by = "-" + by
	}
	e := c.report(diag.WrongType, x.Span, "%s is a date: days, hours or months are added to it", diag.Backquote(p.Span.Text()))
	e.Label = fmt.Sprintf("write `addDays(%s, %s)`", diag.Safe(p.Span.Text(), 60), diag.Safe(by, 40))
	e.Notes = []string{"hours and months are `addHours` and `addMonths`"}
}

// arrayBefore is the part of a path that is an array in the data, "" when a field is taken of none.
func (c *checker) arrayBefore(p *ast.Path) string {
	for i, step := range p.Steps {
		before := *p
		before.Steps = p.Steps[:i]
		if v := c.at(c.now).resolve(&before); step.Kind == ast.FieldStep && v != nil && onlyArrays(v.types) {
			return p.Span.File.Text[p.Span.Start:step.Span.Start]
		}
	}
	return ""
}
