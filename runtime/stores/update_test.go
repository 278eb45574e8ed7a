package stores

import (
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func TestInTurn(t *testing.T) {
	want := []string{" ", "0", "2", "10", "10.a", "10.b", "00", "1a", "a.2.x", "a.10", "a.b", "a-b", "b"}
	var set []Field
	for _, text := range slices.Backward(want) {
		set = append(set, Field{Path: strings.Split(text, ".")})
	}
	var got []string
	for _, f := range InTurn(set) {
		got = append(got, strings.Join(f.Path, "."))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestReplaceable(t *testing.T) {
	for text, want := range map[string]bool{
		`{"_id": 1, "a.b": 1, "": {"$x": 1}}`:                 true,
		`{"_id": 1, "$x": 1}`:                                 false,
		`{"_id": 1, "t": {"$timestamp": {"t": 0, "i": 0}}}`:   false,
		`{"_id": 1, "t": {"$timestamp": {"t": 0, "i": 1}}}`:   true,
		`{"_id": 1, "t": [{"$timestamp": {"t": 0, "i": 0}}]}`: true,
		`{"_id": {"$timestamp": {"t": 0, "i": 0}}, "t": 0}`:   true,
	} {
		var d bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(text), true, &d); err != nil {
			t.Fatal(err)
		}
		if got := Replaceable(d); got != want {
			t.Errorf("%s: got %v, want %v", doc.Show(doc.Value(d), 0), got, want)
		}
	}
}
