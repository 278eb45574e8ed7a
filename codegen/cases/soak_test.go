package cases

// Runs under disturbance: what soak_concurrent_test.go and soak_fault_test.go share. A
// subject is a destination that has a state to be brought to, a database of its own for
// what runs remember, and witnesses that no run may touch.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	mongostore "github.com/hayone1/mongocd/runtime/stores/mongo"
)

// subjectState wants 40 documents of items, of which a destination may lack some
// and have others, and prunes up to 20; an application has the field `app`, and elements
// of its own in `hooks`.
func subjectState(mode desired.Mode) *desired.State {
	c := &desired.Collection{
		Database: "db", Name: "items", Origin: "soak.weave:5:3", Identity: []doc.Path{{"k"}}, Mode: mode, Preserve: []doc.Path{{"app"}},
		Known:   []doc.Path{{"_id"}, {"k"}, {"v"}, {"n"}, {"n", "a"}, {"n", "b"}, {"hooks"}},
		Lists:   []desired.List{{Origin: "soak.weave:6:5", Path: doc.Path{"hooks"}, By: []string{"event"}, Without: [][]bson.RawValue{{doc.String("old")}}}},
		Indexes: []bson.Raw{marshal(bson.D{{Key: "key", Value: bson.D{{Key: "k", Value: int32(1)}}}, {Key: "name", Value: "k_1"}, {Key: "unique", Value: true}})},
		Prune:   &desired.Prune{Origin: "soak.weave:7:5", AtMost: 20, Filter: marshal(bson.D{})},
	}
	for i := range subjectDocuments {
		c.Documents = append(c.Documents, desired.Document{Raw: marshal(bson.D{{Key: "k", Value: subjectKey(i)}, {Key: "v", Value: "wanted"},
			{Key: "n", Value: bson.D{{Key: "a", Value: int32(i)}, {Key: "b", Value: "a text"}}}, {Key: "hooks", Value: bson.A{hook("wanted", int32(i))}}})})
	}
	other := &desired.Collection{
		Database: "db", Name: "others", Origin: "soak.weave:9:3", Identity: []doc.Path{{"_id"}}, Mode: desired.Exact,
		Indexes: []bson.Raw{marshal(bson.D{{Key: "key", Value: bson.D{{Key: "v", Value: int32(1)}}}, {Key: "name", Value: "v_1"}})},
	}
	for i := range 10 {
		other.Documents = append(other.Documents, desired.Document{Raw: marshal(bson.D{{Key: "_id", Value: int32(i)}, {Key: "v", Value: "wanted"}})})
	}
	return &desired.State{Weave: "soak", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c, other}}
}

const subjectDocuments = 40

func hook(event string, n int32) bson.D {
	return bson.D{{Key: "event", Value: event}, {Key: "n", Value: n}}
}

func subjectKey(i int) string { return fmt.Sprintf("k%02d", i) }

// subjectWorld has every second wanted document, changed, and ten that are not wanted.
func subjectWorld() []collection {
	items := collection{database: "db", name: "items", indexes: subjectState(desired.Merge).Collections[0].Indexes}
	add := func(id, key string, i int) {
		items.documents = append(items.documents, marshal(bson.D{{Key: "_id", Value: id}, {Key: "k", Value: key}, {Key: "v", Value: "before"},
			{Key: "n", Value: bson.D{{Key: "a", Value: int32(i % 3)}}}, {Key: "app", Value: int32(0)}, {Key: "hooks", Value: bson.A{hook("own", 1), hook("old", 1), hook("wanted", -1)}}}))
	}
	for i := 0; i < subjectDocuments; i += 2 {
		add(fmt.Sprintf("id-%02d", i), subjectKey(i), i)
	}
	for i := range 10 {
		add(fmt.Sprintf("extra-%d", i), fmt.Sprintf("x%d", i), i)
	}
	witness := collection{database: "db", name: "witness", indexes: []bson.Raw{marshal(bson.D{{Key: "key", Value: bson.D{{Key: "w", Value: int32(1)}}}, {Key: "name", Value: "w_1"}})}}
	for i := range 5 {
		witness.documents = append(witness.documents, marshal(bson.D{{Key: "_id", Value: int32(i)}, {Key: "w", Value: "not of the plan"}}))
	}
	world := []collection{items, witness}
	sortWorld(world)
	return world
}

// newSubject is a destination with the database `state` for what runs remember.
func newSubject(t *testing.T) *destination {
	t.Helper()
	d := newDestination(t, []string{"db", "state"})
	d.load(t, subjectWorld())
	return d
}

// stateDatabase is where runs against a subject remember.
func (d *destination) stateDatabase() string { return d.prefix + "state" }

// world is what is at a subject, what runs remember left out.
func (d *destination) world(t *testing.T) []collection {
	t.Helper()
	return slices.DeleteFunc(d.dump(t), func(c collection) bool { return c.database == "state" })
}

// applyInProcess runs the Go engine against a URI; the error is one of connecting.
func (d *destination) applyInProcess(t *testing.T, uri string, state *desired.State, more enforce.Options) (*change.Report, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	store, err := mongostore.Open(ctx, uri, mongostore.Options{Comment: "mongocd " + state.Weave + "/prod"})
	if err != nil {
		return nil, err
	}
	more.Databases, more.StateDatabase = map[string]string{"db": d.prefix + "db"}, d.stateDatabase()
	report, err := enforce.Apply(ctx, store, state, more)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		t.Logf("closing: %v", err) // the line may be cut
	}
	return report, nil
}

// environment is what artefacts are given to run against a subject.
func (d *destination) environment(uri string, more ...string) []string {
	return append(append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri, "MONGOCD_DATABASE=db="+d.prefix+"db", "MONGOCD_STATE_DATABASE="+d.stateDatabase(),
		"MONGOCD_OUTPUT=json"), more...)
}

// start starts a built Go program.
func (d *destination) start(ctx context.Context, program, uri string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer, error) {
	cmd := exec.CommandContext(ctx, program, append(args, "--database", "db="+d.prefix+"db", "--state-database", d.stateDatabase(), "--output", "json")...)
	cmd.Env = d.environment(uri)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	return cmd, &stdout, &stderr, cmd.Start()
}

// mongosh runs a script in a mode.
func (d *destination) mongosh(ctx context.Context, script, uri, mode string, more ...string) (engine.Run, error) {
	return engine.RunMongosh(ctx, uri, script, d.environment(uri, append(more, "MONGOCD_MODE="+mode)...)...)
}
