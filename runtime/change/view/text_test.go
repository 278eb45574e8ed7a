package view

import (
	"fmt"
	"github.com/hayone1/mongocd/runtime/change"
	"strings"
	"testing"
)

// The whole form of the text, as docs/enforcement.md describes it.
func TestText(t *testing.T) {
	r := &change.Report{
		Format: 1, Command: "apply", Weave: "shop", Environment: "prod\x1b", Outcome: change.Stopped, Exit: 4,
		Collections: []change.CollectionReport{
			{Database: "shop", Collection: "quiet", Mode: "merge", Origin: "a.weave:1:1", Counts: change.Counts{InSync: 7}},
			{
				Database: "shop", Collection: "flags", Mode: "merge", Origin: "a.weave:2:3", Missing: true, Counts: change.Counts{Insert: 1, Update: 2, Delete: 1, InSync: 210, Unmanaged: 3},
				Indexes: []change.IndexItem{{Action: "create", Name: "n_1"}, {Action: "differs", Name: "o_1", Reason: "another index has this name"}},
				Documents: []change.DocumentItem{
					{Action: "insert", Identity: value(`{"name":"new"}`), Origin: "a.weave:9:5"},
					{Action: "update", Identity: value(`{"name":"old"}`), Origin: "a.weave:2:3", Changes: []change.Change{
						{Path: "limits.users", After: value(`{"$numberInt":"5"}`)}, {Path: "on", Before: value("true"), After: value("false")}, {Path: "x", Before: value("null")},
					}},
					{Action: "delete", Identity: value(`{"name":"gone"}`), Origin: "a.weave:4:3"},
				},
				Done: &change.Done{Created: true, Inserted: 1, Indexes: 2},
			},
		},
		Conflicts: []change.Conflict{{Code: change.VerifyFailed.Code, Database: "shop", Collection: "flags", Message: "one\ntwo", Fix: "do", Origin: "a.weave:2:3"}},
		Failure:   &change.Failure{Stage: "write", Message: "the line\nwent \x07dead"},
	}
	want := `apply shop for prod\u{1b}: 1 to insert, 2 to update, 1 to delete, 217 in sync, 1 collection to create, 1 index to create

shop.flags (merge) a.weave:2:3
  + collection
  + index n_1
  ! index o_1: another index has this name
  + {name: "new"} a.weave:9:5
  ~ {name: "old"}
      limits.users: (missing) → 5
      on: true → false
      x: null → (missing)
  - {name: "gone"} a.weave:4:3
  3 documents in scope are not desired and stay
  written: 1 inserted, 2 indexes, collection created

conflict verify-failed in shop.flags, a.weave:2:3
  one
  two
  fix: do

failure in stage write
  the line
  went \u{7}dead

result: stopped, exit 4
`
	if got := Text(r, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := Text(&change.Report{Command: "plan", Weave: "w", Environment: "e", Outcome: change.InSync}, false), "plan w for e: nothing to do\n\nresult: in-sync, exit 0\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTextIsShort(t *testing.T) {
	r := &change.Report{Collections: []change.CollectionReport{{Database: "d", Collection: "c", Origin: "o"}}}
	for i := range 23 {
		r.Collections[0].Documents = append(r.Collections[0].Documents, change.DocumentItem{Action: "update", Identity: value(fmt.Sprintf(`{"k":"%d"}`, i)), Origin: "o"})
		r.Conflicts = append(r.Conflicts, change.Conflict{Code: change.IDTaken.Code, Database: "d", Collection: "c", Message: "m", Origin: "o"})
	}
	short, long := Text(r, false), Text(r, true)
	for _, want := range []string{"  … and 3 more to update\n", "\n… and 3 more id-taken in d.c\n"} {
		if strings.Count(short, want) != 1 || strings.Contains(long, want) {
			t.Errorf("%q in\n%s", want, short)
		}
	}
	if n := strings.Count(short, "  ~ "); n != 20 || strings.Count(long, "  ~ ") != 23 || strings.Count(short, "conflict id-taken") != 20 {
		t.Errorf("%d updates shown", n)
	}
}

// value is one of a report.
func value(text string) change.Value {
	v := change.Value{}
	if err := v.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return v
}
