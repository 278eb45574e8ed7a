package mongosh

// What somebody can do who can write to the state database and to nothing else:
// records that are forged on purpose, with the chain made again as it would be
// without a key, and records that are damaged at random in every field. Both engines
// refuse them, or run as is right, and write to nothing but the collections of the
// build. The chain is calculated here on its own, by docs/state.md, Seal.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
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

func cloned(v any) any {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			out = append(out, bson.E{Key: e.Key, Value: cloned(e.Value)})
		}
		return out
	case bson.A:
		out := bson.A{}
		for _, e := range v {
			out = append(out, cloned(e))
		}
		return out
	}
	return v
}

func value(d bson.D, name string) any {
	for _, e := range d {
		if e.Key == name {
			return e.Value
		}
	}
	return nil
}

func setValue(d *bson.D, name string, v any) {
	for i := range *d {
		if (*d)[i].Key == name {
			(*d)[i].Value = v
			return
		}
	}
	*d = append(*d, bson.E{Key: name, Value: v})
}

func without(d bson.D, name string) bson.D {
	return slices.DeleteFunc(slices.Clone(d), func(e bson.E) bool { return e.Key == name })
}

func marshalled(t testing.TB, d any) []byte {
	t.Helper()
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sealAgain makes the chain of a run and its journal as it would be with a key, so
// that it fits what they say now.
func sealAgain(t testing.TB, records map[string][]bson.D, key string) {
	t.Helper()
	run := &records["runs"][0]
	sum := func(what string, parts ...[]byte) []byte {
		h := sha256.New()
		if key != "" {
			h = hmac.New(sha256.New, []byte(key))
		}
		h.Write([]byte(what + "\x00"))
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	chain := sum("mongocd run", marshalled(t, bson.D{{Key: "run", Value: value(*run, "_id")}, {Key: "artefact", Value: value(*run, "artefact")},
		{Key: "databases", Value: value(*run, "databases")}, {Key: "collections", Value: value(*run, "collections")}}))
	setValue(run, "chain", bson.Binary{Data: chain})
	for i, d := range records["journal"] {
		bare := without(d, "chain")
		chain = sum("mongocd journal", chain, marshalled(t, bare))
		records["journal"][i] = append(bare, bson.E{Key: "chain", Value: bson.Binary{Data: chain}})
	}
	n := int64(len(records["journal"]))
	setValue(run, "records", n)
	setValue(run, "journal", bson.Binary{Data: sum("mongocd end", chain, binary.LittleEndian.AppendUint64(nil, uint64(n)))})
	seal := "sha256"
	if key != "" {
		seal = "hmac-sha256"
	}
	setValue(run, "seal", seal)
}

// entry is a forged record of the journal that comes next: it inserts a document.
func (a *attacked) entry(records map[string][]bson.D, database, name string) {
	a.t.Helper()
	n := len(records["journal"]) + 1
	item := marshalled(a.t, bson.D{{Key: "_id", Value: int32(9)}, {Key: "key", Value: bson.Binary{Data: make([]byte, 16)}},
		{Key: "before", Value: bson.D{{Key: "_id", Value: int32(9)}, {Key: "balance", Value: int32(1000000)}}}})
	records["journal"] = append(records["journal"], bson.D{{Key: "_id", Value: fmt.Sprintf("w/e/1/%08d", n)}, {Key: "format", Value: int32(1)}, {Key: "run", Value: "w/e/1"},
		{Key: "database", Value: database}, {Key: "collection", Value: name}, {Key: "action", Value: "delete"}, {Key: "keep", Value: bson.A{}}, {Key: "keepNames", Value: bson.A{}},
		{Key: "data", Value: bson.Binary{Data: item}}})
}

// run runs a command with an engine and gives its exit code and report.
func (a *attacked) run(engine, command, key, journal string) (exit int) {
	a.t.Helper()
	a.engine = engine
	if engine == "js" {
		with := map[string]string{"MONGOCD_STATE_DATABASE": forgedState, "MONGOCD_RUN": "last", "MONGOCD_JOURNAL_KEY": key, "MONGOCD_JOURNAL": journal}
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
		report, err = enforce.Undo(a.t.Context(), a.store, a.s, enforce.UndoOptions{Journal: journal}, options)
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

// setItem changes the item of the last record of the journal, and seals it again.
func setItem(t testing.TB, records map[string][]bson.D, change func(*bson.D)) {
	t.Helper()
	last := &records["journal"][len(records["journal"])-1]
	var item bson.D
	if err := bson.Unmarshal(value(*last, "data").(bson.Binary).Data, &item); err != nil {
		t.Fatal(err)
	}
	change(&item)
	setValue(last, "data", bson.Binary{Data: marshalled(t, item)})
	sealAgain(t, records, "")
}

// TestDamagedRecords changes every field of every record, at random: an engine
// refuses, with nothing written, or does what is right. MONGOCD_SOAK=N makes N of them.
func TestDamagedRecords(t *testing.T) {
	cases, number := 1000, uint64(17)
	if soak := os.Getenv("MONGOCD_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("MONGOCD_SOAK: %v", err)
		}
		cases, number = n, rand.Uint64()
	}
	t.Logf("%d cases, seed 17 %d", cases, number)
	e := newEngines(t, forgedData)
	defer func() { freshDatabase(t, e.database.Client(), forgedState) }()
	g := gen{rand.New(rand.NewPCG(17, number))}
	a := attack(t, e, "")
	a.records["control"] = append(a.records["control"],
		bson.D{{Key: "_id", Value: "hold w/e"}, {Key: "format", Value: int32(1)}, {Key: "held", Value: bson.A{bson.D{{Key: "artefact", Value: "sha256:00"}, {Key: "run", Value: "w/e/1"}, {Key: "databases", Value: bson.A{forgedData}}}}}},
		bson.D{{Key: "_id", Value: "lease f_forged/w"}, {Key: "format", Value: int32(1)}, {Key: "run", Value: "w/e/1"}, {Key: "token", Value: "0"}, {Key: "taken", Value: bson.DateTime(0)}, {Key: "expires", Value: bson.DateTime(0)}})
	live := stored(t, e.database.Collection("c"))
	found := map[string]int{}
	for i := 0; found["refused"]+found["right"] < cases; i++ {
		records := a.copies()
		kind := pick(g, []string{"control", "control", "runs", "journal", "journal", "journal", "ledger"})
		n := g.IntN(len(records[kind]))
		changed := damage(t, g, kind, &records[kind][n])
		sealed := g.IntN(2) == 0 && kind != "control" && kind != "ledger"
		if sealed {
			sealAgain(t, records, "")
		}
		if err := a.put(records); err != nil {
			found["not stored"]++ // a server refuses such an _id
			continue
		}
		drifted := g.IntN(2) == 0
		seed(t, e.database.Collection("c"), live, nil)
		if drifted { // there is something to apply
			if _, err := e.database.Collection("c").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: int32(3)}}); err != nil {
				t.Fatal(err)
			}
		}
		world := a.documents()
		command := pick(g, map[string][]string{
			"control": {"plan", "apply", "undo", "claim", "release-hold"}, "runs": {"runs", "undo", "apply"}, "journal": {"undo"}, "ledger": {"plan", "undo", "apply"},
		}[kind])
		engine := pick(g, []string{"go", "js"})
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("case %d, %s by %s, %s %v, %s, sealed %t, drifted %t: %s\n%s", i, command, engine, kind, value(a.records[kind][n], "_id"), changed, sealed, drifted,
				fmt.Sprintf(format, args...), a.latest)
		}
		exit := func() int {
			defer func() {
				if v := recover(); v != nil {
					fail("it panicked: %v", v)
				}
			}()
			return a.run(engine, command, "", "")
		}()
		after := a.documents()
		if bad := a.outside(); bad != "" {
			fail("%s", bad)
		}
		switch {
		case strings.Contains(a.latest, "made a mistake"):
			fail("it made a mistake")
		case exit == change.ExitRefused || exit == change.ExitFailed && command == "runs":
			if !slices.Equal(after, world) {
				fail("it refused, and wrote")
			}
			if !strings.Contains(a.latest, "is not as mongocd writes it") && !strings.Contains(a.latest, "newer mongocd") && !strings.Contains(a.latest, `"fix"`) {
				fail("it does not say why")
			}
			said := a.latest
			other := map[string]string{"go": "js", "js": "go"}[engine]
			if a.run(other, command, "", ""); a.latest != said {
				fail("the other engine says otherwise:\n%s", said)
			}
			found["refused"]++
		case exit != change.ExitDone:
			fail("it ended with %d", exit)
		case command == "apply" && len(after) != len(a.world):
			fail("it did not apply: %s", after)
		case command != "apply" && command != "undo" && !slices.Equal(after, world):
			fail("it wrote")
		case command == "runs" && !strings.Contains(a.latest, `"id": "w/e/1"`) && !strings.HasPrefix(changed, "weave") && !strings.HasPrefix(changed, "environment"):
			fail("it leaves the run out")
		default:
			found["right"]++
		}
	}
	t.Log(found)
}

