package model

// What a server does with the filters and updates that the engines send
// (MongoDB manual: reference/operator/query, reference/operator/update).

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Duplicate is a unique index that has the value already.
type Duplicate string

func (d Duplicate) Error() string { return "E11000 duplicate key error: " + string(d) }

// NoDocument is a parent of a written path that is there and no document.
type NoDocument string

func (n NoDocument) Error() string { return "Cannot create field in element " + string(n) }

// Insert adds a document, or gives a Duplicate.
func (c *Collection) Insert(d bson.Raw) error { return c.put(len(c.Documents), Decode(d)) }

// put sets the document at a place, which may be the one after the last.
func (c *Collection) put(at int, d Value) error {
	for i, other := range c.Documents {
		if i == at {
			continue
		}
		if Decode(other).id() == d.id() {
			return Duplicate("_id_")
		}
		for _, spec := range c.Indexes {
			if isUnique(spec) && intersect(entriesOf(spec, d), entriesOf(spec, Decode(other))) {
				return Duplicate(spec.Lookup("name").StringValue())
			}
		}
	}
	if at == len(c.Documents) {
		c.Documents = append(c.Documents, nil)
	}
	c.Documents[at] = d.Encode()
	return nil
}

// Delete removes the first document that a filter finds, and says how many that are.
func (c *Collection) Delete(filter bson.Raw) int {
	i := slices.IndexFunc(c.Documents, func(d bson.Raw) bool { return Matches(filter, d) })
	if i < 0 {
		return 0
	}
	c.Documents = slices.Delete(c.Documents, i, i+1)
	return 1
}

// Update changes the first document that a filter finds: by $set and $unset, by a
// document that replaces it, or by a pipeline that does. It says how many it found.
func (c *Collection) Update(filter bson.Raw, update bson.RawValue) (int, error) {
	i := slices.IndexFunc(c.Documents, func(d bson.Raw) bool { return Matches(filter, d) })
	if i < 0 {
		return 0, nil
	}
	after, err := updated(Decode(c.Documents[i]), decode(update))
	if err != nil {
		return 1, err
	}
	return 1, c.put(i, after)
}

func updated(d, update Value) (Value, error) {
	if update.Type == bson.TypeArray {
		literal, ok := update.Fields[0].Value.get("$replaceWith", "$literal")
		if !ok || len(update.Fields) != 1 {
			panic(fmt.Sprintf("no update that the engines send: %s", update.Encode()))
		}
		id, _ := d.get("_id") // it stays
		literal.Fields = slices.Insert(slices.Clone(literal.Fields), 0, Field{Name: "_id", Value: id})
		return literal, nil
	}
	if len(update.Fields) > 0 && !strings.HasPrefix(update.Fields[0].Name, "$") {
		for _, f := range update.Fields {
			if strings.HasPrefix(f.Name, "$") {
				panic("a replacement that a server refuses: " + f.Name)
			}
		}
		return update, nil
	}
	var edits []edit
	for _, f := range update.Fields {
		for _, change := range f.Value.Fields {
			e := edit{path: strings.Split(change.Name, ".")}
			switch f.Name {
			case "$set":
				e.value = change.Value
			case "$unset":
			default:
				panic("no update that the engines send: " + f.Name)
			}
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return slices.CompareFunc(a.path, b.path, inUpdates) })
	for _, e := range edits {
		for n := 1; n < len(e.path); n++ {
			if v, ok := d.get(e.path[:n]...); ok && !v.isDocument() && e.value.Type != 0 {
				return Value{}, NoDocument(strings.Join(e.path[:n], "."))
			}
		}
		d = changed(d, e.path, e.value)
	}
	return d, nil
}

// inUpdates compares names as update operators process them: as text, numbers by value
// (MongoDB manual: reference/operator/update, Behavior).
func inUpdates(a, b string) int {
	m, errA := strconv.ParseUint(a, 10, 32)
	n, errB := strconv.ParseUint(b, 10, 32)
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return strings.Compare(a, b)
}

