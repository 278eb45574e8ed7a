package pushdown

// The rules of a collection as stages of a pipeline; the counterpart of
// compiler/eval/change.go.
//
// A document goes through the stages in an envelope: `d` is the document so far, `f` null
// or the first fault, with the statement that it is of; `l` holds what `let` and `lookup`
// have named, and which `where` blocks it is in. A document at fault is not changed any
// more. In the block of an `each` the same of an element are names (each.go).

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Program is the rules of a collection.
type Program struct {
	// Stages make of each document that is selected, and of each whose rules are at
	// fault, an envelope {d, f}: the finished document and null, or the one so far and
	// {code, at}, `at` being the place of the statement.
	Stages bson.A
	// Selection is the stage that leaves the documents that are selected, and those for which
	// that is a fault; empty where all are.
	Selection bson.A
	// Reads are the collections that lookups read, in the database of the source.
	Reads []string
}

// Compile compiles what selects documents and the statements that change and check them,
// as eval.Env.Program does; others says where the collection of a `lookup` is. The errors
// are those of compiler/eval.
func CompileRules(env *eval.Env, others func(*ast.Lookup) Other, filters []*ast.Filter, stmts []ast.Stmt) (Program, []Refusal, []*value.Error) {
	if _, errs := env.Program(stmts); len(errs) > 0 {
		return Program{}, nil, errs
	}
	p := &programmer{compiler: compiler{env: env, root: "$$ROOT"}, others: others}
	p.selection(filters)
	p.root = "$d"
	p.block(stmts, nil)
	for _, check := range p.checks {
		p.check(check)
	}
	p.stages = append(p.stages, of("project", bson.D{{Key: "_id", Value: 0}, {Key: "d", Value: 1}, {Key: "f", Value: 1}}))
	return Program{Stages: p.stages, Selection: p.selected, Reads: p.reads}, p.refusals, p.errs
}

// programmer goes through statements.
type programmer struct {
	compiler
	stages   bson.A
	selected bson.A // Program.Selection
	checks   []reached
	blocks   int
	others   func(*ast.Lookup) Other
	reads    []string // Program.Reads
	visit    *visit   // the innermost `each`; nil: outside of all
}

// reached is a check, run at the end for the documents that came past it.
type reached struct {
	stmt  *ast.Check
	in    any
	names []name
}

func (p *programmer) stage(fields ...bson.E) { p.stages = append(p.stages, of("set", bson.D(fields))) }

// selection wraps the documents that filters leave.
func (p *programmer) selection(filters []*ast.Filter) {
	var faults, tests []any
	for _, f := range filters {
		n := p.settled(p.expr(f.Cond, nil))
		if fault := p.compiler.test(n); fault != nil {
			faults = append(faults, p.placed(fault, f))
		}
		if f.Except {
			tests = append(tests, not(n.value))
		} else {
			tests = append(tests, n.value)
		}
	}
	fault := p.first(faults...)
	if len(tests) > 0 && fault == nil {
		p.stages = append(p.stages, of("match", bson.D{{Key: "$expr", Value: and(tests...)}}))
		p.selected = p.stages[:1:1]
	}
	envelope := bson.D{{Key: "d", Value: "$$ROOT"}, {Key: "f", Value: fault}}
	if len(tests) > 0 && fault != nil {
		selected := p.let(fault, func(f string) any { return cond(eq(f, nil), and(tests...), true) })
		envelope = append(envelope, bson.E{Key: "s", Value: selected})
		p.selected = bson.A{of("match", bson.D{{Key: "$expr", Value: selected}})}
	}
	p.stages = append(p.stages, of("replaceWith", envelope))
	if len(tests) > 0 && fault != nil {
		p.stages = append(p.stages, of("match", bson.D{{Key: "s", Value: true}}))
	}
}

// placed is a fault with the place of what it is of.
func (p *programmer) placed(fault any, at ast.Node) any {
	return p.let(fault, func(f string) any {
		return cond(eq(f, nil), nil, bson.D{{Key: "code", Value: f}, {Key: "at", Value: literal(at.Place().String())}})
	})
}

// active is whether a document is not at fault, and in a block; or an element, and not removed.
func (p *programmer) active(in any) any {
	if p.visit == nil {
		return and(eq("$f", nil), in)
	}
	tests := []any{true, in}
	if p.visit.fault != nil {
		tests[0] = eq(p.visit.fault, nil)
	}
	for _, g := range p.visit.gone {
		tests = append(tests, not(g))
	}
	return and(tests...)
}

