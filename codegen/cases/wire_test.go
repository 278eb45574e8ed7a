package cases

// What is sent, command by command, where the test engine lacks a command or
// serves it in a way of its own (docs/testing.md). In: a state and a world; out:
// the commands of both engines, held against the forms of the MongoDB manual's
// pages, which each case names. Commands that the engine lacks are answered by the
// proxy; on a MongoDB (MONGOCD_TEST_URI) they are carried out, the run has to end
// well, and a second one has nothing to do.

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// wireCase is a run whose commands are looked at.
type wireCase struct {
	name string
	// pages are those of the manual that the forms are taken from, below
	// https://www.mongodb.com/docs/manual/.
	pages  string
	state  func(c *desired.Collection) // changes what is wanted: documents 1 and 2 of db.items
	before []collection
	// lacks are the commands that the test engine cannot carry out in this case.
	lacks []string
	// want are the commands that write, in order, what the run remembers left out;
	// wantMongosh those of mongosh where they are others.
	want, wantMongosh []string
	// session looks at what of sessions and transactions is in all commands; mongosh,
	// which sends commands as they are, retries none by itself.
	session func(t *testing.T, commands []wire.Command)
	onlyGo  bool // session is of the driver's
	// wire is the version of which hello tells, in place of the server's own.
	wire int32
	// refused: nothing is written, because of a server-lacks.
	refused bool
}

func ejson(text string) bson.Raw { return must(doc.ParseExtJSON([]byte(text))) }

func raws(texts ...string) []bson.Raw {
	var out []bson.Raw
	for _, text := range texts {
		out = append(out, ejson(text))
	}
	return out
}

const majority = `, "writeConcern": {"w": "majority"}, "comment": "mongocd wire/prod"}`

