package profile

// What profiles are made of: refusals, commands and replies with other fields, and the
// statements of an update one by one.

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// refuse is a reply that carries nothing out.
func refuse(code int32, name, message string) (bson.Raw, error) {
	return bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: message}})
}

// done is the reply to a command that was carried out.
func done() (bson.Raw, error) { return bson.Marshal(bson.D{{Key: "ok", Value: 1.0}}) }

// each calls f with the fields of a document, which was validated when it was read.
func each(d bson.Raw, f func(name string, v bson.RawValue)) {
	elements, _ := d.Elements()
	for _, e := range elements {
		f(e.Key(), e.Value())
	}
}

// edit is a document with other values in some of its fields; without those for which
// keep is false.
func edit(d bson.Raw, change func(name string, v bson.RawValue) (by any, keep bool)) (bson.Raw, error) {
	out := bson.D{}
	each(d, func(name string, v bson.RawValue) {
		if by, keep := change(name, v); keep {
			out = append(out, bson.E{Key: name, Value: by})
		}
	})
	return bson.Marshal(out)
}

// without is a command without some fields of its body.
func without(c wire.Command, names ...string) (wire.Command, error) {
	body, err := edit(c.Body, func(name string, v bson.RawValue) (any, bool) { return v, !slices.Contains(names, name) })
	c.Body = body
	return c, err
}

// with is a reply with other values of some fields, which stand at its end.
func with(reply bson.Raw, fields bson.D) (bson.Raw, error) {
	kept := bson.D{}
	each(reply, func(name string, v bson.RawValue) {
		if !slices.ContainsFunc(fields, func(e bson.E) bool { return e.Key == name }) {
			kept = append(kept, bson.E{Key: name, Value: v})
		}
	})
	return bson.Marshal(append(kept, fields...))
}

// batch is a reply with the documents of its first batch changed.
func batch(reply bson.Raw, change func(bson.Raw) (bson.Raw, error)) (bson.Raw, error) {
	list, ok := reply.Lookup("cursor", "firstBatch").ArrayOK()
	if !ok {
		return reply, nil
	}
	values, err := list.Values()
	if err != nil {
		return nil, err
	}
	changed := bson.A{}
	for _, v := range values {
		d, err := change(v.Document())
		if err != nil {
			return nil, err
		}
		changed = append(changed, d)
	}
	return edit(reply, func(name string, v bson.RawValue) (any, bool) {
		if name != "cursor" {
			return v, true
		}
		cursor, err := edit(v.Document(), func(name string, v bson.RawValue) (any, bool) {
			if name == "firstBatch" {
				return changed, true
			}
			return v, true
		})
		return cursor, err == nil
	})
}

// ok reports whether a reply is one of success, and the code of an error.
func ok(reply bson.Raw) (bool, int64) {
	yes, _ := reply.Lookup("ok").AsInt64OK()
	if d, is := reply.Lookup("ok").DoubleOK(); is {
		yes = int64(d)
	}
	code, _ := reply.Lookup("code").AsInt64OK()
	return yes == 1, code
}

// mentions reports whether a value has a name or a text anywhere: "$where", "$$NOW".
func mentions(v bson.RawValue, what string) bool {
	switch v.Type {
	case bson.TypeString:
		text := v.StringValue()
		return text == what || strings.HasPrefix(text, what+".")
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		found := false
		each(bson.Raw(v.Value), func(name string, v bson.RawValue) {
			if v.Type != 0 && name == "$literal" {
				return
			}
			found = found || name == what || mentions(v, what)
		})
		return found
	}
	return false
}

// statement is one of an update.
type statement struct {
	raw            bson.Raw
	filter         bson.Raw
	update         bson.RawValue
	multi, inserts bool
}

func statementsOf(c wire.Command) []statement {
	var out []statement
	for _, raw := range c.Statements("updates") {
		s := statement{raw: raw, update: raw.Lookup("u")}
		s.filter, _ = raw.Lookup("q").DocumentOK()
		s.multi, _ = raw.Lookup("multi").BooleanOK()
		s.inserts, _ = raw.Lookup("upsert").BooleanOK()
		out = append(out, s)
	}
	return out
}

