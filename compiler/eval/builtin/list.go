package builtin

// Functions on arrays and objects. Untyped constants in literals stay untyped.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

func (c *call) list(i int) []value.Value { return slices.Collect(c.args[i].Elements) }

func first(c *call) (value.Value, *value.Error) {
	for e := range c.args[0].Elements {
		return e, nil
	}
	return value.Value{}, nil
}

func last(c *call) (value.Value, *value.Error) {
	var v value.Value
	for e := range c.args[0].Elements {
		v = e
	}
	return v, nil
}

// sortable pairs a value with the BSON it is ordered and told apart by.
type sortable struct {
	value value.Value
	key   bson.RawValue
}

func (c *call) sortables() ([]sortable, *value.Error) {
	var all []sortable
	for e := range c.args[0].Elements {
		key, err := e.Raw()
		if err != nil {
			return nil, c.arg(0, err)
		}
		all = append(all, sortable{e, key})
	}
	return all, nil
}

func sortList(c *call) (value.Value, *value.Error) {
	all, err := c.sortables()
	if err != nil {
		return value.Value{}, err
	}
	slices.SortStableFunc(all, func(a, b sortable) int { return doc.Compare(a.key, b.key) })
	values := make([]value.Value, len(all))
	for i, s := range all {
		values[i] = s.value
	}
	return value.List(values), nil
}

func distinct(c *call) (value.Value, *value.Error) {
	all, err := c.sortables()
	if err != nil {
		return value.Value{}, err
	}
	seen := map[string]bool{}
	var values []value.Value
	for _, s := range all {
		if k := doc.Key(s.key); !seen[k] {
			seen[k] = true
			values = append(values, s.value)
		}
	}
	return value.List(values), nil
}

func reverse(c *call) (value.Value, *value.Error) {
	values := c.list(0)
	slices.Reverse(values)
	return value.List(values), nil
}

func sum(c *call) (value.Value, *value.Error) {
	var sum value.Total
	for e := range c.args[0].Elements {
		if !e.IsNumber() {
			return value.Value{}, c.arg(0, &value.Error{Code: diag.WrongType, Message: c.Shown[0] + " has an element that is no number", Evidence: e.Evidence()})
		}
		if err := sum.Add(c.Shown[0], e, false); err != nil {
			return value.Value{}, c.arg(0, err)
		}
	}
	return sum.Value(), nil
}

func concat(c *call) (value.Value, *value.Error) {
	var values []value.Value
	for i := range c.args {
		values = append(values, c.list(i)...)
	}
	return value.List(values), nil
}

func flatten(c *call) (value.Value, *value.Error) {
	var values []value.Value
	for e := range c.args[0].Elements {
		if e.IsArray() {
			values = append(values, slices.Collect(e.Elements)...)
		} else {
			values = append(values, e)
		}
	}
	return value.List(values), nil
}

func (c *call) members(i int) []value.Field {
	fields, _ := c.args[i].Members() // the parameter takes objects only
	return fields
}

func keys(c *call) (value.Value, *value.Error) {
	var values []value.Value
	for _, f := range c.members(0) {
		values = append(values, value.String(f.Name))
	}
	return value.List(values), nil
}

func values(c *call) (value.Value, *value.Error) {
	var values []value.Value
	for _, f := range c.members(0) {
		values = append(values, f.Value)
	}
	return value.List(values), nil
}

func entries(c *call) (value.Value, *value.Error) {
	var values []value.Value
	for _, f := range c.members(0) {
		values = append(values, value.Object([]value.Field{{Name: "key", Value: value.String(f.Name)}, {Name: "value", Value: f.Value}}))
	}
	return value.List(values), nil
}

func merge(c *call) (value.Value, *value.Error) {
	objects := c.args
	if len(c.args) == 1 && c.args[0].IsArray() {
		objects = c.list(0)
	}
	at := map[string]int{}
	var fields []value.Field
	for i, o := range objects {
		if o.TypeName() != "object" {
			e := &value.Error{Code: diag.WrongType, Message: "`merge` takes objects, or one list of objects, and this is " + value.WithArticle(o.TypeName()), Evidence: o.Evidence()}
			return value.Value{}, c.arg(min(i, len(c.args)-1), e)
		}
		members, _ := o.Members()
		for _, f := range members {
			if n, ok := at[f.Name]; ok {
				fields[n].Value = f.Value
				continue
			}
			at[f.Name] = len(fields)
			fields = append(fields, f)
		}
	}
	return value.Object(fields), nil
}
