package structure

// The tables of structure, which both engines have: what servers have since which
// version, the options of indexes and collections with their defaults, and how
// collMod changes a collection's. Values are canonical Extended JSON.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Feature is something that servers have since a version, which they tell by
// their wire version (MongoDB manual: reference/command/hello).
type Feature struct {
	Name, Version string // in words; of MongoDB
	wire          int32
}

//js:table
var (
	hiddenIndexes    = Feature{"a hidden index", "4.4", 9}
	timeSeries       = Feature{"a time series collection", "5.0", 13}
	ttlByCollMod     = Feature{"a TTL index made of another one", "5.1", 14}
	clustered        = Feature{"a clustered collection", "5.3", 16}
	uniqueByCollMod  = Feature{"an index made unique", "6.0", 17}
	preImages        = Feature{"changeStreamPreAndPostImages", "6.0", 17}
	cappedByCollMod  = Feature{"another size of a capped collection", "6.0", 17}
	spansOfBuckets   = Feature{"bucketMaxSpanSeconds other than that of a granularity", "6.3", 20}
	compoundWildcard = Feature{"a compound wildcard index", "7.0", 21}
)

// indexOptions are the options of an index that matter, sorted.
//
//js:table
var indexOptions = []string{
	"2dsphereIndexVersion", "bits", "bucketSize", "collation", "default_language", "expireAfterSeconds", "hidden", "language_override", "max", "min",
	"partialFilterExpression", "sparse", "textIndexVersion", "unique", "weights", "wildcardProjection",
}

// indexDefaults are the values of options that are missing, by the kind of index
// that has them (MongoDB manual: core/indexes/index-types/index-text,
// reference/command/createIndexes).
//
//js:table
const indexDefaults = `{"text":{"default_language":"english","language_override":"language"},` +
	`"2d":{"bits":{"$numberInt":"26"},"min":{"$numberInt":"-180"},"max":{"$numberInt":"180"}}}`

// collationFields are the parameters of a collation, collationDefaults those that
// are the same for all locales; the others depend on it and count where both sides
// have them (MongoDB manual: reference/collation-locales-defaults).
//
//js:table
var (
	collationFields   = []string{"locale", "caseLevel", "caseFirst", "strength", "numericOrdering", "alternate", "maxVariable", "normalization", "backwards"}
	collationDefaults = `{"caseLevel":false,"strength":{"$numberInt":"3"},"numericOrdering":false,"maxVariable":"punct"}`
)

// optionDefaults are the values of a collection's options that are missing
// (MongoDB manual: reference/command/create).
//
//js:table
const optionDefaults = `{"validator":{},"validationLevel":"strict","validationAction":"error","changeStreamPreAndPostImages":{"enabled":false},` +
	`"expireAfterSeconds":"off","max":{"$numberInt":"0"},"pipeline":[]}`

// optionChange says how collMod changes an option.
type optionChange struct {
	// of which existing collections: a collection (no view), a view, one that
	// expires (a time series or clustered one), a capped one, the buckets of a time series.
	of    string
	sent  string // the field of collMod, where it has another name
	needs Feature
}

// optionChanges are those of the options that collMod changes (MongoDB manual:
// reference/command/collMod). Any other one stays as it is on an existing collection.
//
//js:table
var optionChanges = map[string]optionChange{
	"validator":                    {of: "collection"},
	"validationLevel":              {of: "collection"},
	"validationAction":             {of: "collection"},
	"changeStreamPreAndPostImages": {of: "collection", needs: preImages},
	"viewOn":                       {of: "view"},
	"pipeline":                     {of: "view"},
	"expireAfterSeconds":           {of: "expiring"},
	"size":                         {of: "capped", sent: "cappedSize", needs: cappedByCollMod},
	"max":                          {of: "capped", sent: "cappedMax", needs: cappedByCollMod},
	"timeseries":                   {of: "buckets"},
}

// The defaults as documents.
var (
	indexDefaultsOf    = parsed(indexDefaults)
	collationDefaultOf = parsed(collationDefaults)
	optionDefaultOf    = parsed(optionDefaults)
)

func parsed(text string) bson.Raw {
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		panic(err) // a mistake of this file
	}
	return d
}
