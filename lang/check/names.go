package check

// Names in expressions: what is a binding and what a field, which functions
// there are, which regular expressions can be run.

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/habit"
	"github.com/hayone1/mongocd/lang/source"
)

// scope is the bindings that an expression sees.
type scope struct {
	*checker
	outer *scope
	names map[string]source.Span
	// elements are those names that stand for an element of an array, which can be written.
	elements map[string]bool
	// local are those names that a `let` of this block gives.
	local map[string]*ast.Let
	// mongo: values are MongoDB's own, with its operators.
	mongo bool
	// creates: objects are documents that are written out, which may say that a field is new.
	creates bool
	// written is the path that a value is written to or compared with, for messages.
	written string
	// later are lets further down in the same block, for a better message.
	later map[string]source.Span
	// constant: no document is there, so a name that is no binding is an error.
	constant bool
}

// inner returns a scope within s.
func (s *scope) inner() *scope {
	return &scope{checker: s.checker, outer: s, names: map[string]source.Span{}, constant: s.constant, mongo: s.mongo}
}

// lookup finds a binding.
func (s *scope) lookup(name string) (source.Span, bool) {
	for ; s != nil; s = s.outer {
		if at, ok := s.names[name]; ok {
			return at, true
		}
	}
	return source.Span{}, false
}

// element reports whether a name stands for an element of an array that an `each` visits.
func (s *scope) element(name string) bool {
	for ; s != nil; s = s.outer {
		if _, ok := s.names[name]; ok {
			return s.elements[name]
		}
	}
	return false
}

// bind adds a binding; one that is already there is an error, never hidden.
// what says what it is: "the constant".
func (s *scope) bind(n ast.Name, what string) {
	s.bindable(n)
	if at, ok := s.lookup(n.Text); ok {
		s.alreadyNamed(n, at)
		return
	}
	s.names[n.Text] = n.Span
	s.given(n, what)
}

// bindable refuses names that always mean something else.
func (f *forms) bindable(n ast.Name) {
	if n.Text == "this" {
		f.report(diag.ReservedWord, n.Span, "`this` always means the document").Notes = []string{"choose another name"}
	}
}

func (f *forms) alreadyNamed(n ast.Name, at source.Span) {
	e := f.report(diag.DuplicateName, n.Span, "%s is already a name here", diag.Quote(n.Text, 64))
	e.Related = []diag.Related{{Span: at, Message: "named here"}}
	e.Notes = []string{"choose another name: one never hides the other"}
}

// expr checks an expression and everything in it.
func (s *scope) expr(x ast.Expr) {
	switch x := x.(type) {
	case nil, *ast.BadExpr, *ast.Number, *ast.Bool, *ast.Null:
	case *ast.Path:
		s.continuedSteps(x.HeadSpan, x.Steps)
		s.path(x)
	case *ast.Select:
		s.continuedSteps(x.X.Place(), x.Steps)
		s.expr(x.X)
	case *ast.Text:
		for _, p := range x.Parts {
			s.expr(p.Expr)
		}
	case *ast.Regex:
		s.regexValue(x)
	case *ast.List:
		for _, e := range x.Elems {
			s.expr(e)
		}
	case *ast.Comprehension:
		s.expr(x.In)
		in := s.inner()
		in.bind(x.Name, "the variable")
		in.expr(x.Cond)
		in.expr(x.Key)
		in.expr(x.Elem)
		for _, k := range x.Sort {
			in.expr(k.X)
		}
	case *ast.Object:
		s.object(x)
	case *ast.Call:
		s.call(x)
	case *ast.If:
		s.expr(x.Cond)
		s.expr(x.Then)
		s.expr(x.Else)
	case *ast.PerEnv:
		s.perEnv(x.At, x.Entries)
		for _, e := range x.Entries {
			s.expr(e.Value)
		}
	case *ast.Unary:
		s.expr(x.X)
	case *ast.Binary:
		s.continuedMinus(x)
		s.expr(x.X)
		s.exprFor(x.X, x.Y)
		s.environmentCompared(x)
	case *ast.Is:
		s.expr(x.X)
		s.typeWord(x)
	case *ast.Matches:
		s.expr(x.X)
		s.matchRegex(x.Regex)
	case *ast.Between:
		s.expr(x.X)
		s.expr(x.Low)
		s.expr(x.High)
	case *ast.Quantified:
		s.expr(x.In)
		in := s.inner()
		in.bind(x.Name, "the variable")
		in.expr(x.Cond)
		in.expr(x.Has)
	case *ast.Paren:
		s.expr(x.X)
	default:
		panic(fmt.Sprintf("lang/check: unknown expression %T", x))
	}
}

