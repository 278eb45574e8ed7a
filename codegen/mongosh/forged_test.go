package mongosh

// What somebody can do who can write to the state database and to nothing else:
// records that are forged on purpose, with the chain made again as it would be
// without a key, and records that are damaged at random in every field. Both engines
// refuse them, or run as is right, and write to nothing but the collections of the
// build. The chain is calculated here on its own, by docs/state.md, Seal.

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/schema"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/undo"
)

const (
	forgedData  = "f_forged"
	forgedState = "f_forged_state"
	forgedKey   = "a key of sixteen bytes or more"
	wrongKey    = "another key of sixteen bytes or more"
)

// attacked is a destination to which a run was applied, and what it was before.
type attacked struct {
	*engines
	s              *desired.State
	before, world  []string            // of the collection, before the run and after it
	records        map[string][]bson.D // of the state database after the run
	digest         string              // of the journal, from the run's report
	key            string
	databases      []string
	engine, latest string // the engine of the next run, and its report
}

func forgedWorld(t testing.TB) (*desired.State, place) {
	c := collection(t, forgedData, "c", desired.Exact, `{"_id": 1, "a": 2, "b": {"x": 1}}`, `{"_id": 3, "balance": 1}`, `{"_id": 4, "$odd": 2}`)
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 5, Filter: parse(t, `{}`)}
	c.Indexes, c.IndexesExact = []bson.Raw{parse(t, `{"key": {"b": 1}, "name": "b_1"}`)}, true
	live := place{indexes: []bson.Raw{parse(t, `{"key": {"z": 1}, "name": "z_1"}`)}}
	for _, text := range []string{`{"_id": 1, "a": 1, "gone": 1, "b": {"x": 1}}`, `{"_id": 2, "pruned": true}`, `{"_id": 4, "$odd": 1}`} {
		live.documents = append(live.documents, parse(t, text))
	}
	return state(c), live
}

// attack applies the state with a key or none, and remembers all that is there.
func attack(t testing.TB, e *engines, key string) *attacked {
	t.Helper()
	s, live := forgedWorld(t)
	a := &attacked{engines: e, s: s, key: key, records: map[string][]bson.D{}}
	freshDatabase(t, e.database.Client(), forgedState)
	seed(t, e.database.Collection("c"), live.documents, live.indexes)
	a.before = a.documents()
	report, err := enforce.Apply(t.Context(), e.store, s, enforce.Options{StateDatabase: forgedState, JournalKey: key})
	if err != nil || report.Outcome != change.Applied || report.Run == nil {
		t.Fatalf("%v\n%s", err, view.Text(report, true))
	}
	a.world, a.digest = a.documents(), report.Run.Journal
	for _, name := range []string{"control", "runs", "journal", "ledger"} {
		for _, raw := range stored(t, a.state(name)) {
			var d bson.D
			if err := bson.Unmarshal(raw, &d); err != nil {
				t.Fatal(err)
			}
			a.records[name] = append(a.records[name], d)
		}
	}
	a.databases = a.list()
	return a
}

func (a *attacked) state(name string) *mongo.Collection {
	return a.database.Client().Database(forgedState).Collection(name)
}

func (a *attacked) documents() []string {
	a.t.Helper()
	var out []string
	for _, d := range stored(a.t, a.database.Collection("c")) {
		out = append(out, hex.EncodeToString(d))
	}
	return out
}

func (a *attacked) list() []string {
	a.t.Helper()
	names, err := a.database.Client().ListDatabaseNames(a.t.Context(), bson.D{})
	if err != nil {
		a.t.Fatal(err)
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool { // of other tests on this server
		return name != "victim" && name != forgedData && !slices.Contains([]string{"admin", "config", "local"}, name)
	})
}

// put replaces the records of the state database.
func (a *attacked) put(records map[string][]bson.D) error {
	a.t.Helper()
	for name, list := range records {
		if _, err := a.state(name).DeleteMany(a.t.Context(), bson.D{}); err != nil {
			a.t.Fatal(err)
		}
		if len(list) == 0 {
			continue
		}
		if _, err := a.state(name).InsertMany(a.t.Context(), list); err != nil {
			return err
		}
	}
	return nil
}

// copies are the records again, so that they can be changed.
func (a *attacked) copies() map[string][]bson.D {
	out := map[string][]bson.D{}
	for name, list := range a.records {
		for _, d := range list {
			out[name] = append(out[name], cloned(d).(bson.D))
		}
	}
	return out
}

