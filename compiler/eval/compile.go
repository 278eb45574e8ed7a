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

// frame is what an expression sees while it runs.
type frame struct {
	doc  bson.Raw
	vars []Value
	// writes are the states of the Program's write sites in this document; nil outside of a Run.
	writes []writeState
}

// node is a compiled expression.
type node struct {
	span     source.Span
	constant bool
	// shown is what messages call it: "`limits.users`" or "this value".
	shown string
	eval  func(f *frame) (Value, *Error)
}

// present evaluates to a value that is not missing.
func (n *node) present(f *frame) (Value, *Error) {
	v, err := n.eval(f)
	if err == nil && v.Missing() {
		err = n.missing()
	}
	return v, err
}

func (n *node) missing() *Error {
	e := &Error{Code: diag.FieldMissing, Span: n.span, Message: n.shown + " is missing"}
	if strings.HasPrefix(n.shown, "`") {
		path := strings.Trim(n.shown, "`")
		e.Notes = []string{"give a default, `" + path + " ?? …`, or take only the documents that have it, `where " + path + " is present { … }`"}
	}
	return e
}

// solid evaluates to a value that is neither missing nor null.
func (n *node) solid(f *frame) (Value, *Error) {
	v, err := n.present(f)
	if err == nil && v.isNull() {
		err = &Error{Code: diag.NullValue, Span: n.span, Message: n.shown + " is null"}
		if strings.HasPrefix(n.shown, "`") {
			path := strings.Trim(n.shown, "`")
			err.Notes = []string{"give a default, `" + path + " ?? …`, or take only the other documents, `where " + path + " is not null { … }`"}
		}
	}
	return v, err
}

// test evaluates to true or false.
func (n *node) test(f *frame) (bool, *Error) {
	v, err := n.eval(f)
	if err != nil {
		return false, err
	}
	if v.raw.Type == bson.TypeBoolean {
		return v.raw.Value[0] != 0, nil
	}
	what := "is " + withArticle(v.typeName())
	if v.Missing() || v.isNull() {
		what = "is " + v.typeName()
	}
	e := &Error{Code: diag.NotBoolean, Span: n.span, Message: n.shown + " " + what + ", not true or false", Notes: []string{"compare it: `… == true`"}}
	if strings.HasPrefix(n.shown, "`") {
		e.Notes = []string{"write `" + strings.Trim(n.shown, "`") + " == true`"}
	}
	if !v.Missing() && !v.isNull() {
		e.Evidence = v.show()
	}
	return false, e
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

func (c *compiler) list(x *ast.List) *node {
	elems := c.exprs(x.Elems)
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		values := make([]Value, len(elems))
		for i, e := range elems {
			var err *Error
			if values[i], err = e.present(f); err != nil {
				return Value{}, err
			}
		}
		return list(values), nil
	}}, elems...)
}

func (c *compiler) exprs(xs []ast.Expr) []*node {
	nodes := make([]*node, len(xs))
	for i, x := range xs {
		nodes[i] = c.expr(x)
	}
	return nodes
}

func (c *compiler) object(x *ast.Object) *node {
	values := make([]*node, len(x.Fields))
	seen := map[string]bool{}
	for i, f := range x.Fields {
		switch {
		case seen[f.Name.Text]:
			c.fail(&Error{Code: diag.RepeatedField, Span: f.Name.Span, Message: "the field `" + doc.Path{f.Name.Text}.String() + "` is given twice in one object"})
		case strings.ContainsRune(f.Name.Text, 0):
			c.fail(&Error{Code: diag.BadPath, Span: f.Name.Span, Message: "a field name cannot contain the character NUL"})
		}
		seen[f.Name.Text] = true
		values[i] = c.expr(f.Value)
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (Value, *Error) {
		fields := make([]field, len(values))
		for i, n := range values {
			v, err := n.present(f)
			if err != nil {
				return Value{}, err
			}
			fields[i] = field{x.Fields[i].Name.Text, v}
		}
		return object(fields), nil
	}}, values...)
}

