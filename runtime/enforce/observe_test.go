package enforce

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

// TestObservationsAreValues: neither another observation nor the writing of what was
// observed changes it.
func TestObservationsAreValues(t *testing.T) {
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &desired.Collection{Database: "d", Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Documents: []desired.Document{{Raw: parse(t, `{"_id": 1, "a": 1}`)}, {Raw: parse(t, `{"_id": 2, "a": 2}`)}},
		Prune:     &desired.Prune{AtMost: 50, Percent: true, Origin: "w.weave:2:1"}}
	ns := stores.Namespace{Database: "d", Collection: "c"}
	if err := store.CreateCollection(t.Context(), ns, doc.Empty); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Write(t.Context(), ns, []stores.Op{
		{Action: stores.Insert, Document: parse(t, `{"_id": 1, "a": 0}`)}, {Action: stores.Insert, Document: parse(t, `{"_id": 3}`)},
	}); err != nil {
		t.Fatal(err)
	}
	e, err := newEnforcer(store, &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}, Options{}, "apply")
	if err != nil {
		t.Fatal(err)
	}
	before, err := e.observe(t.Context())
	if err != nil || before.refused() {
		t.Fatal(err, before.conflicts())
	}
	is := func(o *observed, inserts, updates, deletes int, bound int64) bool {
		l := o.all[0]
		n := l.report.Counts
		return n.Insert == inserts && n.Update == updates && n.Delete == deletes && len(l.writes) == inserts+updates && len(l.deletes) == deletes && l.bound == bound
	}
	if !is(before, 1, 1, 1, 1) {
		t.Fatalf("observed: %+v", before.all[0].report.Counts)
	}
	done, end := e.write(t.Context(), before, "")
	if !end.well() || *done.done[0] != (change.Done{Inserted: 1, Updated: 1, Deleted: 1}) {
		t.Fatalf("%+v, %+v", end, done.done[0])
	}
	after, err := e.observe(t.Context())
	if err != nil || after.differs() || !is(after, 0, 0, 0, 1) {
		t.Errorf("afterwards: %v, %+v", err, after.all[0].report.Counts)
	}
	if !before.differs() || !is(before, 1, 1, 1, 1) {
		t.Errorf("what was observed before has changed: %+v", before.all[0].report.Counts)
	}
	if report := e.report(before, nil, ending{}); report.Collections[0].Done != nil || report.Collections[0].Counts != before.all[0].report.Counts {
		t.Errorf("its report: %+v", report.Collections[0])
	}
}