// keep remembers a value of a document, or of an element, under a name of its own.
func (p *programmer) keep(x any) string {
	if p.visit != nil {
		return p.visit.bind(p.fresh(), x)
	}
	p.blocks++
	field := "l.n" + decimalText(p.blocks)
	p.stage(bson.E{Key: field, Value: x})
	return "$" + field
}

// drop forgets a value of a document.
func (p *programmer) drop(kept string) {
	if p.visit == nil {
		p.stage(bson.E{Key: kept[1:], Value: "$$REMOVE"})
	}
}

// change is a statement: the document, or the element, becomes what is given unless it is at fault.
func (p *programmer) change(s ast.Node, in, fault, becomes any) {
	p.fault(s, in, fault)
	if v := p.visit; v != nil {
		v.node.value = v.bind(p.fresh(), cond(p.active(in), becomes, v.node.value))
		return
	}
	p.stage(bson.E{Key: "d", Value: cond(p.active(in), becomes, "$d")})
}

func (p *programmer) fault(s ast.Node, in, fault any) {
	if fault != nil {
		p.faulted(in, p.placed(fault, s))
	}
}

// faulted takes a fault that has its place.
func (p *programmer) faulted(in, fault any) {
	if v := p.visit; v != nil {
		v.fault = v.bind(p.fresh(), cond(p.active(in), fault, v.fault))
		return
	}
	p.stage(bson.E{Key: "f", Value: cond(p.active(in), fault, "$f")})
}

func (p *programmer) block(stmts []ast.Stmt, in any) {
	mark := len(p.names)
	for _, s := range stmts {
		p.statement(s, in)
	}
	p.names = p.names[:mark]
}

func (p *programmer) statement(s ast.Stmt, in any) {
	switch s := s.(type) {
	case *ast.Assign:
		p.assign(s, in)
	case *ast.Remove:
		for _, path := range s.Paths {
			p.remove(s, path, in)
		}
	case *ast.Rename:
		p.rename(s, in)
	case *ast.Add:
		p.add(s, in)
	case *ast.Let:
		p.named(s, in)
	case *ast.Where:
		p.where(s, in)
	case *ast.For:
		if slices.ContainsFunc(s.Environments.Names, func(n ast.Name) bool { return p.env.Is(n.Text) }) != s.Environments.Except {
			p.block(s.Body.Stmts, in)
		}
	case *ast.Check:
		if p.visit != nil {
			if !s.Warn {
				p.refuse(s.Span, "`check` inside of `each`", "elements are not remembered until the document is finished: write `check every x in … has …`")
			}
			return
		}
		p.checks = append(p.checks, reached{s, in, slices.Clone(p.names)})
	case *ast.Each:
		p.each(s, in)
	case *ast.Lookup:
		p.lookup(s, in)
	}
}

// place is where a statement writes: fields from the document's root, or in the element
// that the innermost `each` visits; none: the element itself. False where it is refused.
func (p *programmer) place(path *ast.Path) ([]ast.Step, bool) {
	steps := path.FromRoot()
	switch v := p.visit; {
	case v != nil && path.Head == v.name:
		steps = path.Steps
	case v != nil:
		p.refuse(path.Span, "a rule inside of `each` that writes outside of the element", "the elements are not gone through one after another: write it after the block, of the list")
		return nil, false
	}
	for i, s := range steps {
		switch {
		case s.Kind != ast.FieldStep:
			p.refuse(s.Span, "a position in a list that is written", "no operator writes one element in its place: write the whole list")
			return nil, false
		case i == 0 && s.Name == "_id" && p.visit == nil:
			p.refuse(s.Span, "a rule that writes `_id`", "`$merge` may not change it: identify documents by another field, with `by`")
			return nil, false
		}
	}
	return steps, true
}

// full is the path of a place from the document's root.
func (p *programmer) full(path *ast.Path) []ast.Step {
	if v := p.visit; v != nil && path.Head == v.name {
		return slices.Concat(v.full, path.Steps)
	}
	return path.FromRoot()
}

// base is what statements write: the document, or the element as it is so far.
func (p *programmer) base() *node {
	if p.visit != nil {
		n := *p.visit.node
		return &n
	}
	return &node{value: p.root, simple: true, kinds: []string{"object"}}
}

