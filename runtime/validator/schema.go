package validator

// $jsonSchema (MongoDB manual, reference/operator/query/jsonSchema): JSON
// Schema, draft 4, without $ref, default, definitions, format, id, "integer",
// and with bsonType. Keywords are read in the order in which they are written;
// one about a type holds for every value of another one.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// schema reads a schema.
func (p *parser) schema(d bson.Raw, at string) *rule {
	r := &rule{op: "schema"}
	for name, v := range doc.Fields(d) {
		switch name {
		case "title", "exclusiveMinimum", "exclusiveMaximum", "additionalItems":
		case "description":
			r.about, _ = v.StringValueOK()
		default:
			r.rules = append(r.rules, p.keyword(d, name, v, below(at, name)))
		}
	}
	for _, pair := range [][2]string{{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"}} {
		_, is := doc.Get(d, doc.Path{pair[0]})
		if _, bounded := doc.Get(d, doc.Path{pair[1]}); is && !bounded { // the server refuses it
			r.rules = append(r.rules, p.leave(below(at, pair[0])))
		}
	}
	if v, is := doc.Get(d, doc.Path{"additionalItems"}); is {
		if _, has := doc.Get(d, doc.Path{"items"}); !has && v.Type != bson.TypeBoolean && v.Type != bson.TypeEmbeddedDocument {
			r.rules = append(r.rules, p.leave(below(at, "additionalItems")))
		}
	}
	return r
}

// keyword reads one keyword of a schema d.
func (p *parser) keyword(d bson.Raw, name string, v bson.RawValue, at string) *rule {
	r := &rule{op: name, source: v}
	ok := false
	switch name {
	case "bsonType":
		ok = r.typed(v, bsonTypes)
	case "type":
		ok = r.typed(v, jsonTypes)
	case "enum":
		if ok = v.Type == bson.TypeArray; ok {
			for _, e := range doc.Fields(bson.Raw(v.Value)) {
				ok = ok && !odd(e) && !(p.collated && stores.HasText(e))
				r.values = append(r.values, e)
			}
			ok = ok && len(r.values) > 0
		}
	case "minimum", "maximum":
		exclusive, given := doc.Get(d, doc.Path{map[string]string{"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}[name]})
		r.flag = given && exclusive.Type == bson.TypeBoolean && exclusive.Boolean()
		r.values = []bson.RawValue{v}
		ok = isType(v.Type, numberTypes) == Holds && (!given || exclusive.Type == bson.TypeBoolean)
	case "multipleOf":
		r.values = []bson.RawValue{v}
		zero := bson.RawValue{Type: bson.TypeInt32, Value: make([]byte, 4)}
		n, _ := doc.CompareFamily(v, zero)
		ok = doc.IsFinite(v) && n > 0
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
		r.n, ok = count(v)
		ok = ok && r.n >= 0
	case "pattern":
		var source string
		if source, ok = v.StringValueOK(); ok {
			r.re, ok = compilePattern(source, "")
		}
	case "uniqueItems":
		if ok = v.Type == bson.TypeBoolean; ok {
			r.flag = v.Boolean()
		}
	case "required":
		r.names, ok = texts(v)
		ok = ok && len(r.names) > 0 && !slices.ContainsFunc(r.names, func(n string) bool { return !addressable(n) })
	case "properties", "patternProperties":
		return p.properties(r, v, at)
	case "additionalProperties":
		return p.additional(r, d, v, at)
	case "dependencies":
		return p.dependencies(r, v, at)
	case "items":
		return p.items(r, d, v, at)
	case "allOf", "anyOf", "oneOf":
		if v.Type != bson.TypeArray {
			return p.leave(at)
		}
		for i, e := range doc.Fields(bson.Raw(v.Value)) {
			r.rules = append(r.rules, p.subschema(e, below(at, i)))
		}
		ok = len(r.rules) > 0
	case "not":
		r.rules = []*rule{p.subschema(v, at)}
		ok = true
	}
	if !ok {
		return p.leave(at)
	}
	return r
}

func (p *parser) subschema(v bson.RawValue, at string) *rule {
	d, ok := v.DocumentOK()
	if !ok {
		return p.leave(at)
	}
	return p.schema(d, at)
}

// typed reads a type or a list of types.
func (r *rule) typed(v bson.RawValue, known map[string][]bson.Type) bool {
	if s, ok := v.StringValueOK(); ok {
		r.names = []string{s}
	} else if r.names, ok = texts(v); !ok || len(r.names) == 0 {
		return false
	}
	for _, name := range r.names {
		if known[name] == nil {
			return false
		}
		r.types = append(r.types, known[name]...)
	}
	return true
}

func (p *parser) properties(r *rule, v bson.RawValue, at string) *rule {
	d, ok := v.DocumentOK()
	if !ok {
		return p.leave(at)
	}
	for name, s := range doc.Fields(d) {
		n := named{name: name, rule: p.subschema(s, below(at, name))}
		if r.op == "patternProperties" {
			n.re, _ = compilePattern(name, "")
		}
		if r.op == "patternProperties" && n.re == nil || r.op == "properties" && !addressable(name) {
			n.rule = p.leave(below(at, name))
		}
		r.named = append(r.named, n)
	}
	return r
}

// additional reads additionalProperties, which is about the fields that the
// schema's properties and patternProperties do not name.
func (p *parser) additional(r *rule, d bson.Raw, v bson.RawValue, at string) *rule {
	switch v.Type {
	case bson.TypeBoolean:
		if v.Boolean() {
			return &rule{op: "schema"}
		}
	case bson.TypeEmbeddedDocument:
		r.rules = []*rule{p.schema(v.Document(), at)}
	default:
		return p.leave(at)
	}
	names, _ := doc.Get(d, doc.Path{"properties"})
	for name := range doc.Fields(bson.Raw(names.Value)) {
		r.names = append(r.names, name)
	}
	patterns, _ := doc.Get(d, doc.Path{"patternProperties"})
	if patterns.Type == bson.TypeEmbeddedDocument {
		for source := range doc.Fields(bson.Raw(patterns.Value)) {
			re, _ := compilePattern(source, "") // that it is not understood is said of the pattern
			r.named = append(r.named, named{re: re})
		}
	}
	return r
}

func (p *parser) dependencies(r *rule, v bson.RawValue, at string) *rule {
	d, ok := v.DocumentOK()
	if !ok {
		return p.leave(at)
	}
	for name, s := range doc.Fields(d) {
		n := named{name: name}
		if names, is := texts(s); is {
			n.names = names
		} else {
			n.rule = p.subschema(s, below(at, name))
		}
		if !addressable(name) || slices.ContainsFunc(n.names, func(name string) bool { return !addressable(name) }) {
			n.names, n.rule = nil, p.leave(below(at, name))
		}
		r.named = append(r.named, n)
	}
	return r
}

// items reads items with additionalItems, which counts only beside a list.
func (p *parser) items(r *rule, d bson.Raw, v bson.RawValue, at string) *rule {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		r.named = []named{{rule: p.schema(v.Document(), at)}}
		return r
	case bson.TypeArray:
	default:
		return p.leave(at)
	}
	for i, e := range doc.Fields(bson.Raw(v.Value)) {
		r.rules = append(r.rules, p.subschema(e, below(at, i)))
	}
	more, given := doc.Get(d, doc.Path{"additionalItems"})
	switch {
	case given && more.Type == bson.TypeBoolean:
		r.flag = !more.Boolean()
	case given:
		r.named = []named{{rule: p.subschema(more, at[:len(at)-len("items")]+"additionalItems")}}
	}
	return r
}
