package mongosh

// What becomes of drift, against a model of its own: two releases of random documents, and
// what somebody made of the first one in between. Both engines must do what the model says,
// twice.

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// row is a document: its fields, by path; nil: it is not there.
type row map[string]int

var rowPaths = []string{"a", "b", "d.x", "d.y"}

// raw is the document with an `_id`.
func (r row) raw(id int) bson.Raw {
	out, inner := bson.D{{Key: "_id", Value: int32(id)}}, bson.D{}
	for _, p := range rowPaths {
		v, ok := r[p]
		switch {
		case !ok:
		case len(p) > 1:
			inner = append(inner, bson.E{Key: p[2:], Value: int32(v)})
		default:
			out = append(out, bson.E{Key: p, Value: int32(v)})
		}
	}
	if len(inner) > 0 {
		out = append(out, bson.E{Key: "d", Value: inner})
	}
	raw, err := bson.Marshal(out)
	if err != nil {
		panic(err)
	}
	return raw
}

// rowOf reads one back.
func rowOf(d bson.Raw) (int, row) {
	out := row{}
	for _, p := range rowPaths {
		path := doc.Path{p[:1]}
		if len(p) > 1 {
			path = append(path, p[2:])
		}
		if v, ok := doc.Get(d, path); ok {
			out[p] = int(v.Int32())
		}
	}
	return int(d.Lookup("_id").Int32()), out
}

// driftWorld is a random release, what somebody made of it, and the next release.
type driftWorld struct {
	before, there, now map[int]row
	merge, prune       bool
}

func randomDrift(r *rand.Rand) driftWorld {
	w := driftWorld{map[int]row{}, map[int]row{}, map[int]row{}, r.IntN(2) == 0, r.IntN(3) == 0}
	change := func(from row, percent int) row {
		to := row{}
		for _, p := range rowPaths {
			v, ok := from[p]
			if r.IntN(100) < percent {
				v, ok = r.IntN(3), r.IntN(4) > 0
			}
			if ok {
				to[p] = v
			}
		}
		return to
	}
	for id := range 3 {
		w.before[id] = change(row{}, 100)
		w.there[id], w.now[id] = change(w.before[id], 12), change(w.before[id], 12)
		if r.IntN(10) == 0 {
			delete(w.there, id)
		}
		if r.IntN(10) == 0 && id > 0 {
			delete(w.now, id)
		}
	}
	if r.IntN(8) == 0 {
		w.there[7] = row{"a": 1}
	}
	if r.IntN(8) == 0 {
		w.now[8] = row{"a": 1}
	}
	return w
}

// meant is what a run with `drift keep` makes of it, and how many documents keep something;
// false where some value is both's. found: something is the destination's doing.
func (w driftWorld) meant() (after map[int]row, kept int, fits, found bool) {
	after, fits = map[int]row{}, true
	equal := func(a, b row) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
	for _, id := range []int{0, 1, 2, 7, 8} {
		was, is, want := w.before[id], w.there[id], w.now[id]
		switch {
		case want == nil && is == nil:
		case want == nil && !w.prune:
			after[id] = is
		case want == nil && was == nil:
			after[id], found = is, true
			kept++
		case want == nil:
			for p, v := range was { // what somebody changed is not lost
				if got, ok := is[p]; !ok || got != v {
					fits, found = false, true
				}
			}
		case is == nil && was == nil:
			after[id] = want
		case is == nil && equal(was, want):
			kept, found = kept+1, true
		case is == nil:
			fits, found = false, true
		default:
			out, some := row{}, false
			for _, p := range rowPaths {
				old, had := was[p]
				v, has := is[p]
				next, wants := want[p]
				unchanged := had == has && old == v
				switch {
				case w.merge && !wants, has == wants && v == next, had == wants && old == next && !unchanged:
					some = some || !(w.merge && !wants) && !(has == wants && v == next)
					if has {
						out[p] = v
					}
				case unchanged:
					if wants {
						out[p] = next
					}
				default:
					fits, found = false, true
				}
			}
			if some {
				kept, found = kept+1, true
			}
			after[id] = out
		}
	}
	return after, kept, fits, found
}

