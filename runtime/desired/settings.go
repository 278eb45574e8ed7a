package desired

// What is wanted besides documents, for comparisons by people: the optional
// fields of manifest.json without places, digests and what is derived. In: a
// state or collection; out: one document, the same for the same settings.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Settings are the hooks, inputs, cluster and names of secrets of a state, with
// the field names of manifest.json.
func (s *State) Settings() bson.Raw {
	b := doc.NewBuilder(256)
	appendStatePolicies(b, s)
	return withoutPlaces(b.Raw())
}

// Settings are the mode, identity, options, indexes and policies of a
// collection, with the field names of manifest.json.
func (c *Collection) Settings() bson.Raw {
	value := collectionValue(c, Output{})
	out := doc.NewBuilder(len(value.Value))
	for name, v := range doc.Fields(value.Value) {
		if !slices.Contains([]string{"database", "name", "known", "declared", "rules", "documents"}, name) {
			out.Append(name, v)
		}
	}
	return withoutPlaces(out.Raw())
}

// withoutPlaces leaves out the places of statements: of the document, of
// `prune`, and of the elements of lists that are no document of MongoDB's. And
// the databases of links: like those of collections they follow from `into`.
func withoutPlaces(d bson.Raw) bson.Raw {
	out := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		switch name {
		case "origin", "apart": // the collections say which databases
			continue
		case "cluster", "prune":
			v = embedded(without(v.Value, "origin", "filter"))
		case "before", "after":
			v = eachWithout(v, "origin", "for")
		case "links":
			v = eachWithout(v, "origin", "database")
		}
		out.Append(name, v)
	}
	return out.Raw()
}

func eachWithout(list bson.RawValue, names ...string) bson.RawValue {
	var values []bson.RawValue
	for _, e := range doc.Fields(list.Value) {
		values = append(values, embedded(without(e.Value, names...)))
	}
	return doc.Array(values...)
}

func embedded(d bson.Raw) bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
}

func without(d bson.Raw, names ...string) bson.Raw {
	out := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		if !slices.Contains(names, name) {
			out.Append(name, v)
		}
	}
	return out.Raw()
}
