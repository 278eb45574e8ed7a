package enforce_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/undo"
)

// documentedRoles are the createRole commands of docs/privileges.md, by name.
func documentedRoles(t *testing.T) map[string]bson.Raw {
	t.Helper()
	text, err := os.ReadFile("../../docs/privileges.md")
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bson.Raw{}
	for _, m := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		role := parse(t, string(m[1]))
		roles[role.Lookup("createRole").StringValue()] = role
	}
	if len(roles) != 3 {
		t.Fatalf("%d roles in docs/privileges.md", len(roles))
	}
	return roles
}

// without is a role without one action on one of its databases.
func without(t *testing.T, role bson.Raw, name, database, action string) bson.D {
	t.Helper()
	var r struct {
		Privileges []struct {
			Resource bson.D   `json:"resource"`
			Actions  []string `json:"actions"`
		}
	}
	if err := bson.Unmarshal(role, &r); err != nil {
		t.Fatal(err)
	}
	privileges := bson.A{}
	for _, p := range r.Privileges {
		actions := p.Actions
		if p.Resource[0].Value == database {
			actions = slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == action })
		}
		if len(actions) > 0 {
			privileges = append(privileges, bson.D{{Key: "resource", Value: p.Resource}, {Key: "actions", Value: actions}})
		}
	}
	return bson.D{{Key: "createRole", Value: name}, {Key: "privileges", Value: privileges}, {Key: "roles", Value: bson.A{}}}
}

