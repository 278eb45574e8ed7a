package wire

// What a command asks of a server beyond its name. In: a command; out: words for its
// fields, operators, stages, options and variables.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ofDrivers are fields that drivers add to commands, and what every command may have
// (MongoDB manual: reference/mongodb-wire-protocol, reference/server-sessions, core/transactions).
var ofDrivers = slices.Concat(dialectCommon, []string{"startTransaction", "autocommit", "apiVersion"})

// Uses are the parts of a command, each once, in the order in which they stand: "command
// find", "find: filter", "filter $eq", "update $set", "stage $collStats", "variable
// $$ROOT", "option of collections: capped". Values are nobody's: neither documents nor
// what options of collections and indexes hold.
func Uses(c Command) []string {
	u := &uses{}
	u.add("command " + c.Name)
	err := eachField(c.Body, func(name string, v bson.RawValue) error {
		if name == c.Name || slices.Contains(ofDrivers, name) {
			return nil
		}
		d, _ := v.DocumentOK()
		switch {
		case c.Name == "create":
			u.add("option of collections: " + name)
		case c.Name == "collMod" && name == "index":
			u.options("collMod of an index: ", d, "name", "key")
		case c.Name == "collMod":
			u.add("collMod: " + name)
		default:
			u.add(c.Name + ": " + name)
		}
		if name == "filter" || name == "query" {
			u.filter(d)
		}
		return nil
	})
	if err != nil {
		u.add("fields that cannot be read")
	}
	for _, s := range c.Sequences {
		u.add(c.Name + ": " + s.Identifier)
	}
	for _, d := range c.Statements("indexes") {
		u.options("option of indexes: ", d, "name", "key")
		key, _ := d.Lookup("key").DocumentOK()
		for _, v := range values(key) {
			if kind, ok := v.StringValueOK(); ok {
				u.add("kind of indexes: " + kind)
			}
		}
	}
	for _, d := range slices.Concat(c.Statements("updates"), c.Statements("deletes")) {
		u.statement(d)
	}
	if c.Name == "aggregate" {
		for _, d := range c.Statements("pipeline") {
			u.operators("stage ", d)
		}
	}
	return u.all
}

type uses struct{ all []string }

func (u *uses) add(what string) {
	if !slices.Contains(u.all, what) {
		u.all = append(u.all, what)
	}
}

// options are the names of a document's fields but some.
func (u *uses) options(what string, d bson.Raw, but ...string) {
	for _, name := range names(d) {
		if !slices.Contains(but, name) {
			u.add(what + name)
		}
	}
}

// statement is one of an update or delete.
func (u *uses) statement(d bson.Raw) {
	u.options("statement: ", d, "q", "u", "limit")
	if q, ok := d.Lookup("q").DocumentOK(); ok {
		u.filter(q)
	}
	by := d.Lookup("u")
	if update, ok := by.DocumentOK(); ok {
		operators := names(update)
		if len(operators) == 0 || !strings.HasPrefix(operators[0], "$") {
			u.add("update by a document")
			return
		}
		u.operators("update ", update)
	}
	if pipeline, ok := by.ArrayOK(); ok {
		u.add("update by a pipeline")
		for _, stage := range values(bson.Raw(pipeline)) {
			if d, ok := stage.DocumentOK(); ok {
				u.operators("stage ", d)
				u.expression(d)
			}
		}
	}
}

// filter is a query: operators, of fields and of conditions on them.
func (u *uses) filter(q bson.Raw) {
	for _, name := range names(q) {
		v := field(q, name)
		d, isDocument := v.DocumentOK()
		switch {
		case name == "$expr":
			u.add("filter $expr")
			u.expression(d)
		case strings.HasPrefix(name, "$"):
			u.add("filter " + name)
			if list, ok := v.ArrayOK(); ok {
				for _, v := range values(bson.Raw(list)) {
					if d, ok := v.DocumentOK(); ok {
						u.filter(d)
					}
				}
			}
		case isDocument:
			u.condition(d)
		}
	}
}

// condition is what a filter says of a field: operators, or a value.
func (u *uses) condition(d bson.Raw) {
	operators := names(d)
	if len(operators) == 0 || !strings.HasPrefix(operators[0], "$") {
		return
	}
	for _, name := range operators {
		u.add("filter " + name)
		if inner, ok := field(d, name).DocumentOK(); ok && (name == "$not" || name == "$elemMatch") {
			u.condition(inner)
		}
	}
}

// expression is one of aggregation: operators, and variables.
func (u *uses) expression(d bson.Raw) {
	for _, name := range names(d) {
		v := field(d, name)
		if strings.HasPrefix(name, "$") && !strings.HasPrefix(name, "$replace") {
			u.add("expression " + name)
		}
		if name == "$literal" {
			continue
		}
		for _, v := range append(elements(v), v) {
			if text, ok := v.StringValueOK(); ok && strings.HasPrefix(text, "$$") {
				u.add("variable " + text)
			}
			if inner, ok := v.DocumentOK(); ok {
				u.expression(inner)
			}
		}
	}
}

// operators are the fields of a document, and the accumulators of $group.
func (u *uses) operators(what string, d bson.Raw) {
	for _, name := range names(d) {
		u.add(what + name)
		group, ok := field(d, name).DocumentOK()
		if ok && name == "$group" {
			for _, v := range values(group) {
				if accumulator, ok := v.DocumentOK(); ok {
					u.operators("expression ", accumulator)
				}
			}
		}
	}
}

func names(d bson.Raw) (out []string) {
	list, err := d.Elements()
	if err != nil {
		return nil
	}
	for _, e := range list {
		out = append(out, e.Key())
	}
	return out
}

func values(d bson.Raw) (out []bson.RawValue) {
	list, err := d.Elements()
	if err != nil {
		return nil
	}
	for _, e := range list {
		out = append(out, e.Value())
	}
	return out
}

func elements(v bson.RawValue) []bson.RawValue {
	list, ok := v.ArrayOK()
	if !ok {
		return nil
	}
	return values(bson.Raw(list))
}

// field is the value of a field whose name may be any text.
func field(d bson.Raw, name string) bson.RawValue {
	v, err := d.LookupErr(name)
	if err != nil {
		return bson.RawValue{}
	}
	return v
}
