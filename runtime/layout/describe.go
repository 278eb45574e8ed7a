package layout

// collection.json. In: its text, or a Collection; out: the other one.

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

const describeName = "collection.json"

// describe writes collection.json. Names are there only when the folder's name
// does not give them back.
func describe(c *Collection) []byte {
	b := doc.NewBuilder(512)
	b.AppendInt32("format", Format)
	if EncodeName(c.Database) != c.Database && c.Database != "" {
		b.AppendString("database", c.Database)
	}
	if EncodeName(c.Name) != c.Name && c.Name != "" {
		b.AppendString("name", c.Name)
	}
	b.AppendString("kind", c.Kind)
	b.AppendString("layout", string(c.Layout))
	key := make([]bson.RawValue, 0, 1)
	for _, p := range c.key() {
		key = append(key, pathValue(p))
	}
	b.AppendArray("key", key...)
	if len(c.Options) > 5 {
		b.Append("options", documentValue(c.Options))
	}
	indexes := make([]bson.RawValue, 0, len(c.Indexes))
	for _, index := range c.Indexes {
		indexes = append(indexes, documentValue(index))
	}
	b.AppendArray("indexes", indexes...)
	appendStrings(b, "redacted", c.Redacted)
	appendStrings(b, "omitted", c.Omitted)
	return append(doc.AppendReview(nil, b.Raw(), true), '\n')
}

// pathValue writes a path: one name as text, several as an array of names.
func pathValue(p doc.Path) bson.RawValue {
	if len(p) == 1 {
		return doc.String(p[0])
	}
	names := make([]bson.RawValue, len(p))
	for i, name := range p {
		names[i] = doc.String(name)
	}
	return doc.Array(names...)
}

// documentValue puts a document into Extended JSON, one that it cannot carry as
// the text of its line form.
func documentValue(d bson.Raw) bson.RawValue {
	if doc.Lossless(d) {
		return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	}
	line := doc.Line(d)
	return doc.String(string(line[1 : len(line)-1]))
}

func appendStrings(b *doc.Builder, name string, list []string) {
	if len(list) == 0 {
		return
	}
	values := make([]bson.RawValue, len(list))
	for i, s := range list {
		values[i] = doc.String(s)
	}
	b.AppendArray(name, values...)
}

// parseDescription fills c from the text of collection.json. The error is in
// words about the file; place is set when it is a syntax error.
func parseDescription(c *Collection, text []byte) error {
	d, err := doc.ParseExtJSON(text)
	if err != nil {
		return err
	}
	if v, ok := doc.Get(d, doc.Path{"format"}); ok {
		n, isInt := v.AsInt64OK()
		switch {
		case !isInt || n < 1:
			return fmt.Errorf("format must be a whole number from 1, not %s", doc.Show(v, 40))
		case n > Format:
			return fmt.Errorf("this was written in format %d; this mongocd reads formats up to %d: use a newer mongocd", n, Format)
		}
	} else {
		return fmt.Errorf(`the field "format" is missing; write "format": %d`, Format)
	}
	for name, v := range doc.Fields(d) {
		if err := c.set(name, v); err != nil {
			return err
		}
	}
	return nil
}

func (c *Collection) set(name string, v bson.RawValue) error {
	var err error
	switch name {
	case "format":
	case "database":
		c.Database, err = stringField(name, v)
	case "name":
		c.Name, err = stringField(name, v)
	case "kind":
		if c.Kind, err = stringField(name, v); err == nil && c.Kind != KindCollection && c.Kind != KindView && c.Kind != KindTimeseries {
			err = fmt.Errorf(`kind must be "collection", "view" or "timeseries", not %s`, doc.Show(v, 40))
		}
	case "layout":
		var s string
		s, err = stringField(name, v)
		if c.Layout = Layout(s); err == nil && c.Layout != Files && c.Layout != Lines && c.Layout != Shards {
			err = fmt.Errorf(`layout must be "files", "lines" or "shards", not %s`, doc.Show(v, 40))
		}
	case "key":
		c.Key, err = pathsField(name, v)
	case "options":
		c.Options, err = documentField(name, v)
	case "indexes":
		err = eachElement(name, v, func(v bson.RawValue) error {
			index, err := documentField("every element of indexes", v)
			c.Indexes = append(c.Indexes, index)
			return err
		})
	case "redacted":
		c.Redacted, err = stringsField(name, v)
	case "omitted":
		c.Omitted, err = stringsField(name, v)
	default:
		err = fmt.Errorf("there is no field %s in a collection.json of format %d", doc.Show(doc.String(name), 60), Format)
	}
	return err
}

func stringField(name string, v bson.RawValue) (string, error) {
	s, ok := v.StringValueOK()
	if !ok {
		return "", fmt.Errorf("%s must be text, not %s", name, doc.TypeName(v))
	}
	return s, nil
}

func stringsField(name string, v bson.RawValue) ([]string, error) {
	var list []string
	err := eachElement(name, v, func(v bson.RawValue) error {
		s, err := stringField("every element of "+name, v)
		list = append(list, s)
		return err
	})
	return list, err
}

func pathsField(name string, v bson.RawValue) ([]doc.Path, error) {
	var paths []doc.Path
	err := eachElement(name, v, func(v bson.RawValue) error {
		if s, ok := v.StringValueOK(); ok {
			paths = append(paths, doc.Path{s})
			return nil
		}
		names, err := stringsField("a path of "+name, v)
		if err == nil && len(names) == 0 {
			err = fmt.Errorf("a path of %s must have at least one field name", name)
		}
		paths = append(paths, names)
		return err
	})
	return paths, err
}

func documentField(name string, v bson.RawValue) (bson.Raw, error) {
	if v.Type == bson.TypeEmbeddedDocument {
		return v.Value, nil
	}
	if v.Type == bson.TypeString {
		d, err := doc.ParseLine(doc.AppendCanonicalValue(nil, v))
		if err != nil {
			return nil, fmt.Errorf("%s is text that is not the base64 of a document", name)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%s must be a document { … }, not %s", name, doc.TypeName(v))
}

func eachElement(name string, v bson.RawValue, do func(bson.RawValue) error) error {
	if v.Type != bson.TypeArray {
		return fmt.Errorf("%s must be a list [ … ], not %s", name, doc.TypeName(v))
	}
	for _, e := range doc.Fields(bson.Raw(v.Value)) {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}
