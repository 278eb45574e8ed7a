package pipeline_test

// What others write while a run writes: nothing that the server said yes to is lost.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Four writers count in a field that the weave does not own, change fields that it owns,
// flat and nested ones, delete documents and insert missing ones, from when the run has
// looked until it has ended.
func TestFourWriters(t *testing.T) {
	policies := func(mode desired.Mode) pushdown.Policies {
		return pushdown.Policies{On: []string{"_id"}, Mode: mode, Preserve: []doc.Path{{"hits"}}}
	}
	both(t, "set rank = rank + 1", policies(desired.Merge), fourWriters)
	t.Run("exact", func(t *testing.T) { // the pipelines differ, and not what runs them
		_, program := made(t, "set rank = rank + 1", policies(desired.Exact))
		fourWriters(t, newWorld(t), program)
	})
}

const documents = 120 // half of them at the destination

// written is what one writer was told about its documents.
type written struct {
	hits, ranks, deep map[int]int32
	deleted           map[int]bool
	errs              []error
}

func fourWriters(t *testing.T, w *world, a artefact) {
	var staged, there []any
	for i := range documents {
		o := bson.D{{Key: "n", Value: int32(1)}}
		if i%3 == 0 {
			o = bson.D{{Key: "n", Value: bson.D{{Key: "x", Value: int32(1)}}}}
		}
		staged = append(staged, bson.D{{Key: "_id", Value: int32(i)}, {Key: "rank", Value: int32(i)}, {Key: "o", Value: o}})
		if i < documents/2 {
			there = append(there, bson.D{{Key: "_id", Value: int32(i)}, {Key: "hits", Value: int32(0)}, {Key: "rank", Value: int32(-1)}})
		}
	}
	for into, list := range map[*mongo.Collection][]any{w.staging: staged, w.shop: there} {
		if _, err := into.InsertMany(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	proxy, direct := w.proxy(), w.uri
	looked, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	proxy.OnCommand(func(c wire.Command) {
		if c.Name == "update" && c.Collection() == "pipeline.progress" {
			once.Do(func() { close(looked) })
		}
	})
	var writers sync.WaitGroup
	said := make([]written, 4)
	for k := range said {
		writers.Go(func() {
			select {
			case <-looked:
			case <-ended:
				return
			}
			said[k] = w.writer(k, ended)
		})
	}
	w.uri = proxy.URI()
	out := w.run(a, "apply", "4", "documents differ again: somebody changed them meanwhile")
	close(ended)
	writers.Wait()
	w.uri = direct
	var all []bson.Raw
	cursor, err := w.shop.Find(t.Context(), bson.D{})
	if err == nil {
		err = cursor.All(t.Context(), &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]bson.Raw{}
	for _, d := range all {
		found[int(d.Lookup("_id").Int32())] = d
	}
	changes := 0
	for _, s := range said {
		if len(s.errs) > 0 {
			t.Error(s.errs[0])
		}
		changes += len(s.hits) + len(s.ranks) + len(s.deep) + len(s.deleted)
		for i := range s.deleted {
			if d, ok := found[i]; ok {
				t.Errorf("%d was deleted, and is %s", i, d)
			}
		}
		for what, values := range map[string]map[int]int32{"hits": s.hits, "rank": s.ranks, "mine": s.deep} {
			for i, want := range values {
				v := found[i].Lookup(what)
				if what == "mine" {
					v = found[i].Lookup("o", "n", "x")
				}
				if n, _ := v.AsInt64OK(); n != int64(want) && !s.deleted[i] {
					t.Errorf("%d: somebody wrote %d into %s, and it is %s\n%s", i, want, what, found[i], out)
				}
			}
		}
	}
	if changes < 40 {
		t.Errorf("the writers changed only %d", changes)
	}
	t.Logf("%d changes", changes)
	w.run(a, "apply apply", "0 0", "applied and verified", "in sync")
	for i, d := range w.documents(w.shop) {
		if !strings.Contains(d, fmt.Sprintf(`"rank":{"$numberInt":"%d"}`, i+1)) {
			t.Errorf("the next run left %s", d)
		}
	}
}

// writer changes documents k, k+4, … until the run has ended. It leaves owned fields that
// it changes, and what it inserts, as another one than the weave's.
func (w *world) writer(k int, ended chan struct{}) written {
	s := written{hits: map[int]int32{}, ranks: map[int]int32{}, deep: map[int]int32{}, deleted: map[int]bool{}}
	id := func(i int) bson.D { return bson.D{{Key: "_id", Value: int32(i)}} }
	update := func(i int, op, field string, v int32) bool {
		r, err := w.shop.UpdateOne(w.t.Context(), id(i), bson.D{{Key: op, Value: bson.D{{Key: field, Value: v}}}})
		if err != nil {
			s.errs = append(s.errs, err)
			return false
		}
		return r.MatchedCount == 1
	}
	for round := int32(0); ; round++ {
		for i := k; i < documents; i += 4 {
			select {
			case <-ended:
				return s
			case <-time.After(200 * time.Microsecond):
			}
			switch {
			case i >= documents/2 && i%5 == 0:
				if _, err := w.shop.InsertOne(w.t.Context(), bson.D{{Key: "_id", Value: int32(i)}, {Key: "rank", Value: int32(5000)}}); err == nil {
					s.ranks[i] = 5000
				} else if !mongo.IsDuplicateKeyError(err) { // the run was first
					s.errs = append(s.errs, err)
				}
			case i%20 == 3:
				if r, err := w.shop.DeleteOne(w.t.Context(), id(i)); err != nil {
					s.errs = append(s.errs, err)
				} else if r.DeletedCount == 1 {
					s.deleted[i] = true
				}
			case i%20 == 6 && update(i, "$set", "rank", 1000+round):
				s.ranks[i] = 1000 + round
			case i%12 == 9 && update(i, "$set", "o.n.x", 1000+round):
				s.deep[i] = 1000 + round
			case update(i, "$inc", "hits", 1):
				s.hits[i]++
			}
		}
	}
}

// `prune` deletes two documents a transaction. Of each transaction the first one is changed
// by somebody else: before the deletion, after it, when it is looked at, when it ends. A
// change that the server took is there at the end; who is kept waiting for the transaction
// gives up. One transaction the server itself ends, for a write of others that it has seen.
func TestPruneMeanwhile(t *testing.T) {
	policies := pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Prune: &desired.Prune{Origin: "t.weave:5:3", AtMost: 100}}
	both(t, "", policies, func(t *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": 100}`)
		for i := range 10 {
			w.insert(w.shop, fmt.Sprintf(`{"_id": %d, "n": 1}`, i))
		}
		proxy := w.proxy()
		var mutex sync.Mutex
		var taken, waited []string
		batch, tried, ended := -1, map[int]bool{}, false
		proxy.OnCommand(func(c wire.Command) {
			mutex.Lock()
			defer mutex.Unlock()
			moment := ""
			switch {
			case c.Name == "delete" && c.Collection() == "products":
				moment = "delete"
				batch = int(c.Statements("deletes")[0].Lookup("q", "_id", "$in", "0").AsInt64()) / 2
			case c.Name == "aggregate" && c.Collection() == "products":
				moment = "look"
			case c.Name == "aggregate" && strings.HasPrefix(c.Collection(), "pipeline.") && strings.Contains(c.Body.String(), "$expr"):
				moment = "compare"
			case c.Name == "commitTransaction":
				moment = "commit"
			}
			if batch < 0 || batch > 3 || moment != []string{"delete", "look", "compare", "commit"}[batch] || tried[batch] {
				return
			}
			tried[batch] = true
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			r, err := w.shop.UpdateByID(ctx, int32(2*batch), bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: int32(2)}}}})
			changed := fmt.Sprintf(`{"_id":{"$numberInt":"%d"},"n":{"$numberInt":"2"}}`, 2*batch)
			if err == nil && r.MatchedCount == 1 {
				taken = append(taken, changed)
			} else {
				waited = append(waited, changed)
			}
		})
		conflict, err := bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(112)}, {Key: "codeName", Value: "WriteConflict"}, {Key: "errmsg", Value: "somebody else writes"}, {Key: "errorLabels", Value: bson.A{"TransientTransactionError"}}})
		if err != nil {
			t.Fatal(err)
		}
		proxy.Answer(func(c wire.Command) bson.Raw {
			mutex.Lock()
			defer mutex.Unlock()
			if c.Name != "delete" || batch != 4 || ended {
				return nil
			}
			ended = true
			return conflict
		})
		direct := w.uri
		w.uri = proxy.URI()
		out := w.run(a, "apply", "4", "differ again", "applied; ")
		w.uri = direct
		if len(taken)+len(waited) != 4 || len(taken) == 0 || !ended {
			t.Errorf("changes were taken: %v; had to wait: %v\n%s", taken, waited, out)
		}
		got := w.documents(w.shop)
		for _, d := range got {
			if d != `{"_id":{"$numberInt":"100"}}` && !slices.Contains(taken, d) && !slices.Contains(waited, d) {
				t.Errorf("%s was to be deleted", d)
			}
		}
		for _, d := range taken {
			if !slices.Contains(got, d) {
				t.Errorf("%s was changed, and is gone\n%s", d, out)
			}
		}
	})
}
