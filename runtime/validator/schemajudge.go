package validator

// A schema and a document. In: the rules of a $jsonSchema (schema.go) and a value; out:
// whether it holds.

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// judge judges a value by a schema or one keyword of it.
func (r *rule) judge(x value) Verdict {
	switch r.op {
	case opUnjudged:
		return Unknown
	case "schema", "allOf":
		return all(r.rules, x)
	case "anyOf":
		out := Broken
		for _, s := range r.rules {
			out = max(out, s.judge(x))
		}
		return out
	case "oneOf":
		held, unknown := r.fitting(x)
		switch {
		case held > 1, held == 0 && unknown == 0:
			return Broken
		case unknown > 0:
			return Unknown
		}
		return Holds
	case "not":
		return r.rules[0].judge(x).not()
	case "bsonType", "type":
		return x.is(r.types)
	case "enum":
		return r.among(x)
	}
	// The others are about values of one type.
	applies := x.is(keywordTypes[r.op])
	if applies == Broken {
		return Holds
	}
	if x.kind != Known {
		return Unknown
	}
	return r.applied(x)
}

func all(rules []*rule, x value) Verdict {
	out := Holds
	for _, s := range rules {
		if out = min(out, s.judge(x)); out == Broken {
			break
		}
	}
	return out
}

// fitting counts the schemas of oneOf that hold and those that are not known to.
func (r *rule) fitting(x value) (held, unknown int) {
	for _, s := range r.rules {
		switch s.judge(x) {
		case Holds:
			held++
		case Unknown:
			unknown++
		}
	}
	return held, unknown
}

// keywordTypes are those that a keyword is about.
//
//js:table
var keywordTypes = map[string][]bson.Type{
	"minimum": numberTypes, "maximum": numberTypes, "multipleOf": numberTypes,
	"minLength": stringTypes, "maxLength": stringTypes, "pattern": stringTypes,
	"items": arrayTypes, "minItems": arrayTypes, "maxItems": arrayTypes, "uniqueItems": arrayTypes,
	"required": documentTypes, "properties": documentTypes, "patternProperties": documentTypes, "additionalProperties": documentTypes,
	"minProperties": documentTypes, "maxProperties": documentTypes, "dependencies": documentTypes,
}

// applied judges a value of the type that the keyword is about.
func (r *rule) applied(x value) Verdict {
	switch r.op {
	case "minimum":
		return ordered(x.v, r.values[0], map[bool]string{true: "$gt", false: "$gte"}[r.flag])
	case "maximum":
		return ordered(x.v, r.values[0], map[bool]string{true: "$lt", false: "$lte"}[r.flag])
	case "multipleOf":
		return verdict(doc.Multiple(x.v, r.values[0]))
	case "minLength":
		return verdict(codePoints(x.v) >= r.n)
	case "maxLength":
		return verdict(codePoints(x.v) <= r.n)
	case "pattern":
		return r.re.match(x.v.StringValue())
	case "minItems":
		return verdict(int64(len(x.elements())) >= r.n)
	case "maxItems":
		return verdict(int64(len(x.elements())) <= r.n)
	case "uniqueItems":
		_, out := r.twice(x)
		return out
	case "items":
		return r.eachItem(x, nil)
	case "minProperties":
		least, most := sizes(x)
		return min(verdict(most >= r.n), max(Unknown, verdict(least >= r.n)))
	case "maxProperties":
		least, most := sizes(x)
		return min(verdict(least <= r.n), max(Unknown, verdict(most <= r.n)))
	case "required":
		out := Holds
		for _, name := range r.names {
			_, there := x.field(name)
			out = min(out, there)
		}
		return out
	}
	return r.eachField(x, nil)
}

// eachItem judges the elements of an array; found is told of each that breaks
// its schema, nil: nobody is. rule nil: the element may not be there.
func (r *rule) eachItem(x value, found func(at string, e value, rule *rule)) Verdict {
	out := Holds
	for i, e := range x.elements() {
		var s *rule
		switch {
		case i < len(r.rules):
			s = r.rules[i]
		case len(r.named) > 0:
			s = r.named[0].rule
		case !r.flag:
			continue
		}
		is := Broken
		if s != nil {
			is = s.judge(e)
		}
		if is == Broken && found != nil {
			found(strconv.Itoa(i), e, s)
		}
		out = min(out, is)
	}
	return out
}

