package capability

// The trials of a probe, which both engines make: what is written, and what is there
// then on a server that has the feature. Documents are canonical Extended JSON; SCRATCH
// stands for the name of the probe's first collection.

// documentTrial is a document that is inserted, changed where there is an Update, and
// read again.
type documentTrial struct {
	Feature string
	Insert  string
	Guard   string // what the filter of the update has besides `_id`; may be empty
	Update  string // an update, a replacement or a pipeline; may be empty
	After   string // as it is then; empty: as inserted
}

//js:table
var documentTrials = []documentTrial{
	{Feature: CanNumbers, Insert: `{"_id":"numbers","i":{"$numberInt":"1"},"l":{"$numberLong":"1"},"d":{"$numberDouble":"1.0"},"z":{"$numberDouble":"-0.0"},"n":{"$numberDouble":"NaN"},"f":{"$numberDouble":"Infinity"},"b":{"$numberLong":"9007199254740993"}}`},
	{Feature: CanDecimals, Insert: `{"_id":"decimal","a":{"$numberDecimal":"1.10"},"b":{"$numberDecimal":"1.1"},"c":{"$numberDecimal":"1E+3"},"n":{"$numberDecimal":"NaN"}}`},
	{Feature: CanBinary, Insert: `{"_id":"binary","a":{"$binary":{"base64":"AAH/","subType":"00"}},"b":{"$binary":{"base64":"AAECAwQFBgcICQoLDA0ODw==","subType":"04"}},"c":{"$binary":{"base64":"AAH/","subType":"80"}}}`},
	{Feature: CanRareTypes, Insert: `{"_id":"rare","r":{"$regularExpression":{"pattern":"a","options":"i"}},"c":{"$code":"x"},"t":{"$timestamp":{"t":5,"i":1}},"a":{"$minKey":1},"z":{"$maxKey":1}}`},
	{Feature: CanAllDates, Insert: `{"_id":"dates","a":{"$date":{"$numberLong":"-62198755200000"}},"z":{"$date":{"$numberLong":"253402300800000"}}}`},
	{Feature: CanDottedNames, Insert: `{"_id":"dotted","a.b":"x","":"y","o":{"c.d":"z","":"w"}}`},
	{Feature: CanDollarNames, Insert: `{"_id":"dollar","o":{"$x":"y"}}`},
	// Of one value alone, and below: what a server compares before it writes is equal.
	{CanSetType, `{"_id":"type 1","a":{"$numberInt":"1"}}`, "", `{"$set":{"a":{"$numberDouble":"1.0"}}}`, `{"_id":"type 1","a":{"$numberDouble":"1.0"}}`},
	{CanSetType, `{"_id":"type 2","a":{"$numberDecimal":"9.90"}}`, "", `{"$set":{"a":{"$numberDecimal":"9.9"}}}`, `{"_id":"type 2","a":{"$numberDecimal":"9.9"}}`},
	{CanSetType, `{"_id":"type 3","a":{"$numberDouble":"0.0"}}`, "", `{"$set":{"a":{"$numberDouble":"-0.0"}}}`, `{"_id":"type 3","a":{"$numberDouble":"-0.0"}}`},
	{CanSetType, `{"_id":"type 4","a":[{"$numberInt":"1"}]}`, "", `{"$set":{"a":[{"$numberLong":"1"}]}}`, `{"_id":"type 4","a":[{"$numberLong":"1"}]}`},
	{CanSetType, `{"_id":"type 5","a":{"x":{"$numberInt":"1"}}}`, "", `{"$set":{"a":{"x":{"$numberDouble":"1.0"}}}}`, `{"_id":"type 5","a":{"x":{"$numberDouble":"1.0"}}}`},
	{CanSetType, `{"_id":"type 6","a":"x"}`, "", `{"$set":{"a":{"$code":"x"}}}`, `{"_id":"type 6","a":{"$code":"x"}}`},
	{CanSetOrder, `{"_id":"order"}`, "", `{"$set":{"z":"z","a":"a","m":"m"}}`, `{"_id":"order","a":"a","m":"m","z":"z"}`},
	{CanReplacement, `{"_id":"replace","a":{"$numberInt":"1"},"b":"b"}`, "", `{"_id":"replace","c":"c","a":{"$numberDouble":"1.0"}}`, `{"_id":"replace","c":"c","a":{"$numberDouble":"1.0"}}`},
	// Without `_id` in the stage: some servers put a second one there.
	{CanUpdatePipeline, `{"_id":"pipeline","$x":"a"}`, "", `[{"$replaceWith":{"$literal":{"$x":"b","":"c"}}}]`, `{"_id":"pipeline","$x":"b","":"c"}`},
	{CanWholeGuard, `{"_id":"guard 1","a":{"b":"c"}}`, `{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 1","a":{"b":"c"}}}]}}`, `{"$set":{"d":"e"}}`, `{"_id":"guard 1","a":{"b":"c"},"d":"e"}`},
	{CanWholeGuard, `{"_id":"guard 2","a":"b","c":"d"}`, `{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 2","a":"b"}}]}}`, `{"$set":{"d":"e"}}`, `{"_id":"guard 2","a":"b","c":"d"}`},
	{CanWholeGuard, `{"_id":"guard 3","a":"b"}`, `{"$expr":{"$eq":["$$ROOT",{"$literal":{"_id":"guard 3","a":"c"}}]}}`, `{"$set":{"d":"e"}}`, `{"_id":"guard 3","a":"b"}`},
}

