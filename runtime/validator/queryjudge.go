package validator

// A query and a document. In: the rules of a query (query.go) and a value; out: whether
// it holds, arrays entered as a server does.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// document judges a document by a filter.
func (r *rule) document(x value) Verdict {
	switch r.op {
	case "$and":
		out := Holds
		for _, s := range r.rules {
			if out = min(out, s.document(x)); out == Broken {
				break
			}
		}
		return out
	case "$or", "$nor":
		out := Broken
		for _, s := range r.rules {
			out = max(out, s.document(x))
		}
		if r.op == "$nor" {
			return out.not()
		}
		return out
	case "field":
		f := gather(x, r.path)
		out := Holds
		for _, s := range r.rules {
			out = min(out, s.test(f))
		}
		return out
	}
	return r.judge(x) // $jsonSchema, or left to the server
}

// found are the values that a path leads to.
type found struct {
	ends []value
	// missing: the path ends before its last name; through: it leads through an
	// array; unknown: there may be other values.
	missing, through, unknown bool
	element                   bool // ends are elements of $elemMatch: they are not entered
}

func gather(x value, path []string) found {
	var f found
	f.walk(x, path)
	return f
}

func (f *found) walk(x value, path []string) {
	child, there := x.field(path[0])
	switch {
	case there == Broken:
		f.missing = true
		return
	case there == Unknown:
		f.unknown = true
		return
	case len(path) == 1:
		f.ends = append(f.ends, child)
		return
	case child.kind == Any:
		f.unknown = true
		return
	case child.kind == Known && child.v.Type == bson.TypeEmbeddedDocument:
		f.walk(child, path[1:])
		return
	case child.kind == Text || child.v.Type != bson.TypeArray:
		f.missing = true
		return
	}
	f.through = true
	f.unknown = f.unknown || strings.Trim(path[1], "0123456789") == "" // a position, or a name
	for _, e := range child.elements() {
		if e.kind != Known {
			f.unknown = f.unknown || e.kind == Any
		} else if e.v.Type == bson.TypeEmbeddedDocument {
			f.walk(e, path[1:])
		}
	}
}

// candidates are the values that an operator may be true of: those at the end of
// the path, and the elements of arrays there.
func (f *found) some(test func(value) Verdict) Verdict {
	out := Broken
	if f.unknown {
		out = Unknown
	}
	for _, x := range f.ends {
		out = max(out, test(x))
		if x.kind == Known && x.v.Type == bson.TypeArray && !f.element {
			for _, e := range x.elements() {
				out = max(out, test(e))
			}
		}
	}
	return out
}

// test judges the values of a field by an operator.
func (r *rule) test(f found) Verdict {
	switch r.op {
	case opUnjudged:
		return Unknown
	case "$not":
		out := Holds
		for _, s := range r.rules {
			out = min(out, s.test(f))
		}
		return out.not()
	case "$in":
		return r.in(f)
	case "$exists":
		there := verdict(len(f.ends) > 0)
		if f.unknown {
			there = max(there, Unknown)
		}
		if !r.flag {
			return there.not()
		}
		return there
	case "$type":
		return f.some(func(x value) Verdict { return x.is(r.types) })
	case "$gt", "$gte", "$lt", "$lte":
		return f.some(func(x value) Verdict {
			if x.kind == Text {
				return min(Unknown, isType(r.values[0].Type, stringTypes))
			}
			return x.ifKnown(func(v bson.RawValue) Verdict { return ordered(v, r.values[0], r.op) })
		})
	case "$mod":
		return f.some(func(x value) Verdict {
			if x.kind == Text {
				return Broken
			}
			return x.ifKnown(func(v bson.RawValue) Verdict { return modulo(v, r.n, r.rest) })
		})
	case "$regex":
		return f.some(func(x value) Verdict { return x.matches(r.re) })
	case "$all":
		out := verdict(len(r.rules) > 0)
		for _, s := range r.rules {
			out = min(out, s.test(f))
		}
		return out
	}
	// $size and $elemMatch are about the arrays alone.
	out := Broken
	if f.unknown {
		out = Unknown
	}
	for _, x := range f.ends {
		is := x.is(arrayTypes)
		if is == Holds && r.op == "$size" {
			is = verdict(int64(len(x.elements())) == r.n)
		} else if is == Holds {
			is = r.anyElement(x)
		}
		out = max(out, is)
	}
	return out
}