// TestDocumentedRoles runs every command with the role that docs/privileges.md
// gives it, word for word, on a server that demands authentication; and apply
// with each action taken away, which then has to fail.
func TestDocumentedRoles(t *testing.T) {
	engine.RequireExact(t, "it has users and roles")
	ctx, folder := testContext(t), t.TempDir()
	server, err := engine.Start(ctx, engine.Options{DataDir: folder})
	if err != nil {
		t.Fatal(err)
	}
	roles := documentedRoles(t)
	connect := func(uri string) *driver.Client {
		t.Helper()
		client, err := driver.Connect(options.Client().ApplyURI(uri))
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	// A collection to create, one with documents to insert, update and delete.
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{
		{Database: "shop", Name: "new", Origin: "f.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: many(2, 64), Indexes: []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1"}`)}},
		{Database: "shop", Name: "old", Origin: "f.weave:2:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: many(3, 64), Indexes: []bson.Raw{parse(t, `{"key": {"n": 1}, "name": "n_1"}`)},
			Prune: &desired.Prune{Origin: "f.weave:3:1", AtMost: 1, Filter: parse(t, `{}`)}},
	}}
	admin := connect(server.URI())
	command := func(database string, commands ...any) {
		t.Helper()
		for _, c := range commands {
			if err := admin.Database(database).RunCommand(ctx, c).Err(); err != nil {
				t.Fatalf("%v: %v", c, err)
			}
		}
	}
	addUser := func(name string, role any, createRole any) {
		t.Helper()
		if createRole != nil {
			command("admin", createRole)
		}
		command("admin", bson.D{{Key: "createUser", Value: name}, {Key: "pwd", Value: "x"}, {Key: "roles", Value: bson.A{role}}})
	}
	addUser("root", "root", nil)
	for name, role := range roles {
		addUser(name, name, role)
	}
	type lack struct{ command, database, action string }
	name := func(l lack) string { return l.command + "-without-" + l.action + "-on-" + l.database }
	var lacks []lack
	for command, actions := range map[string]string{
		"apply": "find listCollections listIndexes insert update remove createCollection createIndex", "undo": "find listCollections listIndexes insert update remove dropIndex",
	} {
		for action := range strings.FieldsSeq(actions) {
			lacks = append(lacks, lack{command, "shop", action})
		}
		for _, action := range []string{"find", "insert", "update", "remove"} {
			lacks = append(lacks, lack{command, "mongocd", action})
		}
	}
	for _, l := range lacks {
		addUser(name(l), name(l), without(t, roles["mongocd-"+l.command], name(l), l.database, l.action))
	}
	for _, command := range []string{"plan", "apply", "undo"} { // and those that `mongocd privileges` prints
		name, privileges := "least-"+command, bson.A{}
		for _, p := range enforce.Privileges(state, enforce.Options{}, command) {
			resource := bson.D{{Key: "db", Value: p.Database}, {Key: "collection", Value: p.Collection}}
			privileges = append(privileges, bson.D{{Key: "resource", Value: resource}, {Key: "actions", Value: p.Actions}})
		}
		addUser(name, name, bson.D{{Key: "createRole", Value: name}, {Key: "privileges", Value: privileges}, {Key: "roles", Value: bson.A{}}})
	}
	if err := errors.Join(admin.Disconnect(ctx), server.Stop()); err != nil {
		t.Fatal(err)
	}
	if server, err = engine.Start(ctx, engine.Options{DataDir: folder, Flags: []string{"--auth"}}); err != nil {
		t.Fatal(err)
	}
	as := func(user string) string {
		return strings.Replace(server.URI(), "mongodb://", "mongodb://"+user+":x@", 1)
	}
	admin = connect(as("root"))
	t.Cleanup(func() {
		if err := errors.Join(admin.Disconnect(context.WithoutCancel(ctx)), server.Stop()); err != nil {
			t.Error(err)
		}
	})
	stores := map[string]*mongo.Store{}
	open := func(user string) *mongo.Store {
		t.Helper()
		if stores[user] != nil {
			return stores[user]
		}
		store, err := mongo.Open(ctx, as(user), mongo.Options{Comment: "mongocd w/e", Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
		})
		stores[user] = store
		return store
	}

	before := bson.D{{Key: "insert", Value: "old"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: int32(1)}, {Key: "k", Value: "x"}}, bson.D{{Key: "_id", Value: int32(9)}}}}}
	again := func() {
		t.Helper()
		command("mongocd", bson.D{{Key: "dropDatabase", Value: 1}})
		command("shop", bson.D{{Key: "dropDatabase", Value: 1}}, before)
	}
	apply := func(user string) *change.Report {
		t.Helper()
		r, err := enforce.Apply(ctx, open(user), state, enforce.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	undo := func(user string) *change.Report {
		t.Helper()
		r, err := undo.Undo(ctx, open(user), state, undo.Options{}, enforce.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	again()

	if r, err := enforce.Plan(ctx, open("mongocd-plan"), state, enforce.Options{}); err != nil || r.Outcome != change.Changes {
		t.Fatalf("%v\n%s", err, view.Text(r, true))
	}
	if r := apply("mongocd-plan"); r.Outcome != change.Failed || !strings.Contains(r.Failure.Message, "docs/privileges.md") {
		t.Errorf("apply with the role of plan:\n%s", view.Text(r, true))
	}
	for _, l := range lacks {
		var r *change.Report
		if l.command == "undo" {
			apply("mongocd-apply")
			r = undo(name(l))
		} else {
			r = apply(name(l))
		}
		if r.Failure == nil {
			t.Errorf("%s:\n%s", name(l), view.Text(r, true))
		}
		again()
	}
	for _, kind := range []string{"least-", "mongocd-"} {
		if r, err := enforce.Plan(ctx, open(kind+"plan"), state, enforce.Options{}); err != nil || r.Outcome != change.Changes || len(r.Notes) > 0 {
			t.Errorf("%v\n%s", err, view.Text(r, true))
		}
		if r := apply(kind + "apply"); r.Outcome != change.Applied {
			t.Fatalf("%sapply:\n%s", kind, view.Text(r, true))
		}
		if r, err := enforce.Verify(ctx, open(kind+"plan"), state, enforce.Options{}); err != nil || r.Outcome != change.InSync {
			t.Errorf("%v\n%s", err, view.Text(r, true))
		}
		if r := undo("mongocd-plan"); r.Failure == nil {
			t.Errorf("undo with the role of plan:\n%s", view.Text(r, true))
		}
		if r := undo(kind + "undo"); r.Outcome != change.Undone {
			t.Errorf("%sundo:\n%s", kind, view.Text(r, true))
		}
		again()
	}
}

// grantedStore answers what the user may with a list of privileges.
type grantedStore struct {
	*mongo.Store
	answer bson.Raw
}

func (s grantedStore) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	if _, err := command.LookupErr("connectionStatus"); err == nil {
		return s.answer, nil
	}
	return s.Store.Command(ctx, database, command)
}

// TestMissingPrivileges: what the user may not is found before anything is written.
func TestMissingPrivileges(t *testing.T) {
	server := openServer(t, mongo.Options{})
	db := database(t)
	state := scenario{}.desired(t, db)
	state.Collections[0].Documents = many(1, 64)
	state.Collections[0].Indexes = []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1"}`)}
	o := enforce.Options{StateDatabase: db + "_state"}
	stateDatabase := `{"resource": {"db": "` + o.StateDatabase + `", "collection": ""}, "actions": ["find", "insert", "update", "remove"]}`
	for _, test := range []struct {
		name, privileges string
		want             []string // conflicts
	}{
		{"all", `{"resource": {"db": "DB", "collection": ""}, "actions": ["insert", "createCollection", "createIndex"]}, ` + stateDatabase, nil},
		{"any resource", `{"resource": {"anyResource": true}, "actions": ["anyAction"]}`, nil},
		{"any database", `{"resource": {"db": "", "collection": ""}, "actions": ["find", "insert", "update", "remove", "createCollection", "createIndex"]}`, nil},
		{"the collection", `{"resource": {"db": "DB", "collection": "c"}, "actions": ["insert", "createCollection", "createIndex"]}, ` + stateDatabase, nil},
		{"not said", ``, nil},
		{"another one", `{"resource": {"db": "DB", "collection": "d"}, "actions": ["insert", "createCollection", "createIndex"]}, ` + stateDatabase,
			[]string{"me@admin may not createCollection, createIndex, insert on DB.c, which this run needs"}},
		{"the cluster", `{"resource": {"cluster": true}, "actions": ["insert", "createCollection", "createIndex"]}, {"resource": {"db": "DB", "collection": ""}, "actions": ["insert", "createIndex"]}, ` + stateDatabase,
			[]string{"me@admin may not createCollection on DB.c, which this run needs"}},
		{"no state", `{"resource": {"db": "DB", "collection": ""}, "actions": ["insert", "createCollection", "createIndex"]}, {"resource": {"db": "DB_state", "collection": "runs"}, "actions": ["find", "insert", "remove", "update"]}`,
			[]string{"me@admin may not find, insert, remove, update on DB_state.control, which this run needs", "me@admin may not find, insert, remove, update on DB_state.journal, which this run needs",
				"me@admin may not find, insert, remove, update on DB_state.ledger, which this run needs"}},
	} {
		answer := parse(t, strings.ReplaceAll(`{"authInfo": {"authenticatedUsers": [{"user": "me", "db": "admin"}], "authenticatedUserPrivileges": [`+test.privileges+`]}}`, "DB", db))
		// A refusal is seen before somebody is asked; what is not refused is declined then.
		asked := false
		o.Approve = func(*change.Report) bool { asked = true; return false }
		r, err := enforce.Apply(testContext(t), grantedStore{server, answer}, state, o)
		if err != nil || r.Exit != change.ExitRefused {
			t.Fatalf("%s: %v\n%s", test.name, err, view.Text(r, true))
		}
		var got []string
		for _, c := range r.Conflicts {
			got = append(got, strings.ReplaceAll(c.Message, db, "DB"))
		}
		if !slices.Equal(got, test.want) || asked != (test.want == nil) {
			t.Errorf("%s: asked %t, got\n%q\nwant\n%q", test.name, asked, got, test.want)
		}
	}
}

