package pushdown

// `lookup` as `$lookup`; the counterpart of compiler/eval/lookup.go.
//
// In: the statement, and where the other collection is. Out: stages. A condition that says
// `x.path == E`, alone or among others joined by `and`, becomes a `$match` by which the
// server may use an index; documents that it does not find by equality alone, as they have a
// list there, or a double or decimal, are looked through apart: their stages begin with what
// is the same for every document, which a server does once. The whole condition is then
// evaluated on what both give.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Other is the collection that a `lookup` names.
type Other struct {
	// Collection is its name in the database of the source.
	Collection string
	// LeftOut are paths that are not read of it.
	LeftOut []doc.Path
	// Refused is why `$lookup` cannot read it; empty where it can.
	Refused string
}

// equality is one between a path of the looked-up document and a value that does not read it.
type equality struct {
	path  *ast.Path
	value ast.Expr
}

// equalityOf is the first equality of a condition, as compiler/eval finds it.
func equalityOf(x ast.Expr, name string) *equality {
	b, ok := ast.Unparen(x).(*ast.Binary)
	switch {
	case !ok:
		return nil
	case b.Op == ast.And:
		if e := equalityOf(b.X, name); e != nil {
			return e
		}
		return equalityOf(b.Y, name)
	case b.Op != ast.Eq:
		return nil
	}
	for _, pair := range [][2]ast.Expr{{b.X, b.Y}, {b.Y, b.X}} {
		path, ok := pair[0].(*ast.Path)
		if ok && path.Head == name && len(path.Steps) > 0 && !mentions(pair[1], name) &&
			!slices.ContainsFunc(path.Steps, func(s ast.Step) bool { return s.Kind == ast.AllStep }) {
			return &equality{path, pair[1]}
		}
	}
	return nil
}

func mentions(x ast.Expr, name string) bool {
	return ast.Any(x, func(n ast.Node) bool {
		path, ok := n.(*ast.Path)
		return ok && path.Head == name
	})
}

// made is whether a value is a list or an object that is written, and not one that is read.
func made(x ast.Expr, n *node) bool {
	if n.constant != nil {
		_, indexed := value.Keys(*n.constant)
		return !indexed
	}
	return n.kinds != nil && n.may("object", "array") || ast.Any(x, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Object, *ast.List, *ast.Comprehension:
			return true
		}
		return false
	})
}

func (p *programmer) lookup(s *ast.Lookup, in any) {
	found := &node{at: s.Name.Span, value: nil, kinds: []string{"object"}}
	defer func() { p.names = append(p.names, name{s.Name.Text, found}) }()
	if p.visit != nil {
		p.refuse(s.Span, "`lookup` inside of `each`", "`$lookup` is a stage, which sees documents and not elements: look up outside of the block, or compile another target")
		return
	}
	other := p.others(s)
	if other.Refused != "" {
		p.refuse(s.Span, "this `lookup`", other.Refused)
		return
	}
	if !slices.Contains(p.reads, other.Collection) {
		p.reads = append(p.reads, other.Collection)
	}
	l := &looking{p: p, s: s, other: other}
	e := equalityOf(s.Cond, s.Name.Text)
	var key *node
	if e != nil {
		key = p.expr(e.value, nil)
		if made(e.value, key) {
			p.refuse(e.value.Place(), "a list or object that is made for a `lookup`", "that its numbers have no type decides which documents are looked at: compare its parts, joined by `and`")
			return
		}
		p.fault(s, in, key.fault)
		if key.constant == nil {
			key = &node{at: key.at, value: p.keep(cond(p.active(in), key.value, "$$REMOVE")), simple: true, kinds: key.kinds}
		}
	}
	l.take(in)
	var lists []string
	if e == nil {
		lists = append(lists, l.stages(l.less(), l.judged()))
	} else {
		lists = append(lists, l.stages(l.equal(e, key, false)...), l.stages(l.equal(e, key, true)...))
	}
	all := any(lists[0])
	if len(lists) > 1 {
		all = op("concatArrays", lists[0], lists[1])
	}
	count := []branch{{op("gt", of("size", "$$all"), literal(int32(1))), string(diag.LookupCount)}}
	if s.Expect.AllowsNone() {
		found.kinds = append(found.kinds, "missing")
	} else {
		count = append(count, branch{eq("$$all", literal(bson.A{})), string(diag.LookupCount)})
	}
	named := func(in any) any {
		return of("let", bson.D{{Key: "vars", Value: bson.D{{Key: "all", Value: all}}}, {Key: "in", Value: in}})
	}
	failed := of("filter", bson.D{{Key: "input", Value: "$$all"}, {Key: "as", Value: "e"}, {Key: "cond", Value: ne("$$e.h", true)}})
	p.fault(s, in, named(p.let(failed, func(bad string) any {
		return cond(eq(bad, literal(bson.A{})), choose(nil, count...), p.let(op("arrayElemAt", bad, zero), func(b string) any { return b + ".h" }))
	})))
	one := p.let(op("arrayElemAt", "$$all", zero), func(e string) any { return e + ".r" })
	found.value, found.simple = p.keep(cond(p.active(in), named(cond(eq("$$all", literal(bson.A{})), "$$REMOVE", one)), "$$REMOVE")), true
	for _, list := range lists {
		p.drop(list)
	}
}

