package undo

import (
	"fmt"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/stores"
)

// A report that is made step by step: what is written last stands where it was planned,
// and what was not reached is as it was planned.
func TestTelling(t *testing.T) {
	deletion := func(id int) *reversal {
		d := parse(t, fmt.Sprintf(`{"_id": %d}`, id))
		return &reversal{id: d.Lookup("_id"), op: &stores.Op{Action: stores.Delete}, before: d}
	}
	steps := func() (out []*step) {
		for n, collection := range []string{"a", "b", "a", "a"} {
			out = append(out, &step{ns: stores.Namespace{Database: "d", Collection: collection}, documents: []*reversal{deletion(3 * n), deletion(3*n + 1), deletion(3*n + 2)}})
		}
		return out
	}
	shown := func(all *telling) (text string) {
		for _, c := range all.collections {
			text += fmt.Sprintf("%s %d+%d of %d:", c.Collection, c.Done.Deleted, c.Untold.Deletes, c.Counts.Delete)
			for _, d := range c.Documents {
				text += fmt.Sprintf(" %d%s", d.ID.Int32(), map[string]string{"left": "!"}[d.Action])
			}
			text += "\n"
		}
		return text
	}
	planned := newTelling(true, 0)
	for _, s := range steps() {
		planned.tell(s)
	}
	const all = "a 0+0 of 9: 0 1 2 6 7 8 9 10 11\nb 0+0 of 3: 3 4 5\n"
	if got := shown(planned); got != all {
		t.Errorf("planned:\n%s", got)
	}
	written := newTelling(true, 0)
	now := steps()
	now[0].documents[1].postponed, now[2].documents[0].postponed, now[0].documents[0].done = true, true, true
	for _, s := range now[:3] {
		written.tell(s)
	}
	now[0].documents[1].done = true
	now[2].documents[0].leave("for a reason")
	written.rest(planned)
	written.close()
	if got, want := shown(written), "a 2+0 of 8: 0 1 2 6! 7 8 9 10 11\nb 0+0 of 3: 3 4 5\n"; got != want {
		t.Errorf("written in part:\n%swant\n%s", got, want)
	}
	none := newTelling(true, 0)
	none.rest(planned)
	if got := shown(none); got != all {
		t.Errorf("nothing written:\n%s", got)
	}
	// All are there in the same order where only some have an item, however the run ends.
	lines := func(all *telling) (text string) {
		for _, c := range all.collections {
			text += c.Collection + ":"
			for d := range c.Items() {
				text += fmt.Sprintf(" %d%s", d.ID.Int32(), map[string]string{"left": "!"}[d.Action])
			}
			text += "\n"
		}
		return text
	}
	for reached := range 5 {
		told := [2]*telling{}
		for n, items := range []int{0, 2} {
			planned, now := newTelling(true, items), steps()
			for _, s := range now {
				planned.tell(s)
			}
			told[n] = newTelling(true, items)
			late := []*reversal{now[0].documents[1], now[2].documents[0], now[2].documents[2]}
			for _, v := range late {
				v.postponed = true
			}
			for _, s := range now[:reached] {
				told[n].tell(s)
			}
			late[1].leave("for a reason")
			told[n].rest(planned)
			told[n].close()
		}
		if all, some := lines(told[0]), lines(told[1]); all != some || len(told[1].collections[0].Documents) > 3 {
			t.Errorf("with %d steps done all are\n%swhere some have an item\n%s", reached, all, some)
		}
	}
	some := newTelling(true, 4)
	for _, s := range steps() {
		some.tell(s)
	}
	if got, want := shown(some), "a 0+5 of 9: 0 1 2 6\nb 0+0 of 3: 3 4 5\n"; got != want {
		t.Errorf("some items:\n%swant\n%s", got, want)
	}
	if some.collections[0].Untold != (change.Untold{Deletes: 5}) {
		t.Errorf("%+v", some.collections[0].Untold)
	}
}
