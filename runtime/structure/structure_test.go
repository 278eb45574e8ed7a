package structure

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

var parse = doctest.Parse

// documents reads an array of documents.
func documents(t *testing.T, text string) []bson.Raw {
	t.Helper()
	var out []bson.Raw
	for _, v := range doc.Fields(bson.Raw(parse(t, `{"v": `+text+`}`).Lookup("v").Value)) {
		out = append(out, v.Document())
	}
	return out
}

// plain is the review form of documents, for messages.
func plain(list ...bson.Raw) string {
	var out []string
	for _, d := range list {
		out = append(out, string(doc.AppendReview(nil, d, false)))
	}
	return strings.Join(out, " ")
}

func TestCompareIndexes(t *testing.T) {
	const a = `{"key": {"a": 1}, "name": "a_1"}`
	tests := []struct {
		name, wanted, existing string
		declared, drop         string // names
		exact, missing         bool
		collation              string
		wire                   int32
		want                   string // items
		sent                   string // what is created, changed and dropped, when it is not what the items say
	}{
		{name: "missing", wanted: `[` + a + `]`, existing: `[]`, want: "create a_1"},
		{name: "the same under another name", wanted: `[` + a + `]`, existing: `[{"key": {"a": 1.0}, "name": "other", "unique": false}]`},
		{name: "order of keys counts", wanted: `[{"key": {"a": 1, "b": 1}, "name": "n"}]`, existing: `[{"key": {"b": 1, "a": 1}, "name": "m"}]`, want: "create n"},
		{name: "other options", wanted: `[{"key": {"a": 1}, "name": "a_1", "unique": true, "sparse": true}]`, existing: `[` + a + `]`,
			want: "differs a_1: has other options at the destination (sparse, unique)"},
		{name: "another collation is another index", wanted: `[{"key": {"a": 1}, "name": "a_de", "collation": {"locale": "de", "version": "57.1"}}]`, existing: `[` + a + `]`, want: "create a_de"},
		{name: "collation without version, defaults filled in", wanted: `[{"key": {"a": 1}, "name": "a_de", "collation": {"locale": "de", "version": "57.1"}}]`,
			existing: `[{"key": {"a": 1}, "name": "a_de", "collation": {"locale": "de", "caseLevel": false, "caseFirst": "off", "strength": 3, "numericOrdering": false, "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false, "version": "58"}}]`},
		{name: "another strength", wanted: `[{"key": {"a": 1}, "name": "a_de", "collation": {"locale": "de"}}]`,
			existing: `[{"key": {"a": 1}, "name": "x", "collation": {"locale": "de", "strength": 2}}]`, want: "create a_de"},
		{name: "name taken", wanted: `[{"key": {"a": 1}, "name": "n"}]`, existing: `[{"key": {"b": 1}, "name": "n"}]`, want: "differs n: another index has this name"},
		{name: "TTL", wanted: `[{"key": {"at": 1}, "name": "ttl", "expireAfterSeconds": 5}]`, existing: `[]`,
			want: "differs ttl: deletes documents and is not created on an existing collection"},
		{name: "TTL of a new collection", wanted: `[{"key": {"at": 1}, "name": "ttl", "expireAfterSeconds": 5}]`, existing: `[]`, missing: true, want: "create ttl"},
		{name: "on _id", wanted: `[{"key": {"_id": 1}, "name": "_id_"}]`, existing: `[{"key": {"_id": 1}, "name": "_id_"}]`, exact: true},

		{name: "declared TTL", wanted: `[{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 5}]`, declared: "at_1", existing: `[]`, want: "create at_1"},
		{name: "declared TTL that changes", wanted: `[{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 5, "hidden": true}]`, declared: "at_1",
			existing: `[{"v": 2, "key": {"at": 1}, "name": "old", "expireAfterSeconds": 4}]`,
			want:     "change at_1: expireAfterSeconds: 4 → 5, hidden: (missing) → true",
			sent:     `modify {"index": {"name": "old", "expireAfterSeconds": 5, "hidden": true}} to {"v": 2, "key": {"at": 1}, "name": "old", "expireAfterSeconds": 5, "hidden": true}`},
		{name: "shown again", wanted: `[` + a + `]`, declared: "a_1", existing: `[{"key": {"a": 1}, "name": "a_1", "hidden": true}]`,
			want: "change a_1: hidden: true → (missing)", sent: `modify {"index": {"name": "a_1", "hidden": false}} to {"key": {"a": 1}, "name": "a_1"}`},
		{name: "TTL from another index", wanted: `[{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 5}]`, declared: "at_1", existing: `[{"key": {"at": 1}, "name": "at_1"}]`,
			want: "change at_1: expireAfterSeconds: (missing) → 5", sent: `modify {"index": {"name": "at_1", "expireAfterSeconds": 5}} to {"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 5}`},
		{name: "TTL from another index on an old server", wanted: `[{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 5}]`, declared: "at_1", existing: `[{"key": {"at": 1}, "name": "at_1"}]`, wire: 13,
			want: "change at_1: expireAfterSeconds: (missing) → 5; dropped and created again", sent: "create at_1, drop at_1"},
		{name: "no TTL any more", wanted: `[` + a + `]`, declared: "a_1", existing: `[{"key": {"a": 1}, "name": "a_1", "expireAfterSeconds": 4}]`,
			want: "change a_1: expireAfterSeconds: 4 → (missing); dropped and created again", sent: "create a_1, drop a_1"},
		{name: "made unique", wanted: `[{"key": {"a": 1}, "name": "a_1", "unique": true}]`, declared: "a_1", existing: `[` + a + `]`,
			want: "change a_1: unique: (missing) → true",
			sent: `modify {"index": {"name": "a_1", "prepareUnique": true}} {"index": {"name": "a_1", "unique": true}} to {"key": {"a": 1}, "name": "a_1", "unique": true}`},
		{name: "made unique on an old server", wanted: `[{"key": {"a": 1}, "name": "a_1", "unique": true}]`, declared: "a_1", existing: `[` + a + `]`, wire: 13,
			want: "change a_1: unique: (missing) → true; dropped and created again", sent: "create a_1, drop a_1"},
		{name: "not unique any more", wanted: `[` + a + `]`, declared: "a_1", existing: `[{"key": {"a": 1}, "name": "a_1", "unique": true}]`,
			want: "change a_1: unique: true → (missing); dropped and created again", sent: "create a_1, drop a_1"},
		{name: "the name counts when it is given", wanted: `[{"key": {"a": 1}, "name": "mine"}]`, declared: "mine", existing: `[` + a + `]`,
			want: `change mine: name: "a_1" → "mine"; dropped and created again`, sent: "create mine, drop a_1"},
		{name: "a default name does not", wanted: `[` + a + `]`, declared: "a_1", existing: `[{"key": {"a": 1}, "name": "theirs"}]`},
		{name: "a name that another one has", wanted: `[{"key": {"a": 1}, "name": "n"}]`, declared: "n", existing: `[{"key": {"b": 1}, "name": "n"}]`,
			want: "create n; drop n: another index is to have its name"},
		{name: "names that are exchanged", wanted: `[{"key": {"a": 1}, "name": "x"}, {"key": {"b": 1}, "name": "y"}]`, declared: "x y",
			existing: `[{"key": {"b": 1}, "name": "x"}, {"key": {"a": 1}, "name": "y"}]`,
			want:     `change x: name: "y" → "x"; dropped and created again; change y: name: "x" → "y"; dropped and created again`, sent: "create x, create y, drop x, drop y"},
		{name: "a name that one of the source has", wanted: `[{"key": {"a": 1}, "name": "a_1"}, {"key": {"b": 1}, "name": "n"}]`, declared: "n",
			existing: `[{"key": {"a": 1}, "name": "n"}]`, want: `change a_1: name: "n" → "a_1"; dropped and created again; create n`, sent: "create a_1, create n, drop n"},
		{name: "a name that one of the source has whose own name is not free", wanted: `[{"key": {"a": 1}, "name": "a_1"}, {"key": {"b": 1}, "name": "n"}]`, declared: "n",
			existing: `[{"key": {"a": 1}, "name": "n"}, {"key": {"z": 1}, "name": "a_1"}]`, want: "differs n: another index has this name"},
		{name: "exact", wanted: `[` + a + `]`, existing: `[` + a + `, {"key": {"b": 1}, "name": "b_1"}, {"key": {"_id": 1}, "name": "_id_"}]`, exact: true, want: "drop b_1: indexes exact"},
		{name: "exact enforces those of the source", wanted: `[` + a + `, {"key": {"at": 1}, "name": "ttl", "expireAfterSeconds": 5}]`, existing: `[{"key": {"a": 1}, "name": "a_1", "sparse": true}]`, exact: true,
			want: "change a_1: sparse: true → (missing); dropped and created again; create ttl", sent: "create a_1, create ttl, drop a_1"},
		{name: "drop index", wanted: `[]`, existing: `[` + a + `, {"key": {"b": 1}, "name": "b_1"}]`, drop: "b_1 c_1 _id_", want: "drop b_1: drop index"},
		{name: "drop index whose keys are wanted under another name", wanted: `[{"key": {"a": 1}, "name": "n"}]`, existing: `[` + a + `]`, drop: "a_1", want: "create n; drop a_1: drop index"},
		{name: "two of one key, the one that fits", wanted: `[{"key": {"a": 1}, "name": "a_s", "sparse": true}, ` + a + `]`, existing: `[` + a + `, {"key": {"a": 1}, "name": "other", "sparse": true}]`},
		{name: "two of one key, one is there", wanted: `[` + a + `, {"key": {"a": 1}, "name": "a_s", "sparse": true}]`, existing: `[` + a + `]`,
			want: "differs a_s: has other options at the destination (sparse)"},
		{name: "two of one key, one is there, declared", wanted: `[` + a + `, {"key": {"a": 1}, "name": "a_s", "sparse": true}]`, declared: "a_s", existing: `[` + a + `]`, want: "create a_s"},
		{name: "a text index as a server lists it", wanted: `[{"key": {"s": "text", "b": "text", "n": 1}, "name": "full", "weights": {"s": 5}}]`, declared: "full",
			existing: `[{"key": {"_fts": "text", "_ftsx": 1, "n": 1}, "name": "full", "weights": {"b": 1, "s": 5}, "default_language": "english", "language_override": "language", "textIndexVersion": 3}]`},
		{name: "other weights", wanted: `[{"key": {"s": "text"}, "name": "full"}]`, declared: "full",
			existing: `[{"key": {"_fts": "text", "_ftsx": 1}, "name": "full", "weights": {"s": 2}, "default_language": "english", "language_override": "language", "textIndexVersion": 3}]`,
			want:     "change full: weights: {s: 2} → {s: 1}; dropped and created again", sent: "create full, drop full"},
		{name: "a 2dsphere index", wanted: `[{"key": {"p": "2dsphere"}, "name": "p_2dsphere"}]`, declared: "p_2dsphere", existing: `[{"key": {"p": "2dsphere"}, "name": "p_2dsphere", "2dsphereIndexVersion": 3}]`},
		{name: "a 2d index with its defaults", wanted: `[{"key": {"p": "2d"}, "name": "p_2d", "bits": 26}]`, declared: "p_2d", existing: `[{"key": {"p": "2d"}, "name": "p_2d", "min": -180}]`},
		{name: "the collection's collation", wanted: `[` + a + `, {"key": {"b": 1}, "name": "b_1"}]`, declared: "a_1", existing: `[]`, collation: `{"locale": "fr"}`, want: "create a_1; create b_1",
			sent: `create {"key": {"a": 1}, "name": "a_1", "collation": {"locale": "fr"}} {"key": {"b": 1}, "name": "b_1", "collation": {"locale": "simple"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &desired.Collection{
				Indexes: documents(t, test.wanted), IndexesExact: test.exact,
				Declared: strings.Fields(test.declared), DropIndexes: strings.Fields(test.drop),
			}
			var collation bson.Raw
			if test.collation != "" {
				collation = parse(t, test.collation)
			}
			p := CompareIndexes(c, documents(t, test.existing), test.missing, collation, test.wire)
			var got, sent, said []string
			for _, item := range p.Items {
				text := item.Action + " " + item.Name
				if item.Action != "differs" {
					said = append(said, text)
				}
				if item.Reason != "" {
					text += ": " + item.Reason
				}
				got = append(got, text)
			}
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
			for _, spec := range p.Create {
				sent = append(sent, "create "+stores.IndexName(spec))
			}
			for _, spec := range p.Drop {
				sent = append(sent, "drop "+stores.IndexName(spec))
			}
			want, is := strings.Join(said, ", "), strings.Join(sent, ", ")
			switch {
			case strings.HasPrefix(test.sent, "modify"):
				want, is = test.sent, ""
				for _, change := range p.Modify {
					is += "modify " + plain(change.Commands...) + " to " + plain(change.After)
				}
			case strings.HasPrefix(test.sent, "create {"):
				want, is = test.sent, "create "+plain(p.Create...)
			case test.sent != "":
				want = test.sent
			}
			if is != want {
				t.Errorf("sent %s\nwant %s", is, want)
			}
		})
	}
}

func TestCompareOptions(t *testing.T) {
	tests := []struct {
		name, kind, existing, wanted, enforced string
		wire                                   int32
		want                                   string // commands
		fixed, lacks                           string
	}{
		{name: "nothing is enforced", existing: `{"validator": {"a": 1}}`, wanted: `{}`},
		{name: "defaults", existing: `{"validationLevel": "strict", "validationAction": "error", "changeStreamPreAndPostImages": {"enabled": false}}`, wanted: `{"validator": {}}`,
			enforced: "changeStreamPreAndPostImages validationAction validationLevel validator"},
		{name: "a validator", existing: `{}`, wanted: `{"validator": {"a": 1}, "validationLevel": "moderate"}`, enforced: "validationLevel validator",
			want: `{"validationLevel": "moderate", "validator": {"a": 1}}`},
		{name: "no validator any more", existing: `{"validator": {"a": 1}, "validationAction": "warn"}`, wanted: `{}`, enforced: "validationAction validationLevel validator",
			want: `{"validationAction": "error", "validator": {}}`},
		{name: "order in a validator counts", existing: `{"validator": {"a": 1, "b": 1}}`, wanted: `{"validator": {"b": 1, "a": 1}}`, enforced: "validator", want: `{"validator": {"b": 1, "a": 1}}`},
		{name: "pre-images", existing: `{}`, wanted: `{"changeStreamPreAndPostImages": {"enabled": true}}`, enforced: "changeStreamPreAndPostImages", want: `{"changeStreamPreAndPostImages": {"enabled": true}}`},
		{name: "pre-images on an old server", existing: `{}`, wanted: `{"changeStreamPreAndPostImages": {"enabled": true}}`, enforced: "changeStreamPreAndPostImages", wire: 13, lacks: "changeStreamPreAndPostImages"},
		{name: "a capped collection as a server keeps it", existing: `{"capped": true, "size": 5120, "max": 2147483647}`, wanted: `{"capped": true, "size": 5000}`, enforced: "capped max size"},
		{name: "a capped collection", existing: `{"capped": true, "size": 5120, "max": 5}`, wanted: `{"capped": true, "size": 9000}`, enforced: "capped max size", want: `{"cappedMax": 0, "cappedSize": 9000}`},
		{name: "a capped collection on an old server", existing: `{"capped": true, "size": 5120}`, wanted: `{"capped": true, "size": 9000}`, enforced: "size", wire: 13, lacks: "another size of a capped collection"},
		{name: "none yet", existing: `{}`, wanted: `{"capped": true, "size": 9000}`, enforced: "capped size", fixed: "capped: (missing) → true, size: (missing) → 9000"},
		{name: "expiry", kind: "timeseries", existing: `{"timeseries": {"timeField": "t"}, "expireAfterSeconds": 5}`, wanted: `{"timeseries": {"timeField": "t"}}`, enforced: "expireAfterSeconds", want: `{"expireAfterSeconds": "off"}`},
		{name: "expiry of any other collection", existing: `{}`, wanted: `{"expireAfterSeconds": 5}`, enforced: "expireAfterSeconds", fixed: "expireAfterSeconds: (missing) → 5"},
		{name: "a granularity", kind: "timeseries", existing: `{"timeseries": {"timeField": "t", "metaField": "m", "granularity": "seconds", "bucketMaxSpanSeconds": 3600}}`,
			wanted: `{"timeseries": {"timeField": "t", "metaField": "m", "granularity": "minutes"}}`, enforced: "timeseries", want: `{"timeseries": {"granularity": "minutes"}}`},
		{name: "two granularities up", kind: "timeseries", existing: `{"timeseries": {"timeField": "t"}}`, wanted: `{"timeseries": {"timeField": "t", "granularity": "hours"}}`, enforced: "timeseries",
			want: `{"timeseries": {"granularity": "minutes"}} {"timeseries": {"granularity": "hours"}}`},
		{name: "a granularity down", kind: "timeseries", existing: `{"timeseries": {"timeField": "t", "granularity": "hours"}}`, wanted: `{"timeseries": {"timeField": "t"}}`, enforced: "timeseries",
			fixed: `timeseries: {timeField: "t", granularity: "hours"} → {timeField: "t"}`},
		{name: "a span", kind: "timeseries", existing: `{"timeseries": {"timeField": "t"}}`, wanted: `{"timeseries": {"timeField": "t", "bucketMaxSpanSeconds": 7200, "bucketRoundingSeconds": 7200}}`, enforced: "timeseries",
			want: `{"timeseries": {"bucketMaxSpanSeconds": 7200, "bucketRoundingSeconds": 7200}}`},
		{name: "another time field", kind: "timeseries", existing: `{"timeseries": {"timeField": "t"}}`, wanted: `{"timeseries": {"timeField": "u"}}`, enforced: "timeseries",
			fixed: `timeseries: {timeField: "t"} → {timeField: "u"}`},
		{name: "a view", kind: "view", existing: `{"viewOn": "a", "pipeline": []}`, wanted: `{"viewOn": "b"}`, enforced: "pipeline viewOn", want: `{"viewOn": "b", "pipeline": []}`},
		{name: "a view's collation", kind: "view", existing: `{"viewOn": "a", "pipeline": []}`, wanted: `{"viewOn": "a", "collation": {"locale": "fr"}}`, enforced: "collation pipeline viewOn",
			fixed: `collation: (missing) → {locale: "fr"}`},
		{name: "the same collation", existing: `{"collation": {"locale": "fr", "strength": 3, "alternate": "non-ignorable", "version": "57.1"}}`, wanted: `{"collation": {"locale": "fr"}}`, enforced: "collation"},
		{name: "no collation", existing: `{}`, wanted: `{"collation": {"locale": "simple"}}`, enforced: "collation"},
		{name: "clustered", existing: `{"clusteredIndex": {"v": 2, "key": {"_id": 1}, "name": "_id_", "unique": true}, "expireAfterSeconds": 9}`, wanted: `{"clusteredIndex": {"key": {"_id": 1}, "unique": true}, "expireAfterSeconds": 8}`,
			enforced: "clusteredIndex expireAfterSeconds", want: `{"expireAfterSeconds": 8}`},
		{name: "what mongocd does not know", existing: `{}`, wanted: `{"storageEngine": {}}`, enforced: "storageEngine", fixed: "storageEngine: (missing) → {}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			info := stores.CollectionInfo{Name: "c", Type: test.kind, Options: parse(t, test.existing)}
			p := CompareOptions(info, parse(t, test.wanted), strings.Fields(test.enforced), test.wire)
			if got := plain(p.Commands...); got != test.want {
				t.Errorf("sent %s\nwant %s", got, test.want)
			}
			var fixed, lacks []string
			for _, o := range p.Fixed {
				fixed = append(fixed, o.Name+": "+change.ShowOr(o.Before)+" → "+change.ShowOr(o.After))
			}
			for _, f := range p.lacking {
				lacks = append(lacks, f.Name)
			}
			if got := strings.Join(fixed, ", "); got != test.fixed {
				t.Errorf("cannot be changed: %s\nwant %s", got, test.fixed)
			}
			if got := strings.Join(lacks, ", "); got != test.lacks {
				t.Errorf("lacking: %s\nwant %s", got, test.lacks)
			}
		})
	}
}

func TestOtherKind(t *testing.T) {
	for _, test := range []struct{ kind, existing, wanted, want string }{
		{"collection", `{}`, `{}`, ""},
		{"view", `{"viewOn": "a"}`, `{}`, "view"},
		{"view", `{"viewOn": "a"}`, `{"viewOn": "b"}`, ""},
		{"collection", `{}`, `{"viewOn": "b"}`, "collection"},
		{"collection", `{}`, `{"timeseries": {"timeField": "t"}}`, "collection"},
		{"timeseries", `{"timeseries": {"timeField": "t"}}`, `{"timeseries": {"timeField": "t"}}`, ""},
		{"timeseries", `{"timeseries": {"timeField": "t"}}`, `{}`, "time series collection"},
		{"collection", `{"capped": true, "size": 1}`, `{}`, "capped collection"},
		{"collection", `{"capped": false}`, `{}`, ""},
		{"collection", `{}`, `{"capped": true, "size": 1}`, ""},
		{"collection", `{"clusteredIndex": {"key": {"_id": 1}}}`, `{}`, ""},
	} {
		if got := OtherKind(stores.CollectionInfo{Type: test.kind, Options: parse(t, test.existing)}, parse(t, test.wanted)); got != test.want {
			t.Errorf("%s %s for %s: %q, want %q", test.kind, test.existing, test.wanted, got, test.want)
		}
	}
}

func TestLacking(t *testing.T) {
	options := parse(t, `{"timeseries": {"timeField": "t", "bucketRoundingSeconds": 5}, "clusteredIndex": {"unique": true}, "changeStreamPreAndPostImages": {"enabled": true}}`)
	indexes := documents(t, `[{"key": {"a": 1}, "hidden": true}, {"key": {"$**": 1}}, {"key": {"a": 1, "$**": 1}}, {"key": {"b": 1, "$**": 1}}]`)
	for _, test := range []struct {
		wire int32
		want []Feature
	}{
		{0, nil},
		{25, nil},
		{20, []Feature{compoundWildcard}},
		{17, []Feature{spansOfBuckets, compoundWildcard}},
		{15, []Feature{spansOfBuckets, clustered, preImages, compoundWildcard}},
		{8, []Feature{timeSeries, spansOfBuckets, clustered, preImages, hiddenIndexes, compoundWildcard}},
	} {
		if got := lacking(options, indexes, test.wire); !slices.Equal(got, test.want) {
			t.Errorf("wire version %d: %v, want %v", test.wire, got, test.want)
		}
	}
}
