package changeset

// Statements for Bytebase. In: a Plan of one database, as a Bytebase sheet is run on one; out:
// statements such as db.getCollection('flags').updateOne({…}, {…}), one after the other, as
// Bytebase runs them (backend/plugin/db/mongodb, Execute): it parses them itself, so there is no
// JavaScript, and what has no method in its parser is refused. A write whose guard does not hold
// any more is no error there; so the plan is looked at first, by aggregations that fail when it
// is not as planned: Bytebase stops there, before anything was written.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/js"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

const (
	// MaxBytebaseSize is the largest sheet that Bytebase shows and checks, in bytes
	// (its backend/common/util.go: MaxSheetSize, MaxSheetCheckSize).
	MaxBytebaseSize = 2 << 20
	// MaxBytebaseStatements is what one sheet has at most: a person is to review it.
	MaxBytebaseStatements = 2000
)

// Bytebase is the statements of a plan that writes to one database.
func Bytebase(p Plan) (string, error) {
	var looks, writes []string
	for _, s := range p.Steps {
		if s.Look.Filter != nil {
			text, err := assertion(s)
			if err != nil {
				return "", err
			}
			looks = append(looks, text)
		}
		text, err := statement(s)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.Title, err)
		}
		writes = append(writes, text)
	}
	if n := len(looks) + len(writes); n > MaxBytebaseStatements {
		return "", fmt.Errorf("it needs %d statements, and a sheet has at most %d", n, MaxBytebaseStatements)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// What `mongocd apply` would write: weave %s for %s, database %s.\n", change.Clean(p.Weave), change.Clean(p.Environment), change.Clean(strings.Join(p.Databases(), ", ")))
	fmt.Fprintf(&b, "// Plan: %s\n", change.Clean(p.Digest))
	b.WriteString("// mongocd knows nothing of what this writes: there is no undo. Run `mongocd verify` afterwards.\n")
	if len(looks) > 0 {
		b.WriteString("\n// Nothing is written when one of these fails: something is not as planned any more.\n")
	}
	b.WriteString(strings.Join(looks, ""))
	b.WriteString("\n// The changes, each with its guard.\n" + strings.Join(writes, ""))
	if b.Len() > MaxBytebaseSize {
		return "", fmt.Errorf("it has %d bytes, and Bytebase shows and checks a sheet up to %d", b.Len(), MaxBytebaseSize)
	}
	return b.String(), nil
}

// call is a statement: a method with its arguments.
func call(method string, arguments ...bson.RawValue) (string, error) {
	var l literals
	l.WriteString(method + "(")
	for i, v := range arguments {
		if i > 0 {
			l.WriteString(", ")
		}
		l.argument(v)
	}
	l.WriteString(");\n")
	if l.why != "" {
		return "", fmt.Errorf("%s, and Bytebase has no literal for it", l.why)
	}
	return l.String(), nil
}

func on(collection string) string { return "db.getCollection(" + js.Quote(collection) + ")." }

// Assertion is the pipeline that fails when a step does not find what the plan has found: it
// converts a text that is no number, which says what differs. $facet makes a document also
// of nothing.
func Assertion(s Step) bson.A {
	number := bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$eq", Value: bson.A{bson.D{{Key: "$size", Value: "$found"}}, int32(s.Found)}}}, "1", "not as planned: " + s.Title}}}
	return bson.A{
		bson.D{{Key: "$match", Value: s.Look.Filter}},
		bson.D{{Key: "$limit", Value: int32(2)}},
		bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}},
		bson.D{{Key: "$facet", Value: bson.D{{Key: "found", Value: bson.A{bson.D{{Key: "$match", Value: bson.D{}}}}}}}},
		bson.D{{Key: "$project", Value: bson.D{{Key: "planned", Value: bson.D{{Key: "$toInt", Value: number}}}}}},
	}
}

// assertion is the statement with it.
func assertion(s Step) (string, error) {
	d, err := bson.Marshal(bson.D{{Key: "pipeline", Value: Assertion(s)}})
	if err != nil {
		return "", fmt.Errorf("writing an aggregation: %w", err)
	}
	return call(on(s.Look.Collection)+"aggregate", bson.Raw(d).Lookup("pipeline"))
}

// statement is the step as methods: one, or one for each index. The write concern and the comment,
// for which createIndex, dropIndex and createCollection have no options, are left out there.
func statement(s Step) (string, error) {
	command := s.Command.Document
	name, collection := named(command)
	options := doc.Value(doc.Without(command, name, "documents", "updates", "deletes", "ordered"))
	switch name {
	case "insert":
		return call(on(collection)+"insertOne", elements(command, "documents")[0], options)
	case "delete":
		return call(on(collection)+"deleteOne", elements(command, "deletes")[0].Document().Lookup("q"), options)
	case "update":
		update := elements(command, "updates")[0].Document()
		u, method := update.Lookup("u"), "updateOne"
		if doc.IsDocument(u) && stores.Replaceable(u.Document()) {
			method = "replaceOne"
		}
		return call(on(collection)+method, update.Lookup("q"), u, options)
	case "create":
		given, err := only(doc.Without(command, name, "writeConcern", "comment"), "createCollection", "capped", "size", "max", "validator", "validationLevel", "validationAction")
		if err != nil {
			return "", err
		}
		return call("db.createCollection", doc.String(collection), doc.Value(given))
	case "createIndexes":
		var b strings.Builder
		for _, index := range elements(command, "indexes") {
			given, err := only(doc.Without(index.Document(), "key", "v"), "createIndex", "name", "unique", "sparse", "expireAfterSeconds")
			if err != nil {
				return "", err
			}
			text, err := call(on(collection)+"createIndex", index.Document().Lookup("key"), doc.Value(given))
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		}
		return b.String(), nil
	case "dropIndexes":
		return call(on(collection)+"dropIndex", command.Lookup("index"))
	}
	return "", fmt.Errorf("the command %s has no statement in Bytebase", change.Clean(name))
}

// named is the name of a command and the text that it is about.
func named(command bson.Raw) (name, about string) {
	for name, v := range doc.Fields(command) {
		about, _ = v.StringValueOK()
		return name, about
	}
	return "", ""
}

// elements are those of a list of a command.
func elements(command bson.Raw, list string) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range doc.Fields(command.Lookup(list).Value) {
		out = append(out, v)
	}
	return out
}

// only is the options of a method, if they are some of the names.
func only(options bson.Raw, method string, names ...string) (bson.Raw, error) {
	for name := range doc.Fields(options) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s of Bytebase has no option %s", method, change.Clean(name))
		}
	}
	return options, nil
}
