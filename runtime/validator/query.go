package validator

// Query operators (MongoDB manual, reference/operator/query). In: a filter; out:
// rules, and verdicts on documents. A path leads through documents, and through
// the documents in an array; at its end an array is judged and each of its
// elements. Left to the server are $expr and every operator that is not here,
// positions in arrays, null where an array lies on the way, and comparisons of
// text under a collation.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// query reads a filter.
func (p *parser) query(d bson.Raw, at string) *rule {
	r := &rule{op: "$and", source: bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}}
	for name, v := range doc.Fields(d) {
		here := below(at, name)
		switch {
		case name == "$comment":
		case name == "$and" || name == "$or" || name == "$nor":
			r.rules = append(r.rules, p.list(name, v, here))
		case name == "$jsonSchema" && v.Type == bson.TypeEmbeddedDocument:
			r.rules = append(r.rules, p.schema(v.Document(), here))
		case name == "" || name[0] == '$':
			r.rules = append(r.rules, p.leave(here))
		default:
			path := strings.Split(name, ".")
			if slices.ContainsFunc(path, func(n string) bool { return !addressable(n) }) {
				r.rules = append(r.rules, p.leave(here))
				continue
			}
			f := &rule{op: "field", path: path, source: v}
			f.rules = p.tests(v, here)
			r.rules = append(r.rules, f)
		}
	}
	return r
}

func (p *parser) list(op string, v bson.RawValue, at string) *rule {
	r := &rule{op: op, source: v}
	if v.Type != bson.TypeArray {
		return p.leave(at)
	}
	for i, e := range doc.Fields(bson.Raw(v.Value)) {
		d, ok := e.DocumentOK()
		if !ok {
			return p.leave(at)
		}
		r.rules = append(r.rules, p.query(d, below(at, i)))
	}
	if len(r.rules) == 0 {
		return p.leave(at)
	}
	return r
}

// tests reads what is asked of a field: operators, or the value that it equals.
func (p *parser) tests(v bson.RawValue, at string) []*rule {
	d, isDocument := v.DocumentOK()
	first := ""
	for name := range doc.Fields(d) {
		first = name
		break
	}
	if !isDocument || !strings.HasPrefix(first, "$") {
		return []*rule{p.test("$in", []bson.RawValue{v}, v, at)}
	}
	var out []*rule
	for name, operand := range doc.Fields(d) {
		out = append(out, p.operator(d, name, operand, below(at, name))...)
	}
	return out
}

// operator reads one operator of a field; d has those beside it.
func (p *parser) operator(d bson.Raw, name string, v bson.RawValue, at string) []*rule {
	one := func(r *rule, ok bool) []*rule {
		if !ok {
			r = p.leave(at)
		}
		return []*rule{r}
	}
	r := &rule{op: name, source: v}
	switch name {
	case "$eq":
		if v.Type == bson.TypeRegex { // the regex itself
			return one(r, false)
		}
		return []*rule{p.test("$in", []bson.RawValue{v}, v, at)}
	case "$ne":
		if v.Type == bson.TypeRegex {
			return one(r, false)
		}
		return []*rule{{op: "$not", source: v, rules: []*rule{p.test("$in", []bson.RawValue{v}, v, at)}}}
	case "$in", "$nin":
		if v.Type != bson.TypeArray {
			return one(r, false)
		}
		var values []bson.RawValue
		for _, e := range doc.Fields(bson.Raw(v.Value)) {
			values = append(values, e)
		}
		in := p.test("$in", values, v, at)
		if name == "$in" {
			return []*rule{in}
		}
		return []*rule{{op: "$not", source: v, rules: []*rule{in}}}
	case "$gt", "$gte", "$lt", "$lte":
		_, ok := doc.CompareFamily(v, v)
		r.values = []bson.RawValue{v}
		return one(r, ok && !(p.collated && stores.HasText(v)))
	case "$exists":
		r.flag = stores.Truthy(v)
		return []*rule{r}
	case "$type":
		return one(r, r.byType(v))
	case "$size":
		var ok bool
		r.n, ok = count(v)
		return one(r, ok && r.n >= 0)
	case "$mod":
		return one(r, r.mod(v))
	case "$regex":
		options, _ := doc.Get(d, doc.Path{"$options"})
		return one(r, r.regex(v, options))
	case "$options":
		if _, ok := doc.Get(d, doc.Path{"$regex"}); ok {
			return nil
		}
	case "$not":
		if v.Type == bson.TypeRegex {
			r.rules = []*rule{p.test("$in", []bson.RawValue{v}, v, at)}
			return []*rule{r}
		}
		if sub, ok := v.DocumentOK(); ok && operators(sub) {
			r.rules = p.tests(v, at)
			return []*rule{r}
		}
	case "$elemMatch":
		return one(p.elemMatch(v, at))
	case "$all":
		return []*rule{p.every(v, at)}
	}
	return one(r, false)
}