// indexTrial is an index, with documents of which it refuses the last one.
type indexTrial struct {
	Feature   string
	Spec      string
	Listed    string // what listIndexes says of it, at least
	Documents []string
}

//js:table
var indexTrials = []indexTrial{
	{CanUniqueIndex, `{"key":{"u":{"$numberInt":"1"}},"name":"u","unique":true,"sparse":true}`, `{"unique":true}`, []string{`{"u":"a"}`, `{"u":"b"}`, `{"u":"a"}`}},
	{CanPartialIndex, `{"key":{"p":{"$numberInt":"1"}},"name":"p","unique":true,"partialFilterExpression":{"on":true}}`, `{"partialFilterExpression":{"on":true}}`, []string{`{"p":"a","on":true}`, `{"p":"a"}`, `{"p":"a","on":true}`}},
	{CanCollatedIndex, `{"key":{"c":{"$numberInt":"1"}},"name":"c","unique":true,"sparse":true,"collation":{"locale":"en","strength":{"$numberInt":"2"}}}`, `{"collation":{"locale":"en"}}`, []string{`{"c":"a"}`, `{"c":"A"}`}},
	{CanHiddenIndex, `{"key":{"h":{"$numberInt":"1"}},"name":"h","hidden":true}`, `{"hidden":true}`, []string{}},
	{CanTTLIndex, `{"key":{"t":{"$numberInt":"1"}},"name":"t","expireAfterSeconds":{"$numberInt":"3600"}}`, `{"name":"t"}`, []string{}},
}

// trialsTogether are the `_id`s of documents that are inserted by two at a time in
// transactions: the second one ends with a duplicate key.
//
//js:table
var trialsTogether = [][]string{{"together 1", "together 2"}, {"together 3", "together 1"}}

// Of the TTL index: the fields of collMod, and what is listed then.
//
//js:table
const (
	trialOfTTL    = `{"index":{"name":"t","expireAfterSeconds":{"$numberInt":"7200"}}}`
	trialTTLAfter = `{"expireAfterSeconds":{"$numberInt":"7200"}}`
)

// collectionTrial is a collection beside the first one.
type collectionTrial struct {
	Feature string
	Name    string
	Options string
	Listed  string // what listCollections says of it, at least
}

//js:table
var collectionTrials = []collectionTrial{
	{CanValidator, "SCRATCH.validated", `{"validator":{"a":{"$gt":{"$numberInt":"1"}}}}`, `{"options":{"validator":{"a":{}}}}`},
	{CanCollation, "SCRATCH.collated", `{"collation":{"locale":"en","strength":{"$numberInt":"2"}}}`, `{"options":{"collation":{"locale":"en"}}}`},
	{CanCapped, "SCRATCH.capped", `{"capped":true,"size":{"$numberInt":"4096"}}`, `{"options":{"capped":true}}`},
	{CanClustered, "SCRATCH.clustered", `{"clusteredIndex":{"key":{"_id":{"$numberInt":"1"}},"unique":true}}`, `{"options":{"clusteredIndex":{"unique":true}}}`},
	{CanPreImages, "SCRATCH.images", `{"changeStreamPreAndPostImages":{"enabled":true}}`, `{"options":{"changeStreamPreAndPostImages":{"enabled":true}}}`},
	{CanTimeSeries, "SCRATCH.series", `{"timeseries":{"timeField":"t"}}`, `{"type":"timeseries"}`},
	{CanView, "SCRATCH.view", `{"viewOn":"SCRATCH","pipeline":[]}`, `{"type":"view","options":{"viewOn":"SCRATCH"}}`},
}

// plainCollection is one without options: a server that refuses it as well says nothing of
// the options.
//
//js:table
const plainCollection = "SCRATCH.plain"

// A document that the validator forbids; the fields of collMod of the collection with the
// indexes, and what is listed then.
//
//js:table
const (
	trialForbidden      = `{"a":{"$numberInt":"0"}}`
	trialOfValidator    = `{"validator":{"a":{"$gt":{"$numberInt":"2"}}}}`
	trialValidatorAfter = `{"options":{"validator":{"a":{"$gt":{"$numberInt":"2"}}}}}`
)