// TestRandomDrift runs a sample; MONGOCD_SOAK=n runs n, MONGOCD_SEED the first.
func TestRandomDrift(t *testing.T) {
	const database, records = "f_driftmodel", "f_driftmodel_state"
	n, first := 8, uint64(1)
	if text := os.Getenv("MONGOCD_SOAK"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
		first = rand.Uint64()
	}
	if text := os.Getenv("MONGOCD_SEED"); text != "" {
		var err error
		if first, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	e := newEngines(t, database)
	options, variables := enforce.Options{StateDatabase: records}, map[string]string{"MONGOCD_STATE_DATABASE": records}
	tally := map[string]int{}
	for i := range n {
		seeded := first + uint64(i)
		w := randomDrift(rand.New(rand.NewPCG(seeded, 5)))
		release := func(drift desired.Drift, rows map[int]row) *desired.State {
			c := collection(t, database, "c", desired.Exact)
			if w.merge {
				c.Mode = desired.Merge
			}
			c.Drift = drift
			if w.prune {
				c.Prune = &desired.Prune{Origin: "w.weave:9:1", AtMost: 9, Filter: doc.Empty}
			}
			for id := range 9 {
				if r, ok := rows[id]; ok {
					c.Documents = append(c.Documents, desired.Document{Raw: r.raw(id)})
				}
			}
			return state(c)
		}
		after, kept, fits, found := w.meant()
		for _, drift := range []desired.Drift{desired.DriftStop, desired.DriftKeep} {
			refused := !fits || drift == desired.DriftStop && found
			want := after
			if refused {
				want = w.there
			}
			for _, engine := range []string{"Go", "JavaScript"} {
				freshDatabase(t, e.database.Client(), records)
				seed(t, e.database.Collection("c"), nil, nil)
				if report, err := enforce.Apply(t.Context(), e.store, release(drift, w.before), options); err != nil || report.Exit != 0 {
					t.Fatalf("seed %d: %v\n%s", seeded, err, view.Text(report, true))
				}
				var there []bson.Raw
				for id, r := range w.there {
					there = append(there, r.raw(id))
				}
				seed(t, e.database.Collection("c"), there, nil)
				for again := range 2 {
					text, exit := "", 0
					if engine == "Go" {
						report, err := enforce.Apply(t.Context(), e.store, release(drift, w.now), options)
						if err != nil {
							t.Fatal(err)
						}
						text, exit = view.Text(report, true), report.Exit
						if got := report.Collections[0].Counts.Kept; !refused && got != kept {
							t.Errorf("seed %d, drift %s, run %d: %d kept, want %d", seeded, drift, again, got, kept)
						}
					} else {
						result := runState(t, e.js, release(drift, w.now), "apply", variables)
						var report struct{ Exit int }
						if err := json.Unmarshal([]byte(result.JSON), &report); err != nil {
							t.Fatal(err)
						}
						text, exit = result.Text, report.Exit
					}
					if refused != (exit == change.ExitRefused) || !refused && exit != 0 {
						t.Errorf("seed %d, drift %s, %s, run %d: exit %d\n%+v\n%s", seeded, drift, engine, again, exit, w, text)
					}
					got := map[int]row{}
					for _, d := range stored(t, e.database.Collection("c")) {
						id, r := rowOf(d)
						got[id] = r
					}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("seed %d, drift %s, %s, run %d: there is\n%v\nwant\n%v\n%+v\n%s", seeded, drift, engine, again, got, want, w, text)
					}
				}
			}
			tally[fmt.Sprintf("%s %v", drift, map[bool]string{true: "refused", false: "done"}[refused])]++
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d cases from seed %d: %v", n, first, tally)
}