// looking is one lookup: what its stages are given of the document.
type looking struct {
	p     *programmer
	s     *ast.Lookup
	other Other
	given bson.D // of `let`
	on    string // whether it is reached
	root  string
	names []name
	mixed any // whether a double meets a decimal
}

func (l *looking) give(x any) string {
	v := l.p.fresh()
	l.given = append(l.given, bson.E{Key: v, Value: x})
	return "$$" + v
}

// take gives the stages the document and the names that the condition may read.
func (l *looking) take(in any) {
	l.on, l.root = l.give(l.p.active(in)), l.give("$d")
	for _, n := range l.p.names {
		if n.node.constant == nil {
			inner := *n.node
			if mentions(l.s.Cond, n.text) {
				inner.value, inner.simple = l.give(inner.value), true
			}
			n.node = &inner
		}
		l.names = append(l.names, n)
	}
}

// within compiles something in the stages: the looked-up document is `$$ROOT` there.
func (l *looking) within(compile func(other *node)) {
	root, names := l.p.root, l.p.names
	other := &node{at: l.s.Name.Span, value: "$$ROOT", simple: true, kinds: []string{"object"}}
	l.p.root, l.p.names = l.root, append(slices.Clone(l.names), name{l.s.Name.Text, other})
	compile(other)
	l.p.root, l.p.names = root, names
}

// stages adds `$lookup`; it returns where the list is that it gives.
func (l *looking) stages(parts ...bson.A) string {
	l.p.blocks++
	as := "l.n" + decimalText(l.p.blocks)
	l.p.stages = append(l.p.stages, of("lookup", bson.D{{Key: "from", Value: l.other.Collection}, {Key: "let", Value: l.given},
		{Key: "pipeline", Value: slices.Concat(parts...)}, {Key: "as", Value: as}}))
	return "$" + as
}

func (l *looking) less() bson.A {
	if len(l.other.LeftOut) == 0 {
		return nil
	}
	m := &merger{compiler: compiler{vars: l.p.vars}}
	stage := of("replaceWith", m.stripped("$$ROOT", l.other.LeftOut))
	l.p.vars = m.vars
	return bson.A{stage}
}

func matches(test any) bson.D { return of("match", bson.D{{Key: "$expr", Value: test}}) }

// equal are the stages that leave what has the key, or may have it; apart: those for which
// equality alone does not tell.
func (l *looking) equal(e *equality, key *node, apart bool) []bson.A {
	var out bson.A
	l.within(func(other *node) {
		if key.constant == nil {
			inner := *key
			inner.value = l.give(key.value)
			key = &inner
		}
		there := l.p.field(e.path.Span, other, e.path.Steps)
		o := operands{&l.p.compiler}
		strange := l.p.use(there, func(v any) any { return among(typeOf(v), "array", "double", "decimal") })
		if there.fault != nil {
			strange = l.p.let(there.fault, func(f string) any { return cond(eq(f, nil), strange, true) })
		}
		same := o.same(there, key)
		if !apart {
			out = bson.A{matches(o.pair(there, key, func(v, w any) any { return eq(v, w) })), matches(and(not(strange), same))}
			return
		}
		list := l.p.use(there, func(v any) any { return of("isArray", bson.A{v}) })
		if mixed := o.mixed(there, key); mixed != nil {
			l.mixed = ne(mixed, nil)
		}
		maybe := or(list, same, l.mixed)
		if there.fault != nil {
			if l.mixed != nil {
				l.mixed = l.p.let(there.fault, func(f string) any { return cond(eq(f, nil), l.mixed, false) })
			}
			maybe = l.p.let(there.fault, func(f string) any { return cond(eq(f, nil), maybe, true) })
		}
		out = bson.A{matches(strange), matches(maybe)}
	})
	if slices.ContainsFunc(l.other.LeftOut, func(p doc.Path) bool { return touches(p, e.path.Steps) }) {
		return []bson.A{l.less(), out, l.judged()}
	}
	return []bson.A{out, l.less(), l.judged()}
}

// touches is whether a path is above or below another one, or the same.
func touches(p doc.Path, steps []ast.Step) bool {
	for i := range min(len(p), len(steps)) {
		if steps[i].Kind != ast.FieldStep || steps[i].Name != p[i] {
			return false
		}
	}
	return true
}

// judged makes of documents {r: the document, h: true or the fault} where the condition
// holds or is at fault; two are enough to know.
func (l *looking) judged() bson.A {
	var says any
	l.within(func(*node) {
		n := l.p.settled(l.p.expr(l.s.Cond, nil))
		says = n.value
		if fault := l.p.test(n); fault != nil {
			says = l.p.let(fault, func(f string) any { return cond(eq(f, nil), n.value, f) })
		}
		if l.mixed != nil {
			says = cond(l.mixed, limitMixed, says)
		}
	})
	return bson.A{of("replaceWith", bson.D{{Key: "r", Value: "$$ROOT"}, {Key: "h", Value: cond(l.on, says, false)}}),
		of("match", bson.D{{Key: "h", Value: bson.D{{Key: "$ne", Value: false}}}}), of("limit", int32(2))}
}
