package enforce_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// What changes a plan's digest, and what does not.
func TestPlanDigest(t *testing.T) {
	wanted := func() *desired.State {
		s := secretState(t, "d")
		s.Collections = append(s.Collections, &desired.Collection{
			Database: "d", Name: "p", Origin: "f.weave:9:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
			Prune: &desired.Prune{Origin: "f.weave:10:1", AtMost: 5, Filter: parse(t, `{}`)}, Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "x": 1}`)}},
			Indexes: []bson.Raw{parse(t, `{"key": {"x": 1}, "name": "x_1"}`)},
		})
		return s
	}
	given := map[string]string{"TOKEN": "SECRET-new", "PASSWORD": "SECRET-pass"}
	digest := func(state *desired.State, c, p []string, o enforce.Options) string {
		t.Helper()
		store := openers["dir"](t)
		fillCollection(t, store, stores.Namespace{Database: "d", Collection: "c"}, nil, nil, raws(t, c))
		fillCollection(t, store, stores.Namespace{Database: "d", Collection: "p"}, nil, nil, raws(t, p))
		r, err := enforce.Plan(testContext(t), store, state, o)
		if err != nil || len(r.Conflicts) > 0 || r.Failure != nil {
			t.Fatalf("%v\n%s", err, view.Text(r, true))
		}
		if r.Digest != "" && !strings.Contains(view.Text(r, false), "\n\ndigest: "+r.Digest+"\nit binds the artefact, ") {
			t.Errorf("the digest is not in\n%s", view.Text(r, false))
		}
		return r.Digest
	}
	c := []string{`{"_id": 1, "token": "Bearer a", "n": {"password": "SECRET-pass", "x": 2}, "l": []}`, `{"_id": 2, "token": "SECRET-new"}`}
	p := []string{`{"_id": 1, "x": 2}`, `{"_id": 2, "x": 2}`}
	first := digest(wanted(), c, p, enforce.Options{Secrets: given})

	artefact := wanted()
	artefact.Collections[0].Documents[0].Origin = "f.weave:6:1"
	again := []struct {
		name  string
		state *desired.State
		c, p  []string
		o     enforce.Options
		same  bool
	}{
		{"the same", wanted(), c, p, enforce.Options{Secrets: given}, true},
		{"no secrets", wanted(), c, p, enforce.Options{}, true},
		{"one secret", wanted(), c, p, enforce.Options{Secrets: map[string]string{"TOKEN": "SECRET-new"}}, true},
		{"a secret differs", wanted(), []string{c[0], `{"_id": 2, "token": "SECRET-old"}`}, p, enforce.Options{Secrets: given}, true},
		{"a value to be written over", wanted(), []string{strings.Replace(c[0], `"x": 2`, `"x": 3`, 1), c[1]}, p, enforce.Options{Secrets: given}, false},
		{"its type", wanted(), []string{strings.Replace(c[0], `"x": 2`, `"x": 2.0`, 1), c[1]}, p, enforce.Options{Secrets: given}, false},
		{"one document is there", wanted(), append(c, `{"_id": 3, "token": "SECRET-new"}`), p, enforce.Options{Secrets: given}, false},
		{"a field to be removed", wanted(), []string{strings.Replace(c[0], `"l"`, `"m": 1, "l"`, 1), c[1]}, p, enforce.Options{Secrets: given}, false},
		{"a document to be deleted", wanted(), c, []string{p[0], `{"_id": 2, "x": 2, "y": 1}`}, enforce.Options{Secrets: given}, false},
		{"none to be deleted", wanted(), c, p[:1], enforce.Options{Secrets: given}, false},
		{"the artefact", artefact, c, p, enforce.Options{Secrets: given}, false},
	}
	for _, test := range again {
		if got := digest(test.state, test.c, test.p, test.o); (got == first) != test.same || got == "" {
			t.Errorf("%s: %s, the first is %s", test.name, got, first)
		}
	}

	// Only secrets may differ: there is a digest without them, as apply with them has something to do.
	only := secretState(t, "d")
	in := []string{`{"_id": 1, "token": "a", "n": {"password": "b", "x": 1}, "l": []}`, `{"_id": 2, "token": "c"}`, `{"_id": 3, "token": "d"}`}
	if a, b := digest(only, in, nil, enforce.Options{}), digest(only, in, nil, enforce.Options{Secrets: map[string]string{"PASSWORD": "x"}}); a == "" || a != b {
		t.Errorf("%q and %q", a, b)
	}
	settled := &desired.State{Weave: "w", Environment: "e", Collections: wanted().Collections[1:]}
	settled.Collections[0].Indexes = nil
	if d := digest(settled, nil, []string{`{"_id": 1, "x": 1}`}, enforce.Options{}); d == "" || d == first {
		t.Errorf("nothing to do has the digest %q", d)
	}
}

// TestApproved: apply is held to a digest, and to what a person saw.
func TestApproved(t *testing.T) { engine.OnEach(t, testApproved) }

func testApproved(t *testing.T) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			store, ns := open(t), stores.Namespace{Database: database(t), Collection: "c"}
			fillCollection(t, store, ns, nil, nil, raws(t, []string{`{"_id": 1, "n": 1}`}))
			state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{{
				Database: ns.Database, Name: "c", Origin: "f.weave:3:1", Mode: desired.Merge, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "n": 2}`)}},
			}}}
			apply := func(o enforce.Options) *change.Report {
				t.Helper()
				o.StateDatabase = ns.Database + "_state"
				r, err := enforce.Apply(testContext(t), store, state, o)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			plan, err := enforce.Plan(testContext(t), store, state, enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			other := "sha256:" + strings.Repeat("0", 64)
			r := apply(enforce.Options{Approved: other})
			wantParts(t, view.Text(r, false), "conflict not-approved\n  the plan is "+plan.Digest+", and "+other+" was approved\n", "result: refused, exit 3")

			// The destination changes while a person reads.
			if name == "server" {
				r = apply(enforce.Options{Approve: func(p *change.Report) bool {
					if p.Digest != plan.Digest {
						t.Errorf("the person sees %s", p.Digest)
					}
					if err := changeField(t, store, ns, 1, "n", 7); err != nil {
						t.Error(err)
					}
					return true
				}})
				wantParts(t, view.Text(r, false), "conflict not-approved", "result: refused, exit 3")
				if got := contents(t, store, ns); got[0] != `{"_id": 1, "n": 7}` {
					t.Errorf("the destination has %s", got)
				}
				if err := changeField(t, store, ns, 1, "n", 1); err != nil {
					t.Fatal(err)
				}
			}
			wantParts(t, view.Text(apply(enforce.Options{Approved: plan.Digest}), false), "result: applied, exit 0")
			// In sync, there is nothing that would need approval.
			wantParts(t, view.Text(apply(enforce.Options{Approved: other}), false), "result: in-sync, exit 0")
		})
	}
}
