package eval

// What tests write down: documents given as constants, and what a finished
// document is compared with.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Literal gives the document that an object of constants stands for; untyped
// numbers take the types of NumericTypes, as in `document { … }`.
func (e *Env) Literal(o *ast.Object) (bson.Raw, []*Error) {
	v, errs := e.Constant(o)
	if len(errs) > 0 {
		return nil, errs
	}
	raw, err := v.settle(&target{env: e}, nil)
	if err != nil {
		return nil, []*Error{err.at(o.Span)}
	}
	return raw.Value, nil
}

// Difference is one place at which a document is not as wanted.
type Difference struct {
	// Path is written as the language writes it: limits.users, items[2].sku.
	Path string
	// Want and Got are short, for people, safe for terminals.
	Want, Got string
}

// Differences compares a document that rules made with a wanted one, the value
// of an object of constants. Objects, also those in lists, need the wanted
// fields and, with exactly, no others; their order does not count. A list needs
// the wanted elements and no others. A number without a type equals every
// number of its value, one with a type (`long(5)`) only those of that type. A
// secret equals the same secret, and the place of a link a link to the same document.
func Differences(want Value, got bson.Raw, secrets []Secret, links []Link, exactly bool) []Difference {
	c := comparison{exactly: exactly}
	if len(secrets) > 0 {
		got = withSecrets(got, secrets)
	}
	got = withLinks(got, links)
	c.object("", want, got)
	return c.found
}

// Fields gives the fields of an object's value by name, the last one of a name.
func (v Value) Fields() map[string]Value {
	out := map[string]Value{}
	for _, f := range v.objectFields() {
		out[f.name] = f.value
	}
	return out
}

// Equals reports whether a value equals the wanted one as Differences has it.
func (v Value) Equals(got bson.RawValue) bool {
	c := comparison{}
	c.value("", v, got)
	return len(c.found) == 0
}

// Show is the value for people: short and safe for terminals.
func (v Value) Show() string { return shown(v) }

type comparison struct {
	exactly bool
	found   []Difference
}

func (c *comparison) differ(path, want, got string) {
	c.found = append(c.found, Difference{Path: path, Want: want, Got: got})
}

func (v Value) objectFields() []field {
	if v.loose != nil {
		return v.loose.fields
	}
	var out []field
	for e := range elementsOf(v.raw.Value) {
		out = append(out, field{string(v.raw.Value[e.name : e.data-1]), Value{raw: e.value(v.raw.Value)}})
	}
	return out
}

func (c *comparison) object(path string, want Value, got bson.Raw) {
	fields := want.objectFields()
	for _, f := range fields {
		v := bson.RawValue{}
		if e, ok := member(got, f.name); ok {
			v = e.value(got)
		}
		c.value(within(path, f.name), f.value, v)
	}
	if !c.exactly {
		return
	}
	for _, other := range (Value{raw: bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: got}}).objectFields() {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == other.name }) {
			c.differ(within(path, other.name), "nothing", shown(other.value))
		}
	}
}

func within(path, name string) string {
	name = doc.Path{name}.String()
	if path == "" {
		return name
	}
	return path + "." + name
}

func (c *comparison) value(path string, want Value, got bson.RawValue) {
	isObject := want.typeName() == "object"
	switch {
	case isObject && got.Type == bson.TypeEmbeddedDocument:
		c.object(path, want, got.Value)
	case want.isArray() && got.Type == bson.TypeArray:
		c.list(path, want, got)
	case !sameAsWanted(want, got):
		a, b := shown(want), shown(Value{raw: got})
		if a == b || want.loose == nil && want.isNumber() && numeric(got.Type) {
			a, b = a+" ("+want.typeName()+")", b+" ("+Value{raw: got}.typeName()+")"
		}
		c.differ(path, a, b)
	}
}

func (c *comparison) list(path string, want Value, got bson.RawValue) {
	wanted, actual := slices.Collect(want.elements), slices.Collect(Value{raw: got}.elements)
	if len(wanted) != len(actual) {
		c.differ(path, fmt.Sprintf("%d elements: %s", len(wanted), shown(want)), fmt.Sprintf("%d: %s", len(actual), shown(Value{raw: got})))
		return
	}
	for i, w := range wanted {
		c.value(fmt.Sprintf("%s[%d]", path, i), w, actual[i].raw)
	}
}

// sameAsWanted compares values of which not both are objects or both arrays.
func sameAsWanted(want Value, got bson.RawValue) bool {
	if want.loose == nil {
		if isLink(want.raw) && isLink(got) {
			return sameLink(want.raw, got)
		}
		if want.raw.Type == secretType || got.Type == secretType {
			return want.raw.Type == got.Type && slices.Equal(want.raw.Value, got.Value)
		}
		return want.raw.Type == got.Type && doc.Same(want.raw, got)
	}
	if want.loose.num == nil || !numeric(got.Type) {
		return false
	}
	v, err := want.loose.num.as(doc.TypeName(got))
	return err == nil && doc.Same(v, got)
}

// shown is the value for people; a secret is named, never known.
func shown(v Value) string {
	if v.loose == nil && isLink(v.raw) {
		return shownLink(v.raw)
	}
	if v.loose == nil && v.raw.Type == secretType {
		text := ""
		for _, p := range secretParts(v.raw) {
			if p.Name != "" {
				text += "${secret(" + p.Name + ")}"
			} else {
				text += diag.Safe(p.Text, 60)
			}
		}
		return `"` + text + `"`
	}
	if v.Missing() {
		return "missing"
	}
	if v.loose == nil && holdsSecret(v.raw) {
		plain, _ := extractSecrets(v.raw.Value)
		v.raw.Value = plain
	}
	return v.show()
}
