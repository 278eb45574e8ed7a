package desired

// Reading the file format of file.go. In: the manifest as a document; out: a
// State, with every field checked, since a person may have edited the files.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

type reader struct {
	files fs.FS
	state State
	build Build
	seen  map[string]bool    // collections
	held  map[string]*stored // by files: another collection may have the same
}

// eachField calls set for every field of an object; what names it in errors.
func eachField(what string, d bson.Raw, set func(name string, v bson.RawValue) error) error {
	for name, v := range doc.Fields(d) {
		if err := set(name, v); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func unknownField(name string) error {
	return fmt.Errorf("there is no field %s in format %d", doc.Show(doc.String(name), 60), Format)
}

func (r *reader) manifest(d bson.Raw) error {
	format, ok := doc.Get(d, doc.Path{"format"})
	if !ok {
		return fmt.Errorf(`%s: the field "format" is missing: compile again`, ManifestName)
	}
	n, err := doc.AsInt("format", format)
	if err != nil {
		return fmt.Errorf("%s: %w", ManifestName, err)
	}
	if n > Format {
		return fmt.Errorf("%s was written in format %d; this program reads formats up to %d: use a newer mongocd", ManifestName, n, Format)
	}
	err = eachField(ManifestName, d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "format":
		case "weave":
			r.state.Weave, err = doc.AsString(name, v)
		case "environment":
			r.state.Environment, err = doc.AsString(name, v)
		case "compiler":
			r.state.Compiler, err = doc.AsString(name, v)
		case "commit":
			r.state.Commit, err = doc.AsString(name, v)
		case "timeZones":
			r.state.TimeZones, err = doc.AsString(name, v)
		case "targets":
			r.build.Targets, err = doc.AsStrings(name, v)
		case "inputs":
			err = doc.EachElement(name, v, r.input)
		case "given":
			r.state.Inputs, err = objects(name, v, inputOf)
		case "secrets":
			_, err = doc.AsStrings(name, v) // for people: the documents have them
		case "cluster":
			var c Cluster
			c, err = oneObject(name, v, clusterOf)
			r.state.Cluster = &c
		case "sources":
			r.state.Sources, err = doc.AsStrings(name, v)
		case "before":
			r.state.Before, err = objects(name, v, commandOf)
		case "after":
			r.state.After, err = objects(name, v, commandOf)
		case "apart":
			r.state.Apart, err = doc.AsStrings(name, v)
		case "collections":
			err = doc.EachElement(name, v, r.collection)
		case outputsField:
			r.build.Outputs, err = outputsOf(v)
		default:
			err = unknownField(name)
		}
		return err
	})
	if err == nil && (r.state.Weave == "" || r.state.Environment == "") {
		err = fmt.Errorf("%s names no weave or no environment: compile again", ManifestName)
	}
	return err
}

func (r *reader) input(v bson.RawValue) error {
	d, err := doc.AsObject("an input", v)
	if err != nil {
		return err
	}
	var in Input
	err = eachField("an input", d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "name":
			in.Name, err = doc.AsString(name, v)
		case "sha256":
			in.SHA256, err = doc.AsString(name, v)
		default:
			err = unknownField(name)
		}
		return err
	})
	r.build.Inputs = append(r.build.Inputs, in)
	return err
}

