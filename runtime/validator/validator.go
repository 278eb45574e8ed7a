// Package validator judges documents by the validator of a collection as the
// server would: $jsonSchema in MongoDB's dialect and query operators.
//
// In: a validator as the server keeps it, and documents, parts of which may not
// be known (value.go). Out: whether a document holds, breaks it, or cannot be
// judged; which rules it breaks, in words (words.go); and what of the validator
// cannot be judged here. schema.go has the keywords of $jsonSchema, query.go the
// operators, pattern.go regular expressions, refused.go the server's own words
// about a refusal. Pure. The rules are docs/enforcement.md, Validators.
package validator

import (
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Validator is a validator that was read.
type Validator struct {
	rule *rule
	// Unjudged are the parts that are left to the server, by their paths in the
	// validator, each once, in order.
	Unjudged []string
}

// Levels of validation (MongoDB manual: core/schema-validation/specify-validation-level).
const (
	Strict   = "strict"
	Moderate = "moderate"
	Off      = "off"
)

// Warn is the action that only logs a document that breaks the validator.
const Warn = "warn"

// Settings are what a collection's options say of validation.
type Settings struct {
	Validator     bson.Raw // empty: none
	Level, Action string
	Collated      bool // the collection has a collation of its own
}

// SettingsOf reads the options of a collection, defaults filled in.
func SettingsOf(options bson.Raw) Settings {
	s := Settings{Level: Strict, Action: "error"}
	for name, v := range doc.Fields(options) {
		switch name {
		case "validator":
			s.Validator, _ = v.DocumentOK()
		case "validationLevel":
			s.Level, _ = v.StringValueOK()
		case "validationAction":
			s.Action, _ = v.StringValueOK()
		case "collation":
			d, _ := v.DocumentOK()
			locale, _ := d.Lookup("locale").StringValueOK()
			s.Collated = locale != "simple"
		}
	}
	return s
}

// Judges reports whether the server looks at documents at all.
func (s Settings) Judges() bool { return len(s.Validator) > len(doc.Empty) && s.Level != Off }

// Parse reads the validator.
func (s Settings) Parse() *Validator {
	p := &parser{collated: s.Collated}
	r := p.query(s.Validator, "")
	slices.Sort(p.unjudged)
	return &Validator{rule: r, Unjudged: slices.Compact(p.unjudged)}
}

// Judge judges a document. open: fields that it lacks may be there, also in the
// documents in it.
func (v *Validator) Judge(d bson.Raw, holes *Holes, open bool) Verdict {
	return v.rule.document(root(d, holes, open))
}

func root(d bson.Raw, holes *Holes, open bool) value {
	return under(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, holes, open)
}

// rule is a keyword or an operator with its operands; which of them count
// follows from op.
type rule struct {
	op     string
	types  []bson.Type
	values []bson.RawValue
	n      int64
	rest   int64 // of $mod
	flag   bool
	names  []string
	re     *pattern
	rules  []*rule
	named  []named
	path   []string
	// source is the operand as it is written, for words.
	source bson.RawValue
	// about is the description of a schema.
	about string
}

// named is a rule with a name, names, or a pattern of names.
type named struct {
	name  string
	names []string
	re    *pattern // nil: a pattern that is not understood
	rule  *rule
}

// opUnjudged is a rule that is left to the server.
const opUnjudged = "unjudged"

// parser collects what is left to the server.
type parser struct {
	collated bool
	unjudged []string
}

func (p *parser) leave(at string) *rule {
	p.unjudged = append(p.unjudged, at)
	return &rule{op: opUnjudged}
}

// below is a path in the validator.
func below(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func sortedNames(holes map[string]*Holes) []string { return slices.Sorted(maps.Keys(holes)) }

// bsonTypes are the aliases of $type and bsonType (MongoDB manual,
// reference/bson-types).
//
//js:table
var bsonTypes = map[string][]bson.Type{
	"double": {bson.TypeDouble}, "string": {bson.TypeString}, "object": {bson.TypeEmbeddedDocument}, "array": {bson.TypeArray},
	"binData": {bson.TypeBinary}, "undefined": {bson.TypeUndefined}, "objectId": {bson.TypeObjectID}, "bool": {bson.TypeBoolean},
	"date": {bson.TypeDateTime}, "null": {bson.TypeNull}, "regex": {bson.TypeRegex}, "dbPointer": {bson.TypeDBPointer},
	"javascript": {bson.TypeJavaScript}, "symbol": {bson.TypeSymbol}, "javascriptWithScope": {bson.TypeCodeWithScope},
	"int": {bson.TypeInt32}, "timestamp": {bson.TypeTimestamp}, "long": {bson.TypeInt64}, "decimal": {bson.TypeDecimal128},
	"minKey": {bson.TypeMinKey}, "maxKey": {bson.TypeMaxKey}, "number": numberTypes,
}

//js:table
var (
	numberTypes   = []bson.Type{bson.TypeDouble, bson.TypeInt32, bson.TypeInt64, bson.TypeDecimal128}
	stringTypes   = []bson.Type{bson.TypeString}
	arrayTypes    = []bson.Type{bson.TypeArray}
	documentTypes = []bson.Type{bson.TypeEmbeddedDocument}
)

// jsonTypes are the names of `type` (MongoDB manual, reference/operator/query/jsonSchema).
//
//js:table
var jsonTypes = map[string][]bson.Type{
	"object": documentTypes, "array": arrayTypes, "number": numberTypes, "boolean": {bson.TypeBoolean}, "string": stringTypes, "null": {bson.TypeNull},
}

// texts are those of an array of texts.
func texts(v bson.RawValue) ([]string, bool) {
	if v.Type != bson.TypeArray {
		return nil, false
	}
	var out []string
	for _, e := range doc.Fields(bson.Raw(v.Value)) {
		s, ok := e.StringValueOK()
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// count is a whole number.
func count(v bson.RawValue) (int64, bool) {
	switch v.Type {
	case bson.TypeInt32:
		return int64(v.Int32()), true
	case bson.TypeInt64:
		return v.Int64(), true
	case bson.TypeDouble:
		f := v.Double()
		return int64(f), f == float64(int64(f)) && f < 1<<53 && f > -1<<53
	}
	return 0, false
}

// addressable reports whether a name means one field for the server's matcher.
func addressable(name string) bool {
	if name == "" || name[0] == '$' {
		return false
	}
	for _, c := range []byte(name) {
		if c == '.' {
			return false
		}
	}
	return true
}