// TestPrivileges: what a command needs at the most follows from the weave.
func TestPrivileges(t *testing.T) {
	c := &desired.Collection{Database: "shop", Name: "flags", Mode: desired.Merge}
	state := &desired.State{Collections: []*desired.Collection{c,
		{Database: "shop", Name: "prices", Mode: desired.Insert, Indexes: []bson.Raw{parse(t, `{"key": {"k": 1}, "name": "k_1"}`)}, Prune: &desired.Prune{}},
		{Database: "shop", Name: "v", Mode: desired.Exact, Options: parse(t, `{"viewOn": "flags", "pipeline": []}`)},
	}}
	o := enforce.Options{Databases: map[string]string{"shop": "copy"}, StateDatabase: "s"}
	all := "s.control find, insert, remove, update; s.journal find, insert, remove, update; s.ledger find, insert, remove, update; s.runs find, insert, remove, update"
	for command, want := range map[string]string{
		"plan": "copy. listCollections; copy.flags find, listIndexes; copy.prices collStats, find, listIndexes; s.control find; s.ledger find; s.runs find",
		"apply": "copy. listCollections; copy.flags createCollection, find, insert, listIndexes, update; " +
			"copy.prices collStats, createCollection, createIndex, find, insert, listIndexes, remove; copy.v createCollection; s. collMod, createCollection, createIndex, dropCollection, find, insert, listCollections, listIndexes, remove, update; " + all,
		"undo": "copy. listCollections; copy.flags find, listIndexes, remove, update; copy.prices dropIndex, find, insert, listIndexes, remove; " + all,
	} {
		var got []string
		for _, p := range enforce.Privileges(state, o, command) {
			got = append(got, fmt.Sprintf("%s.%s %s", p.Database, p.Collection, strings.Join(p.Actions, ", ")))
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s: got\n%s\nwant\n%s", command, text, want)
		}
	}
}