// damage changes something in a record, and says what.
func damage(t testing.TB, g gen, kind string, d *bson.D) string {
	if kind == "journal" && g.IntN(3) > 0 {
		data := value(*d, "data").(bson.Binary).Data
		if g.IntN(4) == 0 {
			data = slices.Clone(data)
			n := g.IntN(len(data))
			data[n] ^= byte(1 + g.IntN(255))
			if g.IntN(3) == 0 {
				data = data[:n]
			}
			setValue(d, "data", bson.Binary{Data: data})
			return "bytes of its data"
		}
		var item bson.D
		size := binary.LittleEndian.Uint32(data)
		if err := bson.Unmarshal(data[:size], &item); err != nil {
			t.Fatal(err)
		}
		what := "an item's " + alter(g, &item)
		setValue(d, "data", bson.Binary{Data: append(marshalled(t, item), data[size:]...)})
		return what
	}
	for {
		before := *d
		what := alter(g, d)
		if value(*d, "_id") == value(before, "_id") || kind == "journal" { // else it is another record
			return what
		}
		*d = before
	}
}

// oddValues are put in place of others.
var oddValues = []any{
	int32(0), int32(1), int32(2), int32(-1), int64(1), int64(1 << 62), int64(-5), 2.5, 1.0, "", "x", "admin", "\x00\u202e", nil, true, false, bson.D{}, bson.D{{Key: "$gt", Value: ""}}, bson.A{}, bson.A{"x"}, bson.A{bson.A{}},
	bson.A{int32(1)}, bson.Binary{Data: []byte{1}}, bson.Binary{Data: make([]byte, 32)}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.DateTime(-1), bson.DateTime(1 << 60), bson.Regex{Pattern: ".*"}, bson.MinKey{}, bson.MaxKey{},
}