func (p *programmer) at(steps []ast.Step) *node {
	if len(steps) == 0 {
		return p.base()
	}
	return p.field(steps[0].Span, p.base(), steps)
}

// above are what a place is in, from the outside; an element may be no object.
func (p *programmer) above(steps []ast.Step) (out []*node) {
	for i := range steps {
		if i > 0 || p.visit != nil {
			out = append(out, p.at(steps[:i]))
		}
	}
	return out
}

// parents is the fault of a place whose parents are neither objects nor missing.
func (p *programmer) parents(steps []ast.Step) any {
	var faults []any
	for _, n := range p.above(steps) {
		faults = append(faults, n.fault, p.use(n, func(v any) any {
			return choose(string(diag.ParentNotObject), branch{among(typeOf(v), append([]string{"object"}, n.absent()...)...), nil}, branch{eq(typeOf(v), "array"), string(diag.PathThroughArray)})
		}))
	}
	return p.first(faults...)
}

// field1 is an object of one field.
func field1(name string, v any) any {
	if plainName(name) {
		return bson.D{{Key: name, Value: v}}
	}
	return op("arrayToObject", bson.A{bson.D{{Key: "k", Value: literal(name)}, {Key: "v", Value: v}}})
}

// put is base with v at steps: what is there keeps its place, what is new comes last.
func (p *programmer) put(base *node, steps []ast.Step, v any) any {
	if len(steps) == 0 {
		return v
	}
	return p.use(base, func(b any) any {
		if len(steps) > 1 {
			inner := p.member(&node{value: b, simple: true, kinds: []string{"object"}}, steps[0].Name)
			v = p.put(&node{value: p.use(&inner, func(i any) any { return cond(eq(typeOf(i), "object"), i, literal(bson.D{})) })}, steps[1:], v)
		}
		return op("mergeObjects", b, field1(steps[0].Name, v))
	})
}

// without is base without what is at steps.
func (p *programmer) without(base *node, steps []ast.Step) any {
	return p.use(base, func(b any) any {
		if len(steps) == 1 {
			return op("arrayToObject", of("filter", bson.D{{Key: "input", Value: of("objectToArray", b)}, {Key: "as", Value: "e"}, {Key: "cond", Value: ne("$$e.k", literal(steps[0].Name))}}))
		}
		inner := p.member(&node{value: b, simple: true, kinds: []string{"object"}}, steps[0].Name)
		return p.use(&inner, func(i any) any {
			return cond(eq(typeOf(i), "object"), op("mergeObjects", b, field1(steps[0].Name, p.without(&node{value: i, simple: true}, steps[1:]))), b)
		})
	})
}

func (p *programmer) assign(s *ast.Assign, in any) {
	to := p.env.Target(s.Path, p.full(s.Path))
	n := p.settledTo(p.expr(s.Value, to), to)
	steps, ok := p.place(s.Path)
	if !ok {
		return
	}
	fault := p.present(n)
	if s.Create {
		old := p.at(steps)
		fault = p.first(fault, old.fault, p.use(old, func(v any) any { return cond(among(typeOf(v), old.absent()...), nil, string(diag.FieldExists)) }))
	}
	p.change(s, in, p.first(fault, p.parents(steps)), p.put(p.base(), steps, n.value))
}

func (p *programmer) remove(s *ast.Remove, path *ast.Path, in any) {
	steps, ok := p.place(path)
	if !ok {
		return
	}
	if len(steps) == 0 {
		p.visit.gone = append(p.visit.gone, p.keep(p.active(in)))
		return
	}
	var faults []any
	for _, n := range p.above(steps) {
		faults = append(faults, n.fault, p.use(n, func(v any) any { return onlyIf(of("isArray", bson.A{v}), string(diag.PathThroughArray)) }))
	}
	less := p.without(p.base(), steps)
	if p.visit != nil { // which may be no object
		less = cond(eq(typeOf(p.base().value), "object"), less, p.base().value)
	}
	p.change(s, in, p.first(faults...), less)
}

