package mongosh

// What a server can do is tried before the first write that takes more than the core
// dialect, by both engines alike, and kept.

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
)

// mostOfProbe is how many commands a probe has at most: those of trials, a drop for each
// collection, and one for each document and change where a server refuses all of them
// for one. On MongoDB it is 33.
const mostOfProbe = 75

// watched is a server behind a proxy, which counts what is sent, and both engines on it.
type watched struct {
	proxy  *wire.Proxy
	client *mongo.Client
	js     vm
	store  *storemongo.Store
}

func watch(t *testing.T) *watched {
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{}
	if w.proxy, err = wire.Start(context.WithoutCancel(t.Context()), target.Host); err != nil {
		t.Fatal(err)
	}
	if w.client, err = mongo.Connect(options.Client().ApplyURI(w.proxy.URI())); err != nil {
		t.Fatal(err)
	}
	if w.store, err = storemongo.Open(t.Context(), w.proxy.URI(), storemongo.Options{Comment: "mongocd w/e"}); err != nil {
		t.Fatal(err)
	}
	w.js = serverVM(t, w.client)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, err := range []error{w.store.Close(ctx), w.client.Disconnect(ctx), w.proxy.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

// run carries a command out with an engine, and gives the report as text.
func (w *watched) run(t *testing.T, which string, s *desired.State, mode, database string) string {
	t.Helper()
	if which == "mongosh" {
		return w.js.RunState(stateText(t, s), mode, map[string]string{"MONGOCD_STATE_DATABASE": database}).Text
	}
	run := map[string]func(context.Context, *storemongo.Store) (string, error){
		"apply": func(ctx context.Context, store *storemongo.Store) (string, error) {
			r, err := enforce.Apply(ctx, store, s, enforce.Options{StateDatabase: database})
			return view.Text(r, false), err
		},
		"plan": func(ctx context.Context, store *storemongo.Store) (string, error) {
			r, err := enforce.Plan(ctx, store, s, enforce.Options{StateDatabase: database})
			return view.Text(r, false), err
		},
	}[mode]
	text, err := run(t.Context(), w.store)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// probes are the commands of probes among what was sent.
func (w *watched) probes(database string) (all []string) {
	for _, c := range w.proxy.Commands() {
		if c.Database == database && (strings.HasPrefix(c.Collection(), "probe.") || c.Name == "listCollections") || c.Name == "buildInfo" {
			all = append(all, c.Name)
		}
	}
	return all
}

func TestProbe(t *testing.T) { engine.OnEach(t, testProbe) }

func testProbe(t *testing.T) {
	w := watch(t)
	const name, memory = "f_probe", "f_probe_state"
	state1 := func() *desired.State {
		c := collection(t, name, "c", desired.Merge, `{"_id": 1, "a": 1}`)
		c.Indexes = []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1", "unique": true}`)}
		return state(c)
	}
	defer freshDatabase(t, w.client, name)
	defer freshDatabase(t, w.client, memory)
	records := map[string]string{}
	for _, which := range []string{"go", "mongosh"} {
		freshDatabase(t, w.client, name)
		control := freshDatabase(t, w.client, memory).Collection("control")
		// What a probe has left that was killed is dropped by the next one.
		if _, err := w.client.Database(memory).Collection("probe.1000.feed.indexed").InsertOne(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
		plain := state(collection(t, name, "d", desired.Merge, `{"_id": 1}`))
		w.proxy.Reset()
		if text := w.run(t, which, plain, "apply", memory); !strings.Contains(text, "applied, exit 0") {
			t.Fatal(text)
		}
		if sent := w.probes(memory); len(sent) > 0 {
			t.Errorf("%s: nothing but the core dialect was needed, and %q was sent", which, sent)
		}
		// What needs more is planned without a probe, as nothing is known.
		w.proxy.Reset()
		if text := w.run(t, which, state1(), "plan", memory); !strings.Contains(text, "exit 0") {
			t.Fatal(text)
		}
		if sent := w.probes(memory); len(sent) > 0 {
			t.Errorf("%s: a plan sent %q", which, sent)
		}
		w.proxy.Reset()
		if text := w.run(t, which, state1(), "apply", memory); !strings.Contains(text, "applied, exit 0") {
			t.Fatal(text)
		}
		if sent := w.probes(memory); len(sent) < 20 || len(sent) > mostOfProbe {
			t.Errorf("%s: a probe sent %d commands: %q", which, len(sent), sent)
		}
		var record bson.Raw
		if err := control.FindOne(t.Context(), bson.D{{Key: "_id", Value: "server capabilities"}}).Decode(&record); err != nil {
			t.Fatal(err)
		}
		records[which] = string(doc.Canonical(doc.Without(record, "probed")))
		names, err := w.client.Database(memory).ListCollectionNames(t.Context(), bson.D{})
		if err != nil || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "probe.") }) {
			t.Errorf("%s: %v: there are still %q", which, err, names)
		}

		// There is nothing to do.
		w.proxy.Reset()
		if text := w.run(t, which, state1(), "apply", memory); !strings.Contains(text, "in-sync, exit 0") {
			t.Fatal(text)
		}
		if sent := w.probes(memory); len(sent) > 0 {
			t.Errorf("%s: a run without a write sent %q", which, sent)
		}
		// It is known now: another write asks for the version alone.
		again := state1()
		again.Collections[0].Indexes = append(again.Collections[0].Indexes, parse(t, `{"key": {"b": 1}, "name": "b_1", "unique": true, "sparse": true}`))
		w.proxy.Reset()
		if text := w.run(t, which, again, "apply", memory); !strings.Contains(text, "applied, exit 0") {
			t.Fatal(text)
		}
		if sent := w.probes(memory); !slices.Equal(sent, []string{"buildInfo"}) {
			t.Errorf("%s: what is known was tried again: %q", which, sent)
		}

		// What it lacks is refused, by a plan as well, before anything is written.
		if _, err := control.UpdateByID(t.Context(), "server capabilities", bson.D{{Key: "$addToSet", Value: bson.D{{Key: "lacks", Value: capability.CanTTLIndex}}}, {Key: "$pull", Value: bson.D{{Key: "has", Value: capability.CanTTLIndex}}}}); err != nil {
			t.Fatal(err)
		}
		again.Collections[0].Indexes = append(again.Collections[0].Indexes, parse(t, `{"key": {"t": 1}, "name": "t_1", "expireAfterSeconds": 60}`))
		again.Collections[0].Declared = []string{"t_1"}
		for _, mode := range []string{"plan", "apply"} {
			text := w.run(t, which, again, mode, memory)
			for _, want := range []string{"conflict server-lacks in f_probe.c, w.weave:1:1", "and has not what this takes: TTL indexes (the index t_1)", "refused, exit 3"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s, %s: no %q in\n%s", which, mode, want, text)
				}
			}
		}
		// Another version is tried again.
		if _, err := control.UpdateByID(t.Context(), "server capabilities", bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: "0.1"}, {Key: "lacks", Value: bson.A{}}}}}); err != nil {
			t.Fatal(err)
		}
		if text := w.run(t, which, again, "apply", memory); !strings.Contains(text, "applied, exit 0") {
			t.Fatal(text)
		}
		if n, err := control.CountDocuments(t.Context(), bson.D{{Key: "_id", Value: "server capabilities"}, {Key: "version", Value: "0.1"}}); n > 0 || err != nil {
			t.Errorf("%s: the record of another version stayed (%v)", which, err)
		}
	}
	if records["go"] != records["mongosh"] {
		t.Errorf("the engines found\n%s\n%s", records["go"], records["mongosh"])
	}
	t.Log(records["go"])
}