func alter(g gen, d *bson.D) string {
	if len(*d) == 0 || g.IntN(12) == 0 {
		*d = append(slices.Clone(*d), bson.E{Key: pick(g, []string{"more", "together", "x", "", "$set", "secret", "buckets", "undone"}), Value: pick(g, oddValues)})
		return "more fields: " + (*d)[len(*d)-1].Key
	}
	i := g.IntN(len(*d))
	e := (*d)[i]
	out := slices.Clone(*d)
	switch inner := e.Value.(type) {
	case bson.D:
		if len(inner) > 0 && g.IntN(2) == 0 {
			what := alter(g, &inner)
			out[i].Value, *d = inner, out
			return e.Key + "." + what
		}
		_ = inner
	case bson.A:
		if len(inner) > 0 && g.IntN(2) == 0 {
			inner = slices.Clone(inner)
			n := g.IntN(len(inner))
			if of, ok := inner[n].(bson.D); ok && g.IntN(2) == 0 {
				alter(g, &of)
				inner[n] = of
			} else {
				inner[n] = pick(g, oddValues)
			}
			out[i].Value, *d = inner, out
			return e.Key + "[]"
		}
	}
	if g.IntN(5) == 0 {
		*d = slices.Delete(out, i, i+1)
		return e.Key + " gone"
	}
	out[i].Value = pick(g, oddValues)
	*d = out
	return fmt.Sprintf("%s: %#v", e.Key, out[i].Value)
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
	report, err := enforce.Undo(t.Context(), e.store, s, enforce.UndoOptions{}, enforce.Options{StateDatabase: forgedState, JournalKey: forgedKey})
	if err != nil || report.Outcome != change.Undone {
		t.Errorf("%v\n%s", err, view.Text(report, true))
	}
}

func first(s *desired.State, _ place) *desired.State { return s }
