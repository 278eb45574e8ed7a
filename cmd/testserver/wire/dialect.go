package wire

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The dialect in which the state database is spoken to (docs/state.md): what
// servers that only speak MongoDB's protocol know as well.
var (
	dialectFields = map[string][]string{ // of each command, besides those of every command
		"find":        {"filter", "sort", "projection", "limit", "skip", "batchSize", "singleBatch"},
		"insert":      {"documents", "ordered"},
		"update":      {"updates", "ordered"},
		"delete":      {"deletes", "ordered"},
		"getMore":     {"collection", "batchSize"},
		"killCursors": {"cursors"},
	}
	dialectCommon = []string{
		"comment", "readConcern", "writeConcern", "maxTimeMS", "$db", "lsid", "$clusterTime", "$readPreference", "txnNumber", "noCursorTimeout", "allowDiskUse",
	}
	dialectStatement = []string{"q", "u", "upsert", "multi", "limit"}
	dialectFilter    = []string{"$eq", "$in", "$exists", "$size", "$gte", "$lt"}
	dialectUpdate    = []string{"$set", "$unset", "$setOnInsert", "$currentDate", "$addToSet", "$pull"}
)

// CheckDialect says what of a command is not in the dialect; nil when all of it is. What a
// probe sends in collections of its own, to find what else the server knows, is left out.
func CheckDialect(c Command) error {
	if strings.HasPrefix(c.Collection(), "probe.") || c.Name == "listCollections" || c.Name == "commitTransaction" || c.Name == "abortTransaction" {
		return nil
	}
	fields, ok := dialectFields[c.Name]
	if !ok {
		return fmt.Errorf("the command %s", c.Name)
	}
	err := eachField(c.Body, func(name string, v bson.RawValue) error {
		switch {
		case name == "filter":
			return checkFilter(v)
		case name == "projection" || name == "sort":
			return checkPlain(v)
		case name != c.Name && !slices.Contains(fields, name) && !slices.Contains(dialectCommon, name):
			return fmt.Errorf("%s with %s", c.Name, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range slices.Concat(c.Statements("updates"), c.Statements("deletes")) {
		err := eachField(s, func(name string, v bson.RawValue) error {
			switch {
			case !slices.Contains(dialectStatement, name):
				return fmt.Errorf("%s with %s", c.Name, name)
			case name == "q":
				return checkFilter(v)
			case name == "u":
				return checkUpdate(v)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkFilter: fields and their values, or the few operators on values.
func checkFilter(v bson.RawValue) error {
	filter, ok := v.DocumentOK()
	if !ok {
		return fmt.Errorf("a filter of type %s", v.Type)
	}
	return eachField(filter, func(name string, v bson.RawValue) error {
		if strings.HasPrefix(name, "$") {
			return fmt.Errorf("a filter with %s", name)
		}
		condition, ok := v.DocumentOK()
		if !ok {
			return nil
		}
		return eachField(condition, func(name string, _ bson.RawValue) error {
			if strings.HasPrefix(name, "$") && !slices.Contains(dialectFilter, name) {
				return fmt.Errorf("a filter with %s", name)
			}
			return nil
		})
	})
}

// checkUpdate: a replacement, or operators on fields; no pipeline.
func checkUpdate(v bson.RawValue) error {
	update, ok := v.DocumentOK()
	if !ok {
		return fmt.Errorf("an update of type %s", v.Type)
	}
	return eachField(update, func(name string, v bson.RawValue) error {
		if !strings.HasPrefix(name, "$") {
			return nil
		}
		if !slices.Contains(dialectUpdate, name) {
			return fmt.Errorf("an update with %s", name)
		}
		if fields, ok := v.DocumentOK(); ok && name == "$pull" {
			return eachField(fields, func(_ string, condition bson.RawValue) error { return checkFilter(condition) })
		}
		return nil
	})
}

// checkPlain: names and numbers, no expressions.
func checkPlain(v bson.RawValue) error {
	return eachField(v.Document(), func(name string, v bson.RawValue) error {
		if _, ok := v.AsInt64OK(); !ok || strings.HasPrefix(name, "$") {
			return fmt.Errorf("an expression in %s", name)
		}
		return nil
	})
}

func eachField(d bson.Raw, f func(name string, v bson.RawValue) error) error {
	elements, err := d.Elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		if err := f(e.Key(), e.Value()); err != nil {
			return err
		}
	}
	return nil
}