var wireCases = []wireCase{
	{
		name: "writes, retryable and guarded", pages: "reference/command/insert reference/command/update reference/command/delete core/retryable-writes",
		state: func(c *desired.Collection) {
			c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 1, Filter: ejson(`{}`)}
		},
		before: []collection{{database: "db", name: "items", documents: raws(`{"_id": 1, "a": {"b": 1}, "n": null, "l": [1]}`, `{"_id": 3, "x": 1}`)}},
		want: []string{
			`{"insert": "items", "documents": [{"_id": 2, "a": 2}], "ordered": false` + majority,
			`{"update": "items", "updates": [{"q": {"_id": {"$eq": 1}, "a": {"$eq": {"b": 1}, "$not": {"$type": "array"}}, "n": {"$type": 10, "$not": {"$type": "array"}}, "l": {"$eq": [1]}}, "u": {"$set": {"a": 1}, "$unset": {"n": "", "l": ""}}}], "ordered": false` + majority,
			`{"delete": "items", "deletes": [{"q": {"_id": {"$eq": 3}, "x": {"$eq": 1, "$not": {"$type": "array"}}}, "limit": 1}], "ordered": false` + majority,
		},
		session: wantRetryable, onlyGo: true,
	},
	{
		name:  "fields in the order in which MongoDB makes them, and whole documents",
		pages: "reference/operator/update core/dot-dollar-considerations/dollar-prefix reference/operator/aggregation/replaceWith",
		state: func(c *desired.Collection) {
			c.Documents = nil
			for _, text := range []string{`{"_id": 1, "b": {"y": 1}, "10": 1, "a": 1, "2": 1, "a-b": 1}`, `{"_id": 2, "a.b": 2, "": 1}`, `{"_id": 3, "$a": 2}`} {
				c.Documents = append(c.Documents, desired.Document{Raw: ejson(text)})
			}
			c.Mode = desired.Merge
		},
		before: []collection{{database: "db", name: "items", documents: raws(`{"_id": 1, "b": {"x": 1}}`, `{"_id": 2, "a.b": 1}`, `{"_id": 3, "$a": 1, "b": 1}`)}},
		want: []string{
			`{"update": "items", "updates": [{"q": {"_id": {"$eq": 1}, "b.y": {"$exists": false}, "10": {"$exists": false}, "a": {"$exists": false}, "2": {"$exists": false}, "a-b": {"$exists": false}}, ` +
				`"u": {"$set": {"2": 1, "10": 1, "a": 1, "a-b": 1, "b.y": 1}}}, ` +
				`{"q": {"_id": {"$eq": 2}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 2, "a.b": 1}}]}}, "u": {"_id": 2, "a.b": 2, "": 1}}, ` +
				`{"q": {"_id": {"$eq": 3}, "$expr": {"$eq": ["$$ROOT", {"$literal": {"_id": 3, "$a": 1, "b": 1}}]}}, "u": [{"$replaceWith": {"$literal": {"$a": 2, "b": 1}}}]}], "ordered": false` + majority,
		},
	},
	{
		name: "a hashed, a text and a wildcard index", pages: "reference/command/createIndexes core/index-hashed core/index-text core/index-wildcard",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Indexes = raws(`{"key": {"a": "hashed"}, "name": "a_hashed"}`, `{"key": {"t": "text"}, "name": "t_text", "weights": {"t": 5}, "default_language": "german"}`,
				`{"key": {"$**": 1}, "name": "all", "wildcardProjection": {"a": 1}}`)
		},
		lacks: []string{"createIndexes"},
		want: []string{
			`{"create": "items"` + majority,
			`{"createIndexes": "items", "indexes": [{"key": {"a": "hashed"}, "name": "a_hashed"}, {"key": {"t": "text"}, "name": "t_text", "weights": {"t": 5}, "default_language": "german"}, {"key": {"$**": 1}, "name": "all", "wildcardProjection": {"a": 1}}]` + majority,
		},
	},
	{
		name: "a time series collection", pages: "reference/command/create core/timeseries-collections",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options = ejson(`{"timeseries": {"timeField": "at", "metaField": "of", "granularity": "minutes"}, "expireAfterSeconds": {"$numberLong": "86400"}}`)
		},
		want: []string{
			`{"create": "items", "timeseries": {"timeField": "at", "metaField": "of", "granularity": "minutes"}, "expireAfterSeconds": {"$numberLong": "86400"}` + majority,
		},
	},
	{
		name: "an index that changes in place and one that is dropped", pages: "reference/command/collMod reference/command/dropIndexes",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Indexes = raws(`{"key": {"a": 1}, "name": "a_1", "unique": true}`, `{"key": {"b": 1}, "name": "b_1", "expireAfterSeconds": 120, "hidden": true}`)
			c.Declared, c.DropIndexes = []string{"a_1", "b_1"}, []string{"old"}
		},
		before: []collection{{database: "db", name: "items", indexes: raws(`{"key": {"a": 1}, "name": "a_1"}`, `{"key": {"b": 1}, "name": "b_1", "expireAfterSeconds": 60}`, `{"key": {"c": 1}, "name": "old"}`)}},
		lacks:  []string{"collMod", "dropIndexes"},
		want: []string{
			`{"collMod": "items", "index": {"name": "a_1", "prepareUnique": true}` + majority,
			`{"collMod": "items", "index": {"name": "a_1", "unique": true}` + majority,
			`{"collMod": "items", "index": {"name": "b_1", "expireAfterSeconds": 120, "hidden": true}` + majority,
			`{"dropIndexes": "items", "index": "old"` + majority,
		},
	},
	{
		name: "options of an existing collection", pages: "reference/command/collMod core/schema-validation changeStreams/#std-label-change-streams-with-document-pre-and-post-images",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options = ejson(`{"validator": {"$jsonSchema": {"required": ["a"]}}, "validationLevel": "moderate", "changeStreamPreAndPostImages": {"enabled": true}}`)
			c.SetOptions = []string{"changeStreamPreAndPostImages", "validationAction", "validationLevel", "validator"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"validator": {"a": 1}, "validationAction": "warn"}`)}},
		lacks:  []string{"collMod"},
		want: []string{
			`{"collMod": "items", "validator": {"$jsonSchema": {"required": ["a"]}}, "validationLevel": "moderate", "validationAction": "error", "changeStreamPreAndPostImages": {"enabled": true}` + majority,
		},
	},
	{
		name: "values that two documents exchange", pages: "core/transactions reference/command/commitTransaction reference/read-concern-snapshot",
		state: func(c *desired.Collection) {
			c.Indexes = raws(`{"key": {"a": 1}, "name": "a_1", "unique": true}`)
		},
		before: []collection{{database: "db", name: "items", indexes: raws(`{"key": {"a": 1}, "name": "a_1", "unique": true}`), documents: raws(`{"_id": 1, "a": 2}`, `{"_id": 2, "a": 1}`)}},
		want: []string{
			`{"delete": "items", "deletes": [{"q": {"_id": {"$in": [1, 2]}}, "limit": 0}], "ordered": true, "comment": "mongocd wire/prod"}`,
			`{"insert": "items", "documents": [{"_id": 1, "a": 1}, {"_id": 2, "a": 2}], "ordered": true, "comment": "mongocd wire/prod"}`,
		},
		wantMongosh: []string{
			`{"delete": "items", "deletes": [{"q": {"_id": {"$eq": 1}}, "limit": 1}, {"q": {"_id": {"$eq": 2}}, "limit": 1}], "ordered": true, "comment": "mongocd wire/prod"}`,
			`{"insert": "items", "documents": [{"_id": 1, "a": 1}, {"_id": 2, "a": 2}], "ordered": true, "comment": "mongocd wire/prod"}`,
		},
		session: wantTransaction,
	},
	{
		name: "indexes that change", pages: "reference/command/collMod reference/command/dropIndexes reference/command/createIndexes",
		state: changedIndexes, before: changing,
		want: []string{
			`{"collMod": "items", "index": {"name": "at_1", "expireAfterSeconds": 60, "hidden": true}` + majority,
			`{"collMod": "items", "index": {"name": "u_1", "prepareUnique": true}` + majority,
			`{"collMod": "items", "index": {"name": "u_1", "unique": true}` + majority,
			`{"dropIndexes": "items", "index": "s_1"` + majority,
			`{"createIndexes": "items", "indexes": [{"key": {"s": 1}, "name": "s_1", "sparse": true}]` + majority,
			`{"dropIndexes": "items", "index": "gone"` + majority,
		},
	},
	{
		name: "indexes that change before MongoDB 6.0", pages: "reference/command/collMod reference/command/dropIndexes reference/command/createIndexes",
		state: changedIndexes, before: changing, wire: 13,
		want: []string{
			`{"collMod": "items", "index": {"name": "at_1", "expireAfterSeconds": 60, "hidden": true}` + majority,
			`{"dropIndexes": "items", "index": "s_1"` + majority,
			`{"dropIndexes": "items", "index": "u_1"` + majority,
			`{"createIndexes": "items", "indexes": [{"key": {"u": 1}, "name": "u_1", "unique": true}, {"key": {"s": 1}, "name": "s_1", "sparse": true}]` + majority,
			`{"dropIndexes": "items", "index": "gone"` + majority,
		},
	},
	{
		name: "options that change", pages: "reference/command/collMod",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options = ejson(`{"validationLevel": "off", "changeStreamPreAndPostImages": {"enabled": true}}`)
			c.SetOptions = []string{"changeStreamPreAndPostImages", "validationLevel", "validator"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"validator": {"a": 1}}`)}},
		want:   []string{`{"collMod": "items", "changeStreamPreAndPostImages": {"enabled": true}, "validationLevel": "off", "validator": {}` + majority},
	},
	{
		name: "options that need MongoDB 6.0", pages: "reference/command/collMod",
		state: func(c *desired.Collection) {
			c.Options = ejson(`{"changeStreamPreAndPostImages": {"enabled": true}}`)
			c.SetOptions = []string{"changeStreamPreAndPostImages"}
		},
		before: []collection{{database: "db", name: "items"}},
		wire:   13, refused: true,
	},
	{
		name: "a collection that needs MongoDB 5.3", pages: "reference/command/create core/clustered-collections",
		state: func(c *desired.Collection) {
			c.Options = ejson(`{"clusteredIndex": {"key": {"_id": 1}, "unique": true}}`)
		},
		wire: 15, refused: true,
	},
	{
		name: "a time series collection with longer buckets", pages: "reference/command/collMod core/timeseries/timeseries-granularity",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options = ejson(`{"timeseries": {"timeField": "at", "granularity": "hours"}}`)
			c.SetOptions = []string{"expireAfterSeconds", "timeseries"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"timeseries": {"timeField": "at"}, "expireAfterSeconds": {"$numberLong": "5000000"}}`)}},
		want: []string{
			`{"collMod": "items", "timeseries": {"granularity": "minutes"}` + majority,
			`{"collMod": "items", "expireAfterSeconds": "off", "timeseries": {"granularity": "hours"}` + majority,
		},
	},
	{
		name: "a clustered collection that expires otherwise", pages: "reference/command/collMod core/clustered-collections",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options = ejson(`{"clusteredIndex": {"key": {"_id": 1}, "unique": true}, "expireAfterSeconds": 7000000}`)
			c.SetOptions = []string{"expireAfterSeconds"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"clusteredIndex": {"key": {"_id": 1}, "unique": true}, "expireAfterSeconds": 6000000}`)}},
		lacks:  []string{"collMod"},
		want:   []string{`{"collMod": "items", "expireAfterSeconds": 7000000` + majority},
	},
	{
		name: "a view of another collection", pages: "reference/command/collMod",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options, c.SetOptions = ejson(`{"viewOn": "b"}`), []string{"pipeline", "viewOn"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"viewOn": "a", "pipeline": [{"$limit": 1}]}`)}},
		want:   []string{`{"collMod": "items", "pipeline": [], "viewOn": "b"` + majority},
	},
	{
		name: "a larger capped collection", pages: "reference/command/collMod core/capped-collections",
		state: func(c *desired.Collection) {
			c.Documents, c.Mode = nil, desired.Structure
			c.Options, c.SetOptions = ejson(`{"capped": true, "size": 16384}`), []string{"max", "size"}
		},
		before: []collection{{database: "db", name: "items", options: ejson(`{"capped": true, "size": 4096, "max": 7}`)}},
		want:   []string{`{"collMod": "items", "cappedMax": 0, "cappedSize": 16384` + majority},
	},
}

// changing has indexes that are all to change or to go.
var changing = []collection{{database: "db", name: "items", indexes: raws(
	`{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 30}`, `{"key": {"u": 1}, "name": "u_1"}`, `{"key": {"s": 1}, "name": "s_1"}`, `{"key": {"x": 1}, "name": "gone"}`)}}

func changedIndexes(c *desired.Collection) {
	c.Documents, c.Mode = nil, desired.Structure
	c.Indexes = raws(`{"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 60, "hidden": true}`, `{"key": {"u": 1}, "name": "u_1", "unique": true}`, `{"key": {"s": 1}, "name": "s_1", "sparse": true}`)
	c.Declared, c.DropIndexes = []string{"at_1", "s_1", "u_1"}, []string{"gone"}
}

func (w *wireCase) desired() *desired.State {
	c := &desired.Collection{Database: "db", Name: "items", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}}
	for _, text := range []string{`{"_id": 1, "a": 1}`, `{"_id": 2, "a": 2}`} {
		c.Documents = append(c.Documents, desired.Document{Raw: ejson(text)})
	}
	w.state(c)
	return &desired.State{Weave: "wire", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}
}

func TestCommandsOnTheWire(t *testing.T) {
	isMongoDB := os.Getenv(engine.TestURIVariable) != ""
	destinations := make([]*destination, len(wireCases))
	states := make([]*desired.State, len(wireCases))
	prepare := func(t *testing.T, i int) {
		t.Helper()
		d := newDestination(t, []string{"db", "state"})
		d.load(t, wireCases[i].before)
		destinations[i], states[i] = d, wireCases[i].desired()
	}
	// answer stands in for what the test engine lacks.
	answer := func(c wire.Command) bson.Raw {
		i := slices.IndexFunc(destinations, func(d *destination) bool { return c.Database == d.prefix+"db" })
		if isMongoDB || i < 0 || !slices.Contains(wireCases[i].lacks, c.Name) {
			return nil
		}
		return marshal(bson.D{{Key: "ok", Value: 1.0}})
	}
	// older is answer where hello tells of the version of the case that runs. Only
	// the run's own hello has a comment; the driver is told the truth.
	older := func(now func() *wireCase) func(wire.Command) bson.Raw {
		return func(c wire.Command) bson.Raw {
			if _, own := c.Body.Lookup("comment").StringValueOK(); c.Name != "hello" || !own {
				return answer(c)
			}
			if w := now(); w.wire > 0 {
				return marshal(bson.D{{Key: "ok", Value: 1.0}, {Key: "maxWireVersion", Value: w.wire}, {Key: "localTime", Value: bson.NewDateTimeFromTime(time.Now())}})
			}
			return nil
		}
	}
	// wantExit: what was answered is not there, which the run finds when it verifies.
	wantExit := func(t *testing.T, w *wireCase, exit int, said string) {
		t.Helper()
		want := change.ExitDone
		if w.refused {
			want = change.ExitRefused
		}
		if !isMongoDB && len(w.lacks) > 0 {
			want = change.ExitStopped
		}
		if exit != want {
			t.Errorf("exit %d, want %d\n%s", exit, want, said)
		}
	}
	t.Run("go", func(t *testing.T) {
		for i := range wireCases {
			prepare(t, i)
		}
		for i := range wireCases {
			w, d := &wireCases[i], destinations[i]
			t.Run(w.name, func(t *testing.T) {
				d.proxy.Answer(older(func() *wireCase { return w }))
				report, err := d.applyInProcess(t, d.proxy.URI(), states[i], enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				wantExit(t, w, report.Exit, view.Text(report, true))
				w.check(t, w.want, d, d.proxy.Commands())
				if w.session != nil {
					w.session(t, d.ofDestination(d.proxy.Commands()))
				}
				if w.refused || !isMongoDB && len(w.lacks) > 0 {
					return
				}
				if again, err := d.applyInProcess(t, d.proxy.URI(), states[i], enforce.Options{}); err != nil || again.Outcome != change.InSync {
					t.Errorf("the second run: %v\n%s", err, view.Text(again, true))
				}
			})
		}
	})
	t.Run("mongosh", func(t *testing.T) {
		var script strings.Builder
		for i := range wireCases {
			prepare(t, i)
			d, data := destinations[i], strings.TrimPrefix(stateText(t, states[i]), "const mongocdState = ")
			if i == 0 {
				script.WriteString(enginePart(t, states[i]))
			}
			fmt.Fprintf(&script, "process.env.MONGOCD_DATABASE = %q;\nprocess.env.MONGOCD_STATE_DATABASE = %q;\n{\nconst mongocdState = %s\nmongocdMain(mongocdSource, mongocdState);\n}\n",
				d.redirects()[0], d.stateDatabase(), data)
		}
		file := filepath.Join(t.TempDir(), "wire.js")
		writeFile(t, file, []byte(script.String()))
		proxy := destinations[0].proxy
		// A case begins with hello: it is the first one of which nothing else was sent. (So a
		// lease's hello, in which the version is not looked at, counts for the next one.)
		proxy.Answer(older(func() *wireCase {
			sent := proxy.Commands()
			for i, d := range destinations {
				if !slices.ContainsFunc(sent, func(c wire.Command) bool { return strings.HasPrefix(c.Database, d.prefix) }) {
					return &wireCases[i]
				}
			}
			return &wireCase{}
		}))
		run := engine.Mongosh(t, proxy.URI(), file, "MONGOCD_MODE=apply", "MONGOCD_OUTPUT=json")
		decoder := json.NewDecoder(strings.NewReader(run.Stdout))
		commands := proxy.Commands()
		for i := range wireCases {
			w, d := &wireCases[i], destinations[i]
			var report change.Report
			if err := decoder.Decode(&report); err != nil {
				t.Fatalf("%s: no report: %v\n%s%s", w.name, err, run.Stdout, run.Stderr)
			}
			t.Run(w.name, func(t *testing.T) {
				wantExit(t, w, report.Exit, view.Text(&report, true))
				// All of the case's commands stand together.
				first := slices.IndexFunc(commands, func(c wire.Command) bool { return strings.HasPrefix(c.Database, d.prefix) })
				last := len(commands)
				if i+1 < len(wireCases) {
					last = slices.IndexFunc(commands, func(c wire.Command) bool { return strings.HasPrefix(c.Database, destinations[i+1].prefix) })
				}
				if first < 0 || last < first {
					t.Fatal("no commands were sent")
				}
				want := w.want
				if w.wantMongosh != nil {
					want = w.wantMongosh
				}
				w.check(t, want, d, commands[first:last])
				if w.session != nil && !w.onlyGo {
					w.session(t, d.ofDestination(commands[first:last]))
				}
			})
		}
	})
}

// ofDestination leaves out what is about a run's own records, which is sent as it is.
func (d *destination) ofDestination(commands []wire.Command) []wire.Command {
	return slices.DeleteFunc(slices.Clone(commands), func(c wire.Command) bool { return c.Database == d.stateDatabase() })
}

// check holds the writes among commands, those to what a run remembers left out, against the wanted ones.
func (w *wireCase) check(t *testing.T, want []string, d *destination, commands []wire.Command) {
	t.Helper()
	var got, forms []string
	for _, c := range wire.Writes(d.ofDestination(commands)) {
		got = append(got, shown(c))
	}
	for _, text := range want {
		body := ejson(text)
		forms = append(forms, shown(wire.Command{Name: must(body.IndexErr(0)).Key(), Body: body}))
	}
	if !slices.Equal(got, forms) {
		t.Errorf("sent\n%s\nwant (%s)\n%s", strings.Join(got, "\n"), w.pages, strings.Join(forms, "\n"))
	}
}
