package profile

// DocumentDB 0.107 (PostgreSQL 15) behind FerretDB 2.7.0 with the settings of its
// published image, as seen on 29 November 2026 by `make probe` and single commands.
// Not here: a unique index takes 1 and 1.0 side by side, and decimals, dates and other
// types are kept as MongoDB keeps them.

import (
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// documentDB remembers which documents have two `_id`, which the engine cannot keep.
type documentDB struct {
	mu    sync.Mutex
	twice map[string]bool // by namespace and `_id`
}

func newDocumentDB() wire.Handler { return (&documentDB{twice: map[string]bool{}}).handle }

func (s *documentDB) handle(c wire.Command, pass pass) (bson.Raw, error) {
	c, err := without(c, "txnNumber", "startTransaction", "autocommit", "collation") // ignored in silence
	if err != nil {
		return nil, err
	}
	if level, _ := c.Body.Lookup("readConcern", "level").StringValueOK(); level == "snapshot" {
		if c, err = without(c, "readConcern"); err != nil {
			return nil, err
		}
	}
	switch c.Name {
	case "commitTransaction", "abortTransaction":
		return refuse(59, "CommandNotFound", "no such command: '"+c.Name+"'")
	case "bulkWrite":
		return refuse(238, "NotImplemented", "Command bulkWrite is not implemented yet")
	case "hello", "isMaster", "ismaster":
		return documentDBHello(c, pass)
	case "buildInfo", "buildinfo":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return with(reply, bson.D{{Key: "version", Value: "7.0.77"}, {Key: "gitVersion", Value: "unknown"}, {Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(77), int32(0)}},
			{Key: "ferretdb", Value: bson.D{{Key: "version", Value: "v2.7.0"}, {Key: "package", Value: "unknown"}}}})
	case "create":
		return documentDBCreate(c, pass)
	case "collMod":
		return documentDBCollMod(c, pass)
	case "createIndexes":
		return documentDBCreateIndexes(c, pass)
	case "listCollections":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return batch(reply, func(d bson.Raw) (bson.Raw, error) {
			return edit(d, func(name string, v bson.RawValue) (any, bool) {
				switch name {
				case "type":
					return "collection", true
				case "options":
					return bson.D{}, true
				}
				return v, true
			})
		})
	case "listIndexes":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return batch(reply, uniqueLast)
	case "insert":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return documentDBErrors(reply)
	case "findAndModify", "findandmodify", "count":
		if mentions(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: c.Body}, "$$NOW") {
			return refuse(9, "FailedToParse", noNow)
		}
	case "find":
		reply, err := pass(c)
		if err != nil {
			return nil, err
		}
		return batch(reply, func(d bson.Raw) (bson.Raw, error) { return s.shown(c, d) })
	case "delete":
		for _, one := range c.Statements("deletes") {
			s.mark(c, idOf(one.Lookup("q").Document()), false)
		}
	case "update":
		return updating(c, pass, func(one statement, send func(bson.Raw) (bson.Raw, error)) (bson.Raw, error) {
			reply, err := s.update(c, pass, one, send)
			if err != nil {
				return nil, err
			}
			return documentDBErrors(reply)
		})
	}
	return pass(c)
}

// idOf is the `_id` that a filter asks for.
func idOf(filter bson.Raw) bson.RawValue {
	id := filter.Lookup("_id")
	if condition, ok := id.DocumentOK(); ok && condition.Lookup("$eq").Type != 0 {
		return condition.Lookup("$eq")
	}
	return id
}

func documentKey(c wire.Command, id bson.RawValue) string {
	return c.Database + "." + c.Collection() + " " + string([]byte{byte(id.Type)}) + string(id.Value)
}

func (s *documentDB) mark(c wire.Command, id bson.RawValue, twice bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice[documentKey(c, id)] = twice
}

// shown is a document as a find gives it.
func (s *documentDB) shown(c wire.Command, d bson.Raw) (bson.Raw, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := d.Lookup("_id")
	if !s.twice[documentKey(c, id)] {
		return d, nil
	}
	twice := bson.D{{Key: "_id", Value: id}}
	each(d, func(name string, v bson.RawValue) { twice = append(twice, bson.E{Key: name, Value: v}) })
	return bson.Marshal(twice)
}

const noNow = "$$NOW is not supported in this context."

// documentDBHello: a server of its own, of no set.
func documentDBHello(c wire.Command, pass pass) (bson.Raw, error) {
	reply, err := pass(c)
	if err != nil {
		return nil, err
	}
	ofSet := []string{"setName", "hosts", "primary", "me", "secondary", "setVersion", "electionId", "topologyVersion", "lastWrite"}
	return edit(reply, func(name string, v bson.RawValue) (any, bool) {
		if name == "maxWireVersion" {
			return int32(21), true
		}
		return v, !slices.Contains(ofSet, name)
	})
}

