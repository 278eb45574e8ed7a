package cases

// An application that writes while an artefact applies. What it writes to a field
// that the weave does not own is there afterwards; what it writes to one that the
// weave owns is written over only by a write whose guard holds it, so that the
// run has seen it; an element that it pushes to a list owned in part is in it; and what the run leaves, it reports.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// application is a program that writes to the items of a subject. Every document
// has one writer, so that the order of writes to it is known.
type application struct {
	t     *testing.T
	items *mongo.Collection
	// passed counts the commands of the artefact that went to the server.
	passed atomic.Int64

	mu    sync.Mutex
	edits map[string][]edited // by the document's k
	count map[string]int32    // increments of `app` of the document that is there
	gone  []gone
	// pushed are elements of `hooks`, by the document's k.
	pushed map[string][]string
}

func newApplication(t *testing.T, d *destination) *application {
	return &application{t: t, items: d.client.Database(d.prefix + "db").Collection("items"), edits: map[string][]edited{}, count: map[string]int32{}, pushed: map[string][]string{}}
}

// idsBefore are the `_id`s of the items that are there before a run, by k.
func idsBefore() map[string]string {
	ids := map[string]string{}
	for _, c := range subjectWorld() {
		for _, d := range c.documents {
			if c.name == "items" {
				ids[d.Lookup("k").StringValue()] = d.Lookup("_id").StringValue()
			}
		}
	}
	return ids
}

// gone is a document that the run deleted, with its increments of `app`.
type gone struct {
	key   string
	count int32
}

// edited is one write of the application to `v`.
type edited struct {
	found, value string
	acknowledged int64 // commands of the artefact that had passed before it was acknowledged
}

// write makes one random write to a document of the writer's.
func (a *application) write(r *rand.Rand, writer, writers, n int) {
	ctx := a.t.Context()
	key := subjectKey(r.IntN(subjectDocuments/writers)*writers + writer)
	if r.IntN(5) == 0 {
		key = fmt.Sprintf("x%d", r.IntN(10/writers)*writers+writer)
	}
	if r.IntN(3) == 0 {
		result, err := a.items.UpdateOne(ctx, bson.D{{Key: "k", Value: key}}, bson.D{{Key: "$inc", Value: bson.D{{Key: "app", Value: int32(1)}}}})
		if err != nil {
			a.t.Error(err)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if result.MatchedCount > 0 {
			a.count[key]++
		}
		return
	}
	token := fmt.Sprintf("application %d-%d", writer, n)
	if key[0] == 'k' && r.IntN(4) == 0 { // no document that the run deletes
		update := bson.D{{Key: "$push", Value: bson.D{{Key: "hooks", Value: bson.D{{Key: "$each", Value: bson.A{hook(token, 1)}}, {Key: "$position", Value: int32(r.IntN(3))}}}}}}
		result, err := a.items.UpdateOne(ctx, bson.D{{Key: "k", Value: key}}, update)
		if err != nil {
			a.t.Error(err)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if result.MatchedCount > 0 {
			a.pushed[key] = append(a.pushed[key], token)
		}
		return
	}
	if r.IntN(6) == 0 {
		_, err := a.items.InsertOne(ctx, bson.D{{Key: "_id", Value: "app-" + key}, {Key: "k", Value: key}, {Key: "v", Value: token}})
		acknowledged := a.passed.Load()
		if mongo.IsDuplicateKeyError(err) {
			return
		}
		if err != nil {
			a.t.Error(err)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.edits[key] = append(a.edits[key], edited{value: token, acknowledged: acknowledged})
		if n, ok := a.count[key]; ok {
			a.gone = append(a.gone, gone{key, n})
			delete(a.count, key)
		}
		return
	}
	before, err := a.items.FindOneAndUpdate(ctx, bson.D{{Key: "k", Value: key}}, bson.D{{Key: "$set", Value: bson.D{{Key: "v", Value: token}}}},
		options.FindOneAndUpdate().SetReturnDocument(options.Before)).Raw()
	acknowledged := a.passed.Load()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return
	}
	if err != nil {
		a.t.Error(err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.edits[key] = append(a.edits[key], edited{found: before.Lookup("v").StringValue(), value: token, acknowledged: acknowledged})
}

// run writes from several goroutines until stop is closed.
func (a *application) run(seed uint64, stop <-chan struct{}) *sync.WaitGroup {
	const writers = 4
	pause := time.Millisecond << rand.New(rand.NewPCG(seed, 0)).IntN(9) // 1 ms to a quarter of a second
	var running sync.WaitGroup
	for writer := range writers {
		running.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(writer)+1))
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(r.Int64N(int64(pause) + 1))):
					a.write(r, writer, writers, n)
				}
			}
		})
	}
	return &running
}

// seen are the values of `v` and `app` that guards of the artefact held, by the document's `_id`.
func seen(commands []wire.Command) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, c := range commands {
		for _, statement := range append(c.Statements("updates"), c.Statements("deletes")...) {
			id := statement.Lookup("q", "_id", "$eq").String()
			if out[id] == nil {
				out[id] = map[string]bool{}
			}
			if v, ok := statement.Lookup("q", "v", "$eq").StringValueOK(); ok {
				out[id][v] = true
			}
			if app, ok := statement.Lookup("q", "app", "$eq").AsInt64OK(); ok {
				out[id][fmt.Sprint(app)] = true
			}
		}
	}
	return out
}