// exprFor checks a value that is written to, or compared with, what x is.
func (s *scope) exprFor(x, value ast.Expr) {
	before := s.written
	if p, ok := x.(*ast.Path); ok {
		s.written = diag.Safe(p.Span.Text(), 64)
	}
	s.expr(value)
	s.written = before
}

// path checks the first word of a path that is read.
func (s *scope) path(p *ast.Path) {
	if p.Head == "this" && !s.constant {
		return
	}
	if at, ok := s.lookup(p.Head); ok {
		s.used[at] = true
		return
	}
	for outer := s; outer != nil; outer = outer.outer {
		if at, ok := outer.later[p.Head]; ok {
			e := s.report(diag.UsedTooEarly, p.HeadSpan, "%s gets its value further down", diag.Backquote(p.Head))
			e.Related = []diag.Related{{Span: at, Message: "here"}}
			e.Notes = []string{"move the `let` up; a field of this name is `this." + diag.Safe(p.Head, 64) + "`"}
			return
		}
	}
	if s.constant {
		e := s.report(diag.NotConstant, p.Span, "%s is not a constant: there is no document here", diag.Backquote(p.Span.Text()))
		e.Notes = []string{"a `let` that reads fields stands inside the `sync … { }`"}
		if near := diag.Suggest(p.Head, s.allNames()); near != "" && len(p.Steps) == 0 {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Fix = &diag.Fix{Span: p.HeadSpan, Text: near}
		}
	}
}

