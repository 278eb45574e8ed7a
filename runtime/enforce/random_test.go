package enforce_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Whatever the destination and the wanted documents are, with unique indexes
// and prune: a run refuses and writes nothing, or it ends in sync; no store
// that enforces uniqueness stops it half-way.
func TestRandomCollectionsNeverStopHalfWay(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	outcomes := map[string]int{}
	for n := range 120 {
		store := openers["dir"](t)
		ns := stores.Namespace{Database: "d", Collection: "c"}
		random := func(id int, key string) bson.Raw {
			d := doc.NewBuilder(64).AppendInt32("_id", int32(id)).AppendString("k", key)
			if r.IntN(5) > 0 {
				d.AppendInt32("u", int32(r.IntN(14)))
			}
			if r.IntN(2) == 0 {
				d.AppendInt32("v", int32(r.IntN(2)))
			}
			return d.Raw()
		}
		unique := parse(t, `{"key": {"u": 1}, "name": "u_1", "unique": true, "sparse": true}`)
		var indexes []bson.Raw
		if r.IntN(4) > 0 {
			indexes = append(indexes, unique)
		}
		var before []bson.Raw
		used := map[string]bool{}
		for i := range r.IntN(9) {
			d := random(i, fmt.Sprintf("k%d", i))
			value := d.Lookup("u")
			if len(indexes) > 0 && value.Type != 0 && used[value.String()] {
				continue
			}
			used[value.String()] = true
			before = append(before, d)
		}
		fillCollection(t, store, ns, nil, indexes, before)
		c := &desired.Collection{
			Database: "d", Name: "c", Mode: []desired.Mode{desired.Exact, desired.Merge}[r.IntN(2)], Identity: []doc.Path{{"k"}}, Indexes: []bson.Raw{unique},
		}
		for i := range 9 {
			if r.IntN(3) > 0 {
				c.Documents = append(c.Documents, desired.Document{Raw: random(100+i, fmt.Sprintf("k%d", i))})
			}
		}
		if r.IntN(3) == 0 {
			c.Prune = &desired.Prune{AtMost: int64(r.IntN(5))}
		}
		state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}
		was := contents(t, store, ns)
		report, err := enforce.Apply(testContext(t), store, state, enforce.Options{BatchSize: 1 + r.IntN(3)})
		if err != nil {
			t.Fatal(err)
		}
		outcomes[report.Outcome]++
		is := contents(t, store, ns)
		fail := func(what string) {
			t.Fatalf("seed %d, case %d: %s\nbefore %q\nafter  %q\n%s", seed, n, what, was, is, view.Text(report, true))
		}
		switch report.Outcome {
		case change.Refused:
			if !slices.Equal(was, is) {
				fail("refused, but the destination changed")
			}
		case change.Applied, change.InSync:
			again, err := enforce.Apply(testContext(t), store, state, enforce.Options{})
			if err != nil || again.Outcome != change.InSync {
				fail("a second run finds something: " + view.Text(again, true))
			}
		default:
			fail("outcome " + report.Outcome)
		}
	}
	t.Logf("seed %d: %v", seed, outcomes)
	if outcomes[change.Applied] < 15 || outcomes[change.Refused] < 15 {
		t.Errorf("too few of one outcome: %v", outcomes)
	}
}
