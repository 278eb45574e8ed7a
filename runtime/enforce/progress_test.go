package enforce_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

func TestProgress(t *testing.T) {
	store := openers["dir"](t)
	one := func(name string) *desired.Collection {
		return &desired.Collection{Database: "d", Name: name, Origin: "f.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: many(5, 64)}
	}
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{one("a"), one("b")}}
	var got []string
	_, err := enforce.Apply(testContext(t), store, state, enforce.Options{BatchSize: 3, Progress: func(p enforce.Progress) {
		got = append(got, fmt.Sprintf("%s %s %d/%d %s", p.Phase, p.Collection, p.Done, p.Total, p.Unit))
	}})
	want := []string{
		"read d.a 1/2 collections", "read d.b 2/2 collections", "write d.a 3/5 documents", "write d.a 5/5 documents", "write d.b 3/5 documents", "write d.b 5/5 documents",
		"verify d.a 1/2 collections", "verify d.b 2/2 collections",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
}
