package eval

// From expressions to functions: names resolved, environments chosen, constants
// folded, all before the first document.
//
// In: ast.Expr. Out: nodes, which the operators (operators.go, text.go,
// call.go) call with a frame.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Expression is a compiled expression.
type Expression struct {
	node *node
	vars int
	env  *Env
}

// Condition is a compiled expression that must give true or false.
type Condition struct{ Expression }

// Constant evaluates an expression that reads no document: a top-level let, an
// argument of a policy.
func (e *Env) Constant(x ast.Expr) (value.Value, []*value.Error) {
	c := e.compiler()
	c.constant, c.secrets = true, c.secrets || callsSecret(x)
	n := c.expr(x)
	if len(c.errs) > 0 {
		return value.Value{}, c.errs
	}
	f := e.newFrame(nil, c.slots)
	defer f.work.End()
	v, err := n.eval(f)
	if err != nil {
		return value.Value{}, []*value.Error{err}
	}
	return v, nil
}

// Expression compiles an expression over a document.
func (e *Env) Expression(x ast.Expr) (*Expression, []*value.Error) {
	c := e.compiler()
	c.secrets = c.secrets || callsSecret(x)
	n := c.expr(x)
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return &Expression{node: n, vars: c.slots, env: e}, nil
}

// Condition compiles an expression that must give true or false.
func (e *Env) Condition(x ast.Expr) (*Condition, []*value.Error) {
	n, errs := e.Expression(x)
	if errs != nil {
		return nil, errs
	}
	if n.node.constant {
		if _, err := n.node.test(e.newFrame(nil, 0)); err != nil {
			return nil, []*value.Error{err}
		}
	}
	return &Condition{*n}, nil
}

// Eval gives the value for a document; missing is a value here.
func (x *Expression) Eval(d bson.Raw) (value.Value, *value.Error) {
	f := x.env.newFrame(d, x.vars)
	defer f.work.End()
	return x.node.eval(f)
}

// Test evaluates the condition; missing, null and whatever is not true or false is an error.
func (c *Condition) Test(d bson.Raw) (bool, *value.Error) {
	f := c.env.newFrame(d, c.vars)
	defer f.work.End()
	return c.node.test(f)
}

// binding is a name that stands for a value in an expression.
type binding struct {
	name string
	slot int
	// value is set for constants, which have no slot.
	value *value.Value
	// walked is set for the element of a list that is gone through within an expression.
	walked bool
	// visit is set for the element of an `each`.
	visit *visit
}

type compiler struct {
	env      *Env
	constant bool // no document may be read
	secrets  bool // secrets may occur
	bindings []binding
	slots    int
	errs     []*value.Error
	// Of a Program, as far as compiled: its write sites, the `each` blocks
	// around, and whether an array that they go through is read by its path.
	writes     []*writeSite
	visits     []*visit
	reread     bool
	aggregates aggregates
	watch      *Watch
}

func (e *Env) compiler() compiler {
	c := compiler{env: e, watch: e.Watch}
	for _, v := range e.Lets {
		c.secrets = c.secrets || v.HoldsSecret()
	}
	return c
}

// binding finds what a name is bound to; nil for fields and top-level constants.
func (c *compiler) binding(name string) *binding {
	for i := len(c.bindings) - 1; i >= 0; i-- {
		if c.bindings[i].name == name {
			return &c.bindings[i]
		}
	}
	return nil
}

func (c *compiler) fail(e *value.Error) *node {
	c.errs = append(c.errs, e)
	return &node{span: e.Span, shown: "this value", constant: false, eval: func(*frame) (value.Value, *value.Error) { return value.Value{}, e }}
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

func constantNode(span source.Span, v value.Value) *node {
	return &node{span: span, constant: true, shown: "this value", eval: func(*frame) (value.Value, *value.Error) { return v, nil }}
}

// largeConstant is the size in bytes from which constants count towards limit.Bytes.
const largeConstant = 4096

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
	f := c.env.newFrame(nil, c.slots)
	defer f.work.End()
	v, err := n.eval(f)
	if err != nil {
		return c.fail(err)
	}
	// Small ones are in proportion to the file.
	if size := v.Size(); size > largeConstant && !c.env.Budget.AddBytes(size) {
		d := c.env.Budget.Diagnostic(n.span)
		return c.fail(&value.Error{Code: d.Code, Span: d.Span, Message: d.Message, Notes: d.Notes})
	}
	return constantNode(n.span, v)
}

// expr compiles an expression; faults are added to c.errs.
func (c *compiler) expr(x ast.Expr) *node {
	n := c.compiled(x)
	if c.watch != nil && c.watch.Of == x {
		return c.watch.over(n)
	}
	return n
}