// check holds what is there after a run against what the application did.
func (a *application) check(commands []wire.Command, exit int, lastFind int64) (overwritten int) {
	t := a.t
	t.Helper()
	cursor, err := a.items.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var documents []bson.Raw
	if err := cursor.All(t.Context(), &documents); err != nil {
		t.Fatal(err)
	}
	there, guards, before := map[string]bson.Raw{}, seen(commands), idsBefore()
	for _, d := range documents {
		there[d.Lookup("k").StringValue()] = d
	}
	// held: a guard of a document with this k, whichever it was then, had the value.
	held := func(key, value string) bool {
		ids := []string{strconv.Quote(before[key]), strconv.Quote("app-" + key)}
		if d, ok := there[key]; ok {
			ids = append(ids, d.Lookup("_id").String())
		}
		return slices.ContainsFunc(ids, func(id string) bool { return guards[id][value] })
	}
	for key, count := range a.count {
		d, ok := there[key]
		if !ok {
			a.gone = append(a.gone, gone{key, count})
		} else if app, _ := d.Lookup("app").AsInt64OK(); app != int64(count) {
			t.Errorf("%s: the application counted to %d, %d is there: %s", key, count, app, d)
		}
	}
	for _, g := range a.gone {
		if !held(g.key, fmt.Sprint(g.count)) {
			t.Errorf("%s was deleted with a count of %d that no guard held", g.key, g.count)
		}
	}
	for key, events := range a.pushed {
		hooks := there[key].Lookup("hooks").String()
		for _, event := range events {
			if strings.Count(hooks, strconv.Quote(event)) != 1 {
				t.Errorf("%s: the element %q that the application pushed is not there once: %s", key, event, hooks)
			}
		}
		if exit == change.ExitDone && (strings.Count(hooks, `"wanted"`) != 1 || strings.Contains(hooks, `"old"`)) {
			t.Errorf("%s: the list is not as wanted: %s", key, hooks)
		}
	}
	for key, edits := range a.edits {
		last := "" // nothing
		if before[key] != "" {
			last = "before"
		}
		step := func(found, what string) {
			switch {
			case found == last:
			case found != "wanted" && found != "":
				t.Errorf("%s: %s found %q after %q: a write is lost", key, what, found, last)
			case last != "wanted" && last != "" && !held(key, last):
				t.Errorf("%s: %q was written over, and no guard held it", key, last)
			default:
				overwritten++
			}
		}
		for _, e := range edits {
			step(e.found, e.value)
			last = e.value
		}
		final := ""
		if d, ok := there[key]; ok {
			final = d.Lookup("v").StringValue()
		}
		step(final, "the end")
		if latest := edits[len(edits)-1]; final == latest.value && exit == change.ExitDone && latest.acknowledged < lastFind {
			t.Errorf("%s: %q was there before the last read, and the run ended with 0", key, final)
		}
	}
	return overwritten
}

// TestApplicationWritesWhileAnArtefactApplies: MONGOCD_SOAK=n for a quarter of n
// runs, of which every tenth is one of mongosh.
func TestApplicationWritesWhileAnArtefactApplies(t *testing.T) {
	first, n := seed(t), soak(t, 80)/4
	exits, overwritten, edits, pushed, byMongosh := map[int]int{}, 0, 0, 0, 0
	modes := []desired.Mode{desired.Merge, desired.Replace, desired.Exact}
	for i := range n {
		s := first + uint64(i)
		d := newSubject(t)
		a := newApplication(t, d)
		var lastFind atomic.Int64
		d.proxy.OnCommand(func(c wire.Command) {
			passed := a.passed.Add(1)
			if c.Name == "find" && c.Collection() == "items" {
				lastFind.Store(passed)
			}
		})
		stop := make(chan struct{})
		running := a.run(s, stop)
		state := subjectState(modes[i%len(modes)])
		exit, said := 0, ""
		if i%10 == 9 { // mongosh takes seconds to start
			run, err := d.mongosh(t.Context(), buildScript(t, state), d.proxy.URI(), "apply")
			if err != nil {
				t.Fatal(err)
			}
			exit, said = run.Code, run.Stdout+run.Stderr
			byMongosh++
		} else {
			report, err := d.applyInProcess(t, d.proxy.URI(), state, enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			exit, said = report.Exit, view.Text(report, true)
		}
		close(stop)
		running.Wait()
		exits[exit]++
		overwritten += a.check(d.proxy.Commands(), exit, lastFind.Load())
		for _, list := range a.edits {
			edits += len(list)
		}
		for _, list := range a.pushed {
			pushed += len(list)
		}
		if t.Failed() {
			t.Fatalf("seed %d\n%s", s, said)
		}
	}
	t.Logf("%d runs, %d of them in mongosh, ended with %v; %d writes of the application to owned fields, %d written over by guards that held them, %d elements pushed", n, byMongosh, exits, edits, overwritten, pushed)
	if n >= 20 && (exits[change.ExitDone] == 0 || overwritten == 0 || pushed == 0) {
		t.Error("no run ended well, or nothing was written over or pushed: the test does not show what it is for")
	}
}
