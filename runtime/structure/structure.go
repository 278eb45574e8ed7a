// Package structure compares the structure of collections, and says with which
// commands it becomes what is wanted: indexes, options, the kind of a collection, and
// shard keys.
//
// In: what listCollections, listIndexes and config.collections gave, and a desired
// collection. Out: an IndexPlan and an OptionPlan, with items for the report and the
// fields of commands, what cannot be changed, and what an old server lacks. Pure; the
// rules are docs/enforcement.md, Structure and Sharded clusters.
//
// indexspec.go compares two index specifications, indexes.go all of a collection,
// indexplan.go has what is to be done, options.go the options, kept.go what was not
// kept, shard.go the keys, tables.go what is a row.
package structure

// The kind of a collection, and what it takes of a server.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// OtherKind names the kind of an existing collection that the wanted options
// do not describe; empty when it fits.
func OtherKind(info stores.CollectionInfo, wanted bson.Raw) string {
	view, series := HasOption(wanted, "viewOn"), HasOption(wanted, "timeseries")
	isSeries := info.Type == "timeseries" || HasOption(info.Options, "timeseries")
	switch {
	case info.Type == "view" && !view:
		return "view"
	case info.Type == "view":
	case isSeries && !series:
		return "time series collection"
	case HasOption(info.Options, "capped") && !HasOption(wanted, "capped"):
		return "capped collection"
	case view, series && !isSeries:
		return "collection"
	}
	return ""
}

// Change is what a collMod changes: documents of options, or an index.
type Change struct{ Before, After bson.Raw }

// HasOption reports whether an option is there and not false.
func HasOption(options bson.Raw, name string) bool {
	_, ok := stores.IndexOption(options, name)
	return ok
}

// in reports whether a server has the feature; 0 is a destination that has all.
func (f Feature) in(wire int32) bool { return wire == 0 || wire >= f.wire }

// lacking are the features that creating a collection or indexes needs and the
// server has not. options are empty when the collection exists.
func lacking(options bson.Raw, indexes []bson.Raw, wire int32) []Feature {
	var out []Feature
	need := func(f Feature, is bool) {
		if is && !f.in(wire) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	series := documentOption(options, "timeseries")
	need(timeSeries, HasOption(options, "timeseries"))
	need(spansOfBuckets, HasOption(series, "bucketRoundingSeconds"))
	need(clustered, HasOption(options, "clusteredIndex"))
	need(preImages, enabled(options))
	for _, spec := range indexes {
		need(hiddenIndexes, HasOption(spec, "hidden"))
		n, wildcard := 0, false
		for name := range doc.Fields(documentOption(spec, "key")) {
			n++
			wildcard = wildcard || name == "$**"
		}
		need(compoundWildcard, wildcard && n > 1)
	}
	return out
}

// Lacks are the features that what is to be done needs and the server has not:
// creating a missing collection, or changing an existing one.
func Lacks(c *desired.Collection, missing bool, options *OptionPlan, indexes *IndexPlan, wire int32) []Feature {
	if missing {
		return lacking(c.Options, c.Indexes, wire)
	}
	var out []Feature
	for _, f := range slices.Concat(options.lacking, lacking(nil, indexes.Built(), wire)) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// documentOption is an option that is a document; empty when there is none.
func documentOption(d bson.Raw, name string) bson.Raw {
	v, _ := doc.Get(d, doc.Path{name})
	sub, _ := v.DocumentOK()
	return sub
}

// enabled reports whether options record pre- and post-images.
func enabled(options bson.Raw) bool {
	return HasOption(documentOption(options, "changeStreamPreAndPostImages"), "enabled")
}

// HasCollation reports whether collection options name a collation that is not the simple one.
func HasCollation(options bson.Raw) bool { return HasOption(options, "collation") }

// CollationOf is the collation that options name, without its version; empty: the simple one.
func CollationOf(options bson.Raw) bson.Raw {
	v, _ := stores.IndexOption(options, "collation")
	d, _ := v.DocumentOK()
	return d
}