func (p *programmer) rename(s *ast.Rename, in any) {
	from, ok := p.place(s.From)
	to, also := p.place(s.To)
	if !ok || !also || len(from) == 0 || len(to) == 0 {
		return
	}
	old, there := p.at(from), p.at(to)
	absent := func(n *node) func(v any) any { return func(v any) any { return among(typeOf(v), n.absent()...) } }
	faults := p.first(there.fault, p.use(there, func(v any) any { return cond(absent(there)(v), nil, string(diag.FieldExists)) }))
	n := len(from)
	if n == len(to) && slices.EqualFunc(from[:n-1], to[:n-1], func(a, b ast.Step) bool { return a.Name == b.Name }) {
		p.change(s, in, p.first(old.fault, p.use(old, func(v any) any { return cond(absent(old)(v), nil, faults) })), p.use(old, func(v any) any {
			return cond(absent(old)(v), p.base().value, p.retitled(p.base(), from, to[n-1].Name))
		}))
		return
	}
	faults = p.first(faults, p.parents(to))
	p.change(s, in, p.first(old.fault, p.use(old, func(v any) any { return cond(absent(old)(v), nil, faults) })), p.use(old, func(v any) any {
		return cond(absent(old)(v), p.base().value, p.let(p.without(p.base(), from), func(rest string) any {
			return p.put(&node{value: rest, simple: true, kinds: []string{"object"}}, to, v)
		}))
	}))
}

// retitled is base with another name for its field at steps, in its place.
func (p *programmer) retitled(base *node, steps []ast.Step, name string) any {
	return p.use(base, func(b any) any {
		if len(steps) == 1 {
			return op("arrayToObject", of("map", bson.D{{Key: "input", Value: of("objectToArray", b)}, {Key: "as", Value: "e"},
				{Key: "in", Value: bson.D{{Key: "k", Value: cond(eq("$$e.k", literal(steps[0].Name)), literal(name), "$$e.k")}, {Key: "v", Value: "$$e.v"}}}}))
		}
		inner := p.member(&node{value: b, simple: true, kinds: []string{"object"}}, steps[0].Name)
		return op("mergeObjects", b, field1(steps[0].Name, p.retitled(&inner, steps[1:], name)))
	})
}

func (p *programmer) add(s *ast.Add, in any) {
	to := p.env.Target(s.Path, append(p.full(s.Path), ast.Step{Kind: ast.AllStep}))
	n := p.settledTo(p.expr(s.Value, to), to)
	steps, ok := p.place(s.Path)
	if !ok {
		return
	}
	old := p.at(steps)
	fault := p.first(p.present(n), old.fault, p.wantArray(old, false), p.parents(steps))
	list := func(in func(l any) any) any { return p.elements(old, in) }
	fault = p.first(fault, p.use(n, func(v any) any {
		return list(func(l any) any {
			return onlyIf(or(and(eq(typeOf(v), "double"), op("in", "decimal", types(l))), and(eq(typeOf(v), "decimal"), op("in", "double", types(l)))), limitMixed)
		})
	}))
	p.change(s, in, fault, p.use(n, func(v any) any {
		return list(func(l any) any {
			return cond(op("in", v, l), p.base().value, p.put(p.base(), steps, op("concatArrays", l, bson.A{v})))
		})
	}))
}

func (p *programmer) named(s *ast.Let, in any) {
	n := p.expr(s.Value, nil)
	if n.constant != nil {
		p.names = append(p.names, name{s.Name.Text, n})
		return
	}
	p.fault(s, in, n.fault)
	kept := p.keep(cond(p.active(in), n.value, "$$REMOVE"))
	p.names = append(p.names, name{s.Name.Text, &node{at: s.Name.Span, value: kept, simple: true, kinds: n.kinds}})
}

func (p *programmer) where(s *ast.Where, in any) {
	n := p.settled(p.expr(s.Cond, nil))
	p.fault(s, in, p.compiler.test(n))
	holds := p.keep(cond(p.active(in), n.value, false))
	if s.Else != nil {
		p.block(s.Else.Stmts(), p.keep(and(p.active(in), not(holds))))
	}
	p.block(s.Body.Stmts, holds)
}

// check is run when the document is finished.
func (p *programmer) check(c reached) {
	s := c.stmt
	switch {
	case s.Warn:
		return // what only warns is for the sample
	case s.Unique != nil, s.RefersTo != nil:
		p.refuse(s.Span, "a check over several documents", "a stage sees one document: a unique index at the destination refuses what is there twice")
		return
	}
	p.names = c.names
	n := p.settled(p.expr(s.Cond, nil))
	p.fault(s, c.in, p.first(p.compiler.test(n), cond(n.value, nil, string(diag.CheckFailed))))
}
