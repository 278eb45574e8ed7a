package enforce_test

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// kinds is a state and a destination whose plan has each kind of thing that a run writes.
type kinds struct {
	state              *desired.State
	options            string // of the collection c at the destination
	indexes, documents []string
	target             string // the document of the collection t, which one in c links to
	databases          map[string]string
}

func eachKind(t testing.TB) *kinds {
	v := func(text string) []bson.RawValue {
		return []bson.RawValue{parse(t, `{"v": `+text+`}`).Lookup("v")}
	}
	hook := func(text string) []desired.Command {
		return []desired.Command{{Origin: "w.weave:9:1", Database: "d", Command: parse(t, text)}}
	}
	state := &desired.State{Weave: "w", Environment: "e", Before: hook(`{"ping": 1}`), After: hook(`{"buildInfo": 1}`), Collections: []*desired.Collection{
		{
			Database: "d", Name: "t", Origin: "w.weave:2:1", Mode: desired.Merge, Identity: []doc.Path{{"k"}},
			Documents: []desired.Document{{Raw: parse(t, `{"k": "target", "n": 1}`)}},
		},
		{
			Database: "d", Name: "c", Origin: "w.weave:3:1", Mode: desired.Exact, Identity: []doc.Path{{"k"}},
			Documents: []desired.Document{
				{Raw: parse(t, `{"k": "added", "n": 1}`)},
				{Raw: parse(t, `{"k": "changed", "n": 1}`)},
				{
					Raw:   parse(t, `{"k": "linked", "n": 1, "to": null}`),
					Links: []desired.LinkedID{{Path: []string{"to"}, Database: "d", Collection: "t", Identity: v(`"target"`)}},
				},
				{Raw: parse(t, `{"k": "moved", "n": 1}`)},
			},
			Moves: []desired.Move{{Origin: "w.weave:4:1", From: v(`"old"`), To: v(`"moved"`)}},
			Prune: &desired.Prune{Origin: "w.weave:5:1", AtMost: 5, Filter: doc.Empty},
			Indexes: []bson.Raw{
				parse(t, `{"key": {"x": 1}, "name": "made"}`),
				parse(t, `{"key": {"y": 1}, "name": "changed", "unique": true, "sparse": true}`),
			},
			Declared: []string{"changed", "made"}, DropIndexes: []string{"goes"},
			Options: parse(t, `{"validator": {"n": {"$gt": 0}}, "validationLevel": "moderate"}`), SetOptions: []string{"validationLevel", "validator"},
			Before: hook(`{"listCollections": 1}`), After: hook(`{"dbStats": 1}`),
		},
		{
			Database: "d", Name: "new", Origin: "w.weave:6:1", Mode: desired.Merge, Identity: []doc.Path{{"_id"}},
			Documents: []desired.Document{{Raw: parse(t, `{"_id": 1}`)}},
		},
	}}
	return &kinds{
		state:   state,
		options: `{"validator": {"n": {"$gt": 5}}, "validationLevel": "strict"}`,
		indexes: []string{`{"key": {"y": 1}, "name": "changed", "sparse": true}`, `{"key": {"z": 1}, "name": "goes"}`},
		documents: []string{
			`{"_id": 1, "k": "changed", "n": 2}`, `{"_id": 2, "k": "old", "n": 2}`, `{"_id": 3, "k": "deleted", "n": 2}`,
		},
		target: `{"_id": 7, "k": "target", "n": 1}`,
	}
}

// plan is the plan of them.
func (k *kinds) plan(t testing.TB) *change.Report {
	t.Helper()
	store := openers["dir"](t)
	database := "d"
	if to := k.databases["d"]; to != "" {
		database = to
	}
	var options bson.Raw
	if k.options != "" {
		options = parse(t, k.options)
	}
	fillCollection(t, store, stores.Namespace{Database: database, Collection: "c"}, options, raws(t, k.indexes), raws(t, k.documents))
	fillCollection(t, store, stores.Namespace{Database: database, Collection: "t"}, nil, nil, raws(t, []string{k.target}))
	r, err := enforce.Plan(testContext(t), store, k.state, enforce.Options{Databases: k.databases})
	if err != nil || r.Digest == "" {
		t.Fatalf("%v\n%s", err, view.Text(r, true))
	}
	return r
}

