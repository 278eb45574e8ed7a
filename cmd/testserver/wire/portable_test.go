package wire

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
)

// TestPortability holds docs/portability.md to the table, and the table to what there is.
func TestPortability(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	if !slices.IsSortedFunc(Parts, func(a, b Part) int { return strings.Compare(a.Use, b.Use) }) {
		t.Error("Parts are not sorted")
	}
	var core, beyond strings.Builder
	for _, p := range Parts {
		shown := "`" + p.Shown + "`"
		if !strings.HasPrefix(p.Shown, "Test") {
			if _, err := os.Stat(filepath.Join(root, "testdata", "cases", p.Shown+".txtar")); err != nil {
				t.Errorf("%s: there is no case %s", p.Use, p.Shown)
			}
		}
		kind, what, _ := strings.Cut(p.Use, ": ")
		if what == "" {
			kind, what, _ = strings.Cut(p.Use, " ")
		}
		switch {
		case p.Needs == "":
			fmt.Fprintf(&core, "| %s | `%s` | %s |\n", kind, what, shown)
		case capability.Words(p.Needs) == p.Needs:
			t.Errorf("%s: there is no capability %s", p.Use, p.Needs)
		default:
			fmt.Fprintf(&beyond, "| %s | `%s` | `%s` | %s | %s |\n", kind, what, p.Needs, capability.Words(p.Needs), shown)
		}
	}
	var hooks strings.Builder
	for _, f := range HookFields {
		fmt.Fprintf(&hooks, "| `%s` | %s |\n", f.Name, f.By)
	}
	want := strings.NewReplacer("CORE\n", core.String(), "BEYOND\n", beyond.String(), "HOOKS\n", hooks.String()).Replace(page)
	path := filepath.Join(root, "docs", "portability.md")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says: UPDATE_GOLDEN=1 go test ./cmd/testserver/wire", path)
	}
}

const page = `# What is asked of a server

Runs speak a small dialect, so that the same artefact works on MongoDB and on servers that only speak its protocol. This page is made of the table in ` + "`cmd/testserver/wire/portable.go`" + `, and every test whose destination is behind the recording proxy (the corpus, random states, races, soaks) fails when a run sends anything that is not in it.
Where a case is named, that case sends it. What is in ` + "`before` and `after`" + ` of a weave is its author's own, and not in the tables (Hooks, below); nor is what drivers and mongosh send on their own (` + "`hello`, `ping`, `endSessions`, …" + `), nor values: documents, and what options of collections and indexes hold (a validator, the pipeline of a view).

What runs remember is in a smaller dialect still ([state.md](state.md)). The script of [` + "`--target pipeline`" + `](pipeline.md) speaks another one, of aggregations, and is for MongoDB.

## The core

Every server has to know these.

| | | shown by |
|---|---|---|
CORE

## Beyond it

Not sent to a server that was seen to lack the capability ([state.md](state.md), Server): then a write goes another way ([enforcement.md](enforcement.md), What a server lacks), or the run is refused with ` + "`server-lacks`" + ` before anything is written.

| | | capability | | shown by |
|---|---|---|---|---|
BEYOND

## Hooks

A ` + "`run {…}` of `before` or `after`" + ` is its author's own command: it is sent as it was written, field by field, once, and neither tried before nor held to the tables above. Whether a server knows it is for the author to know; one that refuses it ends the run in that stage ([enforcement.md](enforcement.md), Hooks).
mongocd adds neither a comment nor a concern. What is sent with it all the same (` + "`TestHooksOnTheWire`" + ` holds both engines to this list; what a run does around hooks, reading again and keeping its lease, is in the tables):

| | by |
|---|---|
HOOKS
`

func TestUses(t *testing.T) {
	for _, test := range []struct{ command, want string }{
		{`{"find": "c", "filter": {"$or": [{"a.b": {"$eq": {"$x": 1}, "$not": {"$type": "array"}}}], "b": {"$in": [{"$y": 1}]}, "c": {"plain": 1}}, "comment": "x"}`,
			"command find; find: filter; filter $or; filter $eq; filter $not; filter $type; filter $in"},
		{`{"update": "c", "updates": [{"q": {"_id": 1, "$expr": {"$eq": ["$$ROOT", {"$literal": {"$z": "$$w"}}]}}, "u": [{"$replaceWith": {"$literal": {"a": 1}}}], "multi": false}], "ordered": false}`,
			"command update; update: updates; update: ordered; statement: multi; filter $expr; expression $eq; variable $$ROOT; expression $literal; update by a pipeline; stage $replaceWith"},
		{`{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"_id": 1, "$odd": 2}}, {"q": {}, "u": {"$set": {"a": {"$b": 1}}, "$unset": {"c": ""}}}]}`,
			"command update; update: updates; update by a document; update $set; update $unset"},
		{`{"create": "c", "validator": {"a": {"$type": "int"}}}`, "command create; option of collections: validator"},
		{`{"create": "c", "viewOn": "d", "pipeline": [{"$match": {}}]}`, "command create; option of collections: viewOn; option of collections: pipeline"},
		{`{"createIndexes": "c", "indexes": [{"key": {"a": "text"}, "name": "x", "unique": true}]}`, "command createIndexes; createIndexes: indexes; option of indexes: unique; kind of indexes: text"},
		{`{"collMod": "c", "index": {"name": "x", "hidden": true}}`, "command collMod; collMod of an index: hidden"},
		{`{"aggregate": "c", "pipeline": [{"$collStats": {}}, {"$group": {"_id": null, "n": {"$sum": "$x"}}}], "cursor": {}}`,
			"command aggregate; aggregate: pipeline; aggregate: cursor; stage $collStats; stage $group; expression $sum"},
	} {
		var body bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(test.command), true, &body); err != nil {
			t.Fatal(err)
		}
		first, err := body.IndexErr(0)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(Uses(Command{Name: first.Key(), Body: body}), "; "); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.command, got, test.want)
		}
	}
}
