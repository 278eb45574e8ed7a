package view

import (
	"fmt"
	"github.com/hayone1/mongocd/runtime/change"
	"strings"
	"testing"
)

// What documents have in common is said once, and only when that is asked for.
func TestTextGroups(t *testing.T) {
	c := change.CollectionReport{Database: "shop", Collection: "prices", Mode: "merge", Origin: "a.weave:2:3", Counts: change.Counts{Update: 6, Insert: 1}}
	c.Documents = append(c.Documents, change.DocumentItem{Action: "insert", Identity: value(`{"sku":"new"}`), Origin: c.Origin})
	for i := range 6 {
		d := change.DocumentItem{Action: "update", Identity: value(fmt.Sprintf(`{"sku":"%d"}`, i)), Origin: c.Origin, Changes: []change.Change{
			{Path: "vat", Before: value(`{"$numberDouble":"0.19"}`), After: value(`{"$numberDouble":"0.2"}`), Cause: "destination", Since: "shop/prod/7"},
		}}
		switch {
		case i < 3:
			d.Changes = append(d.Changes, change.Change{Path: "old", Before: value(fmt.Sprintf(`"%d"`, i))}, change.Change{Path: "token", Unknown: []string{"TOKEN"}})
		case i < 5:
			d.Changes = append(d.Changes, change.Change{Path: "on", Before: value("true"), After: value("false")})
		}
		c.Documents = append(c.Documents, d)
	}
	r := &change.Report{Command: "plan", Weave: "shop", Environment: "prod", Outcome: change.Changes, Collections: []change.CollectionReport{c}}
	want := `plan shop for prod: 1 to insert, 6 to update

shop.prices (merge) a.weave:2:3
  + {sku: "new"}
  ~ 6 documents: vat: 0.19 → 0.2 (destination, since shop/prod/7)
  ~ 3 documents: old: … → (missing)
  ~ 3 documents: token: unknown (TOKEN not given)
  ~ {sku: "3"}
      on: true → false
  ~ {sku: "4"}
      on: true → false

result: changes, exit 0
`
	for _, group := range []int{1, 6} {
		if got := Report(r, Form{Group: group}); got != want {
			t.Errorf("group %d:\n%s", group, got)
		}
	}
	for _, group := range []int{0, 7} {
		if got := Report(r, Form{Group: group}); got != Text(r, false) || strings.Count(got, "  ~ ") != 6 {
			t.Errorf("group %d:\n%s", group, got)
		}
	}
	if got := Report(r, Form{Group: 1, Markdown: true}); !strings.Contains(got, "- `~` 6 documents: `vat`: `0.19` → `0.2` (destination, since `shop/prod/7`)\n") {
		t.Errorf("Markdown:\n%s", got)
	}
}