func (c *compiler) compiled(x ast.Expr) *node {
	span := x.Place()
	switch x := x.(type) {
	case *ast.Paren:
		return c.expr(x.X)
	case *ast.Number:
		v, err := value.Number(x.Text)
		if err != nil {
			return c.fail(err.At(span))
		}
		return constantNode(span, v)
	case *ast.Bool:
		return constantNode(span, value.Bool(x.Value))
	case *ast.Null:
		return constantNode(span, value.Null)
	case *ast.Text:
		return c.text(x)
	case *ast.Regex:
		v, err := value.Regex(x.Pattern, x.Options)
		if err != nil {
			return c.fail(err.At(span))
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
	return c.fail(&value.Error{Code: diag.InternalError, Span: span, Message: "this expression could not be read"})
}

// path compiles a name and what follows: a binding, a constant or a field.
func (c *compiler) path(p *ast.Path) *node {
	shown := doc.Path{p.Head}.String()
	if b := c.binding(p.Head); b != nil {
		if b.value != nil {
			return c.steps(p.Span, constantNode(p.HeadSpan, *b.value), shown, p.Steps)
		}
		slot := b.slot
		c.aggregates.names = c.aggregates.names || c.isOuter(b)
		head := &node{span: p.HeadSpan, shown: "`" + shown + "`", eval: func(f *frame) (value.Value, *value.Error) { return f.vars[slot], nil }}
		n := c.steps(p.Span, head, shown, p.Steps)
		n.walked = b.walked
		if b.visit == nil {
			return n
		}
		n.visited = b.visit.deep && len(p.Steps) == 0
		full := slices.Concat(b.visit.element, p.Steps)
		c.reads(full, b.visit.level)
		return n.marking(c.readsOf(full))
	}
	if v, ok := c.env.Lets[p.Head]; ok {
		return c.steps(p.Span, constantNode(p.HeadSpan, v), shown, p.Steps)
	}
	if c.constant {
		return c.fail(&value.Error{Code: diag.NotConstant, Span: p.Span, Message: "`" + showPath(p) + "` is no constant",
			Notes: []string{"a constant is made of literals, other constants and functions; fields exist only inside `sync`"}})
	}
	w := &walker{steps: documentSteps(p)}
	w.shown = func(n int) string { return showSteps(w.steps[:n]) }
	c.reads(w.steps, -1)
	c.aggregates.fields = true
	n := &node{span: p.Span, shown: "`" + showPath(p) + "`", eval: func(f *frame) (value.Value, *value.Error) {
		f.work.Spend(limit.Scanned(len(f.doc)))
		v, err := w.get(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: f.doc}, 0)
		if err != nil {
			return value.Value{}, err.At(p.Span)
		}
		return value.Of(v), nil
	}}
	return n.marking(c.readsOf(w.steps))
}

// isOuter reports whether a name is bound outside of the check that is compiled.
func (c *compiler) isOuter(b *binding) bool {
	return slices.ContainsFunc(c.bindings[:c.aggregates.base], func(o binding) bool { return o.slot == b.slot && o.value == nil })
}

// reads notes that an array that an `each` goes through is read other than by
// the name of its element; level is that of the name that is read by, -1 for none.
func (c *compiler) reads(steps []ast.Step, level int) {
	for _, v := range c.visits[level+1:] {
		c.reread = c.reread || related(steps, v.array)
	}
}

// marking is the node that also marks write sites as read.
func (n *node) marking(sites []int) *node {
	if len(sites) == 0 {
		return n
	}
	eval := n.eval
	n.eval = func(f *frame) (value.Value, *value.Error) {
		if f.writes != nil {
			for _, i := range sites {
				f.writes[i].read()
			}
		}
		return eval(f)
	}
	return n
}

// steps compiles suffixes on a value.
func (c *compiler) steps(span source.Span, head *node, shown string, steps []ast.Step) *node {
	if len(steps) == 0 {
		return head
	}
	w := &walker{steps: steps}
	w.shown = func(n int) string { return shown + suffixes(steps[:n]) }
	n := &node{span: span, shown: "`" + w.shown(len(steps)) + "`"}
	n.eval = func(f *frame) (value.Value, *value.Error) {
		v, err := head.eval(f)
		if err != nil {
			return value.Value{}, err
		}
		i := 0
		for ; v.Untyped() && i < len(steps); i++ { // into a literal that holds untyped constants
			s := &steps[i]
			if s.Kind == ast.AllStep || v.IsArray() && s.Kind == ast.FieldStep {
				r, err := v.Settle(nil)
				if err != nil {
					return value.Value{}, err.At(span)
				}
				v = value.Of(r)
				break
			}
			if s.Kind == ast.FieldStep {
				v = v.Field(s.Name)
			} else {
				v = v.Element(s.Position)
			}
		}
		f.work.Spend(limit.Scanned(len(v.BSON.Value)))
		r, err := w.get(v.BSON, i)
		if err != nil {
			return value.Value{}, err.At(span)
		}
		if v.Untyped() {
			return v, nil
		}
		return value.Of(r), nil
	}
	return c.fold(n, head)
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