// breach is a field that a keyword about fields finds wrong. rule nil: it may
// not be there; missing: it has to be, because `because` is (empty: in any case).
type breach struct {
	name    string
	value   value
	rule    *rule
	missing bool
	because string
}

// eachField judges the fields of a document by a keyword about fields; found
// is told of each that is wrong, nil: nobody is.
func (r *rule) eachField(x value, found func(breach)) Verdict {
	out := Holds
	judged := func(is Verdict, b breach) {
		if is == Broken && found != nil {
			found(b)
		}
		out = min(out, is)
	}
	switch r.op {
	case "properties":
		for _, n := range r.named {
			f, there := x.field(n.name)
			if n.rule.op == opUnjudged { // a name that means several things
				there = Unknown
			}
			if there != Broken {
				judged(max(there.not(), n.rule.judge(f)), breach{name: n.name, value: f, rule: n.rule})
			}
		}
	case "patternProperties":
		if x.open {
			out = Unknown
		}
		for _, f := range x.entries() {
			for _, n := range r.named {
				named := Unknown
				if n.re != nil {
					named = min(f.there, n.re.match(f.name))
				}
				if named != Broken {
					judged(max(named.not(), n.rule.judge(f.value)), breach{name: f.name, value: f.value, rule: n.rule})
				}
			}
		}
	case "additionalProperties":
		if x.open {
			out = Unknown
		}
		for _, f := range x.entries() {
			more := f.there
			if slices.Contains(r.names, f.name) {
				more = Broken
			}
			for _, n := range r.named {
				named := Unknown
				if n.re != nil {
					named = n.re.match(f.name)
				}
				more = min(more, named.not())
			}
			if more == Broken {
				continue
			}
			b, is := breach{name: f.name, value: f.value}, Broken
			if len(r.rules) > 0 {
				b.rule = r.rules[0]
				is = b.rule.judge(f.value)
			}
			judged(max(more.not(), is), b)
		}
	case "dependencies":
		for _, n := range r.named {
			_, there := x.field(n.name)
			if n.rule != nil && n.rule.op == opUnjudged {
				there = Unknown
			}
			if there == Broken {
				continue
			}
			if n.rule != nil {
				judged(max(there.not(), n.rule.judge(x)), breach{value: x, rule: n.rule})
				continue
			}
			for _, name := range n.names {
				_, has := x.field(name)
				judged(max(there.not(), has), breach{name: name, missing: true, because: n.name})
			}
		}
	}
	return out
}

// sizes are the least and the greatest number of fields that a document has.
func sizes(x value) (least, most int64) {
	for _, f := range x.entries() {
		if most++; f.there == Holds {
			least++
		}
	}
	if x.open {
		most = math.MaxInt64
	}
	return least, most
}

// codePoints counts the characters of a text.
func codePoints(v bson.RawValue) int64 {
	var n int64
	for _, c := range []byte(v.StringValue()) {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

// among judges enum: the order of fields does not count there.
func (r *rule) among(x value) Verdict {
	out := Broken
	for _, w := range r.values {
		out = max(out, equal(x, w, unordered))
	}
	return out
}

// twice judges uniqueItems; at is the second of two elements that are the same.
func (r *rule) twice(x value) (at int, out Verdict) {
	if out = Holds; !r.flag {
		return 0, out
	}
	seen := map[string]bool{}
	for i, e := range x.elements() {
		if !e.exact() || odd(e.v) {
			out = Unknown
			continue
		}
		k := doc.Key(unordered(e.v))
		if seen[k] {
			return i, Broken
		}
		seen[k] = true
	}
	return 0, out
}

// unordered is a value with the fields of all its documents by name.
func unordered(v bson.RawValue) bson.RawValue {
	if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
		return v
	}
	type field struct {
		name  string
		value bson.RawValue
	}
	var fields []field
	for name, w := range doc.Fields(bson.Raw(v.Value)) {
		fields = append(fields, field{name, unordered(w)})
	}
	if v.Type == bson.TypeEmbeddedDocument {
		slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	}
	out := doc.NewBuilder(len(v.Value))
	for _, f := range fields {
		out.Append(f.name, f.value)
	}
	return bson.RawValue{Type: v.Type, Value: out.Raw()}
}