// allNames are the bindings in scope, sorted.
func (s *scope) allNames() []string {
	var names []string
	for ; s != nil; s = s.outer {
		for n := range s.names {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// documentObject checks an object that is a whole document.
func (s *scope) documentObject(o *ast.Object) {
	in := *s
	in.creates = true
	in.object(o)
}

// object refuses a field given twice.
func (s *scope) object(o *ast.Object) {
	if !s.mongo {
		s.value(o)
	}
	first := map[string]source.Span{}
	for _, f := range o.Fields {
		if f.Key != nil {
			if s.mongo || s.creates {
				s.report(diag.BadName, f.Name.Span, "the names of fields are written out here").Notes = []string{"write the name itself, without brackets"}
			}
			s.expr(f.Key)
			s.expr(f.Value)
			continue
		}
		if at, ok := first[f.Name.Text]; ok {
			s.report(diag.RepeatedField, f.Name.Span, "the field %s is given twice in one object", diag.Quote(f.Name.Text, 64)).Related =
				[]diag.Related{{Span: at, Message: "first here"}}
		} else {
			first[f.Name.Text] = f.Name.Span
		}
		if f.Create && !s.creates {
			s.report(diag.MisplacedStatement, f.Span, "`create` stands before a field of `document` and `given` only").Notes =
				[]string{"the fields of this object need no word: " + diag.Backquote(f.Name.Span.Text()+": …")}
		}
		if strings.ContainsRune(f.Name.Text, 0) {
			s.report(diag.BadName, f.Name.Span, "the name of a field has no NUL")
		}
		s.expr(f.Value)
	}
}

// environmentName reports a name that is no environment and no group.
func (c *checker) environmentName(n ast.Name) bool {
	if slices.Contains(c.module.Environments, n.Text) || len(c.module.Groups[n.Text]) > 0 {
		return true
	}
	if c.environments == nil {
		return false // its absence is reported once
	}
	known := slices.Clone(c.module.Environments)
	for g := range c.module.Groups {
		known = append(known, g)
	}
	slices.Sort(known)
	e := c.report(diag.UnknownEnvironment, n.Span, "there is no environment %s", diag.Quote(n.Text, 64))
	if n.Text == "all" || n.Text == "any" {
		e.Label = "what is for all environments stands without `for`"
		return false
	}
	if near := diag.Suggest(n.Text, known); near != "" {
		e.Label = fmt.Sprintf("did you mean `%s`?", near)
		e.Fix = &diag.Fix{Span: n.Span, Text: near}
	} else if slices.Contains([]string{"default", "others", "other", "otherwise", "rest", "_", "*"}, n.Text) {
		e.Label = "`else` stands for all others behind `per environment`"
	}
	e.Notes = []string{"declared are " + strings.Join(known, ", ")}
	e.Related = []diag.Related{{Span: c.environments.Span, Message: "declared here"}}
	return false
}

// members returns the environments a declared name stands for.
func (c *checker) members(name string) []string {
	if g := c.module.Groups[name]; len(g) > 0 {
		return g
	}
	return []string{name}
}

// perEnv checks that every environment has exactly one value.
func (c *checker) perEnv(at ast.At, entries []ast.EnvEntry) {
	given := map[string]source.Span{}
	var elseAt source.Span
	known := c.environments != nil
	for _, e := range entries {
		if e.Else {
			if !elseAt.IsZero() {
				c.report(diag.DuplicateName, e.Span, "`else` is given twice").Related = []diag.Related{{Span: elseAt, Message: "first here"}}
			}
			elseAt = e.Span
			continue
		}
		if !c.environmentName(e.Env) {
			known = false
			continue
		}
		for _, name := range c.members(e.Env.Text) {
			if at, ok := given[name]; ok {
				d := c.report(diag.DuplicateName, e.Env.Span, "the environment %s has two values here", diag.Quote(name, 64))
				d.Related = []diag.Related{{Span: at, Message: "the other one"}}
				continue
			}
			given[name] = e.Env.Span
		}
	}
	if !known || !elseAt.IsZero() {
		return
	}
	var missing []string
	for _, name := range c.module.Environments {
		if _, ok := given[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		c.report(diag.NotExhaustive, at.Span, "there is no value for %s", strings.Join(missing, ", ")).Notes =
			[]string{fmt.Sprintf("add `%s: …`, or `else: …` for all others", missing[0])}
	}
}

// typeWords are the words that `is` knows.
var typeWords = []string{
	"missing", "present", "null", "empty", "int", "long", "double", "decimal", "number", "string", "bool", "date", "timestamp",
	"objectId", "uuid", "binary", "regex", "object", "array", "minKey", "maxKey",
}

func (f *forms) typeWord(x *ast.Is) {
	w := x.Word
	if slices.Contains(typeWords, w.Text) {
		return
	}
	e := f.report(diag.UnknownType, w.Span, "there is no type %s", diag.Quote(w.Text, 64))
	near := habit.Type(w.Text)
	if near == "" {
		near = diag.Suggest(w.Text, typeWords)
	}
	if near != "" {
		e.Label = fmt.Sprintf("did you mean `%s`?", near)
		e.Fix = &diag.Fix{Span: w.Span, Text: near}
	}
	e.Notes = []string{"`is` knows " + strings.Join(typeWords, ", ")}
}

// Paths yields every path that an expression reads, bindings included.
func Paths(x ast.Expr) iter.Seq[*ast.Path] {
	return func(yield func(*ast.Path) bool) { walkPaths(x, yield) }
}

func walkPaths(x ast.Expr, yield func(*ast.Path) bool) bool {
	if p, ok := x.(*ast.Path); ok {
		return yield(p)
	}
	for _, sub := range ast.Subexpressions(x) {
		if !walkPaths(sub, yield) {
			return false
		}
	}
	return true
}
