package eval

// Lists and objects that are made from lists, and objects with computed names.
//
// In: `[E for NAME in X where C sort by S]`, `{ [K]: E for NAME in X … }` and
// `{ [K]: E }`. Out: nodes. Only what is given is walked, and a result that no
// document could hold is an error before it is built.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// walked is what goes through a list: `for NAME in LIST where COND sort by KEYS`.
type walked struct {
	in, cond *node
	keys     []*node
	desc     []bool
	slot     int
}

// loop compiles what goes through a list, and with inner what is evaluated for its
// elements; inputs is all that the result depends on.
func loop(c *compiler, name ast.Name, list, condition ast.Expr, sort []ast.SortKey, bodies ...ast.Expr) (w *walked, inner, inputs []*node) {
	w = &walked{in: c.expr(list)}
	mark := len(c.bindings)
	w.slot = c.bind(name.Text)
	c.bindings[mark].walked = true
	if condition != nil {
		w.cond = c.expr(condition)
	}
	for _, k := range sort {
		w.keys, w.desc = append(w.keys, c.plain(c.expr(k.X))), append(w.desc, k.Desc)
	}
	inner = c.exprs(bodies)
	c.release(mark)
	inputs = append(append([]*node{w.in}, w.keys...), inner...)
	if w.cond != nil {
		inputs = append(inputs, w.cond)
	}
	return w, inner, inputs
}

// all calls do for the elements for which the condition holds, in order, none when
// the list is missing in this document, until do is false: then it is false, too.
func (w *walked) all(f *frame, do func(f *frame) (bool, *value.Error)) (bool, *value.Error) {
	v, err := w.in.eval(f)
	switch {
	case err != nil, v.Missing():
		return true, err
	case !v.IsArray():
		return false, notArray(w.in, v)
	}
	elements := v.Elements
	if len(w.keys) > 0 {
		sorted, err := w.sorted(f, v)
		if err != nil {
			return false, err
		}
		elements = slices.Values(sorted)
	}
	for e := range elements {
		if err := f.step(w.in.span); err != nil {
			return false, err
		}
		f.vars[w.slot] = e
		if w.cond != nil && len(w.keys) == 0 {
			if ok, err := w.cond.test(f); err != nil {
				return false, err
			} else if !ok {
				continue
			}
		}
		if ok, err := do(f); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// sorted are the elements for which the condition holds in the order of their
// keys: BSON comparison order, a missing key as null, equal ones as they stood.
func (w *walked) sorted(f *frame, list value.Value) ([]value.Value, *value.Error) {
	type ranked struct {
		element value.Value
		keys    []bson.RawValue
	}
	var all []ranked
	for e := range list.Elements {
		if err := f.step(w.in.span); err != nil {
			return nil, err
		}
		f.vars[w.slot] = e
		if w.cond != nil {
			if ok, err := w.cond.test(f); err != nil {
				return nil, err
			} else if !ok {
				continue
			}
		}
		r := ranked{element: e, keys: make([]bson.RawValue, len(w.keys))}
		for i, k := range w.keys {
			v, err := k.eval(f)
			if err == nil && v.Missing() {
				v = value.Null
			}
			if err == nil {
				r.keys[i], err = v.Raw()
			}
			if err != nil {
				return nil, err.At(k.span)
			}
		}
		all = append(all, r)
	}
	f.work.Spend(limit.Sorting(len(all)))
	slices.SortStableFunc(all, func(a, b ranked) int {
		for i := range a.keys {
			if c := doc.Compare(a.keys[i], b.keys[i]); c != 0 && w.desc[i] {
				return -c
			} else if c != 0 {
				return c
			}
		}
		return 0
	})
	out := make([]value.Value, len(all))
	for i, r := range all {
		out[i] = r.element
	}
	return out, nil
}

func (c *compiler) comprehension(x *ast.Comprehension) *node {
	if x.Key != nil {
		return madeObject(c, x)
	}
	walk, inner, inputs := loop(c, x.Name, x.In, x.Cond, x.Sort, x.Elem)
	elem := inner[0]
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		var values []value.Value
		size := 0
		_, err := walk.all(f, func(f *frame) (bool, *value.Error) {
			v, err := elem.present(f)
			values = append(values, v)
			more := v.Size()
			f.work.Spend(limit.Handled(more))
			if size += more; err == nil && size > value.MaxSize {
				err = value.TooLarge(x.Span)
			}
			return true, err
		})
		if err != nil {
			return value.Value{}, err
		}
		return value.CheckSize(value.List(values), x.Span)
	}}
	return c.fold(n, inputs...)
}

func (c *compiler) quantified(x *ast.Quantified) *node {
	walk, inner, inputs := loop(c, x.Name, x.In, x.Cond, nil, x.Has)
	has := inner[0]
	goOn := func(f *frame) (bool, *value.Error) {
		ok, err := has.test(f)
		return ok == x.Every, err
	}
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		undecided, err := walk.all(f, goOn)
		if err != nil {
			return value.Value{}, err
		}
		return value.Bool(undecided == x.Every), nil
	}}
	return c.fold(n, inputs...)
}

