package value

// What a test wants compared with what the rules made.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/runtime/doc"
)

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
		got = WithSecrets(got, secrets)
	}
	got = withLinks(got, links)
	c.object("", want, got)
	return c.found
}

// Equals reports whether a value equals the wanted one as Differences has it.
func (v Value) Equals(got bson.RawValue) bool {
	c := comparison{}
	c.value("", v, got)
	return len(c.found) == 0
}

type comparison struct {
	exactly bool
	found   []Difference
}

func (c *comparison) differ(path, want, got string) {
	c.found = append(c.found, Difference{Path: path, Want: want, Got: got})
}

func (c *comparison) object(path string, want Value, got bson.Raw) {
	fields, _ := want.Members()
	for _, f := range fields {
		v := bson.RawValue{}
		if e, ok := raw.Member(got, f.Name); ok {
			v = e.Value(got)
		}
		c.value(within(path, f.Name), f.Value, v)
	}
	if !c.exactly {
		return
	}
	others, _ := Value{BSON: bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: got}}.Members()
	for _, other := range others {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == other.Name }) {
			c.differ(within(path, other.Name), "nothing", shown(other.Value))
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
	isObject := want.TypeName() == "object"
	switch {
	case isObject && got.Type == bson.TypeEmbeddedDocument:
		c.object(path, want, got.Value)
	case want.IsArray() && got.Type == bson.TypeArray:
		c.list(path, want, got)
	case !sameAsWanted(want, got):
		a, b := shown(want), shown(Value{BSON: got})
		if a == b || want.loose == nil && want.IsNumber() && Numeric(got.Type) {
			a, b = a+" ("+want.TypeName()+")", b+" ("+Value{BSON: got}.TypeName()+")"
		}
		c.differ(path, a, b)
	}
}

func (c *comparison) list(path string, want Value, got bson.RawValue) {
	wanted, actual := slices.Collect(want.Elements), slices.Collect(Value{BSON: got}.Elements)
	if len(wanted) != len(actual) {
		c.differ(path, fmt.Sprintf("%d elements: %s", len(wanted), shown(want)), fmt.Sprintf("%d: %s", len(actual), shown(Value{BSON: got})))
		return
	}
	for i, w := range wanted {
		c.value(fmt.Sprintf("%s[%d]", path, i), w, actual[i].BSON)
	}
}

// sameAsWanted compares values of which not both are objects or both arrays.
func sameAsWanted(want Value, got bson.RawValue) bool {
	if want.loose == nil {
		if isLink(want.BSON) && isLink(got) {
			return sameLink(want.BSON, got)
		}
		if want.BSON.Type == raw.Hidden || got.Type == raw.Hidden {
			return want.BSON.Type == got.Type && slices.Equal(want.BSON.Value, got.Value)
		}
		return want.BSON.Type == got.Type && doc.Same(want.BSON, got)
	}
	if want.loose.num == nil || !Numeric(got.Type) {
		return false
	}
	v, err := want.loose.num.as(doc.TypeName(got))
	return err == nil && doc.Same(v, got)
}
