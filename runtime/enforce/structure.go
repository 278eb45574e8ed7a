package enforce

// Collections and indexes. In: what listCollections and listIndexes gave, and
// the wanted indexes; out: index items, and whether the collection is of
// another kind. Pure; the rules are docs/enforcement.md, Structure.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// otherKind names the kind of an existing collection that the wanted options
// do not describe; empty when it fits.
func otherKind(info stores.CollectionInfo, wanted bson.Raw) string {
	has := func(d bson.Raw, name string) bool {
		v, ok := doc.Get(d, doc.Path{name})
		return ok && !isFalse(v)
	}
	switch {
	case info.Type == "view":
		return "view"
	case (info.Type == "timeseries" || has(info.Options, "timeseries")) && !has(wanted, "timeseries"):
		return "time series collection"
	case has(info.Options, "capped") && !has(wanted, "capped"):
		return "capped collection"
	}
	return ""
}

func isFalse(v bson.RawValue) bool {
	b, ok := v.BooleanOK()
	return ok && !b
}

// indexOptions are the options that matter, sorted.
var indexOptions = []string{
	"2dsphereIndexVersion", "bits", "bucketSize", "collation", "default_language", "expireAfterSeconds", "hidden", "max", "min",
	"partialFilterExpression", "sparse", "unique", "weights", "wildcardProjection",
}

// compareIndexes finds what to create: all of wanted when the collection is
// missing, which has no indexes to compare with.
func compareIndexes(wanted, existing []bson.Raw, missing bool) (items []IndexItem, create []bson.Raw) {
	items = []IndexItem{}
	add := func(action string, spec bson.Raw, reason string) {
		items = append(items, IndexItem{Action: action, Name: indexName(spec), Spec: canonicalDocument(spec), Reason: reason})
	}
	for _, w := range wanted {
		if isIDIndex(w) {
			continue
		}
		named := slices.IndexFunc(existing, func(e bson.Raw) bool { return indexName(e) == indexName(w) })
		twin := slices.IndexFunc(existing, func(e bson.Raw) bool { return sameIndexKey(w, e) })
		_, ttl := indexOption(w, "expireAfterSeconds")
		switch {
		case twin >= 0:
			if differing := differingOptions(w, existing[twin]); len(differing) > 0 {
				add("differs", w, fill(reasonOptions, "options", strings.Join(differing, ", ")))
			}
		case named >= 0:
			add("differs", w, reasonName)
		case ttl && !missing:
			add("differs", w, reasonTTL)
		default:
			add("create", w, "")
			create = append(create, w)
		}
	}
	return items, create
}

func indexName(spec bson.Raw) string {
	name, _ := spec.Lookup("name").StringValueOK()
	return name
}

func isIDIndex(spec bson.Raw) bool {
	key, ok := spec.Lookup("key").DocumentOK()
	if !ok {
		return false
	}
	fields := fieldsOf(key, false)
	return len(fields) == 1 && fields[0].name == "_id" && doc.Same(fields[0].value, one)
}

var one = bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}

// sameIndexKey reports whether the server would take the two for one index.
func sameIndexKey(a, b bson.Raw) bool {
	if !doc.Same(a.Lookup("key"), b.Lookup("key")) {
		return false
	}
	return sameOption(a, b, "collation") && sameOption(a, b, "partialFilterExpression")
}

func differingOptions(a, b bson.Raw) []string {
	var names []string
	for _, name := range indexOptions {
		if !sameOption(a, b, name) {
			names = append(names, name)
		}
	}
	return names
}

func sameOption(a, b bson.Raw, name string) bool {
	v, inA := indexOption(a, name)
	w, inB := indexOption(b, name)
	return inA == inB && (!inA || doc.Same(v, w))
}

// indexOption returns an option as it counts: false is absent, a collation has
// no version, the simple collation is none.
func indexOption(spec bson.Raw, name string) (bson.RawValue, bool) {
	v, ok := doc.Get(spec, doc.Path{name})
	if !ok || isFalse(v) {
		return bson.RawValue{}, false
	}
	if name != "collation" || !isDocument(v) {
		return v, true
	}
	if locale, _ := v.Document().Lookup("locale").StringValueOK(); locale == "simple" {
		return bson.RawValue{}, false
	}
	rest := stores.Changed(v.Document(), nil, []doc.Path{{"version"}})
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: rest}, true
}

// hasCollation reports whether collection options name a collation that is not the simple one.
func hasCollation(options bson.Raw) bool {
	_, ok := indexOption(options, "collation")
	return ok
}