// fields collects the fields of an object whose names are computed.
type fields struct {
	list []value.Field
	at   map[string]int
	size int
}

// add puts a field behind the others. element is what made it, shown of the one before it.
func (o *fields) add(name string, v value.Value, at ast.Expr, from func(i int) string, whole ast.Expr) *value.Error {
	if i, ok := o.at[name]; ok {
		e := &value.Error{Code: diag.RepeatedField, Span: at.Place(), Message: "two fields of this object would have one name", Evidence: diag.Quote(name, 60)}
		if first, second := from(i), from(len(o.list)); first != "" && second != "" {
			e.Evidence += ": " + first + " and " + second
		}
		e.Notes = []string{"choose one with `where`, or make a name that is unique"}
		return e
	}
	if o.size += len(name) + v.Size(); o.size > value.MaxSize {
		return value.TooLarge(whole.Place())
	}
	if o.at == nil {
		o.at = map[string]int{}
	}
	o.at[name] = len(o.list)
	o.list = append(o.list, value.Field{Name: name, Value: v})
	return nil
}

// name evaluates the name of a field.
func (n *node) name(f *frame) (string, *value.Error) {
	v, err := n.solid(f)
	if err != nil {
		return "", err
	}
	bad := func(code diag.Code, what, note string) (string, *value.Error) {
		return "", &value.Error{Code: code, Span: n.span, Message: what, Evidence: v.Evidence(), Notes: []string{note}}
	}
	switch {
	case v.IsSecret():
		return "", value.SecretUsed(n.shown, n.span)
	case v.TypeName() != "string":
		return bad(diag.WrongType, "the name of a field is a text; "+n.shown+" is "+value.WithArticle(v.TypeName()), "a number or an id becomes a text in `[string(…)]`")
	}
	switch name := value.Text(v.BSON); {
	case name == "":
		return bad(diag.BadName, "the name of a field cannot be empty", "leave such elements out: `where … != \"\"`")
	case strings.ContainsRune(name, 0):
		return bad(diag.BadName, "the name of a field cannot contain the character NUL", "take it out: `replace(…, \"\\u0000\", \"\")`")
	default:
		return name, nil
	}
}

// madeObject compiles `{ [K]: E for NAME in X where C }`.
func madeObject(c *compiler, x *ast.Comprehension) *node {
	walk, inner, inputs := loop(c, x.Name, x.In, x.Cond, x.Sort, x.Key, x.Elem)
	key, elem := c.plain(inner[0]), inner[1]
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		var o fields
		var elements []value.Value
		_, err := walk.all(f, func(f *frame) (bool, *value.Error) {
			name, err := key.name(f)
			if err != nil {
				return false, err
			}
			v, err := elem.present(f)
			if err != nil {
				return false, err
			}
			f.work.Spend(limit.Handled(v.Size()))
			elements = append(elements, f.vars[walk.slot])
			return true, o.add(name, v, x.Key, func(i int) string { return elements[i].Show() }, x)
		})
		if err != nil {
			return value.Value{}, err
		}
		return value.CheckSize(value.Object(o.list), x.Span)
	}}
	return c.fold(n, inputs...)
}

// computedObject compiles an object of which at least one name is computed.
func computedObject(c *compiler, x *ast.Object) *node {
	keys, elems := make([]*node, len(x.Fields)), make([]*node, len(x.Fields))
	var inputs []*node
	for i, f := range x.Fields {
		if f.Key != nil {
			keys[i] = c.plain(c.expr(f.Key))
			inputs = append(inputs, keys[i])
		}
		elems[i] = c.expr(f.Value)
		inputs = append(inputs, elems[i])
	}
	n := &node{span: x.Span, shown: "this value", eval: func(f *frame) (value.Value, *value.Error) {
		var o fields
		for i, field := range x.Fields {
			name, at := field.Name.Text, ast.Expr(x)
			if keys[i] != nil {
				at = field.Key
				var err *value.Error
				if name, err = keys[i].name(f); err != nil {
					return value.Value{}, err
				}
			}
			v, err := elems[i].present(f)
			if err == nil {
				err = o.add(name, v, at, func(int) string { return "" }, x)
			}
			if err != nil {
				return value.Value{}, err
			}
		}
		return value.CheckSize(value.Object(o.list), x.Span)
	}}
	return c.fold(n, inputs...)
}

// notArray is the error for a value that is walked and is no list.
func notArray(n *node, v value.Value) *value.Error {
	what := n.written()
	if n.walked { // a `where` of its own follows its list
		what = "…"
	}
	if v.IsNull() {
		return &value.Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is null, not an array",
			Notes: []string{"give a default, `" + what + " ?? []`, or take only the other documents, `where " + what + " is array { … }`"}}
	}
	e := &value.Error{Code: diag.NotAnArray, Span: n.span, Message: n.shown + " is " + value.WithArticle(v.TypeName()) + ", not an array", Evidence: v.Evidence(),
		Notes: []string{"take only the documents that have one, `where " + what + " is array { … }`"}}
	if v.TypeName() == "object" {
		e.Notes = append([]string{"the fields of an object are walked as `entries(" + what + ")`"}, e.Notes...)
	}
	return e
}
