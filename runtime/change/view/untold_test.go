package view

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
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
	some, all := Report(report(Inserts, 300), Form{}), Report(report(Inserts+300, 0), Form{})
	if some != all || !strings.Contains(all, "480 more") {
		t.Errorf("with some items\n%s\nwith all\n%s", some, all)
	}
}
