package eval

// From expressions to functions: names resolved, environments chosen, constants
// folded, all before the first document.
//
// In: ast.Expr. Out: nodes, which the operators (operators.go, compare.go,
// text.go, functions.go) call with a frame.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Expression is a compiled expression.
type Expression struct {
	node *node
	vars int
}

// Condition is a compiled expression that must give true or false.
type Condition struct{ Expression }

// Constant evaluates an expression that reads no document: a top-level let, an
// argument of a policy.
func (e *Env) Constant(x ast.Expr) (Value, []*Error) {
	c := compiler{env: e, constant: true}
	n := c.expr(x)
	if len(c.errs) > 0 {
		return Value{}, c.errs
	}
	v, err := n.eval(&frame{vars: make([]Value, c.slots)})
	if err != nil {
		return Value{}, []*Error{err}
	}
	return v, nil
}

// Expression compiles an expression over a document.
func (e *Env) Expression(x ast.Expr) (*Expression, []*Error) {
	c := compiler{env: e}
	n := c.expr(x)
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return &Expression{node: n, vars: c.slots}, nil
}

// Condition compiles an expression that must give true or false.
func (e *Env) Condition(x ast.Expr) (*Condition, []*Error) {
	n, errs := e.Expression(x)
	if errs != nil {
		return nil, errs
	}
	if n.node.constant {
		if _, err := n.node.test(nil); err != nil {
			return nil, []*Error{err}
		}
	}
	return &Condition{*n}, nil
}

// Eval gives the value for a document; missing is a value here.
func (x *Expression) Eval(d bson.Raw) (Value, *Error) {
	return x.node.eval(&frame{doc: d, vars: make([]Value, x.vars)})
}

// Test evaluates the condition; missing, null and whatever is not true or false is an error.
func (c *Condition) Test(d bson.Raw) (bool, *Error) {
	return c.node.test(&frame{doc: d, vars: make([]Value, c.vars)})
}

// binding is a name that stands for a value in an expression.
type binding struct {
	name string
	slot int
	// value is set for constants, which have no slot.
	value *Value
}

type compiler struct {
	env      *Env
	constant bool // no document may be read
	bindings []binding
	slots    int
	errs     []*Error
	writes   []*writeSite // of a Program, as far as compiled
}

func (c *compiler) fail(e *Error) *node {
	c.errs = append(c.errs, e)
	return &node{span: e.Span, shown: "this value", constant: false, eval: func(*frame) (Value, *Error) { return Value{}, e }}
}

// bind gives a name a slot of its own: slots are never used twice, so that a
// check finds the lets of its block after the whole block has run.
func (c *compiler) bind(name string) (slot int) {
	slot = c.slots
	c.slots++
	c.bindings = append(c.bindings, binding{name: name, slot: slot})
	return slot
}

// release takes the names after mark away again.
func (c *compiler) release(mark int) { c.bindings = c.bindings[:mark] }

func constantNode(span source.Span, v Value) *node {
	return &node{span: span, constant: true, shown: "this value", eval: func(*frame) (Value, *Error) { return v, nil }}
}

// fold evaluates a node now if all it depends on is constant.
func (c *compiler) fold(n *node, inputs ...*node) *node {
	if n.shown == "" {
		n.shown = "this value"
	}
	for _, in := range inputs {
		if !in.constant {
			return n
		}
	}
	v, err := n.eval(&frame{vars: make([]Value, c.slots)})
	if err != nil {
		return c.fail(err)
	}
	return constantNode(n.span, v)
}

// expr compiles an expression; faults are added to c.errs.
func (c *compiler) expr(x ast.Expr) *node {
	span := x.Place()
	switch x := x.(type) {
	case *ast.Paren:
		return c.expr(x.X)
	case *ast.Number:
		u, err := literal(x.Text)
		if err != nil {
			return c.fail(err.at(span))
		}
		return constantNode(span, u.value())
	case *ast.Bool:
		return constantNode(span, truth(x.Value))
	case *ast.Null:
		return constantNode(span, nullValue)
	case *ast.Text:
		return c.text(x)
	case *ast.Regex:
		v, err := regexValue(x)
		if err != nil {
			return c.fail(err)
		}
		return constantNode(span, v)
	case *ast.Path:
		return c.path(x)
	case *ast.Select:
		return c.steps(x.Span, c.expr(x.X), "…", x.Steps)
	case *ast.List:
		return c.list(x)
	case *ast.Object:
		return c.object(x)
	case *ast.Comprehension:
		return c.comprehension(x)
	case *ast.Quantified:
		return c.quantified(x)
	case *ast.If:
		return c.ifThenElse(x)
	case *ast.PerEnv:
		return c.perEnvironment(x)
	case *ast.Unary:
		return c.unary(x)
	case *ast.Binary:
		return c.binary(x)
	case *ast.Is:
		return c.is(x)
	case *ast.Matches:
		return c.matches(x)
	case *ast.Between:
		return c.between(x)
	case *ast.Call:
		return c.call(x)
	}
	return c.fail(&Error{Code: diag.InternalError, Span: span, Message: "this expression could not be read"})
}

