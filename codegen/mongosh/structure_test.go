package mongosh

// Structure by either engine, and undone by either: indexes and options of an
// existing collection of each kind.

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// structured are commands that make a destination, what is wanted of it, and
// what undo leaves.
var structured = []struct {
	name           string
	create         []string // commands
	options        string
	set            []string
	indexes        []string
	declared, drop []string
	// What undo cannot set back, before and after.
	leftBefore, leftAfter string
}{
	{
		name: "plain",
		create: []string{
			`{"create": "c", "validator": {"a": 1}, "validationLevel": "strict", "validationAction": "warn"}`,
			`{"createIndexes": "c", "indexes": [{"key": {"ttl": 1}, "name": "ttl_1", "expireAfterSeconds": 5}, {"key": {"u": 1}, "name": "u_1"}, {"key": {"l": 1}, "name": "l_1", "unique": true}, {"key": {"n": 1}, "name": "n_1"}, {"key": {"gone": 1}, "name": "gone_1", "sparse": true}]}`,
			`{"insert": "c", "documents": [{"_id": 1, "a": 1, "u": 1, "l": 1}]}`,
		},
		options: `{"changeStreamPreAndPostImages": {"enabled": true}, "validator": {"a": {"$gte": 1}}, "validationLevel": "moderate"}`,
		set:     []string{"changeStreamPreAndPostImages", "validationAction", "validationLevel", "validator"},
		indexes: []string{
			`{"key": {"ttl": 1}, "name": "ttl_1", "expireAfterSeconds": 50}`, `{"key": {"u": 1}, "name": "u_1", "unique": true}`, `{"key": {"l": 1}, "name": "l_1"}`,
			`{"key": {"n": 1}, "name": "mine"}`, `{"key": {"new": 1}, "name": "new_1"}`,
		},
		declared: []string{"l_1", "mine", "new_1", "ttl_1", "u_1"}, drop: []string{"gone_1"},
	},
	{
		name: "capped", create: []string{`{"create": "c", "capped": true, "size": 4096, "max": 5}`},
		options: `{"capped": true, "size": 8192}`, set: []string{"max", "size"},
	},
	{
		name: "series", create: []string{`{"create": "c", "timeseries": {"timeField": "t", "metaField": "m"}, "expireAfterSeconds": 100}`},
		options: `{"timeseries": {"timeField": "t", "metaField": "m", "granularity": "hours"}}`, set: []string{"expireAfterSeconds", "timeseries"},
		leftBefore: `"granularity": "seconds","bucketMaxSpanSeconds": {"$numberInt":"3600"}`, leftAfter: `"granularity": "hours","bucketMaxSpanSeconds": {"$numberInt":"2592000"}`,
	},
	{
		name: "view", create: []string{`{"create": "c", "viewOn": "a", "pipeline": []}`},
		options: `{"viewOn": "b", "pipeline": [{"$match": {"a": 1}}]}`, set: []string{"pipeline", "viewOn"},
	},
}

// structureWorld are options, indexes and documents, one a line.
func (u *undoing) structureWorld() string {
	u.t.Helper()
	cursor, err := u.database.ListCollections(u.t.Context(), bson.D{{Key: "name", Value: "c"}})
	if err != nil {
		u.t.Fatal(err)
	}
	var infos []bson.Raw
	if err := cursor.All(u.t.Context(), &infos); err != nil {
		u.t.Fatal(err)
	}
	options := ""
	for _, info := range infos {
		options += fmt.Sprintf("options %s\n", info.Lookup("options"))
	}
	return options + u.world()
}

func TestUndoStructure(t *testing.T) {
	e := newEngines(t, "f_structure")
	for _, test := range structured {
		t.Run(test.name, func(t *testing.T) {
			c := &desired.Collection{
				Database: "f_structure", Name: "c", Origin: "w.weave:1:1", Mode: desired.Structure, Identity: []doc.Path{{"_id"}},
				Options: parse(t, test.options), SetOptions: test.set, Declared: test.declared, DropIndexes: test.drop,
			}
			for _, spec := range test.indexes {
				c.Indexes = append(c.Indexes, parse(t, spec))
			}
			u := &undoing{engines: e, s: state(c)}
			reports := map[string]string{}
			same := func(what, text string) {
				t.Helper()
				if first, ok := reports[what]; ok && first != text {
					t.Errorf("another %s\n%s\nbefore\n%s", what, text, first)
				}
				reports[what] = text
			}
			for _, applier := range []string{"go", "js"} {
				for _, undoer := range []string{"go", "js"} {
					freshDatabase(t, u.database.Client(), undoState)
					freshDatabase(t, u.database.Client(), "f_structure")
					for _, command := range test.create {
						if err := u.database.RunCommand(t.Context(), parse(t, command)).Err(); err != nil {
							t.Fatalf("%s: %v", command, err)
						}
					}
					before := u.structureWorld()
					report := u.run(applier, "apply", false, "")
					if outcomeOf(t, report) != enforce.Applied {
						t.Fatalf("applied by %s: %s", applier, report)
					}
					same("report of apply", report)
					same("destination after it", u.structureWorld())
					same("journal", fmt.Sprint(u.journal()))
					if again := u.run(undoer, "apply", false, ""); outcomeOf(t, again) != enforce.InSync {
						t.Errorf("applied again: %s", again)
					}
					same("plan of undo", u.run(undoer, "undo", true, "last"))
					report = u.run(undoer, "undo", false, "last")
					if outcomeOf(t, report) != enforce.Undone {
						t.Fatalf("undone by %s: %s", undoer, report)
					}
					same("report of undo", report)
					want := strings.Replace(before, test.leftBefore, test.leftAfter, 1)
					if got := u.structureWorld(); got != want {
						t.Errorf("applied by %s, undone by %s\n%s\nwant\n%s\n%s", applier, undoer, got, want, report)
					}
				}
			}
		})
	}
}
