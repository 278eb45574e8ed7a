package structure

// What of a server's capabilities the structure of a collection takes. In: what is to be
// done; out: features (runtime/capability), and what takes them. Pure.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// optionNeed is an option, and the feature that it takes.
type optionNeed struct{ option, feature string }

// What creating a collection takes with an option that is not its default; a collation
// is not an option like others.
//
//js:table
var optionNeeds = []optionNeed{
	{"viewOn", capability.CanView},
	{"timeseries", capability.CanTimeSeries},
	{"clusteredIndex", capability.CanClustered},
	{"capped", capability.CanCapped},
	{"validator", capability.CanValidator},
	{"changeStreamPreAndPostImages", capability.CanPreImages},
}

// What collMod takes, of a collection and of an index.
//
//js:table
var (
	changeNeeds = []optionNeed{
		{"validator", capability.CanChangeValidator},
		{"viewOn", capability.CanView},
		{"changeStreamPreAndPostImages", capability.CanPreImages},
	}
	indexChangeNeeds = []optionNeed{
		{"expireAfterSeconds", capability.CanChangeTTL},
		{"hidden", capability.CanHiddenIndex},
	}
)

// Need is a feature beyond the core dialect.
type Need struct {
	Feature string
	Index   string // the name of the first index that takes it; empty: options of the collection do
}

// Needs are what a missing collection takes to be created, or an existing one to be
// changed, each feature once.
func Needs(c *desired.Collection, missing bool, options *OptionPlan, indexes *IndexPlan) []Need {
	var out []Need
	need := func(feature, index string, is bool) {
		if is && !slices.ContainsFunc(out, func(n Need) bool { return n.Feature == feature }) {
			out = append(out, Need{feature, index})
		}
	}
	if missing {
		for _, o := range optionNeeds {
			v, is := stores.IndexOption(c.Options, o.option)
			need(o.feature, "", is && !doc.Same(v, filled(o.option, bson.RawValue{})))
		}
		need(capability.CanCollation, "", HasCollation(c.Options))
	}
	for _, command := range options.Commands {
		for _, o := range changeNeeds {
			_, is := doc.Get(command, doc.Path{o.option})
			need(o.feature, "", is)
		}
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
			for _, o := range indexChangeNeeds {
				_, is := doc.Get(command, doc.Path{"index", o.option})
				need(o.feature, stores.IndexName(change.Before), is)
			}
		}
	}
	return out
}

// indexNeeds are those of an index that is created.
func indexNeeds(spec bson.Raw, need func(feature, index string, is bool)) {
	name, unique := stores.IndexName(spec), HasOption(spec, "unique")
	need(capability.CanUniqueIndex, name, unique)
	need(capability.CanPartialIndex, name, unique && HasOption(spec, "partialFilterExpression"))
	need(capability.CanCollatedIndex, name, unique && HasCollation(spec))
	need(capability.CanHiddenIndex, name, HasOption(spec, "hidden"))
	need(capability.CanTTLIndex, name, HasOption(spec, "expireAfterSeconds"))
}
