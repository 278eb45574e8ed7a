package view

import (
	"fmt"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
)

// value is one of a report.
func value(text string) change.Value {
	v := change.Value{}
	if err := v.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return v
}

func sample() *change.Report {
	one, zero := 1, 0
	prices := change.CollectionReport{Database: "shop", Collection: "prices", Mode: "merge", Origin: "a.weave:9:3", Counts: change.Counts{Update: 30}}
	for i := range 30 {
		d := change.DocumentItem{Action: "update", Identity: value(fmt.Sprintf(`{"sku":"A-%d"}`, i)), Origin: prices.Origin, Changes: []change.Change{
			{Kind: change.KindChanged, Path: fmt.Sprintf("prices[%d].vat", i%2), Before: value(`{"$numberDouble":"0.19"}`), After: value(`{"$numberDouble":"0.2"}`)}}}
		if i == 4 {
			d.Changes = append(d.Changes, change.Change{Kind: change.KindRemoved, Path: "hooks[id=3]", At: []change.Step{{Field: "hooks"}, {Element: &change.Element{Before: &one}}}, Before: value(`{"id":{"$numberInt":"3"},"mine":true}`)},
				change.Change{Kind: change.KindMoved, Path: "tags[key=\"a\"]", At: []change.Step{{Field: "tags"}, {Element: &change.Element{Before: &one, After: &zero}}}, After: value(`{}`)})
		}
		prices.Documents = append(prices.Documents, d)
	}
	return &change.Report{
		Format: 2, Command: "plan", Weave: "shop", Environment: "prod\x1b", Outcome: change.Changes, Digest: "sha256:00",
		Collections: []change.CollectionReport{
			{Database: "shop", Collection: "quiet", Mode: "merge", Origin: "a.weave:1:1", Counts: change.Counts{InSync: 7}},
			{
				Database: "shop", Collection: "flags", Mode: "merge", Origin: "a.weave:2:3", Missing: true, Counts: change.Counts{Insert: 1, Update: 2, Delete: 1, InSync: 210, Unmanaged: 3},
				Indexes: []change.IndexItem{{Action: "create", Name: "n_1", Spec: value(`{"key": {"n": 1}}`)}, {Action: "differs", Name: "o_1", Reason: "another index has this name"}},
				Documents: []change.DocumentItem{
					{Action: "insert", Identity: value(`{"name":"new"}`), Origin: "a.weave:9:5", Document: value(`{"name":"new","a":1,"b":"@me #123 https://x.example"}`)},
					{Action: "update", Identity: value(`{"name":"old"}`), Origin: "a.weave:2:3", Changes: []change.Change{
						{Kind: change.KindAdded, Path: "limits.users", After: value(`{"$numberInt":"5"}`)}, {Kind: change.KindChanged, Path: "on", Before: value("true"), After: value("false"), Cause: "destination", Since: "shop/prod/7"}, {Kind: change.KindRemoved, Path: "x", Before: value("null")},
					}},
					{Action: "delete", Identity: value(`{"name":"gone"}`), Origin: "a.weave:4:3"},
				},
				Done: &change.Done{Created: true, Inserted: 1, Indexes: 2},
			}, prices,
		},
		Conflicts: []change.Conflict{{Code: change.VerifyFailed.Code, Database: "shop", Collection: "flags", Message: "one\ntwo", Fix: "do", Origin: "a.weave:2:3"}},
		Failure:   &change.Failure{Stage: "write", Message: "the line\nwent \x07dead"},
	}
}

func TestX(t *testing.T) {
	a, b, c := sample(), sample(), sample()
	a.Environment, b.Environment, c.Environment = "preprod", "prod-eu", "prod-us"
	for i := range a.Collections {
		a.Collections[i].Database = "shop_preprod"
	}
	a.Collections[2].Documents = a.Collections[2].Documents[:20]
	a.Collections[2].Counts.Update = 20
	b.Collections[1].Documents[1].Changes[0].After = value("6")
	fmt.Println(Reports([]*change.Report{a, b, c}, Form{}))
	fmt.Println(Reports([]*change.Report{a, b, c}, Form{Markdown: true}))
	fmt.Println(Report(sample(), Form{}))
	fmt.Println(Report(sample(), Form{Markdown: true}))
	fmt.Println(Report(sample(), Form{Filter: Filter{Path: "prices.vat"}}))
}
