package capture

// Indexes and options that the destination has and nobody declared. In: what is wanted of a
// collection, and what listIndexes and listCollections give; out: items with the statements
// that declare them.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// structure are the items of one collection.
func (c *capturer) structure(ctx context.Context, _ *desired.State, t *target, r *change.CollectionReport) ([]*item, error) {
	wanted := t.collection(c.now)
	if r.Missing || wanted.IsView() {
		return nil, nil
	}
	infos, err := c.to.Store.Collections(ctx, t.ns.Database, []string{t.ns.Collection})
	if err != nil || len(infos) != 1 || infos[0].Type == "view" {
		return nil, err
	}
	existing, err := c.to.Store.Indexes(ctx, t.ns)
	if err != nil {
		return nil, err
	}
	var out []*item
	for _, spec := range existing {
		if stores.IsIDIndex(spec) || slices.ContainsFunc(wanted.Indexes, func(w bson.Raw) bool { return structure.SameIndex(w, spec) && structure.SameIndexKey(w, spec) }) {
			continue
		}
		name := stores.IndexName(spec)
		i := &item{of: t, kind: "index", shown: name, value: doc.Value(spec)}
		if slices.Contains(wanted.DropIndexes, name) { // it goes, as a statement says
			continue
		}
		text, err := t.index(spec)
		if err != nil {
			i.reason = err.Error()
		} else {
			i.forms = []form{{how: ByIndex, text: text, comment: found(c.o.Environment, t, "index "+diag.Quote(name, 120))}}
		}
		out = append(out, i)
	}
	if i := options(c.o.Environment, t, wanted, infos[0]); i != nil {
		out = append(out, i)
	}
	return out, nil
}

// found says where something was found.
func found(environment string, t *target, what string) string {
	return "Found in " + diag.Safe(environment, 64) + ": " + what + " of " + diag.Safe(t.ns.String(), 200) + "."
}

// serverMade are the parts of an index that servers fill in.
var serverMade = []string{"v", "ns", "key", "background", "textIndexVersion", "2dsphereIndexVersion"}

// index is the statement that declares an index.
func (t *target) index(spec bson.Raw) (string, error) {
	w := t.writer(true)
	var keys []string
	key, _ := spec.Lookup("key").DocumentOK()
	weights, _ := spec.Lookup("weights").DocumentOK()
	text := false
	for name, v := range doc.Fields(key) {
		if kind, _ := v.StringValueOK(); name == "_fts" && kind == "text" { // its fields are those with weights
			text = true
			for name := range doc.Fields(weights) {
				path, err := indexPath(w, name)
				if err != nil {
					return "", err
				}
				keys = append(keys, path+" text")
			}
			continue
		}
		if name == "_ftsx" && text {
			continue
		}
		path, err := indexPath(w, name)
		if err != nil {
			return "", err
		}
		switch kind, isText := v.StringValueOK(); {
		case isText && (kind == "text" || kind == "hashed"):
			path += " " + kind
		case isText:
			path += " '" + strings.ReplaceAll(diag.Safe(kind, 64), "'", "''") + "'"
		case doc.Same(v, bson.RawValue{Type: bson.TypeInt32, Value: []byte{255, 255, 255, 255}}):
			path += " desc"
		}
		keys = append(keys, path)
	}
	options := bson.Raw(doc.Empty)
	for name, v := range doc.Fields(spec) {
		switch {
		case slices.Contains(serverMade, name), stores.IsFalse(v), name == "name" && v.StringValue() == defaultName(key):
		case text && name == "weights" && ones(v), text && name == "default_language" && v.StringValue() == "english", text && name == "language_override" && v.StringValue() == "language":
		case name == "collation":
			options = doc.With(options, name, doc.Value(doc.Without(bson.Raw(v.Value), "version")))
		default:
			options = doc.With(options, name, v)
		}
	}
	out := "index on " + strings.Join(keys, ", ")
	if !doc.IsEmpty(doc.Value(options)) {
		given, err := w.literal(doc.Value(options))
		if err != nil {
			return "", err
		}
		out += " " + given
	}
	return out, nil
}

// indexPath is a key of an index: its dots lead into documents and arrays.
func indexPath(w *writer, name string) (string, error) {
	return w.path("", strings.Split(name, "."))
}

// ones reports whether all weights are what they are when nothing is said.
func ones(v bson.RawValue) bool {
	d, _ := v.DocumentOK()
	for _, n := range doc.Fields(d) {
		if !doc.Same(n, bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}) {
			return false
		}
	}
	return true
}

// defaultName is the name that a server gives an index.
func defaultName(key bson.Raw) string {
	var parts []string
	for name, v := range doc.Fields(key) {
		kind, ok := v.StringValueOK()
		if !ok {
			kind = doc.NumberText(v)
		}
		parts = append(parts, name, kind)
	}
	return strings.Join(parts, "_")
}

// options is the item of options that a collection has and the rules would not give it; nil: none.
func options(environment string, t *target, wanted *desired.Collection, info stores.CollectionInfo) *item {
	given := bson.Raw(doc.Empty)
	for _, name := range wanted.SetOptions { // one statement has them all
		if v, ok := doc.Get(wanted.Options, doc.Path{name}); ok {
			given = doc.With(given, name, v)
		}
	}
	differs := false
	for name, v := range doc.Fields(info.Options) {
		w, _ := doc.Get(wanted.Options, doc.Path{name})
		if !structure.SameOption(name, v, w) {
			given, differs = doc.With(given, name, v), true
		}
	}
	if !differs {
		return nil
	}
	i := &item{of: t, kind: "options", shown: "options", value: doc.Value(given)}
	text, err := t.writer(true).literal(i.value)
	if err != nil {
		i.reason = err.Error()
		return i
	}
	i.forms = []form{{how: ByOptions, text: "options " + text, comment: found(environment, t, "options")}}
	return i
}