func operators(d bson.Raw) bool {
	for name := range doc.Fields(d) {
		return strings.HasPrefix(name, "$")
	}
	return false
}

// test reads values one of which a field has to equal; a regex is to be matched.
func (p *parser) test(op string, values []bson.RawValue, source bson.RawValue, at string) *rule {
	r := &rule{op: op, source: source}
	for _, v := range values {
		if v.Type == bson.TypeRegex {
			pattern, options := v.Regex()
			re, ok := compilePattern(pattern, options)
			if !ok {
				return p.leave(at)
			}
			r.named = append(r.named, named{re: re})
			continue
		}
		if odd(v) || p.collated && stores.HasText(v) {
			return p.leave(at)
		}
		r.values = append(r.values, v)
	}
	return r
}

func (r *rule) byType(v bson.RawValue) bool {
	list := []bson.RawValue{v}
	if v.Type == bson.TypeArray {
		list = nil
		for _, e := range doc.Fields(bson.Raw(v.Value)) {
			list = append(list, e)
		}
	}
	for _, e := range list {
		if name, ok := e.StringValueOK(); ok && bsonTypes[name] != nil {
			r.types = append(r.types, bsonTypes[name]...)
			continue
		}
		n, ok := count(e)
		if !ok || n < -1 || n > 127 || n == 0 || n > 19 && n != 127 {
			return false
		}
		r.types = append(r.types, bson.Type(byte(n)))
	}
	return len(list) > 0
}

// mod reads [divisor, remainder].
func (r *rule) mod(v bson.RawValue) bool {
	if v.Type != bson.TypeArray {
		return false
	}
	var numbers []int64
	for _, e := range doc.Fields(bson.Raw(v.Value)) {
		n, ok := count(e)
		if !ok || n > 1<<53 || n < -1<<53 {
			return false
		}
		numbers = append(numbers, n)
	}
	if len(numbers) != 2 || numbers[0] == 0 {
		return false
	}
	r.n, r.rest = numbers[0], numbers[1]
	return true
}

func (r *rule) regex(v, options bson.RawValue) bool {
	source, isText := v.StringValueOK()
	flags, given := options.StringValueOK()
	if v.Type == bson.TypeRegex {
		own := ""
		if source, own = v.Regex(); own != "" && options.Type != 0 {
			return false
		}
		if options.Type == 0 {
			flags = own
		}
	} else if !isText {
		return false
	}
	if options.Type != 0 && !given {
		return false
	}
	var ok bool
	r.re, ok = compilePattern(source, flags)
	return ok
}

// elemMatch reads a filter on documents in an array, or operators on elements.
func (p *parser) elemMatch(v bson.RawValue, at string) (*rule, bool) {
	d, ok := v.DocumentOK()
	if !ok {
		return nil, false
	}
	r := &rule{op: "$elemMatch", source: v}
	first := ""
	for name := range doc.Fields(d) {
		first = name
		break
	}
	if r.flag = operators(d) && !slices.Contains([]string{"$and", "$or", "$nor", "$jsonSchema", "$expr", "$where"}, first); r.flag {
		r.rules = p.tests(v, at)
	} else {
		r.rules = []*rule{p.query(d, at)}
	}
	return r, true
}

// every reads $all.
func (p *parser) every(v bson.RawValue, at string) *rule {
	r := &rule{op: "$all", source: v}
	if v.Type != bson.TypeArray {
		return p.leave(at)
	}
	for i, e := range doc.Fields(bson.Raw(v.Value)) {
		d, isDocument := e.DocumentOK()
		switch {
		case isDocument && operators(d):
			operand, is := doc.Get(d, doc.Path{"$elemMatch"})
			s, ok := p.elemMatch(operand, below(below(at, i), "$elemMatch"))
			if !is || !ok {
				return p.leave(at)
			}
			r.rules = append(r.rules, s)
		default:
			r.rules = append(r.rules, p.test("$in", []bson.RawValue{e}, e, below(at, i)))
		}
	}
	return r
}
