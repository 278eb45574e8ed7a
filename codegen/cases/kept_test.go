package cases

// Servers that answer a command and leave some of it out: the proxy does so in the
// server's place. Both engines have to find what is missing when they read again, name
// it, and end with 4.

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// forgetful answers commands of one name to a database with ok, and carries out what is
// left of them without some fields; of createIndexes and collMod those of the indexes.
func (d *destination) forgetful(t *testing.T, command string, fields ...string) func(wire.Command) bson.Raw {
	return func(c wire.Command) bson.Raw {
		if c.Name != command || c.Database != d.prefix+"db" {
			return nil
		}
		left := without(c.Body, append(slices.Clone(ofSessions), fields...)...)
		left = doc.Edit(left, func(name string, v bson.RawValue) bson.RawValue {
			return doc.EditValue(v, func(_ string, v bson.RawValue) bson.RawValue {
				if index, ok := v.DocumentOK(); ok && name == "indexes" {
					return doc.Value(without(index, fields...))
				}
				return v
			})
		})
		if len(fields) > 0 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := d.client.Database(c.Database).RunCommand(ctx, left, options.RunCmd()).Err(); err != nil {
				t.Errorf("%s: %v", left, err)
			}
		}
		return marshal(bson.D{{Key: "ok", Value: 1.0}})
	}
}

func TestWhatIsNotKept(t *testing.T) {
	there := func(indexes ...string) []collection {
		return []collection{{database: "db", name: "items", indexes: raws(indexes...), documents: raws(`{"_id": 1, "a": 1}`)}}
	}
	tests := []struct {
		name, command string
		fields        []string // that are left out; none: nothing is done
		state         func(c *desired.Collection)
		before        []collection
		want          string
	}{
		{"a validator", "create", []string{"validator", "validationAction"}, func(c *desired.Collection) {
			c.Options = ejson(`{"validator": {"a": {"$type": "int"}}, "validationAction": "warn"}`)
		}, nil, `lists it otherwise: validationAction is (missing) instead of "warn"; validator is (missing) instead of {a: {$type: "int"}}`},
		{"what a weave sets of a new collection", "create", []string{"capped", "size"}, func(c *desired.Collection) {
			c.Options = ejson(`{"capped": true, "size": 8192}`)
			c.SetOptions = []string{"capped", "size"}
		}, nil, `lists it otherwise: capped is (missing) instead of true; size is (missing) instead of 8192`},
		{"options of an index", "createIndexes", []string{"sparse", "partialFilterExpression", "unique"}, func(c *desired.Collection) {
			c.Indexes = raws(`{"key": {"a": 1}, "name": "a_1", "unique": true, "sparse": true}`, `{"key": {"b": 1}, "name": "b_1"}`)
		}, nil, `lists it otherwise: sparse of the index a_1 is (missing) instead of true; unique of the index a_1 is (missing) instead of true`},
		{"an index of an existing collection", "createIndexes", nil, func(c *desired.Collection) {
			c.Indexes = raws(`{"key": {"a": 1}, "name": "a_1"}`)
		}, there(), `lists it otherwise: the index a_1 is not there`},
		{"an index that is dropped", "dropIndexes", nil, func(c *desired.Collection) {
			c.DropIndexes = []string{"old"}
		}, there(`{"key": {"c": 1}, "name": "old"}`), `lists it otherwise: the index old is still there`},
		{"an index that is changed", "collMod", nil, func(c *desired.Collection) {
			c.Indexes, c.Declared = raws(`{"key": {"a": 1}, "name": "a_1", "hidden": true}`), []string{"a_1"}
		}, there(`{"key": {"a": 1}, "name": "a_1"}`), `lists it otherwise: hidden of the index a_1 is (missing) instead of true`},
		{"an option that is changed", "collMod", nil, func(c *desired.Collection) {
			c.Options, c.SetOptions = ejson(`{"validationLevel": "off"}`), []string{"validationLevel"}
		}, there(), `lists it otherwise: validationLevel is (missing) instead of "off"`},
		{"a view", "create", []string{"viewOn", "pipeline"}, func(c *desired.Collection) {
			c.Options, c.Reads, c.Documents, c.Mode = ejson(`{"viewOn": "other", "pipeline": []}`), []string{"other"}, nil, desired.Structure
		}, []collection{{database: "db", name: "other"}}, `lists it otherwise: it is a collection`},
	}
	for _, test := range tests {
		c := &desired.Collection{Database: "db", Name: "items", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
			Documents: []desired.Document{{Raw: ejson(`{"_id": 1, "a": 1}`)}}}
		test.state(c)
		state := &desired.State{Weave: "wire", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}
		run := map[string]func(t *testing.T, d *destination) *change.Report{
			"go": func(t *testing.T, d *destination) *change.Report {
				report, err := d.applyInProcess(t, d.proxy.URI(), state, enforce.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return report
			},
			"mongosh": func(t *testing.T, d *destination) *change.Report {
				r := scriptArtefact(buildScript(t, state)).run(t, "apply", d.proxy.URI(), d.redirects()[:1], true)
				report := r.report(t, d.original)
				return &report
			},
		}
		for _, engine := range []string{"go", "mongosh"} {
			t.Run(engine+"/"+test.name, func(t *testing.T) {
				d := newDestination(t, []string{"db", "state"})
				d.load(t, test.before)
				d.proxy.Answer(d.forgetful(t, test.command, test.fields...))
				report := run[engine](t, d)
				text := d.original(view.Text(report, true))
				if report.Exit != 4 || strings.Count(text, test.want+"\n") != 1 || strings.Count(text, "conflict verify-failed") != 1 {
					t.Errorf("exit %d, want 4 with %q\n%s", report.Exit, test.want, text)
				}
			})
		}
	}
}
