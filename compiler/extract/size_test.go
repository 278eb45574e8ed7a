package extract

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// watchedClient is one whose commands are counted by name; before is called before each is sent.
func watchedClient(t *testing.T, before func(ctx context.Context, name string)) (*mongo.Client, func() map[string]int) {
	t.Helper()
	var mu sync.Mutex
	sent := map[string]int{}
	monitor := &event.CommandMonitor{Started: func(ctx context.Context, e *event.CommandStartedEvent) {
		mu.Lock()
		sent[e.CommandName]++
		mu.Unlock()
		before(ctx, e.CommandName)
	}}
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)).SetMonitor(monitor))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return client, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(sent)
	}
}

// fillWith inserts documents of some 200 bytes.
func fillWith(t *testing.T, ctx context.Context, c *mongo.Collection, n int) {
	t.Helper()
	documents := make([]any, n)
	for i := range documents {
		documents[i] = bson.D{{Key: "_id", Value: i}, {Key: "text", Value: strings.Repeat("x", 170)}}
	}
	insert(t, ctx, c, documents...)
}

// TestCommands: a collection takes a count, a find and its indexes; for its size is asked when it may be too large.
func TestCommands(t *testing.T) {
	ctx, _, db := newSource(t)
	fillWith(t, ctx, db.Collection("a"), 100)
	fillWith(t, ctx, db.Collection("b"), 100)
	client, sent := watchedClient(t, func(context.Context, string) {})
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "a"}, Collection{Name: "b"})
	if _, err := o.live(ctx); err != nil {
		t.Fatal(err)
	}
	// One find is that which fixes the moment.
	want := map[string]int{"listCollections": 1, "count": 2, "find": 3, "listIndexes": 2}
	got := sent()
	delete(got, "endSessions")
	if !maps.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	o.MaxBytes = 100_000 // a has 20,000
	if _, err := o.live(ctx); err != nil {
		t.Fatal(err)
	}
	if n := sent()["collStats"]; n > 2 {
		t.Errorf("%d times asked for sizes", n)
	}
}

// TestRefusedWhileRead: the server says that a collection is too large while it is read: reading ends, and all that
// are too large are named.
func TestRefusedWhileRead(t *testing.T) {
	ctx, _, db := newSource(t)
	// More than one reply of the server.
	fillWith(t, ctx, db.Collection("large"), batchSize+1000)
	fillWith(t, ctx, db.Collection("more"), batchSize+2000)
	fillWith(t, ctx, db.Collection("small"), 10)
	client, sent := watchedClient(t, func(ctx context.Context, name string) {
		if name == "getMore" {
			<-ctx.Done() // until reading was stopped
		}
	})
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "large"}, Collection{Name: "more"}, Collection{Name: "small"})
	o.MaxBytes = 1_050_000 // the first replies have less
	_, err := o.live(ctx)
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Fatalf("%v", err)
	}
	named := append([]string{refusal.Message}, refusal.Notes...)
	for i, name := range []string{"large", "more"} {
		if want := "." + name + " has 2 MiB, more than the 2 MiB that are extracted"; !strings.HasSuffix(named[i], want) {
			t.Errorf("%q, want …%q", named[i], want)
		}
	}
	if text := err.Error(); strings.Contains(text, "small") || !strings.Contains(text, "--max-size") {
		t.Errorf("%s", text)
	}
	if n := sent()["find"]; n < 2 {
		t.Error("the sizes were asked for before anything was read")
	}
	if n := sent()["getMore"]; n > 2 {
		t.Errorf("%d replies were asked for besides the first ones", n)
	}
	if left := tree(t, o.dir); left != "" {
		t.Errorf("left over: %s", left)
	}
	// One that has too many documents is named beside them, and nothing is read.
	o.MaxDocuments = batchSize + 1500
	before := sent()
	_, err = o.live(ctx)
	if !errors.As(err, &refusal) || !strings.HasSuffix(refusal.Message, ".large has 2 MiB, more than the 2 MiB that are extracted") ||
		!slices.ContainsFunc(refusal.Notes, func(note string) bool {
			return strings.HasSuffix(note, ".more has 7000 documents, more than the 6500 that are extracted")
		}) {
		t.Errorf("%v", err)
	}
	if after := sent(); after["find"] != before["find"]+1 { // the moment
		t.Errorf("it was read: %v, before %v", after, before)
	}
}
