package mongosh

// Structure by either engine, and undone by either: indexes and options of an
// existing collection of each kind.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
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
					if outcomeOf(t, report) != change.Applied {
						t.Fatalf("applied by %s: %s", applier, report)
					}
					same("report of apply", report)
					same("destination after it", u.structureWorld())
					same("journal", fmt.Sprint(u.journal()))
					if again := u.run(undoer, "apply", false, ""); outcomeOf(t, again) != change.InSync {
						t.Errorf("applied again: %s", again)
					}
					same("plan of undo", u.run(undoer, "undo", true, "last"))
					report = u.run(undoer, "undo", false, "last")
					if outcomeOf(t, report) != change.Undone {
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

// specs are a few indexes that meet each other by key, by name and by options.
var specs = struct{ keys, names, options []string }{
	keys:    []string{`{"k": 1}`, `{"k": 1}`, `{"u": 1}`, `{"k": -1, "u": 1}`, `{"n.a": 1}`},
	names:   []string{"k_1", "u_1", "i", "j", "n.a_1"},
	options: []string{``, ``, `, "sparse": true`, `, "unique": true`, `, "unique": true, "sparse": true`, `, "hidden": true`, `, "expireAfterSeconds": 100000000`, `, "expireAfterSeconds": 200000000`, `, "partialFilterExpression": {"k": {"$gt": "k2"}}`},
}

// indexes are some of them, each name and each key once.
func (g gen) indexes(t testing.TB) []bson.Raw {
	var out []bson.Raw
	taken := map[string]bool{}
	for range g.IntN(5) {
		name, key, with := pick(g, specs.names), pick(g, specs.keys), pick(g, specs.options)
		switch compound, unique := strings.Contains(key, ","), strings.Contains(with, "unique"); {
		case taken[name], taken[key], compound && strings.Contains(with, "expire"): // a TTL index has one field
			continue
		case unique && compound, unique && key != `{"k": 1}` && !strings.Contains(with, "sparse"):
			continue // the test engine keeps the entry of a missing field when the field is set
		}
		taken[name], taken[key] = true, true
		out = append(out, parse(t, fmt.Sprintf(`{"key": %s, "name": %q%s}`, key, name, with)))
	}
	return out
}

// TestStructureAgrees: random indexes, wanted and there, declared, exact and
// dropped. MONGOCD_SOAK=N runs N cases with a seed of their own.
func TestStructureAgrees(t *testing.T) {
	cases, number := 40, uint64(4)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 11 %d", cases, number)
	e := newEngines(t, "f_indexes")
	g := gen{rand.New(rand.NewPCG(11, number))}
	outcomes := map[string]int{}
	for i := range cases {
		c, at := g.collection(t, "f_indexes", "c")
		if c.IsView() {
			continue
		}
		c.Indexes, at.indexes = g.indexes(t), g.indexes(t)
		for _, spec := range c.Indexes {
			if g.IntN(2) == 0 {
				c.Declared = append(c.Declared, spec.Lookup("name").StringValue())
			}
		}
		slices.Sort(c.Declared)
		c.IndexesExact = g.IntN(3) == 0
		if name := pick(g, specs.names); g.IntN(2) == 0 && !slices.ContainsFunc(c.Indexes, func(spec bson.Raw) bool { return spec.Lookup("name").StringValue() == name }) {
			c.DropIndexes = []string{name}
		}
		s := state(c)
		report := e.agreeWith(fmt.Sprintf("case %d", i), s, []place{at}, map[string]string{"A": "1", "B": "a", "C": `"x\`})
		outcomes[report.Outcome]++
		if report.Outcome == change.Applied { // verified by the run itself; nothing is left for another
			again, err := enforce.Plan(t.Context(), e.store, s, enforce.Options{Secrets: map[string]string{"A": "1", "B": "a", "C": `"x\`}})
			if err != nil || again.Outcome != change.InSync {
				t.Fatalf("case %d: planned again: %v %s", i, err, view.Text(again, true))
			}
		}
		if report.Failure != nil {
			t.Fatalf("case %d: %s\n%s", i, view.Text(report, true), describe(s, []place{at}))
		}
	}
	t.Log(outcomes)
	if outcomes[change.Applied] < cases/4 {
		t.Error("too few runs changed something")
	}
}

// meddling is a store to which an application writes before an index is prepared.
type meddling struct {
	*storemongo.Store
	meddle func()
}

// Modify implements stores.Store.
func (m meddling) Modify(ctx context.Context, ns stores.Namespace, change bson.Raw) error {
	if _, err := change.LookupErr("index", "prepareUnique"); err == nil {
		m.meddle()
	}
	return m.Store.Modify(ctx, ns, change)
}

// TestUniqueTooLate: a duplicate that an application writes between the look and
// the change stops the run, and the index is left as it was.
func TestUniqueTooLate(t *testing.T) {
	e := newEngines(t, "f_late")
	c := collection(t, "f_late", "c", desired.Merge, `{"_id": 1, "k": 1}`)
	c.Indexes, c.Declared = []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1", "unique": true}`)}, []string{"k_1"}
	meddle := func() {
		if _, err := e.database.Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 2}, {Key: "k", Value: 1}}); err != nil && !mongo.IsDuplicateKeyError(err) {
			t.Error(err)
		}
	}
	if err := e.js.Set("meddle", meddle); err != nil {
		t.Fatal(err)
	}
	e.js.Run(`hook = r => { if (r.command && r.command.collMod && r.command.index.has('prepareUnique')) meddle(); }`)
	var reports []string
	for _, engine := range []string{"go", "js"} {
		seed(t, e.database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "k": 1}`)}, []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1"}`)})
		var text string
		if engine == "js" {
			text = runState(t, e.js, state(c), "apply", nil).Text
		} else {
			report, err := enforce.Apply(t.Context(), meddling{e.store, meddle}, state(c), enforce.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text = view.Text(report, false)
		}
		reports = append(reports, strings.Replace(text, "(CannotConvertIndexToUnique) ", "", 1)) // the driver for Go gives the code's name, too
		for _, want := range []string{"failure in stage indexes", "changing index (collMod) of f_late.c failed: ", "result: stopped, exit 4"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", engine, want, text)
			}
		}
		if got := fmt.Sprint(e.indexes("c")); strings.Contains(got, "nique") {
			t.Errorf("%s leaves %s", engine, got)
		}
	}
	if reports[0] != reports[1] {
		t.Errorf("the engines say\n%s\nand\n%s", reports[0], reports[1])
	}
}
