package pipeline_test

// What a run refuses before it writes, by rules of `$merge` and of servers that the test
// server cannot break by itself: the proxy answers in its place.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// A field that is preserved within what would be written over stops the run.
func TestPreservedInside(t *testing.T) {
	policies := pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Preserve: []doc.Path{{"o", "note"}}}
	both(t, "", policies, func(_ *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": "a", "o": 1}`, `{"_id": "b", "o": {"n": 1}}`)
		w.insert(w.shop, `{"_id": "a", "o": {"note": "mine"}}`, `{"_id": "b", "o": {"note": "mine"}}`)
		before := w.documents(w.shop)
		w.run(a, "apply", "3", `preserved-inside: 1 documents have a field that is preserved within what would be written over. The first: "a"`, "refused: 1 documents are at fault")
		if after := w.documents(w.shop); !slices.Equal(after, before) {
			w.t.Errorf("refused, and written: %v", after)
		}
	})
}

// refusedThrough runs apply where answers are changed on their way; nothing is written.
func refusedThrough(w *world, a artefact, handler wire.Handler, says string) {
	w.t.Helper()
	w.insert(w.staging, `{"_id": {"$numberInt": "1"}}`)
	w.insert(w.shop, `{"_id": {"$numberInt": "2"}}`)
	before, direct, proxy := w.documents(w.shop), w.uri, w.proxy()
	proxy.Between(handler)
	w.uri = proxy.URI()
	w.run(a, "apply", "3", says)
	w.uri = direct
	if after := w.documents(w.shop); !slices.Equal(after, before) {
		w.t.Errorf("refused, and written: %v", after)
	}
}

// changed is a reply with fields left out and others added.
func changed(reply bson.Raw, without []string, with ...bson.E) (bson.Raw, error) {
	b := doc.NewBuilder(len(reply))
	for name, v := range doc.Fields(reply) {
		if !slices.Contains(without, name) {
			b.Append(name, v)
		}
	}
	more, err := bson.Marshal(append(bson.D{}, with...))
	if err != nil {
		return nil, err
	}
	for name, v := range doc.Fields(more) {
		b.Append(name, v)
	}
	return b.Raw(), nil
}

// The shard key is part of the identity.
func TestShardKey(t *testing.T) {
	both(t, "", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge}, func(_ *testing.T, w *world, a artefact) {
		refusedThrough(w, a, func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
			reply, err := pass(c)
			if err != nil || c.Name != "find" || c.Database != "config" || c.Collection() != "collections" {
				return reply, err
			}
			known := bson.D{{Key: "_id", Value: "pipeline_shop.products"}, {Key: "key", Value: bson.D{{Key: "region", Value: int32(1)}, {Key: "_id", Value: "hashed"}}}}
			return changed(reply, []string{"cursor"}, bson.E{Key: "cursor", Value: bson.D{{Key: "id", Value: int64(0)}, {Key: "ns", Value: "config.collections"}, {Key: "firstBatch", Value: bson.A{known}}}})
		}, "refused: pipeline_shop.products: its shard key (region, _id) is not part of what identifies a document (_id): name the fields of the key in `by`")
	})
}

// `prune` needs transactions, which a server on its own has not.
func TestPruneWithoutReplicaSet(t *testing.T) {
	policies := pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, Prune: &desired.Prune{Origin: "t.weave:5:3", AtMost: 100}}
	both(t, "", policies, func(_ *testing.T, w *world, a artefact) {
		refusedThrough(w, a, func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
			reply, err := pass(c)
			if err != nil || !slices.Contains([]string{"hello", "ismaster"}, strings.ToLower(c.Name)) {
				return reply, err
			}
			return changed(reply, []string{"setName", "setVersion", "hosts", "primary", "me", "electionId", "secondary"})
		}, "refused: pipeline_shop.products: `prune` deletes in transactions, which this server has not: it is no replica set")
	})
}

