package mongo

// Commands as a server gets them. In: what the engine asks a Store for; out:
// the command documents, for people who want to see them before. Pure.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// WriteCommands are the commands of one Write: its inserts, its updates and
// its deletes, as far as there are some, without what a session adds.
func WriteCommands(ns stores.Namespace, ops []stores.Op, comment string) []bson.Raw {
	lists := [3]struct {
		command, field string
		values         []bson.RawValue
	}{{command: "insert", field: "documents"}, {command: "update", field: "updates"}, {command: "delete", field: "deletes"}}
	for _, op := range ops {
		n, d := 1, doc.NewBuilder(256)
		switch op.Action {
		case stores.Insert:
			lists[0].values = append(lists[0].values, doc.Value(op.Document))
			continue
		case stores.Update:
			d.AppendDocument("q", guardFilter(op.Guard)).AppendDocument("u", updateDocument(op))
		case stores.Replace:
			d.AppendDocument("q", guardFilter(op.Guard))
			if stores.Replaceable(op.Document) {
				d.AppendDocument("u", op.Document)
			} else {
				d.AppendArray("u", doc.Value(replacing(op.Document)[0]))
			}
		case stores.Delete:
			n = 2
			d.AppendDocument("q", guardFilter(op.Guard)).AppendInt32("limit", 1)
		}
		lists[n].values = append(lists[n].values, doc.Value(d.Raw()))
	}
	var out []bson.Raw
	for _, l := range lists {
		if len(l.values) == 0 {
			continue
		}
		b := doc.NewBuilder(1024).AppendString(l.command, ns.Collection).AppendArray(l.field, l.values...)
		b.Append("ordered", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}})
		out = append(out, concerned(b, comment))
	}
	return out
}

// TransactCommands are the commands of one Transact that write, as within sends
// them: they have no write concern, which is that of the commit.
func TransactCommands(ns stores.Namespace, ops []stores.Op, comment string) []bson.Raw {
	var out []bson.Raw
	add := func(command, field string, values ...bson.RawValue) {
		b := doc.NewBuilder(1024).AppendString(command, ns.Collection).AppendArray(field, values...)
		b.Append("ordered", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}})
		out = append(out, b.AppendString("comment", comment).Raw())
	}
	var going, coming []bson.RawValue
	for _, op := range ops {
		if op.Action == stores.Update {
			q := guardFilter(stores.Guard{ID: op.Guard.ID, Key: op.Guard.Key})
			add("update", "updates", doc.Value(doc.NewBuilder(256).AppendDocument("q", q).AppendDocument("u", updateDocument(op)).Raw()))
		}
		if op.Action == stores.Delete || op.Action == stores.Replace {
			going = append(going, op.Guard.ID)
		}
		if op.Action == stores.Insert || op.Action == stores.Replace {
			coming = append(coming, doc.Value(op.Document))
		}
	}
	if len(going) > 0 {
		q := keysFilter([]doc.Path{{"_id"}}, keysOf(going))
		add("delete", "deletes", doc.Value(doc.NewBuilder(256).AppendDocument("q", q).AppendInt32("limit", 0).Raw()))
	}
	if len(coming) > 0 {
		add("insert", "documents", coming...)
	}
	return out
}

// CreateCommand is the command of CreateCollection.
func CreateCommand(ns stores.Namespace, options bson.Raw, comment string) bson.Raw {
	command := doc.NewBuilder(len(options)+128).AppendString("create", ns.Collection)
	for name, v := range doc.Fields(options) {
		command.Append(name, v)
	}
	return concerned(command, comment)
}

// CreateIndexesCommand is the command of CreateIndexes.
func CreateIndexesCommand(ns stores.Namespace, specs []bson.Raw, comment string) bson.Raw {
	values := make([]bson.RawValue, len(specs))
	for i, spec := range specs {
		values[i] = doc.Value(spec)
	}
	return concerned(doc.NewBuilder(256).AppendString("createIndexes", ns.Collection).AppendArray("indexes", values...), comment)
}

// DropIndexCommand is the command of DropIndex.
func DropIndexCommand(ns stores.Namespace, name, comment string) bson.Raw {
	return concerned(doc.NewBuilder(256).AppendString("dropIndexes", ns.Collection).AppendString("index", name), comment)
}

// ModifyCommand is the command of Modify.
func ModifyCommand(ns stores.Namespace, change bson.Raw, comment string) bson.Raw {
	command := doc.NewBuilder(len(change)+128).AppendString("collMod", ns.Collection)
	for name, v := range doc.Fields(change) {
		command.Append(name, v)
	}
	return concerned(command, comment)
}

func concerned(command *doc.Builder, comment string) bson.Raw {
	return command.AppendDocument("writeConcern", doc.NewBuilder(32).AppendString("w", "majority").Raw()).AppendString("comment", comment).Raw()
}
