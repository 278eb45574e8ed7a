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
	has := hasOption
	switch {
	case info.Type == "view" && !has(wanted, "viewOn"):
		return "view"
	case info.Type == "view":
	case has(wanted, "viewOn"):
		return "collection"
	case (info.Type == "timeseries" || has(info.Options, "timeseries")) && !has(wanted, "timeseries"):
		return "time series collection"
	case has(info.Options, "capped") && !has(wanted, "capped"):
		return "capped collection"
	}
	return ""
}

// hasOption reports whether an option is there and not false.
func hasOption(options bson.Raw, name string) bool {
	v, ok := doc.Get(options, doc.Path{name})
	return ok && !stores.IsFalse(v)
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
		items = append(items, IndexItem{Action: action, Name: stores.IndexName(spec), Spec: canonicalDocument(spec), Reason: reason})
	}
	for _, w := range wanted {
		if stores.IsIDIndex(w) {
			continue
		}
		named := slices.IndexFunc(existing, func(e bson.Raw) bool { return stores.IndexName(e) == stores.IndexName(w) })
		twin := slices.IndexFunc(existing, func(e bson.Raw) bool { return sameIndexKey(w, e) })
		_, ttl := stores.IndexOption(w, "expireAfterSeconds")
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
	v, inA := stores.IndexOption(a, name)
	w, inB := stores.IndexOption(b, name)
	return inA == inB && (!inA || doc.Same(v, w))
}

// hasCollation reports whether collection options name a collation that is not the simple one.
func hasCollation(options bson.Raw) bool {
	_, ok := stores.IndexOption(options, "collation")
	return ok
}