// TestDigestBindsEachKind: whatever a run would write, and whatever it would write over,
// is another digest when it is another one.
func TestDigestBindsEachKind(t *testing.T) {
	first := eachKind(t).plan(t)
	found := map[string]bool{}
	for _, c := range first.Collections {
		found["collection"] = found["collection"] || c.Missing
		for _, x := range c.Indexes {
			found["index "+x.Action] = true
		}
		for _, x := range c.Options {
			found["option "+x.Name] = true
		}
		for _, d := range c.Documents {
			found[d.Action] = true
		}
	}
	for _, h := range first.Hooks {
		found[h.When] = true
	}
	for _, kind := range []string{"collection", "index create", "index change", "index drop", "option validator", "option validationLevel", "insert", "update", "move", "delete", "before", "after"} {
		if !found[kind] {
			t.Errorf("the plan has no %s\n%s", kind, view.Text(first, true))
		}
	}

	c := func(k *kinds) *desired.Collection { return k.state.Collections[1] }
	document := func(i int, text string) func(*kinds) {
		return func(k *kinds) { c(k).Documents[i].Raw = parse(t, text) }
	}
	live := func(i int, text string) func(*kinds) {
		return func(k *kinds) { k.documents[i] = text }
	}
	index := func(i int, text string) func(*kinds) {
		return func(k *kinds) { c(k).Indexes[i] = parse(t, text) }
	}
	command := func(of func(*kinds) []desired.Command) func(*kinds) {
		return func(k *kinds) { of(k)[0].Command = parse(t, `{"dropDatabase": 1}`) }
	}
	digests := map[string]string{first.Digest: "what is approved"}
	if again := eachKind(t).plan(t); again.Digest != first.Digest {
		t.Errorf("the same plan has %s and %s", first.Digest, again.Digest)
	}
	for _, test := range []struct {
		name string
		edit func(*kinds)
	}{
		{"an inserted document", document(0, `{"k": "added", "n": 3}`)},
		{"its type", document(0, `{"k": "added", "n": 1.0}`)},
		{"its order", document(0, `{"n": 1, "k": "added"}`)},
		{"one document less", func(k *kinds) { c(k).Documents = c(k).Documents[1:] }},
		{"it is there", func(k *kinds) { k.documents = append(k.documents, `{"_id": 9, "k": "added", "n": 1}`) }},
		{"a value to be written", document(1, `{"k": "changed", "n": 3}`)},
		{"a value to be written over", live(0, `{"_id": 1, "k": "changed", "n": 4}`)},
		{"the document that is written", live(0, `{"_id": 4, "k": "changed", "n": 2}`)},
		{"a field to be removed", live(0, `{"_id": 1, "k": "changed", "n": 2, "own": 1}`)},
		{"a document to be deleted", live(2, `{"_id": 3, "k": "deleted", "n": 3}`)},
		{"its identity", live(2, `{"_id": 3, "k": "other", "n": 2}`)},
		{"its _id", live(2, `{"_id": 5, "k": "deleted", "n": 2}`)},
		{"none to be deleted", func(k *kinds) { k.documents = k.documents[:2] }},
		{"one more to be deleted", func(k *kinds) { k.documents = append(k.documents, `{"_id": 9, "k": "too"}`) }},
		{"the bound", func(k *kinds) { c(k).Prune.AtMost = 6 }},
		{"what is moved", live(1, `{"_id": 2, "k": "old", "n": 3}`)},
		{"the document that is moved", live(1, `{"_id": 6, "k": "old", "n": 2}`)},
		{"moved from another one", func(k *kinds) {
			c(k).Moves[0].From = []bson.RawValue{parse(t, `{"v": "deleted"}`).Lookup("v")}
		}},
		{"moved before", live(1, `{"_id": 2, "k": "moved", "n": 2}`)},
		{"no move", func(k *kinds) { c(k).Moves = nil }},
		{"what is linked to", func(k *kinds) { k.target = `{"_id": 8, "k": "target", "n": 1}` }},
		{"the key of an index to create", index(0, `{"key": {"x": -1}, "name": "made"}`)},
		{"its option", index(0, `{"key": {"x": 1}, "name": "made", "sparse": true}`)},
		{"the index is there", func(k *kinds) { k.indexes = append(k.indexes, `{"key": {"x": 1}, "name": "made"}`) }},
		{"what an index becomes", index(1, `{"key": {"y": 1}, "name": "changed"}`)},
		{"what an index was", func(k *kinds) { k.indexes[0] = `{"key": {"y": -1}, "name": "changed", "sparse": true}` }},
		{"the index that is dropped", func(k *kinds) { k.indexes[1] = `{"key": {"z": -1}, "name": "goes"}` }},
		{"no index to drop", func(k *kinds) { k.indexes = k.indexes[:1] }},
		{"another index goes, too", func(k *kinds) { c(k).IndexesExact = true }},
		{"an option", func(k *kinds) {
			c(k).Options = parse(t, `{"validator": {"n": {"$gt": -1}}, "validationLevel": "moderate"}`)
		}},
		{"what an option was", func(k *kinds) { k.options = `{"validator": {"n": {"$gt": 6}}, "validationLevel": "strict"}` }},
		{"an option is not there", func(k *kinds) { k.options = `{"validationLevel": "strict"}` }},
		{"an option is left", func(k *kinds) { c(k).SetOptions = c(k).SetOptions[1:] }},
		{"an option of a collection to create", func(k *kinds) { k.state.Collections[2].Options = parse(t, `{"capped": true, "size": 4096}`) }},
		{"the collection to create", func(k *kinds) { k.state.Collections[2].Name = "newer" }},
		{"no collection to create", func(k *kinds) { k.state.Collections = k.state.Collections[:2] }},
		{"the database", func(k *kinds) { k.databases = map[string]string{"d": "other"} }},
		{"a hook before the run", command(func(k *kinds) []desired.Command { return k.state.Before })},
		{"a hook after the run", command(func(k *kinds) []desired.Command { return k.state.After })},
		{"a hook before the collection", command(func(k *kinds) []desired.Command { return c(k).Before })},
		{"a hook after the collection", command(func(k *kinds) []desired.Command { return c(k).After })},
		{"the database of a hook", func(k *kinds) { k.state.Before[0].Database = "admin" }},
		{"no hook", func(k *kinds) { k.state.After = nil }},
		{"hooks in another order", func(k *kinds) { k.state.Before, k.state.After = k.state.After, k.state.Before }},
		{"who claims", func(k *kinds) { k.state.Weave = "v" }},
		{"for which environment", func(k *kinds) { k.state.Environment = "f" }},
		{"what is claimed", func(k *kinds) { slices.Reverse(k.state.Collections) }},
		{"what is written of a document", func(k *kinds) { c(k).Mode = desired.Merge }},
		{"how many runs are kept", func(k *kinds) { c(k).BackupKeep = 3 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := eachKind(t)
			test.edit(k)
			digest := k.plan(t).Digest
			if as := digests[digest]; as != "" {
				t.Errorf("it has the digest of %s", as)
			}
			digests[digest] = test.name
		})
	}
}