// TestProbeRefused: what is refused of everything says nothing of a feature.
func TestProbeRefused(t *testing.T) { engine.OnEach(t, testProbeRefused) }

func testProbeRefused(t *testing.T) {
	w := watch(t)
	const name, memory = "f_refused", "f_refused_state"
	defer freshDatabase(t, w.client, name)
	defer freshDatabase(t, w.client, memory)
	c := collection(t, name, "c", desired.Merge, `{"_id": 1, "a": 1}`)
	c.Indexes = []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1", "unique": true}`)}
	c.Options = parse(t, `{"validator": {"a": {"$gt": 0}}}`)
	s := state(c)
	refuse := func(code int, message string) bson.Raw {
		return doc.NewBuilder(64).AppendInt32("ok", 0).AppendInt32("code", int32(code)).AppendString("errmsg", message).Raw()
	}
	const quota, full = "you are over your space quota, using 513 MB of 512 MB", "cannot create a new collection -- already using 500 collections of 500"
	const all = "unique indexes; validators of collections"
	for _, test := range []struct {
		name   string
		answer func(c wire.Command, sent int) bson.Raw // to the commands of a probe
		note   string                                  // of the report; empty: none
		record string                                  // what is kept of the validator; empty: nothing
		sent   int                                     // commands of a probe that are answered so
	}{
		{"no right", func(wire.Command, int) bson.Raw { return refuse(13, "not authorized on f_refused_state") },
			"the server can do was not tried (this user may not: `mongocd privileges` lists the rights on the database f_refused_state): it is taken to have, as MongoDB has: " + all, "untried", 2},
		{"over the quota", func(c wire.Command, _ int) bson.Raw {
			if c.Name != "insert" {
				return nil
			}
			return refuse(8000, quota)
		}, "can do was not tried (it took nothing: running the command on f_refused_state failed: " + quota + "): it is taken to have, as MongoDB has: " + all, "", 20},
		{"no collection more", func(c wire.Command, _ int) bson.Raw {
			if c.Name != "create" {
				return nil
			}
			return refuse(8000, full)
		}, "it is taken to have, as MongoDB has: validators of collections", "untried", 8},
		{"too much at once", func(c wire.Command, sent int) bson.Raw {
			if c.Name != "create" || sent >= 2 {
				return nil
			}
			return refuse(16500, "Error=16500, RetryAfterMs=5, Details='Request rate is large'")
		}, "", "has", 2},
	} {
		for _, which := range []string{"go", "mongosh"} {
			freshDatabase(t, w.client, name)
			control := freshDatabase(t, w.client, memory).Collection("control")
			sent := 0
			w.proxy.Answer(func(c wire.Command) bson.Raw {
				if c.Database != memory || !strings.HasPrefix(c.Collection(), "probe.") {
					return nil
				}
				reply := test.answer(c, sent)
				if reply != nil {
					sent++
				}
				return reply
			})
			text := w.run(t, which, s, "apply", memory)
			w.proxy.Answer(nil)
			if !strings.Contains(text, "applied, exit 0") || !strings.Contains(text, test.note) || strings.Contains(text, "not tried") != (test.note != "") {
				t.Errorf("%s, %s: want %q in\n%s", test.name, which, test.note, text)
			}
			if sent != test.sent {
				t.Errorf("%s, %s: %d commands of the probe were refused, want %d", test.name, which, sent, test.sent)
			}
			var record struct{ Has, Lacks, Untried []string }
			err := control.FindOne(t.Context(), bson.D{{Key: "_id", Value: "server capabilities"}}).Decode(&record)
			kept := ""
			for list, names := range map[string][]string{"has": record.Has, "lacks": record.Lacks, "untried": record.Untried} {
				if slices.Contains(names, capability.CanValidator) {
					kept = list
				}
			}
			if kept != test.record || (err != nil) != (test.record == "") {
				t.Errorf("%s, %s: the record has the validator as %q, want %q (%v)", test.name, which, kept, test.record, err)
			}
		}
	}
}