// run runs a command with an engine and gives its exit code and report.
func (a *attacked) run(engine, command, key, journal string) (exit int) {
	a.t.Helper()
	a.engine = engine
	if engine == "js" {
		with := map[string]string{"MONGOCD_STATE_DATABASE": forgedState, "MONGOCD_JOURNAL_KEY": key, "MONGOCD_JOURNAL": journal}
		if command != "runs" { // of which it would show that one
			with["MONGOCD_RUN"] = "last"
		}
		a.latest = runState(a.t, a.js, a.s, command, with).JSON
		_, rest, _ := strings.Cut(a.latest, `"exit": `)
		n, err := strconv.Atoi(rest[:strings.Index(rest, ",")])
		if err != nil {
			a.t.Fatalf("%v in %s", err, a.latest)
		}
		return n
	}
	options := enforce.Options{StateDatabase: forgedState, JournalKey: key}
	var report *change.Report
	var err error
	switch command {
	case "plan":
		report, err = enforce.Plan(a.t.Context(), a.store, a.s, options)
	case "apply":
		report, err = enforce.Apply(a.t.Context(), a.store, a.s, options)
	case "undo":
		report, err = undo.Undo(a.t.Context(), a.store, a.s, undo.Options{Journal: journal}, options)
	case "claim":
		report, err = enforce.Claim(a.t.Context(), a.store, a.s, false, options)
	case "release-hold":
		report, err = enforce.ReleaseHold(a.t.Context(), a.store, "w", "e", false, options)
	case "runs":
		list, err := enforce.Runs(a.t.Context(), a.store, "w", "e", options)
		if err != nil {
			a.t.Fatal(err)
		}
		text, err := view.JSON(list)
		if err != nil {
			a.t.Fatal(err)
		}
		a.latest = string(text)
		return list.Exit
	}
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := view.JSON(report)
	if err != nil {
		a.t.Fatal(err)
	}
	schema.Report(a.t, text)
	a.latest = string(text)
	return report.Exit
}

// outside reports what was written to that is no part of the plan.
func (a *attacked) outside() string {
	if got := a.list(); !slices.Equal(got, a.databases) {
		return fmt.Sprintf("the databases are %s, and were %s", got, a.databases)
	}
	for _, d := range stored(a.t, a.state("control")) {
		if _, ok := d.Lookup("balance").AsInt64OK(); ok {
			return "the state database has a forged record: " + d.String()
		}
	}
	return ""
}