// path compiles a name and what follows: a binding, a constant or a field.
func (c *compiler) path(p *ast.Path) *node {
	for _, b := range slices.Backward(c.bindings) {
		if b.name != p.Head {
			continue
		}
		if b.value != nil {
			return c.steps(p.Span, constantNode(p.HeadSpan, *b.value), doc.Path{p.Head}.String(), p.Steps)
		}
		slot := b.slot
		head := &node{span: p.HeadSpan, shown: "`" + doc.Path{p.Head}.String() + "`", eval: func(f *frame) (Value, *Error) { return f.vars[slot], nil }}
		return c.steps(p.Span, head, doc.Path{p.Head}.String(), p.Steps)
	}
	if v, ok := c.env.Lets[p.Head]; ok {
		return c.steps(p.Span, constantNode(p.HeadSpan, v), doc.Path{p.Head}.String(), p.Steps)
	}
	if c.constant {
		return c.fail(&Error{Code: diag.NotConstant, Span: p.Span, Message: "`" + showPath(p) + "` is no constant",
			Notes: []string{"a constant is made of literals, other constants and functions; fields exist only inside `sync`"}})
	}
	w := &walker{steps: documentSteps(p)}
	w.shown = func(n int) string { return showSteps(w.steps[:n]) }
	reads := c.readsOf(w.steps)
	return &node{span: p.Span, shown: "`" + showPath(p) + "`", eval: func(f *frame) (Value, *Error) {
		if f.writes != nil {
			for _, r := range reads {
				f.writes[r].read()
			}
		}
		v, err := w.get(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: f.doc}, 0)
		if err != nil {
			return Value{}, err.at(p.Span)
		}
		return Value{raw: v}, nil
	}}
}

// steps compiles suffixes on a value.
func (c *compiler) steps(span source.Span, head *node, shown string, steps []ast.Step) *node {
	if len(steps) == 0 {
		return head
	}
	w := &walker{steps: steps}
	w.shown = func(n int) string { return shown + suffixes(steps[:n]) }
	n := &node{span: span, shown: "`" + w.shown(len(steps)) + "`"}
	n.eval = func(f *frame) (Value, *Error) {
		v, err := head.eval(f)
		if err != nil {
			return Value{}, err
		}
		i := 0
		for ; v.loose != nil && i < len(steps); i++ { // into a literal that holds untyped constants
			s := &steps[i]
			if s.Kind == ast.AllStep || v.loose.isList && s.Kind == ast.FieldStep {
				r, err := v.Raw()
				if err != nil {
					return Value{}, err.at(span)
				}
				v = Value{raw: r}
				break
			}
			v = v.loose.step(s)
		}
		r, err := w.get(v.raw, i)
		if err != nil {
			return Value{}, err.at(span)
		}
		if v.loose != nil {
			return v, nil
		}
		return Value{raw: r}, nil
	}
	return c.fold(n, head)
}

// step takes one step into a literal; what is not there is missing.
func (l *loose) step(s *ast.Step) Value {
	if s.Kind == ast.PositionStep && s.Position < len(l.list) {
		return l.list[s.Position]
	}
	if s.Kind == ast.FieldStep {
		for _, f := range l.fields {
			if f.name == s.Name {
				return f.value
			}
		}
	}
	return Value{}
}

// documentSteps is a path from the document's root, without `this`.
func documentSteps(p *ast.Path) []ast.Step {
	if p.Head == "this" {
		return p.Steps
	}
	return append([]ast.Step{{At: ast.At{Span: p.HeadSpan}, Kind: ast.FieldStep, Name: p.Head}}, p.Steps...)
}

// showPath is a path as the language writes it, safe for terminals.
func showPath(p *ast.Path) string {
	return doc.Path{p.Head}.String() + suffixes(p.Steps)
}

func showSteps(steps []ast.Step) string {
	if len(steps) == 0 {
		return "this"
	}
	return strings.TrimPrefix(suffixes(steps), ".")
}

func suffixes(steps []ast.Step) string {
	var b strings.Builder
	for _, s := range steps {
		switch s.Kind {
		case ast.FieldStep:
			b.WriteString("." + doc.Path{s.Name}.String())
		case ast.PositionStep:
			b.WriteString("[" + strconv.Itoa(s.Position) + "]")
		case ast.AllStep:
			b.WriteString("[]")
		}
	}
	return b.String()
}
