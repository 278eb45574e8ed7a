package enforce

// The kind of a collection, and what it takes of a server. In: what
// listCollections gave, the wanted options and indexes; out: whether the
// collection is of another kind, and what an old server lacks. Pure; the rules
// are docs/enforcement.md, Structure. indexes.go and options.go compare.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// otherKind names the kind of an existing collection that the wanted options
// do not describe; empty when it fits.
func otherKind(info stores.CollectionInfo, wanted bson.Raw) string {
	view, series := hasOption(wanted, "viewOn"), hasOption(wanted, "timeseries")
	isSeries := info.Type == "timeseries" || hasOption(info.Options, "timeseries")
	switch {
	case info.Type == "view" && !view:
		return "view"
	case info.Type == "view":
	case isSeries && !series:
		return "time series collection"
	case hasOption(info.Options, "capped") && !hasOption(wanted, "capped"):
		return "capped collection"
	case view, series && !isSeries:
		return "collection"
	}
	return ""
}

// optionsChange is what a collMod changes: documents of options, or an index.
type optionsChange struct{ before, after bson.Raw }

// hasOption reports whether an option is there and not false.
func hasOption(options bson.Raw, name string) bool {
	_, ok := stores.IndexOption(options, name)
	return ok
}

// feature is something that servers have since a version, which they tell by
// their wire version (MongoDB manual: reference/command/hello).
type feature struct {
	name, version string
	wire          int32
}

var (
	hiddenIndexes    = feature{"a hidden index", "4.4", 9}
	timeSeries       = feature{"a time series collection", "5.0", 13}
	ttlByCollMod     = feature{"a TTL index made of another one", "5.1", 14}
	clustered        = feature{"a clustered collection", "5.3", 16}
	uniqueByCollMod  = feature{"an index made unique", "6.0", 17}
	preImages        = feature{"changeStreamPreAndPostImages", "6.0", 17}
	cappedByCollMod  = feature{"another size of a capped collection", "6.0", 17}
	bucketSpans      = feature{"bucketMaxSpanSeconds other than that of a granularity", "6.3", 20}
	compoundWildcard = feature{"a compound wildcard index", "7.0", 21}
)

// in reports whether a server has the feature; 0 is a destination that has all.
func (f feature) in(wire int32) bool { return wire == 0 || wire >= f.wire }

// lacking are the features that creating a collection or indexes needs and the
// server has not. options are empty when the collection exists.
func lacking(options bson.Raw, indexes []bson.Raw, wire int32) []feature {
	var out []feature
	need := func(f feature, is bool) {
		if is && !f.in(wire) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	series := documentOption(options, "timeseries")
	need(timeSeries, hasOption(options, "timeseries"))
	need(bucketSpans, hasOption(series, "bucketRoundingSeconds"))
	need(clustered, hasOption(options, "clusteredIndex"))
	need(preImages, enabled(options))
	for _, spec := range indexes {
		need(hiddenIndexes, hasOption(spec, "hidden"))
		n, wildcard := 0, false
		for name := range doc.Fields(documentOption(spec, "key")) {
			n++
			wildcard = wildcard || name == "$**"
		}
		need(compoundWildcard, wildcard && n > 1)
	}
	return out
}

// lacks are the features that what is to be done needs and the server has not:
// creating a missing collection, or changing an existing one.
func lacks(c *desired.Collection, missing bool, options *optionPlan, indexes *indexPlan, wire int32) []feature {
	if missing {
		return lacking(c.Options, c.Indexes, wire)
	}
	var out []feature
	for _, f := range slices.Concat(options.lacking, lacking(nil, indexes.built(), wire)) {
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
	return hasOption(documentOption(options, "changeStreamPreAndPostImages"), "enabled")
}

// hasCollation reports whether collection options name a collation that is not the simple one.
func hasCollation(options bson.Raw) bool { return hasOption(options, "collation") }

// collationOf is the collation that options name, without its version; empty: the simple one.
func collationOf(options bson.Raw) bson.Raw {
	v, _ := stores.IndexOption(options, "collation")
	d, _ := v.DocumentOK()
	return d
}