// TestForgedJournal: entries that were made by somebody who can write to the state
// database alone.
func TestForgedJournal(t *testing.T) {
	e := newEngines(t, forgedData)
	defer func() {
		for _, name := range []string{"victim", forgedState} {
			freshDatabase(t, e.database.Client(), name)
		}
	}()
	elsewhere := func(database, collection string) func(*attacked, map[string][]bson.D) {
		return func(a *attacked, r map[string][]bson.D) { a.entry(r, database, collection); sealAgain(t, r, "") }
	}
	inControl := func(id, field string, v any) func(*attacked, map[string][]bson.D) {
		return func(_ *attacked, r map[string][]bson.D) {
			i := slices.IndexFunc(r["control"], func(d bson.D) bool { return value(d, "_id") == id })
			setValue(&r["control"][i], field, v)
		}
	}
	allow := func(r map[string][]bson.D, database, collection string) {
		run := &r["runs"][0]
		setValue(run, "databases", bson.A{database, forgedData})
		setValue(run, "collections", bson.A{database + "." + collection, forgedData + ".c"})
	}
	allowed := func(database, collection string) func(*attacked, map[string][]bson.D) {
		return func(a *attacked, r map[string][]bson.D) {
			allow(r, database, collection)
			a.entry(r, database, collection)
			sealAgain(t, r, "")
		}
	}
	for _, test := range []struct {
		name       string
		forge      func(*attacked, map[string][]bson.D)
		with, give string // the key that the run had, and the one that undo is given
		digest     bool   // the report's digest is given
		code       string // of the conflict; empty: it is undone
	}{
		{name: "nothing"},
		{name: "nothing, with the digest", digest: true},
		{name: "nothing, with a key", with: forgedKey, give: forgedKey},
		{name: "nothing, with a key and the digest", with: forgedKey, give: forgedKey, digest: true},
		{name: "no key", with: forgedKey, code: "journal-mismatch"},
		{name: "another key", with: forgedKey, give: wrongKey, code: "journal-mismatch"},
		{name: "a key where there was none", give: forgedKey, code: "journal-mismatch"},
		{name: "another database, chain as it was", forge: func(a *attacked, r map[string][]bson.D) { a.entry(r, "victim", "accounts") }, code: change.DamagedState.Code},
		{name: "another database", forge: elsewhere("victim", "accounts"), code: change.UndoOutside.Code},
		{name: "another database, in the run's record", forge: allowed("victim", "accounts"), code: change.UndoOutside.Code},
		{name: "another collection", forge: allowed(forgedData, "other"), code: change.UndoOutside.Code},
		{name: "the state database", forge: allowed(forgedState, "control"), code: change.UndoOutside.Code},
		{name: "admin", forge: allowed("admin", "system.users"), code: change.UndoOutside.Code},
		{name: "config", forge: allowed("config", "settings"), code: change.UndoOutside.Code},
		{name: "local", forge: allowed("local", "x"), code: change.UndoOutside.Code},
		{name: "the server's collection", forge: allowed(forgedData, "system.js"), code: change.UndoOutside.Code},
		{name: "the seal taken away", forge: func(a *attacked, r map[string][]bson.D) {
			allow(r, "victim", "accounts")
			a.entry(r, "victim", "accounts")
			for _, name := range []string{"seal", "chain", "collections", "records", "journal"} {
				r["runs"][0] = without(r["runs"][0], name)
			}
			for i := range r["journal"] {
				r["journal"][i] = without(r["journal"][i], "chain")
			}
		}, code: change.UndoOutside.Code},
		{name: "of a run that is not over", forge: func(a *attacked, r map[string][]bson.D) {
			elsewhere("victim", "accounts")(a, r)
			run := &r["runs"][0]
			for _, name := range []string{"records", "journal", "ended"} {
				*run = without(*run, name)
			}
			setValue(run, "outcome", "running")
		}, code: change.UndoOutside.Code},
		{name: "a document in the collection, with the digest", forge: elsewhere(forgedData, "c"), digest: true, code: "journal-mismatch"},
		{name: "a document in the collection, with a key", forge: elsewhere(forgedData, "c"), with: forgedKey, give: forgedKey, code: "journal-mismatch"},
		{name: "a document in the collection, chain as it was", forge: func(a *attacked, r map[string][]bson.D) { a.entry(r, forgedData, "c") }, with: forgedKey, give: forgedKey, code: change.DamagedState.Code},
		{name: "another key's seal", forge: func(a *attacked, r map[string][]bson.D) { a.entry(r, forgedData, "c"); sealAgain(t, r, wrongKey) },
			with: forgedKey, give: forgedKey, code: "journal-mismatch"},
		{name: "a record left out", forge: func(a *attacked, r map[string][]bson.D) { r["journal"] = slices.Delete(r["journal"], 1, 2) }, code: change.DamagedState.Code},
		{name: "the last record left out", forge: func(a *attacked, r map[string][]bson.D) { r["journal"] = r["journal"][:len(r["journal"])-1] }, code: change.DamagedState.Code},
		{name: "the last record left out, sealed again", forge: func(a *attacked, r map[string][]bson.D) {
			r["journal"] = r["journal"][:len(r["journal"])-1]
			sealAgain(t, r, "")
		}, digest: true, code: "journal-mismatch"},
		{name: "a ledger of a newer version", forge: func(_ *attacked, r map[string][]bson.D) { setValue(&r["ledger"][0], "format", int32(2)) }, code: change.NewerState.Code},
		{name: "a collection of a newer version", forge: inControl("collection f_forged.c", "format", int32(2)), code: change.NewerState.Code},
		{name: "capabilities of a newer version", forge: inControl("server capabilities", "format", int32(2)), code: change.NewerState.Code},
		{name: "damaged capabilities", forge: inControl("server capabilities", "lacks", "transactions"), code: change.DamagedState.Code},
		{name: "the journal gone", forge: func(a *attacked, r map[string][]bson.D) { r["journal"] = nil }, code: change.DamagedState.Code},
		{name: "changed places", forge: func(a *attacked, r map[string][]bson.D) {
			x, y := r["journal"][0], r["journal"][1]
			r["journal"][0], r["journal"][1] = append(bson.D{x[0]}, y[1:]...), append(bson.D{y[0]}, x[1:]...)
		}, code: change.DamagedState.Code},
		{name: "a delete with another _id", forge: func(a *attacked, r map[string][]bson.D) {
			a.entry(r, forgedData, "c")
			setItem(t, r, func(item *bson.D) { setValue(item, "_id", int32(8)) })
		}, code: change.DamagedState.Code},
		{name: "a delete without _id", forge: func(a *attacked, r map[string][]bson.D) {
			a.entry(r, forgedData, "c")
			setItem(t, r, func(item *bson.D) { setValue(item, "before", bson.D{{Key: "balance", Value: int32(1)}}) })
		}, code: change.DamagedState.Code},
	} {
		for _, engine := range []string{"go", "js"} {
			t.Run(test.name+"/"+engine, func(t *testing.T) {
				a := attack(t, e, test.with)
				if test.forge != nil {
					records := a.copies()
					test.forge(a, records)
					if err := a.put(records); err != nil {
						t.Fatal(err)
					}
				}
				digest := ""
				if test.digest {
					digest = a.digest
				}
				exit := a.run(engine, "undo", test.give, digest)
				got, want := a.documents(), a.world
				if test.code == "" {
					want = a.before
				}
				if bad := a.outside(); bad != "" || !slices.Equal(got, want) {
					t.Errorf("%s\n%s\nwant\n%s\n%s", bad, got, want, a.latest)
				}
				if test.code == "" && exit != change.ExitDone || test.code != "" && (exit != change.ExitRefused || !strings.Contains(a.latest, `"code": "`+test.code+`"`)) {
					t.Errorf("want %q\n%s", test.code, a.latest)
				}
			})
		}
	}
}

