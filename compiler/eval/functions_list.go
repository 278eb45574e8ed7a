package eval

// Functions on arrays and objects. Untyped constants in literals stay untyped.

import (
	"slices"

	"github.com/cockroachdb/apd/v3"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

func (c *call) list(i int) []Value { return slices.Collect(c.args[i].elements) }

func first(c *call) (Value, *Error) {
	for e := range c.args[0].elements {
		return e, nil
	}
	return Value{}, nil
}

func last(c *call) (Value, *Error) {
	var v Value
	for e := range c.args[0].elements {
		v = e
	}
	return v, nil
}

// sortable pairs a value with the BSON it is ordered and told apart by.
type sortable struct {
	value Value
	key   bson.RawValue
}

func (c *call) sortables() ([]sortable, *Error) {
	var all []sortable
	for e := range c.args[0].elements {
		key, err := e.Raw()
		if err != nil {
			return nil, c.arg(0, err)
		}
		all = append(all, sortable{e, key})
	}
	return all, nil
}

func sortList(c *call) (Value, *Error) {
	all, err := c.sortables()
	if err != nil {
		return Value{}, err
	}
	slices.SortStableFunc(all, func(a, b sortable) int { return doc.Compare(a.key, b.key) })
	values := make([]Value, len(all))
	for i, s := range all {
		values[i] = s.value
	}
	return list(values), nil
}

func distinct(c *call) (Value, *Error) {
	all, err := c.sortables()
	if err != nil {
		return Value{}, err
	}
	seen := map[string]bool{}
	var values []Value
	for _, s := range all {
		if k := doc.Key(s.key); !seen[k] {
			seen[k] = true
			values = append(values, s.value)
		}
	}
	return list(values), nil
}

func reverse(c *call) (Value, *Error) {
	values := c.list(0)
	slices.Reverse(values)
	return list(values), nil
}

func sum(c *call) (Value, *Error) {
	zero, _ := newUntyped(apd.New(0, 0)) // zero fits
	total := sumOf{num: num{kind: untypedNum, u: zero}}
	for e := range c.args[0].elements {
		if !e.isNumber() {
			return Value{}, c.arg(0, &Error{Code: diag.WrongType, Message: c.nodes[0].shown + " has an element that is no number", Evidence: e.show()})
		}
		if err := total.add(c.nodes[0], e, false); err != nil {
			return Value{}, err
		}
	}
	return total.num.value(), nil
}

func concat(c *call) (Value, *Error) {
	var values []Value
	for i := range c.args {
		values = append(values, c.list(i)...)
	}
	return list(values), nil
}

func flatten(c *call) (Value, *Error) {
	var values []Value
	for e := range c.args[0].elements {
		if e.isArray() {
			values = append(values, slices.Collect(e.elements)...)
		} else {
			values = append(values, e)
		}
	}
	return list(values), nil
}

func (c *call) members(i int) []field {
	fields, _ := c.args[i].members() // the parameter takes objects only
	return fields
}

func keys(c *call) (Value, *Error) {
	var values []Value
	for _, f := range c.members(0) {
		values = append(values, stringOf(f.name))
	}
	return list(values), nil
}

func values(c *call) (Value, *Error) {
	var values []Value
	for _, f := range c.members(0) {
		values = append(values, f.value)
	}
	return list(values), nil
}

func merge(c *call) (Value, *Error) {
	at := map[string]int{}
	var fields []field
	for i := range c.args {
		for _, f := range c.members(i) {
			if n, ok := at[f.name]; ok {
				fields[n].value = f.value
				continue
			}
			at[f.name] = len(fields)
			fields = append(fields, f)
		}
	}
	return object(fields), nil
}
