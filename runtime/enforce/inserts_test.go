package enforce

import (
	"reflect"
	"testing"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What is planned is the same, whatever the observation before has planned of it.
func TestInsertsPlannedBefore(t *testing.T) {
	const documents = 3*insertsPart + 7
	c := &desired.Collection{Identity: []doc.Path{{"_id"}}}
	for i := range documents {
		c.Documents = append(c.Documents, desired.Document{Raw: doc.NewBuilder(64).AppendInt32("_id", int32(i)).AppendString("name", "x").Raw()})
	}
	_, all := compare.NewCollections(&desired.State{Collections: []*desired.Collection{c}}, nil)
	planned := func(names []string, before *plannedBefore, which func(int) bool) *observation {
		l := &observation{c: all[0], after: compare.NewFields(names)}
		l.earlier = before.with(l)
		for i := range documents {
			if which(i) {
				insert(l, i)
			}
		}
		planInserts(l)
		return l
	}
	each := func(int) bool { return true }
	id, both := []string{"_id"}, []string{"_id", "name"}
	want := planned(id, nil, each)
	for n, p := range want.writes {
		if !p.Planned() || p.Wanted != n || !doc.Identical(p.ID(), c.Documents[n].Raw.Lookup("_id")) {
			t.Fatalf("insert %d is %+v", n, p)
		}
	}
	update := func(l *observation) *observation { // of what there was then
		before := doc.NewBuilder(64).AppendInt32("_id", 5).Raw()
		l.writes[5] = compare.PlanAgain(all[0].Compare(5, before).Write, l.after, nil)
		return l
	}
	for name, before := range map[string]*plannedBefore{
		"all of it": plannedOf(planned(id, nil, each)), "half of it": plannedOf(planned(id, nil, func(i int) bool { return i%2 > 0 })), "none": plannedOf(planned(id, nil, func(int) bool { return false })),
		"an update": plannedOf(update(planned(id, nil, each))), "with other fields": plannedOf(planned(both, nil, each)), "what was closed": plannedOf(&observation{closed: true}),
	} {
		if got := planned(id, before, each); !reflect.DeepEqual(got.writes, want.writes) || got.earlier != nil {
			t.Errorf("%s: it is another plan", name)
		}
	}
	taken := planned(id, plannedOf(want), func(i int) bool { return i%3 == 0 })
	for n := range taken.writes {
		if !reflect.DeepEqual(taken.writes[n], want.writes[3*n]) {
			t.Errorf("insert %d: %+v", n, taken.writes[n])
		}
	}
}
