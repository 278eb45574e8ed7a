package view

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What a report has no item of is counted where the text says how many more there are.
func TestUntold(t *testing.T) {
	report := func(told, untold int) *change.Report {
		r := change.NewReport("w", "e", "undo")
		c := change.CollectionReport{Database: "d", Collection: "c", Counts: change.Counts{Insert: told + untold, Delete: told + untold}, Untold: change.Untold{Inserts: untold, Deletes: untold}}
		for _, action := range []string{"insert", "delete"} {
			for range told {
				c.Documents = append(c.Documents, change.DocumentItem{Action: action})
			}
		}
		r.Collections = append(r.Collections, c)
		return r
	}
	for _, form := range []Form{{}, {Filter: Filter{Collections: []string{"c"}}}} {
		some, all := Report(report(Inserts, 300), form), Report(report(Inserts+300, 0), form)
		if some != all || !strings.Contains(all, "480 more") {
			t.Errorf("with some items\n%s\nwith all\n%s", some, all)
		}
	}
}

// What updates have in common, and what more there are, is said as if all had an item.
func TestUntoldUpdates(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	number := func(n int) change.Value {
		return change.Value{RawValue: doc.NewBuilder(16).AppendInt32("", int32(n)).Raw().Lookup("")}
	}
	text := func(n int) change.Value {
		return change.Value{RawValue: doc.String(fmt.Sprintf("a text that is long enough for what differs in it to be shown alone: %d", n))}
	}
	for range 60 {
		var all []change.DocumentItem
		kinds, values := 1+random.IntN(6), 1+random.IntN(40)
		for i := range 20 + random.IntN(60) {
			item := change.DocumentItem{Action: []string{"update", "update", "update", "insert", "delete"}[random.IntN(5)], Identity: change.DocumentValue(doc.NewBuilder(16).AppendInt32("_id", int32(i)).Raw())}
			for k := range random.IntN(kinds + 1) {
				c := change.Change{Path: fmt.Sprintf("f[%d].n%d", random.IntN(3), k), Kind: change.KindChanged, Before: number(random.IntN(values)), After: number(-1)}
				switch random.IntN(4) {
				case 0:
					c.Kind, c.After = change.KindRemoved, change.Value{}
				case 1:
					c.Before, c.After = text(random.IntN(values)), text(-random.IntN(2))
				}
				if item.Action == "update" {
					item.Changes = append(item.Changes, c)
				}
			}
			all = append(all, item)
		}
		whole := change.CollectionReport{Database: "d", Collection: "c", Documents: all}
		made := map[string]int{}
		some := change.CollectionReport{Database: "d", Collection: "c", All: func(asked func(string) bool) iter.Seq[change.DocumentItem] {
			return func(yield func(change.DocumentItem) bool) {
				for _, d := range all {
					if !asked(d.Action) {
						continue
					}
					if made[d.Action]++; !yield(d) {
						return
					}
				}
			}
		}}
		for _, d := range all {
			if d.Action == "update" {
				if whole.Counts.Update++; whole.Counts.Update > 7 {
					some.Untold.Updates++
					continue
				}
			}
			some.Documents = append(some.Documents, d)
		}
		some.Counts = whole.Counts
		texts := [2]string{}
		for n, c := range []change.CollectionReport{whole, some} {
			r := change.NewReport("w", "e", "plan")
			r.Collections = append(r.Collections, c)
			texts[n] = Report(r, Form{})
		}
		if texts[0] != texts[1] {
			t.Fatalf("with all items\n%s\nwith some\n%s", texts[0], texts[1])
		}
		if some.Untold.Updates > 0 && (len(made) > 1 || made["update"] != 3*whole.Counts.Update) {
			t.Fatalf("of %d updates and others these were made: %v", whole.Counts.Update, made)
		}
	}
}
