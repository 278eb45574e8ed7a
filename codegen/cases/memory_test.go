package cases

// A MongoDB in memory: the commands that the engines send and no others, for
// random cases by the ten thousand. In: commands as BSON. Out: replies, and what
// is there. What is refused, and how, is what a server does (MongoDB manual:
// reference/command; codes: reference/error-codes); values are compared by the
// model, not by the engines' code.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/runtime/doc"
)

// memory is the destination. It is used by one goroutine at a time.
type memory struct {
	world  model.World
	writes []string // names of the commands that write
}

func newMemory() *memory { return &memory{world: model.World{}} }

func (m *memory) load(world []collection) {
	m.world, m.writes = model.World{}, nil
	for name, c := range toModel(world) {
		m.world[name] = &model.Collection{Options: c.Options, Indexes: slices.Clone(c.Indexes), Documents: slices.Clone(c.Documents)}
	}
}

func (m *memory) dump() []collection { return fromModel(m.world) }

func refused(code int32, format string, args ...any) error {
	return mongo.CommandError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Forgets implements jsvm.Forgetful: a run's own records are no part of the model.
func (m *memory) Forgets() {}

// Find implements jsvm.Server.
func (m *memory) Find(_ context.Context, database, name string, filter bson.Raw, _ bool) ([]bson.Raw, error) {
	var out []bson.Raw
	if c := m.world[database+"."+name]; c != nil {
		for _, d := range c.Documents {
			if model.Matches(filter, d) {
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// Command implements jsvm.Server.
func (m *memory) Command(_ context.Context, database string, command bson.Raw) (bson.Raw, error) {
	first, err := command.IndexErr(0)
	if err != nil {
		return nil, err
	}
	name, _ := first.Value().StringValueOK()
	c := m.world[database+"."+name]
	list := func(field string) []bson.Raw {
		var out []bson.Raw
		values, err := command.Lookup(field).Array().Values()
		if err != nil {
			panic(err) // the engine's own commands
		}
		for _, v := range values {
			out = append(out, v.Document())
		}
		return out
	}
	switch first.Key() {
	case "listCollections":
		return m.listCollections(database, command.Lookup("filter", "name", "$in").Array()), nil
	case "listIndexes":
		if c == nil {
			return nil, refused(26, "ns does not exist: %s.%s", database, name)
		}
		onID := marshal(bson.D{{Key: "v", Value: int32(2)}, {Key: "key", Value: bson.D{{Key: "_id", Value: int32(1)}}}, {Key: "name", Value: "_id_"}})
		return cursor(append([]bson.Raw{onID}, c.Indexes...)), nil
	case "count":
		return marshal(bson.D{{Key: "n", Value: int32(len(documentsIn(c)))}, {Key: "ok", Value: 1.0}}), nil
	case "hello":
		return marshal(bson.D{{Key: "setName", Value: "rs0"}, {Key: "ok", Value: 1.0}}), nil
	case "aggregate": // $collStats: the bytes of the documents
		bytes := 0
		for _, d := range documentsIn(c) {
			bytes += len(d)
		}
		return cursor([]bson.Raw{marshal(bson.D{{Key: "_id", Value: nil}, {Key: "bytes", Value: int64(bytes)}})}), nil
	case "ping":
		return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
	}
	m.writes = append(m.writes, first.Key())
	switch first.Key() {
	case "create":
		if c != nil {
			return nil, refused(48, "Collection %s.%s already exists.", database, name)
		}
		c = &model.Collection{Options: without(command, "create", "writeConcern", "comment")}
		if len(c.Options) == 5 {
			c.Options = nil
		}
		m.world[database+"."+name] = c
		return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
	case "createIndexes":
		return m.createIndexes(c, list("indexes"))
	case "dropIndexes":
		return m.dropIndex(c, command.Lookup("index").StringValue())
	case "collMod":
		return m.modify(c, without(command, "collMod", "writeConcern", "comment"))
	case "insert":
		if c == nil {
			c = &model.Collection{}
			m.world[database+"."+name] = c
		}
		return m.statements(c, list("documents"), func(d bson.Raw) (int, error) { return 1, c.Insert(d) }), nil
	case "update":
		return m.statements(c, list("updates"), func(s bson.Raw) (int, error) { return c.Update(s.Lookup("q").Document(), s.Lookup("u")) }), nil
	case "delete":
		return m.statements(c, list("deletes"), func(s bson.Raw) (int, error) { return c.Delete(s.Lookup("q").Document()), nil }), nil
	}
	return nil, refused(59, "no such command: '%s'", first.Key())
}

// Begin implements jsvm.Transactional: what is there comes back when it is aborted.
func (m *memory) Begin() (jsvm.Transaction, error) {
	before := model.World{}
	for name, c := range m.world {
		before[name] = &model.Collection{Options: c.Options, Indexes: slices.Clone(c.Indexes), Documents: slices.Clone(c.Documents)}
	}
	return transaction{m, before}, nil
}

type transaction struct {
	m      *memory
	before model.World
}

func (t transaction) Within(ctx context.Context) context.Context { return ctx }

func (t transaction) End(_ context.Context, commit bool) error {
	if !commit {
		t.m.world = t.before
	}
	return nil
}

func documentsIn(c *model.Collection) []bson.Raw {
	if c == nil {
		return nil
	}
	return c.Documents
}

func (m *memory) listCollections(database string, names bson.RawArray) bson.Raw {
	values, err := names.Values()
	if err != nil {
		panic(err)
	}
	var out []bson.Raw
	for _, name := range slices.Sorted(maps.Keys(m.world)) {
		short, ok := strings.CutPrefix(name, database+".")
		if !ok || !slices.ContainsFunc(values, func(v bson.RawValue) bool { return v.StringValue() == short }) {
			continue
		}
		c, options, kind := m.world[name], bson.Raw{5, 0, 0, 0, 0}, "collection"
		if len(c.Options) > 0 {
			options = c.Options
		}
		if _, err := options.LookupErr("viewOn"); err == nil {
			kind = "view"
		}
		out = append(out, marshal(bson.D{{Key: "name", Value: short}, {Key: "type", Value: kind}, {Key: "options", Value: options}}))
	}
	return cursor(out)
}

func (m *memory) createIndexes(c *model.Collection, specs []bson.Raw) (bson.Raw, error) {
	if c == nil {
		return nil, refused(26, "the collection does not exist")
	}
	with := &model.Collection{Indexes: append(slices.Clone(c.Indexes), specs...)}
	for _, d := range c.Documents {
		if err := with.Insert(d); err != nil {
			return nil, refused(11000, "%v", err)
		}
	}
	c.Indexes = with.Indexes
	return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
}

func (m *memory) dropIndex(c *model.Collection, name string) (bson.Raw, error) {
	if c == nil {
		return nil, refused(26, "ns not found")
	}
	at := slices.IndexFunc(c.Indexes, func(spec bson.Raw) bool { return spec.Lookup("name").StringValue() == name })
	if at < 0 {
		return nil, refused(27, "index not found with name [%s]", name)
	}
	c.Indexes = slices.Delete(slices.Clone(c.Indexes), at, at+1)
	return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
}

// modify changes options, or an index (MongoDB manual: reference/command/collMod).
func (m *memory) modify(c *model.Collection, changes bson.Raw) (bson.Raw, error) {
	if c == nil {
		return nil, refused(26, "ns does not exist")
	}
	change, ok := changes.Lookup("index").DocumentOK()
	if !ok {
		var names []string
		for name := range doc.Fields(changes) {
			names = append(names, name)
		}
		c.Options = with(without(c.Options, names...), changes)
		return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
	}
	at := slices.IndexFunc(c.Indexes, func(spec bson.Raw) bool {
		return spec.Lookup("name").StringValue() == change.Lookup("name").StringValue()
	})
	if at < 0 {
		return nil, refused(27, "cannot find index")
	}
	for option, v := range doc.Fields(change) {
		if option == "name" || option == "prepareUnique" {
			continue
		}
		spec := without(c.Indexes[at], option)
		if set, ok := v.BooleanOK(); !ok || set {
			spec = with(spec, doc.NewBuilder(32).Append(option, v).Raw())
		}
		c.Indexes = slices.Clone(c.Indexes)
		c.Indexes[at] = spec
	}
	return marshal(bson.D{{Key: "ok", Value: 1.0}}), nil
}

// statements carries out the statements of an unordered batch.
func (m *memory) statements(c *model.Collection, list []bson.Raw, do func(bson.Raw) (int, error)) bson.Raw {
	n, errs := 0, bson.A{}
	for i, s := range list {
		if c == nil {
			continue
		}
		done, err := do(s)
		n += done
		if err != nil {
			code := int32(11000)
			if blocked := model.NoDocument(""); errors.As(err, &blocked) {
				code = 28 // PathNotViable
			}
			errs = append(errs, bson.D{{Key: "index", Value: int32(i)}, {Key: "code", Value: code}, {Key: "errmsg", Value: err.Error()}})
			n -= done
		}
	}
	reply := bson.D{{Key: "n", Value: int32(n)}, {Key: "ok", Value: 1.0}}
	if len(errs) > 0 {
		reply = append(reply, bson.E{Key: "writeErrors", Value: errs})
	}
	return marshal(reply)
}

func cursor(documents []bson.Raw) bson.Raw {
	if documents == nil {
		documents = []bson.Raw{}
	}
	return marshal(bson.D{{Key: "cursor", Value: bson.D{{Key: "id", Value: int64(0)}, {Key: "firstBatch", Value: documents}}}, {Key: "ok", Value: 1.0}})
}

func marshal(d bson.D) bson.Raw { return must(bson.Marshal(d)) }