// oddValues are put in place of others.
var oddValues = []any{
	int32(0), int32(1), int32(2), int32(-1), int64(1), int64(1 << 62), int64(-5), 2.5, 1.0, "", "x", "admin", "\x00\u202e", nil, true, false, bson.D{}, bson.D{{Key: "$gt", Value: ""}}, bson.A{}, bson.A{"x"}, bson.A{bson.A{}},
	bson.A{int32(1)}, bson.Binary{Data: []byte{1}}, bson.Binary{Data: make([]byte, 32)}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.DateTime(-1), bson.DateTime(1 << 60), bson.Regex{Pattern: ".*"}, bson.MinKey{}, bson.MaxKey{},
}

// TestForgedInMongosh is a sample of the same in mongosh itself: what its driver
// makes of bytes, and its own SHA-256 under the key.
func TestForgedInMongosh(t *testing.T) {
	e := newEngines(t, forgedData)
	_, uri := connect(t)
	defer func() { freshDatabase(t, e.database.Client(), forgedState) }()
	file := script(t, first(forgedWorld(t)), "")
	run := func(mode string, env ...string) engine.Run {
		return engine.Mongosh(t, uri, file, append(env, "MONGOCD_MODE="+mode, "MONGOCD_RUN=last", "MONGOCD_STATE_DATABASE="+forgedState, "MONGOCD_OUTPUT=json")...)
	}
	for _, test := range []struct {
		name  string
		key   string
		forge func(*attacked, map[string][]bson.D)
		code  string
	}{
		{"as it is", forgedKey, nil, ""},
		{"another database", "", func(a *attacked, r map[string][]bson.D) { a.entry(r, "victim", "accounts"); sealAgain(t, r, "") }, change.UndoOutside.Code},
		{"in the collection", forgedKey, func(a *attacked, r map[string][]bson.D) { a.entry(r, forgedData, "c"); sealAgain(t, r, wrongKey) }, "journal-mismatch"},
		{"a field of another type", "", func(a *attacked, r map[string][]bson.D) { setValue(&r["journal"][0], "keep", "x") }, change.DamagedState.Code},
	} {
		a := attack(t, e, test.key)
		records := a.copies()
		if test.forge != nil {
			test.forge(a, records)
		}
		if err := a.put(records); err != nil {
			t.Fatal(err)
		}
		got := run("undo", "MONGOCD_JOURNAL_KEY="+test.key)
		want, code := a.world, change.ExitRefused
		if test.code == "" {
			want, code = a.before, change.ExitDone
		}
		if bad := a.outside(); bad != "" || got.Code != code || !strings.Contains(got.Stdout, test.code) || !slices.Equal(a.documents(), want) {
			t.Errorf("%s: %s exit %d\n%s%s", test.name, bad, got.Code, got.Stdout, got.Stderr)
		}
	}
	// What mongosh has sealed, Go undoes.
	s, live := forgedWorld(t)
	freshDatabase(t, e.database.Client(), forgedState)
	seed(t, e.database.Collection("c"), live.documents, live.indexes)
	if got := run("apply", "MONGOCD_JOURNAL_KEY="+forgedKey); got.Code != change.ExitDone || !strings.Contains(got.Stdout, `"journal": "sha256:`) {
		t.Fatalf("exit %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	report, err := undo.Undo(t.Context(), e.store, s, undo.Options{}, enforce.Options{StateDatabase: forgedState, JournalKey: forgedKey})
	if err != nil || report.Outcome != change.Undone {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
}

func first(s *desired.State, _ place) *desired.State { return s }