// documentDBCreate: any option is taken, and none is kept; what is there is created again.
func documentDBCreate(c wire.Command, pass pass) (bson.Raw, error) {
	common := []string{"create", "$db", "comment", "writeConcern", "lsid", "maxTimeMS", "$clusterTime"}
	body, err := edit(c.Body, func(name string, v bson.RawValue) (any, bool) { return v, slices.Contains(common, name) })
	if err != nil {
		return nil, err
	}
	reply, err := pass(wire.Command{Name: c.Name, Database: c.Database, Body: body})
	if err != nil {
		return nil, err
	}
	if _, code := ok(reply); code == 48 {
		return done()
	}
	return reply, nil
}

// documentDBCollMod: a validator holds from then on, and is listed nowhere.
func documentDBCollMod(c wire.Command, pass pass) (bson.Raw, error) {
	unknown := []string{"changeStreamPreAndPostImages", "cappedSize", "cappedMax", "expireAfterSeconds"}
	reply, err := bson.Raw(nil), error(nil)
	each(c.Body, func(name string, v bson.RawValue) {
		switch {
		case reply != nil:
		case slices.Contains(unknown, name):
			reply, err = refuse(40415, "UnknownBsonField", "BSON field 'collMod."+name+"' is an unknown field.")
		case name == "validator":
			if keyword := unknownKeyword(v); keyword != "" {
				reply, err = refuse(9, "FailedToParse", "Unknown $jsonSchema keyword: "+keyword)
			}
		case name == "viewOn" || name == "pipeline":
			reply, err = refuse(72, "InvalidOptions", "ns "+c.Database+"."+c.Collection()+" is a collection, not a view")
		case name == "index":
			index, _ := v.DocumentOK()
			each(index, func(field string, _ bson.RawValue) {
				switch {
				case reply != nil:
				case field == "hidden":
					reply, err = refuse(1, "InternalError", "'collMod.index.hidden' is not supported yet.")
				case field == "prepareUnique" || field == "unique":
					reply, err = refuse(40415, "UnknownBsonField", "BSON field 'collMod.index."+field+"' is an unknown field.")
				}
			})
		}
	})
	if reply != nil || err != nil {
		return reply, err
	}
	if c.Body.Lookup("timeseries").Type != 0 {
		return done()
	}
	return pass(c)
}

// unknownKeyword is the first keyword of a $jsonSchema that is not known.
func unknownKeyword(validator bson.RawValue) string {
	unknown := []string{"required", "enum", "additionalProperties", "oneOf", "not", "patternProperties", "dependencies", "title", "description", "minProperties"}
	first := ""
	var schema func(v bson.RawValue)
	schema = func(v bson.RawValue) {
		d, _ := v.DocumentOK()
		each(d, func(name string, v bson.RawValue) {
			switch {
			case first != "":
			case slices.Contains(unknown, name):
				first = name
			case name == "properties":
				properties, _ := v.DocumentOK()
				each(properties, func(_ string, v bson.RawValue) { schema(v) })
			case name == "items":
				schema(v)
			case name == "anyOf" || name == "allOf":
				list, _ := v.ArrayOK()
				each(bson.Raw(list), func(_ string, v bson.RawValue) { schema(v) })
			}
		})
	}
	d, _ := validator.DocumentOK()
	schema(d.Lookup("$jsonSchema"))
	return first
}

// documentDBCreateIndexes: no hidden indexes, no collations.
func documentDBCreateIndexes(c wire.Command, pass pass) (bson.Raw, error) {
	for _, spec := range c.Statements("indexes") {
		if spec.Lookup("hidden").Type != 0 {
			return refuse(1, "InternalError", "hidden indexes are not supported yet.")
		}
		if spec.Lookup("collation").Type != 0 {
			return refuse(115, "CommandNotSupported", "Error in specification "+spec.String()+" :: caused by :: createIndex.collation is not implemented yet")
		}
	}
	reply, err := pass(c)
	if err != nil {
		return nil, err
	}
	if _, code := ok(reply); code == 11000 {
		return refuse(1, "InternalError", `could not create exclusion constraint "documents_rum_index_1"`)
	}
	return reply, nil
}

// uniqueLast is an index as it is listed: `unique` after the other options.
func uniqueLast(spec bson.Raw) (bson.Raw, error) {
	var last bson.D
	kept := bson.D{}
	each(spec, func(name string, v bson.RawValue) {
		if name == "unique" || name == "sparse" {
			last = append(last, bson.E{Key: name, Value: v})
		} else {
			kept = append(kept, bson.E{Key: name, Value: v})
		}
	})
	return bson.Marshal(append(kept, last...))
}
