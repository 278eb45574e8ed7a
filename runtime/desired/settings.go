package desired

// What is wanted besides documents, for comparisons by people: the optional
// fields of manifest.json without places, digests and what is derived. In: a
// state or collection; out: one document, the same for the same settings.

import (
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
	value := collectionValue(c, make([]documentsFile, 1))
	return withoutPlaces(doc.Without(value.Value, "database", "name", "known", "declared", "rules", "documents"))
}

// withoutPlaces leaves out the places of statements: of the document, of
// `prune`, and of the elements of lists that are no document of MongoDB's. And
// the databases of links: like those of collections they follow from `into`.
func withoutPlaces(d bson.Raw) bson.Raw {
	return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
		switch name {
		case "origin", "apart": // the collections say which databases
			return bson.RawValue{}
		case "cluster", "prune":
			v.Value = doc.Without(v.Value, "origin", "filter")
		case "before", "after":
			return eachWithout(v, "origin", "for")
		case "moves": // the values of both sides
			return doc.EditValue(v, func(_ string, m bson.RawValue) bson.RawValue {
				return doc.EditValue(m, func(name string, side bson.RawValue) bson.RawValue {
					if name == "origin" {
						return bson.RawValue{}
					}
					values, _ := doc.Get(side.Value, doc.Path{"are"})
					return values
				})
			})
		case "links":
			return eachWithout(v, "origin", "database")
		}
		return v
	})
}

func eachWithout(list bson.RawValue, names ...string) bson.RawValue {
	return doc.EditValue(list, func(_ string, e bson.RawValue) bson.RawValue {
		e.Value = doc.Without(e.Value, names...)
		return e
	})
}