// in judges equality with one of several values; null is met by a missing field.
func (r *rule) in(f found) Verdict {
	out := f.some(func(x value) Verdict {
		is := Broken
		for _, w := range r.values {
			is = max(is, equal(x, w, func(v bson.RawValue) bson.RawValue { return v }))
		}
		for _, n := range r.named {
			is = max(is, x.matches(n.re))
		}
		return is
	})
	if slices.ContainsFunc(r.values, func(w bson.RawValue) bool { return w.Type == bson.TypeNull }) {
		if f.through {
			return max(out, Unknown)
		}
		if f.missing {
			return Holds
		}
	}
	return out
}

func (r *rule) anyElement(x value) Verdict {
	out := Broken
	for _, e := range x.elements() {
		is := Unknown
		switch {
		case r.flag:
			is = Holds
			for _, s := range r.rules {
				is = min(is, s.test(found{ends: []value{e}, element: true}))
			}
		case e.kind == Text || e.kind == Known && e.v.Type != bson.TypeEmbeddedDocument && e.v.Type != bson.TypeArray:
			is = Broken
		case e.kind == Known && e.v.Type == bson.TypeEmbeddedDocument:
			is = r.rules[0].document(e)
		}
		out = max(out, is)
	}
	return out
}

// ifKnown judges a value that is known.
func (x value) ifKnown(test func(bson.RawValue) Verdict) Verdict {
	if x.kind != Known {
		return Unknown
	}
	return test(x.v)
}

// matches judges a value by a regular expression.
func (x value) matches(re *pattern) Verdict {
	switch {
	case x.kind != Known, x.v.Type == bson.TypeSymbol, x.v.Type == bson.TypeRegex: // equality with a regex
		return Unknown
	case x.v.Type == bson.TypeString:
		return re.match(x.v.StringValue())
	}
	return Broken
}

// equal compares with a value; form is applied to both sides first.
func equal(x value, w bson.RawValue, form func(bson.RawValue) bson.RawValue) Verdict {
	switch {
	case x.kind == Any:
		return Unknown
	case x.kind == Text:
		return min(Unknown, isType(w.Type, stringTypes))
	case odd(x.v):
		return Unknown
	case !x.exact():
		return min(Unknown, isType(w.Type, []bson.Type{x.v.Type}))
	}
	return verdict(doc.Same(form(x.v), form(w)))
}

// odd reports whether a value is or holds one that servers have compared in
// several ways: undefined and symbols.
func odd(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeUndefined, bson.TypeSymbol:
		return true
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		for _, w := range doc.Fields(bson.Raw(v.Value)) {
			if odd(w) {
				return true
			}
		}
	}
	return false
}

// ordered compares within one family of types; NaN is below no number.
func ordered(v, w bson.RawValue, op string) Verdict {
	if v.Type == bson.TypeSymbol {
		return min(Unknown, isType(w.Type, stringTypes))
	}
	c, ok := doc.CompareFamily(v, w)
	switch {
	case !ok:
		return Broken
	case stores.IsNaN(v) || stores.IsNaN(w):
		return verdict(c == 0 && len(op) == len("$gte"))
	case op == "$gt":
		return verdict(c > 0)
	case op == "$gte":
		return verdict(c >= 0)
	case op == "$lt":
		return verdict(c < 0)
	}
	return verdict(c <= 0)
}

// modulo judges $mod: fractions are cut off. What no int64 holds is left to the server.
func modulo(v bson.RawValue, divisor, remainder int64) Verdict {
	var n int64
	switch v.Type {
	case bson.TypeInt32:
		n = int64(v.Int32())
	case bson.TypeInt64:
		n = v.Int64()
	case bson.TypeDouble:
		f := v.Double()
		if f-f != 0 { // NaN and infinities
			return Broken
		}
		if f >= 1<<63 || f < -1<<63 {
			return Unknown
		}
		n = int64(f)
	case bson.TypeDecimal128:
		return Unknown
	default:
		return Broken
	}
	if divisor == -1 { // the least int64 by -1 overflows
		return verdict(remainder == 0)
	}
	return verdict(n%divisor == remainder)
}