// sequence compiles what `in` of a comprehension or quantifier names: its elements,
// none when a field is missing in this document.
func (c *compiler) sequence(x ast.Expr) (*node, func(f *frame) (Value, *Error)) {
	n := c.expr(x)
	return n, func(f *frame) (Value, *Error) {
		v, err := n.eval(f)
		switch {
		case err != nil, v.Missing():
			return Value{}, err
		case !v.isArray():
			return Value{}, notArray(n, v)
		}
		return v, nil
	}
}

func notArray(n *node, v Value) *Error {
	if v.isNull() {
		return &Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is null, not an array"}
	}
	return &Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is " + withArticle(v.typeName()) + ", not an array", Evidence: v.show()}
}

func (c *compiler) comprehension(x *ast.Comprehension) *node {
	in, elements := c.sequence(x.In)
	mark := len(c.bindings)
	slot := c.bind(x.Name.Text)
	var cond *node
	if x.Cond != nil {
		cond = c.expr(x.Cond)
	}
	elem := c.expr(x.Elem)
	c.release(mark)
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (Value, *Error) {
		v, err := elements(f)
		if err != nil {
			return Value{}, err
		}
		var values []Value
		for e := range v.elements {
			f.vars[slot] = e
			if cond != nil {
				ok, err := cond.test(f)
				if err != nil {
					return Value{}, err
				}
				if !ok {
					continue
				}
			}
			w, err := elem.present(f)
			if err != nil {
				return Value{}, err
			}
			values = append(values, w)
		}
		return checkSize(list(values), x.Span)
	}}
	return c.fold(n, present(in, cond, elem)...)
}

func (c *compiler) quantified(x *ast.Quantified) *node {
	in, elements := c.sequence(x.In)
	mark := len(c.bindings)
	slot := c.bind(x.Name.Text)
	var cond *node
	if x.Cond != nil {
		cond = c.expr(x.Cond)
	}
	has := c.expr(x.Has)
	c.release(mark)
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (Value, *Error) {
		v, err := elements(f)
		if err != nil {
			return Value{}, err
		}
		for e := range v.elements {
			f.vars[slot] = e
			if cond != nil {
				ok, err := cond.test(f)
				if err != nil {
					return Value{}, err
				}
				if !ok {
					continue
				}
			}
			ok, err := has.test(f)
			if err != nil {
				return Value{}, err
			}
			if ok != x.Every {
				return truth(ok), nil
			}
		}
		return truth(x.Every), nil
	}}
	return c.fold(n, present(in, cond, has)...)
}

// present drops what is not written.
func present(nodes ...*node) []*node {
	return slices.DeleteFunc(nodes, func(n *node) bool { return n == nil })
}

func (c *compiler) ifThenElse(x *ast.If) *node {
	cond, then, els := c.expr(x.Cond), c.expr(x.Then), c.expr(x.Else)
	if cond.constant {
		ok, err := cond.test(nil)
		switch {
		case err != nil:
			return c.fail(err)
		case ok:
			return then
		}
		return els
	}
	return &node{span: x.Span, shown: "this value", eval: func(f *frame) (Value, *Error) {
		ok, err := cond.test(f)
		if err != nil {
			return Value{}, err
		}
		if ok {
			return then.eval(f)
		}
		return els.eval(f)
	}}
}

func (c *compiler) perEnvironment(x *ast.PerEnv) *node {
	var chosen ast.Expr
	for _, e := range x.Entries {
		// The environment's own entry wins over one of its group, a group's over `else`.
		switch {
		case !e.Else && e.Env.Text == c.env.Name:
			return c.expr(e.Value)
		case e.Else && chosen == nil, !e.Else && c.env.Is(e.Env.Text):
			chosen = e.Value
		}
	}
	if chosen == nil {
		return c.fail(&Error{Code: diag.EnvironmentMissing, Span: x.Span, Message: "there is no value for the environment " + diag.Quote(c.env.Name, 60),
			Notes: []string{"add an entry for it, or `else: …`"}})
	}
	return c.expr(chosen)
}

// at gives an error its place unless it has one.
func (e *Error) at(span source.Span) *Error {
	if e != nil && e.Span.IsZero() {
		e.Span = span
	}
	return e
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

func withArticle(typeName string) string {
	switch typeName {
	case "missing", "null":
		return typeName
	case "int", "array", "object", "objectId", "undefined":
		return "an " + typeName
	}
	return "a " + typeName
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
