package mongo

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// The commands that people are shown are those that a server gets.
func TestCommandsAreSent(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var sent []bson.Raw
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if slices.Contains([]string{"create", "createIndexes", "insert", "update", "delete"}, e.CommandName) {
			sent = append(sent, bytes.Clone(e.Command))
		}
	}}
	const comment = "mongocd test/commands"
	store, err := Open(ctx, engine.ForTest(t), Options{Comment: comment, Monitor: monitor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	ns := stores.Namespace{Database: "commands", Collection: "c"}
	value := func(text string) bson.RawValue { return parse(t, `{"v": `+text+`}`).Lookup("v") }
	ops := []stores.Op{
		{Action: stores.Update, Set: []stores.Field{{Path: doc.Path{"a", "b"}, Value: value("2")}}, Unset: []doc.Path{{"c"}}, Guard: stores.Guard{
			ID: value("1"), Present: []stores.Field{{Path: doc.Path{"a", "b"}, Value: value("1")}}, Absent: []doc.Path{{"c"}}}},
		{Action: stores.Insert, Document: parse(t, `{"_id": 3, "a": 1}`)},
		{Action: stores.Replace, Document: parse(t, `{"_id": 2, "$x": 1}`), Guard: stores.Guard{ID: value("2"), Whole: parse(t, `{"_id": 2}`)}},
		{Action: stores.Replace, Document: parse(t, `{"_id": 6, "x.y": 1, "": 2}`), Guard: stores.Guard{ID: value("6"), Whole: parse(t, `{"_id": 6}`)}},
		{Action: stores.Delete, Guard: stores.Guard{ID: value("4"), Present: []stores.Field{{Path: doc.Path{"a"}, Value: value("[1]")}}}},
		{Action: stores.Insert, Document: parse(t, `{"_id": 5, "a": 1}`)},
	}
	index := []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1"}`)}
	options := parse(t, `{"collation": {"locale": "en"}}`)
	if err := store.CreateCollection(ctx, ns, options); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Write(ctx, ns, ops); err != nil {
		t.Fatal(err)
	}
	if err := store.CreateIndexes(ctx, ns, index); err != nil {
		t.Fatal(err)
	}
	shown := slices.Concat([]bson.Raw{CreateCommand(ns, options, comment)}, WriteCommands(ns, ops, comment), []bson.Raw{CreateIndexesCommand(ns, index, comment)})
	if len(sent) != len(shown) {
		t.Fatalf("%d commands sent, %d shown", len(sent), len(shown))
	}
	for i := range sent {
		if got, want := essence(sent[i]), essence(shown[i]); got != want {
			t.Errorf("sent  %s\nshown %s", got, want)
		}
	}
}

// essence is a command without what the driver adds, its fields sorted.
func essence(command bson.Raw) string {
	var lines []string
	for name, v := range doc.Fields(command) {
		if !slices.Contains([]string{"lsid", "$db", "$clusterTime", "txnNumber", "$readPreference", "maxTimeMS"}, name) {
			lines = append(lines, name+": "+doc.Show(v, 0))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
