package desired

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Settings say what is wanted, not where it stands.
func TestSettings(t *testing.T) {
	command := func(origin string) []Command {
		return []Command{{Origin: origin, Database: "shop", Command: new(doc.Builder).AppendInt32("ping", 1).AppendString("origin", "kept").Raw()}}
	}
	wanted := func(line string) *State {
		at := "a.weave:" + line
		return &State{
			Weave: "w", Environment: "e", Compiler: "c", Cluster: &Cluster{Origin: at, Pattern: "^prod"}, Before: command(at),
			Collections: []*Collection{{
				Database: "shop", Name: "flags", Origin: at, Mode: Merge, Identity: []doc.Path{{"name"}},
				Options: new(doc.Builder).AppendString("origin", "an option").Raw(), Known: []doc.Path{{line}}, Declared: []string{line},
				Rules: []Rule{{"mode merge", at}}, After: command(at), Links: []Link{{Origin: at, Steps: []string{"a"}, Database: "d", Collection: "c"}},
				Prune:     &Prune{Origin: at, AtMost: 5, Filter: new(doc.Builder).AppendString("x", line).Raw(), Where: &Cond{Op: CondIs, Path: doc.Path{"origin"}, Word: "present"}},
				Moves:     []Move{{Origin: at, From: []bson.RawValue{doc.String("old")}, To: []bson.RawValue{doc.String("new")}}},
				Documents: []Document{{Raw: new(doc.Builder).AppendString("name", line).Raw(), Origin: at}},
			}},
		}
	}
	a, b := wanted("1:1"), wanted("2:2")
	text := func(d bson.Raw) string { return string(doc.AppendCanonical(nil, d)) }
	const state = `{"cluster":{"pattern":"^prod"},"before":[{"database":"shop","command":{"ping":{"$numberInt":"1"},"origin":"kept"}}]}`
	const collection = `{"mode":"merge","identity":["name"],"options":{"origin":"an option"},` +
		`"prune":{"where":{"op":"is","path":"origin","word":"present"},"atMost":{"$numberInt":"5"},"percent":false},` +
		`"moves":[{"from":["old"],"to":["new"]}],"links":[{"steps":["a"],"collection":"c"}],"after":[{"database":"shop","command":{"ping":{"$numberInt":"1"},"origin":"kept"}}]}`
	for _, s := range []*State{a, b} {
		if got := text(s.Settings()); got != state {
			t.Errorf("state: %s", got)
		}
		if got := text(s.Collections[0].Settings()); got != collection {
			t.Errorf("collection: %s", got)
		}
	}
	b.Collections[0].Mode = Exact
	if text(a.Collections[0].Settings()) == text(b.Collections[0].Settings()) {
		t.Error("another mode gives the same settings")
	}
}