// replaced is the statement with another filter and update.
func (s statement) replaced(filter bson.Raw, update any) (bson.Raw, error) {
	return edit(s.raw, func(name string, v bson.RawValue) (any, bool) {
		switch name {
		case "q":
			return filter, true
		case "u":
			return update, true
		}
		return v, true
	})
}

// updating carries out an update command statement by statement; do sends one, as one
// command. What the replies say is put together as the server does
// (MongoDB manual, reference/command/update).
func updating(c wire.Command, pass pass, do func(s statement, send func(bson.Raw) (bson.Raw, error)) (bson.Raw, error)) (bson.Raw, error) {
	ordered, set := c.Body.Lookup("ordered").BooleanOK()
	send := func(s bson.Raw) (bson.Raw, error) {
		body, err := edit(c.Body, func(name string, v bson.RawValue) (any, bool) { return v, name != "updates" })
		if err != nil {
			return nil, err
		}
		return pass(wire.Command{Name: c.Name, Database: c.Database, Body: body, Sequences: []wire.Sequence{{Identifier: "updates", Documents: []bson.Raw{s}}}})
	}
	var n, modified int64
	var errors, upserted bson.A
	for i, s := range statementsOf(c) {
		reply, err := do(s, send)
		if err != nil {
			return nil, err
		}
		if fine, _ := ok(reply); !fine {
			return reply, nil
		}
		count, _ := reply.Lookup("n").AsInt64OK()
		n += count
		count, _ = reply.Lookup("nModified").AsInt64OK()
		modified += count
		failed := false
		for name, list := range map[string]*bson.A{"writeErrors": &errors, "upserted": &upserted} {
			array, _ := reply.Lookup(name).ArrayOK()
			each(bson.Raw(array), func(_ string, v bson.RawValue) {
				at, err := with(v.Document(), bson.D{{Key: "index", Value: int32(i)}})
				if err == nil {
					*list = append(*list, at)
				}
				failed = failed || name == "writeErrors"
			})
		}
		if failed && (ordered || !set) {
			break
		}
	}
	reply := bson.D{{Key: "n", Value: int32(n)}, {Key: "nModified", Value: int32(modified)}, {Key: "ok", Value: 1.0}}
	if len(upserted) > 0 {
		reply = append(reply, bson.E{Key: "upserted", Value: upserted})
	}
	if len(errors) > 0 {
		reply = append(reply, bson.E{Key: "writeErrors", Value: errors})
	}
	return bson.Marshal(reply)
}

// wrong is the reply to a single statement that is refused.
func wrong(code int32, message string) (bson.Raw, error) {
	return bson.Marshal(bson.D{{Key: "n", Value: int32(0)}, {Key: "nModified", Value: int32(0)}, {Key: "ok", Value: 1.0},
		{Key: "writeErrors", Value: bson.A{bson.D{{Key: "index", Value: int32(0)}, {Key: "code", Value: code}, {Key: "errmsg", Value: message}}}}})
}

// found is the first document that a filter finds, nil for none.
func found(c wire.Command, pass pass, filter bson.Raw) (bson.Raw, error) {
	body, err := bson.Marshal(bson.D{{Key: "find", Value: c.Collection()}, {Key: "filter", Value: filter}, {Key: "limit", Value: int32(1)}, {Key: "singleBatch", Value: true}, {Key: "$db", Value: c.Database}})
	if err != nil {
		return nil, err
	}
	reply, err := pass(wire.Command{Name: "find", Database: c.Database, Body: body})
	if err != nil {
		return nil, err
	}
	list, _ := reply.Lookup("cursor", "firstBatch").ArrayOK()
	values, err := list.Values()
	if err != nil || len(values) == 0 {
		return nil, nil
	}
	return values[0].Document(), nil
}

// at is the value at a dotted path, as an update addresses it.
func at(d bson.Raw, path string) (bson.RawValue, bool) {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for name := range strings.SplitSeq(path, ".") {
		if v.Type != bson.TypeEmbeddedDocument && v.Type != bson.TypeArray {
			return bson.RawValue{}, false
		}
		next, err := bson.Raw(v.Value).LookupErr(name)
		if err != nil {
			return bson.RawValue{}, false
		}
		v = next
	}
	return v, true
}

func identical(a, b bson.RawValue) bool { return a.Type == b.Type && bytes.Equal(a.Value, b.Value) }