func (r *reader) collection(v bson.RawValue) error {
	d, err := doc.AsObject("a collection", v)
	if err != nil {
		return err
	}
	c := &Collection{}
	var documents bson.Raw
	err = eachField("collection "+nameOf(d), d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "database":
			c.Database, err = doc.AsString(name, v)
		case "name":
			c.Name, err = doc.AsString(name, v)
		case "origin":
			c.Origin, err = doc.AsString(name, v)
		case "mode":
			var s string
			if s, err = doc.AsString(name, v); err == nil {
				c.Mode, err = modeOf(s)
			}
		case "identity":
			c.Identity, err = doc.AsPaths(name, v)
		case "options":
			c.Options, err = doc.AsDocument(name, v)
		case "indexes":
			err = doc.EachElement(name, v, func(v bson.RawValue) error {
				index, err := doc.AsDocument("an index", v)
				c.Indexes = append(c.Indexes, index)
				return err
			})
		case "preserve":
			c.Preserve, err = doc.AsPaths(name, v)
		case "ignore":
			c.Ignore, err = doc.AsPaths(name, v)
		case "absent":
			c.Absent, err = doc.AsPaths(name, v)
		case "known":
			c.Known, err = doc.AsPaths(name, v)
		case "prune":
			c.Prune, err = pruneOf(v)
		case "documents":
			documents, err = doc.AsObject(name, v)
		default:
			var known bool
			if known, err = c.policy(name, v); !known {
				err = unknownField(name)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.Database == "" || c.Name == "" || c.Mode == "" || len(c.Identity) == 0 || documents == nil {
		return fmt.Errorf("collection %s: database, name, mode, identity and documents must all be there: compile again", nameOf(d))
	}
	if r.seen[c.Namespace()] {
		return fmt.Errorf("collection %s is there twice: compile again", nameOf(d))
	}
	r.seen[c.Namespace()] = true
	r.state.Collections = append(r.state.Collections, c)
	return r.documents(c, documents)
}

// nameOf shows a collection's name whatever is in the file.
func nameOf(d bson.Raw) string {
	v, _ := doc.Get(d, doc.Path{"name"})
	return doc.Show(v, 60)
}

func modeOf(s string) (Mode, error) {
	switch m := Mode(s); m {
	case Replace, Exact, Merge, Update, Insert, Structure:
		return m, nil
	}
	return "", fmt.Errorf("there is no mode %s", doc.Show(doc.String(s), 40))
}

func driftOf(name string, v bson.RawValue) (Drift, error) {
	s, err := doc.AsString(name, v)
	switch d := Drift(s); {
	case err != nil:
		return "", err
	case d == DriftKeep || d == DriftStop:
		return d, nil
	}
	return "", fmt.Errorf("there is no drift policy %s", doc.Show(doc.String(s), 40))
}

func pruneOf(v bson.RawValue) (*Prune, error) {
	d, err := doc.AsObject("prune", v)
	if err != nil {
		return nil, err
	}
	p, bounded := &Prune{}, false
	err = eachField("prune", d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "origin":
			p.Origin, err = doc.AsString(name, v)
		case "where":
			p.Where, err = condOf(v)
		case "filter":
			p.Filter, err = doc.AsDocument(name, v)
		case "atMost":
			bounded = true
			p.AtMost, err = doc.AsInt(name, v)
		case "percent":
			p.Percent, err = doc.AsBool(name, v)
		default:
			err = unknownField(name)
		}
		return err
	})
	if err == nil && !bounded {
		err = errors.New(`prune has no bound: "atMost" is missing`)
	}
	return p, err
}

func condOf(v bson.RawValue) (*Cond, error) {
	d, err := doc.AsObject("a condition", v)
	if err != nil {
		return nil, err
	}
	c := &Cond{}
	err = eachField("a condition", d, func(name string, v bson.RawValue) (err error) {
		switch name {
		case "op":
			var s string
			s, err = doc.AsString(name, v)
			c.Op = CondOp(s)
		case "path":
			c.Path, err = doc.AsPath(name, v)
		case "values":
			c.Values, err = valuesOf(v)
		case "word":
			c.Word, err = doc.AsString(name, v)
		case "args":
			err = doc.EachElement(name, v, func(v bson.RawValue) error {
				arg, err := condOf(v)
				c.Args = append(c.Args, arg)
				return err
			})
		default:
			err = unknownField(name)
		}
		return err
	})
	if err == nil {
		err = c.check()
	}
	return c, err
}

func valuesOf(v bson.RawValue) ([]bson.RawValue, error) {
	d, err := doc.AsDocument("values", v)
	if err != nil {
		return nil, err
	}
	are, _ := doc.Get(d, doc.Path{"are"})
	values := []bson.RawValue{}
	err = doc.EachElement("values.are", are, func(v bson.RawValue) error {
		values = append(values, v)
		return nil
	})
	return values, err
}

// check reports whether the operator has what it needs.
func (c *Cond) check() error {
	args, values, needsPath, word := 0, 0, true, false
	switch c.Op {
	case CondAnd, CondOr:
		args, needsPath = max(2, len(c.Args)), false
	case CondNot:
		args, needsPath = 1, false
	case CondEq, CondNe, CondLt, CondLe, CondGt, CondGe, CondContains, CondStartsWith, CondEndsWith:
		values = 1
	case CondIn, CondNotIn:
		values = len(c.Values)
	case CondBetween:
		values = 2
	case CondIs, CondIsNot:
		word = true
	default:
		return fmt.Errorf("there is no condition %s", doc.Show(doc.String(string(c.Op)), 40))
	}
	if len(c.Args) != args || len(c.Values) != values || (len(c.Path) > 0) != needsPath || (c.Word != "") != word {
		return fmt.Errorf("the condition %s does not have what it needs: compile again", c.Op)
	}
	return nil
}

func long(n int64) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt64, Value: binary.LittleEndian.AppendUint64(nil, uint64(n))}
}

func boolean(b bool) bson.RawValue {
	v := bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}
	if b {
		v.Value[0] = 1
	}
	return v
}
