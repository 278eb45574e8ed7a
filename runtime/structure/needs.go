package structure

// What of a server's capabilities the structure of a collection takes. In: what is to be
// done; out: names of features (runtime/capability). Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Needs are the features beyond the core dialect that a missing collection takes to be
// created, or an existing one to be changed.
func Needs(c *desired.Collection, missing bool, options *OptionPlan, indexes *IndexPlan) []string {
	var out []string
	need := func(feature string, is bool) {
		if is && !slices.Contains(out, feature) {
			out = append(out, feature)
		}
	}
	if missing {
		need(capability.CanView, HasOption(c.Options, "viewOn"))
		need(capability.CanTimeSeries, HasOption(c.Options, "timeseries"))
		need(capability.CanCapped, HasOption(c.Options, "capped"))
		need(capability.CanCollation, HasCollation(c.Options))
		need(capability.CanValidator, HasOption(c.Options, "validator"))
	}
	for _, command := range options.Commands {
		_, validator := doc.Get(command, doc.Path{"validator"})
		need(capability.CanChangeValidator, validator)
	}
	built := indexes.Create
	if missing {
		built = c.Indexes
	}
	for _, spec := range built {
		indexNeeds(spec, need)
	}
	for _, change := range indexes.Modify {
		for _, command := range change.Commands {
			_, ttl := doc.Get(command, doc.Path{"index", "expireAfterSeconds"})
			need(capability.CanChangeTTL, ttl)
		}
	}
	return out
}

// indexNeeds are those of an index that is created.
func indexNeeds(spec bson.Raw, need func(feature string, is bool)) {
	unique := HasOption(spec, "unique")
	need(capability.CanUniqueIndex, unique)
	need(capability.CanPartialIndex, unique && HasOption(spec, "partialFilterExpression"))
	need(capability.CanCollatedIndex, unique && HasCollation(spec))
	need(capability.CanHiddenIndex, HasOption(spec, "hidden"))
	need(capability.CanTTLIndex, HasOption(spec, "expireAfterSeconds"))
}
