// Package capability is what a server can do beyond the core dialect, which all servers
// know that speak MongoDB's protocol (docs/portability.md).
//
// In: what a server says of itself, and its answers to a probe; out: features that it has,
// lacks, or that could not be tried. Where it is kept is runtime/control; which features a
// run needs is runtime/enforce.
package capability

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Names of features that runs ask for; records keep them: they are not renamed.
//
//js:table
const (
	CanSetType         = "set-type"         // a $set that changes a value's type alone is a change
	CanValidatorHolds  = "validator-holds"  // a document that it forbids is refused with 121
	CanReadMajority    = "majority-reads"   // a find with read concern majority
	CanUpdatePipeline  = "update-pipeline"  // [{$replaceWith: {$literal: …}}] leaves one `_id`
	CanWholeGuard      = "whole-guard"      // {$expr: {$eq: ["$$ROOT", {$literal: …}]}} in the filter of a write
	CanTransactions    = "transactions"     // several writes that are made together or not at all
	CanUniqueIndex     = "unique-index"     // a second document is refused with 11000
	CanPartialIndex    = "partial-index"    // partialFilterExpression is kept, and holds
	CanCollatedIndex   = "collated-index"   // collation is kept, and holds
	CanHiddenIndex     = "hidden-index"     // hidden is kept
	CanTTLIndex        = "ttl-index"        // expireAfterSeconds is kept
	CanCollation       = "collation"        // of a collection: it is kept, and holds
	CanValidator       = "validator"        // of a collection: it is listed as it was created
	CanChangeValidator = "change-validator" // collMod changes a validator
	CanChangeTTL       = "change-ttl"       // collMod changes the seconds of a TTL index
)

// Those that only tables ask for (runtime/structure, needs.go).
const (
	CanView       = "view"        // listed as a view
	CanTimeSeries = "time-series" // listed as a time series
	CanCapped     = "capped"      // listed as capped
	CanClustered  = "clustered"   // listed with its clusteredIndex
	CanPreImages  = "pre-images"  // changeStreamPreAndPostImages is kept
)

// Those that nothing but messages asks for.
const (
	CanSetOrder    = "set-order"       // new fields of one $set are sorted by their names
	CanReplacement = "replacement"     // a replacement leaves one `_id`, and the fields in order
	CanDollarNames = "dollar-names"    // names that begin with $, below the top level
	CanDottedNames = "dotted-names"    // names with dots, and empty ones
	CanDecimals    = "type-decimal"    // decimal128 comes back as it was sent, exponent and all
	CanNumbers     = "type-numbers"    // int32, int64 and double stay apart; NaN, -0.0, infinity
	CanBinary      = "type-binary"     // every subtype of binary data
	CanRareTypes   = "type-rare"       // regex, code, timestamp, minKey, maxKey, symbol
	CanAllDates    = "type-date-range" // dates before the year 1 and after 9999
)

// Feature is one feature.
type Feature struct {
	Name  string
	Words string // what a message calls it
}

// Features are all of them, in the order in which they are shown.
//
//js:table CAPABILITY_FEATURES
var Features = []Feature{
	{CanReadMajority, "reading with read concern majority"},
	{CanNumbers, "int32, int64 and double apart, with NaN, infinity and -0.0"},
	{CanDecimals, "decimal128 with its exponent"},
	{CanBinary, "binary data of every subtype"},
	{CanRareTypes, "regular expressions, code, timestamps, minKey and maxKey"},
	{CanAllDates, "dates before the year 1 and after 9999"},
	{CanDottedNames, "names of fields with dots, and empty ones"},
	{CanDollarNames, "names of fields that begin with $, below the top level"},
	{CanSetType, "a change of nothing but a value's type ($set of 1.0 over 1)"},
	{CanSetOrder, "new fields of one $set sorted by name"},
	{CanReplacement, "replacing a document by another one"},
	{CanUpdatePipeline, "replacing a document by a pipeline ($replaceWith)"},
	{CanWholeGuard, "a guard over the whole document ($expr, $$ROOT and $literal in the filter of a write)"},
	{CanTransactions, "transactions"},
	{CanUniqueIndex, "unique indexes"},
	{CanPartialIndex, "unique indexes with a partialFilterExpression"},
	{CanCollatedIndex, "unique indexes with a collation"},
	{CanHiddenIndex, "hidden indexes"},
	{CanTTLIndex, "TTL indexes"},
	{CanChangeTTL, "changing a TTL index (collMod)"},
	{CanCollation, "collections with a collation"},
	{CanValidator, "validators of collections"},
	{CanValidatorHolds, "refusing documents that a validator forbids"},
	{CanChangeValidator, "changing a validator (collMod)"},
	{CanCapped, "capped collections"},
	{CanClustered, "clustered collections"},
	{CanPreImages, "changeStreamPreAndPostImages"},
	{CanView, "views"},
	{CanTimeSeries, "time series collections"},
}

// Server is who was probed: another one of these is probed anew.
type Server struct {
	Version string // of buildInfo, which for an emulator is that of the MongoDB that it stands for
	Build   string // what else of buildInfo tells versions apart; may be empty
}

// Text is the server in messages.
func (s Server) Text() string {
	switch {
	case s.Version == "":
		return "of an unknown version"
	case s.Build == "":
		return s.Version
	}
	return s.Version + ", " + s.Build
}

// Capabilities is what a server was seen to do. Each list is sorted, and no feature is
// in two of them; one that is in none is not known.
type Capabilities struct {
	Server  Server
	Has     []string
	Lacks   []string
	Untried []string // the user has no right to try, or the server took nothing
	// Refusal is what the server answered when it took no document of a probe at all, for
	// its quota, say: nothing was tried then, and it is not kept. Empty otherwise.
	Refusal string
}

// Lacking reports whether the server was seen not to have a feature. Of one that was not
// probed nothing is known: it is taken for MongoDB.
func (c *Capabilities) Lacking(feature string) bool {
	return c != nil && slices.Contains(c.Lacks, feature)
}

// Shown reports whether the server was seen to have a feature.
func (c *Capabilities) Shown(feature string) bool {
	return c != nil && slices.Contains(c.Has, feature)
}

// Knows reports whether the features were probed, as far as the user may, on this very
// version of the server.
func (c *Capabilities) Knows(server Server, features []string) bool {
	if c == nil || c.Server != server {
		return false
	}
	return !slices.ContainsFunc(features, func(f string) bool {
		return !slices.Contains(c.Has, f) && !slices.Contains(c.Lacks, f) && !slices.Contains(c.Untried, f)
	})
}

// Words are those of a feature; of one that this version does not know, its name.
func Words(feature string) string {
	i := slices.IndexFunc(Features, func(f Feature) bool { return f.Name == feature })
	if i < 0 {
		return feature
	}
	return Features[i].Words
}

// buildFields are the fields of buildInfo that tell versions apart, besides `version`
// (MongoDB manual: reference/command/buildInfo; `ferretdb` is FerretDB's own).
//
//js:table
var buildFields = []string{"gitVersion", "ferretdb"}

// ServerOf reads who answered buildInfo.
func ServerOf(reply bson.Raw) Server {
	var s Server
	s.Version, _ = reply.Lookup("version").StringValueOK()
	for _, name := range buildFields {
		v := reply.Lookup(name)
		if d, ok := v.DocumentOK(); ok {
			v = d.Lookup("version")
		}
		if text, ok := v.StringValueOK(); ok && text != "" {
			if s.Build != "" {
				s.Build += " "
			}
			s.Build += name + " " + text
		}
	}
	return s
}
