package stores

// Index specifications and entries. In: what listIndexes gives, documents;
// out: options as they count, and the entries of a document in a unique index.
// Pure; MongoDB manual: indexes, core/index-multikey, core/index-unique.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// IndexName returns the name in a specification.
func IndexName(spec bson.Raw) string {
	name, _ := spec.Lookup("name").StringValueOK()
	return name
}

// IsIDIndex reports whether the index is the one on `_id` that every
// collection has.
func IsIDIndex(spec bson.Raw) bool {
	key, ok := spec.Lookup("key").DocumentOK()
	if !ok {
		return false
	}
	n, onID := 0, false
	for name, v := range doc.Fields(key) {
		n++
		onID = name == "_id" && doc.Same(v, bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}})
	}
	return n == 1 && onID
}

// IsFalse reports whether the value is the boolean false.
func IsFalse(v bson.RawValue) bool {
	b, ok := v.BooleanOK()
	return ok && !b
}

// IndexOption returns an option as it counts: false is absent, a number of unique,
// sparse or hidden is false when it is 0, else true; a collation has no version, and
// the simple collation is none.
func IndexOption(spec bson.Raw, name string) (bson.RawValue, bool) {
	v, ok := doc.Get(spec, doc.Path{name})
	if !ok || IsFalse(v) {
		return bson.RawValue{}, false
	}
	switch name {
	case "unique", "sparse", "hidden":
		if v.IsNumber() {
			return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}, !doc.Same(v, bson.RawValue{Type: bson.TypeInt32, Value: []byte{0, 0, 0, 0}})
		}
	}
	if name != "collation" || v.Type != bson.TypeEmbeddedDocument {
		return v, true
	}
	if locale, _ := v.Document().Lookup("locale").StringValueOK(); locale == "simple" {
		return bson.RawValue{}, false
	}
	return doc.Value(doc.Without(v.Document(), "version")), true
}

// UniqueIndex is a unique index.
type UniqueIndex struct {
	// Filter is the partialFilterExpression; nil: all documents are in the index.
	Filter *PartialFilter
	// Collation, when not nil, equates texts that are not the same: which ones,
	// only a server knows.
	Collation bson.Raw
	Name      string
	Fields    []string // as in the key pattern
	Paths     []doc.Path
	Sparse    bool
}

// ParseUnique returns the unique index that a specification describes; false
// when it is none, the one on `_id`, or one whose entries only a server knows.
func ParseUnique(spec bson.Raw) (UniqueIndex, bool) {
	key, ok := spec.Lookup("key").DocumentOK()
	_, unique := IndexOption(spec, "unique")
	if !unique || !ok || IsIDIndex(spec) {
		return UniqueIndex{}, false
	}
	_, sparse := IndexOption(spec, "sparse")
	ix := UniqueIndex{Name: IndexName(spec), Sparse: sparse}
	if collation, ok := IndexOption(spec, "collation"); ok {
		ix.Collation, _ = collation.DocumentOK()
	}
	if filter, ok := IndexOption(spec, "partialFilterExpression"); ok {
		d, _ := filter.DocumentOK()
		if ix.Filter, ok = ParsePartial(d); !ok || ix.Collation != nil && ix.Filter.Text {
			return UniqueIndex{}, false
		}
	}
	for name := range doc.Fields(key) {
		ix.Fields = append(ix.Fields, name)
		ix.Paths = append(ix.Paths, strings.Split(name, "."))
	}
	return ix, true
}

// Entry is one entry of an index: a value for each of its fields.
type Entry []bson.RawValue

// Key is equal for two entries exactly when they cannot stand in one unique index.
func (e Entry) Key() string { return doc.Key(e...) }

var (
	nullValue      = bson.RawValue{Type: bson.TypeNull}
	undefinedValue = bson.RawValue{Type: bson.TypeUndefined}
)

// Entries lists the entries of a document, without repeats.
func (ix *UniqueIndex) Entries(d bson.Raw) []Entry {
	if !ix.Filter.Holds(d) {
		return nil
	}
	combined := []Entry{{}}
	found := false
	for _, p := range ix.Paths {
		values := IndexValues(d, p)
		if len(values) == 0 {
			values = []bson.RawValue{nullValue}
		} else {
			found = true
		}
		var next []Entry
		for _, e := range combined {
			for _, v := range values {
				next = append(next, append(slices.Clone(e), v))
			}
		}
		combined = next
	}
	if ix.Sparse && !found {
		return nil
	}
	if len(combined) == 1 {
		return combined
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(combined, func(e Entry) bool {
		k := e.Key()
		again := seen[k]
		seen[k] = true
		return again
	})
}

// IndexValues are the values that an index has for a path of a document, arrays
// entered as the server does: by position, too; none: missing.
func IndexValues(d bson.Raw, p doc.Path) []bson.RawValue {
	return indexValues(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, p)
}

// indexValues are those at a path below v.
func indexValues(v bson.RawValue, p doc.Path) []bson.RawValue {
	if len(p) == 0 {
		if v.Type != bson.TypeArray {
			return []bson.RawValue{v}
		}
		var out []bson.RawValue
		for _, element := range doc.Fields(bson.Raw(v.Value)) {
			out = append(out, element)
		}
		if out == nil {
			out = []bson.RawValue{undefinedValue}
		}
		return out
	}
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		if w, ok := doc.Get(v.Document(), p[:1]); ok {
			return indexValues(w, p[1:])
		}
	case bson.TypeArray:
		if _, err := strconv.ParseUint(p[0], 10, 31); err == nil {
			if w, ok := doc.Get(bson.Raw(v.Value), p[:1]); ok {
				return indexValues(w, p[1:])
			}
		}
		var out []bson.RawValue
		for _, element := range doc.Fields(bson.Raw(v.Value)) {
			if element.Type == bson.TypeEmbeddedDocument {
				out = append(out, indexValues(element, p)...)
			}
		}
		return out
	}
	return nil
}

// BucketSpans are the most seconds that a bucket of a time series collection
// spans, by granularity (MongoDB manual: core/timeseries/timeseries-granularity).
//
//js:table
var BucketSpans = map[string]int32{"seconds": 3600, "minutes": 86400, "hours": 2592000}