// plan says how the source is read, of explanations as MongoDB gives them (manual,
// reference/explain-results): of an aggregation that begins with what a query can do, of
// one that is a query as a whole, and of a server that gives none.
func TestAccess(t *testing.T) {
	scan := bson.D{{Key: "stage", Value: "COLLSCAN"}, {Key: "direction", Value: "forward"}}
	index := bson.D{{Key: "stage", Value: "FETCH"}, {Key: "inputStage", Value: bson.D{{Key: "stage", Value: "IXSCAN"}, {Key: "indexName", Value: "rank_1"}}}}
	plan := func(winning bson.D) bson.D {
		return bson.D{{Key: "queryPlanner", Value: bson.D{{Key: "winningPlan", Value: winning}, {Key: "rejectedPlans", Value: bson.A{}}}}}
	}
	staged := func(winning bson.D) bson.D {
		return bson.D{{Key: "stages", Value: bson.A{bson.D{{Key: "$cursor", Value: plan(winning)}}, bson.D{{Key: "$replaceWith", Value: bson.D{}}}}}, {Key: "ok", Value: 1.0}}
	}
	answers := []struct {
		reply bson.D
		says  string
	}{
		{staged(scan), "  the source: scans all 1"},
		{staged(index), "  the source: uses index rank_1"},
		{append(plan(index), bson.E{Key: "ok", Value: 1.0}), "  the source: uses index rank_1"},
		{bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(59)}, {Key: "errmsg", Value: "no such command"}}, "  the source: the server does not explain how it is read"},
	}
	both(t, "", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge}, func(_ *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": {"$numberInt": "1"}}`)
		proxy, asked := w.proxy(), 0
		proxy.Between(func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
			if c.Name != "explain" {
				return pass(c)
			}
			asked++
			return bson.Marshal(answers[asked-1].reply)
		})
		w.uri = proxy.URI()
		out := w.run(a, "plan plan plan plan", "0 0 0 0")
		var said []string
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "  the source: ") {
				said = append(said, strings.TrimSuffix(line, "\n"))
			}
		}
		for i, answer := range answers {
			if i >= len(said) || said[i] != answer.says {
				w.t.Errorf("%d: %q, not %q\n%s", i, said, answer.says, out)
			}
		}
	})
}

// Each command that reads or writes documents has the limit, and a run whose first one
// meets it has written nothing.
func TestMaxTime(t *testing.T) {
	both(t, "", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge}, func(t *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": {"$numberInt": "1"}}`)
		apply := func(uri string) string {
			if a.files != nil {
				return a.run(uri, "apply", "--max-time", "30m")
			}
			r := engine.Mongosh(t, uri, a.script, "TEST_MODES=apply", "MONGOCD_MAX_TIME=1800")
			return r.Stdout + r.Stderr
		}
		proxy := w.proxy()
		expired := true
		proxy.Between(func(c wire.Command, pass func(wire.Command) (bson.Raw, error)) (bson.Raw, error) {
			if c.Name == "aggregate" && c.Collection() == "products" && expired {
				expired = false
				return bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(50)}, {Key: "codeName", Value: "MaxTimeMSExpired"}, {Key: "errmsg", Value: "operation exceeded time limit"}})
			}
			return pass(c)
		})
		if out := apply(proxy.URI()); !strings.Contains(out, "failed, nothing was written: operation exceeded time limit (code 50)") || !strings.Contains(out, "exit 1") {
			t.Errorf("the limit was met:\n%s", out)
		}
		if out := apply(proxy.URI()); !strings.Contains(out, "applied and verified") {
			t.Errorf("the next run:\n%s", out)
		}
		limited := 0
		for _, c := range proxy.Commands() {
			if c.Name != "aggregate" || !strings.Contains(c.Body.Lookup("pipeline").String(), "$merge") {
				continue
			}
			ms, _ := c.Body.Lookup("maxTimeMS").AsInt64OK()
			if ms < 1 || ms > (30*time.Minute).Milliseconds() {
				t.Errorf("maxTimeMS is %d in %s", ms, c.Body)
			}
			limited++
		}
		if limited < 6 {
			t.Errorf("only %d commands that write", limited)
		}
	})
}