// Matches reports whether a filter finds a document. It panics on operators that
// the engines do not send.
func Matches(filter bson.Raw, d bson.Raw) bool { return matches(Decode(filter), Decode(d)) }

func matches(filter, d Value) bool {
	for _, f := range filter.Fields {
		switch {
		case f.Name == "$and":
			if slices.ContainsFunc(f.Value.Fields, func(o Field) bool { return !matches(o.Value, d) }) {
				return false
			}
		case f.Name == "$or":
			if !slices.ContainsFunc(f.Value.Fields, func(o Field) bool { return matches(o.Value, d) }) {
				return false
			}
		case f.Name == "$expr":
			operands, ok := f.Value.get("$eq")
			if !ok || operands.Fields[0].Value.text() != "$$ROOT" {
				panic("no $expr that the engines send")
			}
			literal, _ := operands.Fields[1].Value.get("$literal")
			if !identical(literal, d) {
				return false
			}
		case !matchesPath(d, strings.Split(f.Name, "."), f.Value):
			return false
		}
	}
	return true
}

// matchesPath reports whether the conditions hold for what is at a path; arrays
// on the way, and at its end, match by any element.
func matchesPath(d Value, path []string, conditions Value) bool {
	if !conditions.isDocument() || len(conditions.Fields) == 0 || !strings.HasPrefix(conditions.Fields[0].Name, "$") {
		return matchesOperator(d, path, "$eq", conditions)
	}
	for _, c := range conditions.Fields {
		if !matchesOperator(d, path, c.Name, c.Value) {
			return false
		}
	}
	return true
}

func matchesOperator(d Value, path []string, operator string, operand Value) bool {
	found := candidates(d, path)
	isOneOf := func(values ...Value) bool {
		return slices.ContainsFunc(values, func(w Value) bool {
			// null finds what is missing, too
			return len(found) == 0 && w.Type == bson.TypeNull || slices.ContainsFunc(found, func(v Value) bool { return same(v, w) })
		})
	}
	switch operator {
	case "$eq":
		return isOneOf(operand)
	case "$in":
		var values []Value
		for _, f := range operand.Fields {
			values = append(values, f.Value)
		}
		return isOneOf(values...)
	case "$exists":
		return (len(found) > 0) == (operand.Bytes[0] == 1)
	case "$not":
		return !matchesPath(d, path, operand)
	case "$type":
		want := []bson.Type{bson.Type(operand.Bytes[0])}
		if operand.Type == bson.TypeString {
			want = words[operand.text()]
		}
		return slices.ContainsFunc(found, func(v Value) bool { return slices.Contains(want, v.Type) })
	case "$gt", "$gte", "$lt", "$lte":
		return slices.ContainsFunc(found, func(v Value) bool {
			n, ok := compareFamily(v, operand)
			x, _ := v.number()
			y, _ := operand.number()
			if x.nan || y.nan { // NaN is below no number for a query
				return ok && n == 0 && len(operator) == 4
			}
			return ok && (n == 0 && len(operator) == 4 || n < 0 && operator[:3] == "$lt" || n > 0 && operator[:3] == "$gt")
		})
	case "$size":
		return slices.ContainsFunc(found, func(v Value) bool { return v.Type == bson.TypeArray && len(v.Fields) == int(operand.Bytes[0]) })
	}
	panic("no operator that the engines send: " + operator)
}

// candidates are the values at a path, and the elements of an array there.
func candidates(v Value, path []string) []Value {
	if len(path) == 0 {
		out := []Value{v}
		if v.Type == bson.TypeArray {
			for _, f := range v.Fields {
				out = append(out, f.Value)
			}
		}
		return out
	}
	if v.Type == bson.TypeArray {
		var out []Value
		for i, f := range v.Fields {
			if fmt.Sprint(i) == path[0] {
				out = append(out, candidates(f.Value, path[1:])...)
			}
			if f.Value.isDocument() {
				out = append(out, candidates(f.Value, path)...)
			}
		}
		return out
	}
	if inner, ok := v.get(path[0]); ok {
		return candidates(inner, path[1:])
	}
	return nil
}
