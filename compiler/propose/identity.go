package propose

// What tells the documents of a collection apart. In: its indexes and documents; out:
// the paths of `by`, none for `_id`, and what may be said about that choice.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// telling are names of fields that people tell documents apart by, most telling first.
var telling = []string{"code", "key", "slug", "name", "sku", "identifier", "path", "email", "title", "label"}

// identity finds the paths: those of a unique index that all documents have, unless
// people gave the `_id`s. Where only the data suggests some, it says so and stays at `_id`.
func (c *Collection) identity() (by []doc.Path, notes []string) {
	if !c.madeByDrivers() {
		return nil, nil
	}
	unique := c.unique()
	if len(unique) > 0 {
		for _, other := range unique[1:] {
			notes = append(notes, fmt.Sprintf("or: by %s, which has a unique index, too", diag.Safe(paths(other), 200)))
		}
		return unique[0], notes
	}
	for _, name := range telling {
		path := doc.Path{name}
		if c.tellApart([]doc.Path{path}) {
			few := ""
			if int64(len(c.Documents)) < c.Count {
				few = "the first "
			}
			notes = append(notes,
				fmt.Sprintf("The `_id`s were made by a driver: other databases have others. %s tells %s%d documents apart, and no unique index", name, few, len(c.Documents)),
				fmt.Sprintf("says that it always will. If it does: sync %s by %s { remove _id … }", diag.Safe(ast.WrittenName(c.Name), 100), name))
			return nil, notes
		}
	}
	return nil, []string{"The `_id`s were made by a driver, and no unique index says what else tells documents apart: destinations get these `_id`s."}
}

// madeByDrivers reports whether the `_id`s are ObjectIds or UUIDs.
func (c *Collection) madeByDrivers() bool {
	return !slices.ContainsFunc(c.Documents, func(d bson.Raw) bool {
		id, _ := doc.Get(d, doc.Path{"_id"})
		return id.Type != bson.TypeObjectID && doc.TypeName(id) != "uuid"
	})
}

// unique are the paths of the unique indexes that do for `by`, those of few paths first.
func (c *Collection) unique() [][]doc.Path {
	var out [][]doc.Path
	for _, index := range c.Indexes {
		if v, ok := doc.Get(index, doc.Path{"unique"}); !ok || v.Type != bson.TypeBoolean || !v.Boolean() {
			continue
		}
		if _, partial := doc.Get(index, doc.Path{"partialFilterExpression"}); partial {
			continue
		}
		key, ok := doc.Get(index, doc.Path{"key"})
		if !ok || !doc.IsDocument(key) {
			continue
		}
		var by []doc.Path
		for name := range doc.Fields(key.Document()) {
			by = append(by, doc.Path(strings.Split(name, ".")))
		}
		if len(by) > 0 && c.tellApart(by) {
			out = append(out, by)
		}
	}
	slices.SortStableFunc(out, func(a, b []doc.Path) int { return cmp.Compare(len(a), len(b)) })
	return out
}

// tellApart reports whether every document has plain values at the paths, no two of them
// the same. Texts, numbers, booleans and dates are plain: ObjectIds and UUIDs refer to others.
func (c *Collection) tellApart(by []doc.Path) bool {
	seen := map[string]bool{}
	for _, d := range c.Documents {
		var values []bson.RawValue
		for _, path := range by {
			v, ok := doc.Get(d, path)
			if !ok || !slices.Contains([]string{"string", "int", "long", "bool", "date"}, doc.TypeName(v)) || slices.Contains(path, "") {
				return false
			}
			values = append(values, v)
		}
		key := doc.Key(values...)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

// paths writes paths as `by` has them.
func paths(by []doc.Path) string {
	var out []string
	for _, path := range by {
		out = append(out, ast.Written(path.String()))
	}
	return strings.Join(out, ", ")
}
