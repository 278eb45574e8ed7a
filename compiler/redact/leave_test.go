package redact

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestLeaveOut(t *testing.T) {
	path := func(names ...string) desired.Pattern { return desired.Pattern{Path: names} }
	leaf := func(name string) desired.Pattern { return desired.Pattern{Leaf: name} }
	for _, c := range []struct {
		in       string
		patterns []desired.Pattern
		want     string
	}{
		{`{"_id":1,"a":{"b":1,"c":2}}`, []desired.Pattern{path("a", "b")}, `{"_id":1,"a":{"c":2}}`},
		{`{"_id":1,"a":{"b":1}}`, []desired.Pattern{path("a"), path("a", "b")}, `{"_id":1}`},
		{`{"_id":1,"a":[{"b":1}]}`, []desired.Pattern{path("a", "b")}, `{"_id":1,"a":[{"b":1}]}`},
		{`{"_id":{"t":1},"t":1,"a":[{"t":1,"x":[[{"t":2}]]},5]}`, []desired.Pattern{leaf("t")}, `{"_id":{},"a":[{"x":[[{}]]},5]}`},
		{`{"_id":1,"x":5}`, []desired.Pattern{leaf("_id"), path("y")}, `{"_id":1,"x":5}`},
		{`{"_id":1,"x":5}`, nil, `{"_id":1,"x":5}`},
	} {
		d, err := doc.ParseExtJSON([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(doc.AppendReview(nil, LeaveOut(d, c.patterns), false)); got != string(doc.AppendReview(nil, mustParse(t, c.want), false)) {
			t.Errorf("%s without %v is %s, want %s", c.in, c.patterns, got, c.want)
		}
	}
}

func mustParse(t *testing.T, text string) []byte {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
