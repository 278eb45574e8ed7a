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
func describe(c *Collection) ([]byte, error) {
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
		key = append(key, p.Value())
	}
	b.AppendArray("key", key...)
	if len(c.Options) > 5 {
		b.Append("options", doc.Embed(c.Options))
	}
	indexes := make([]bson.RawValue, 0, len(c.Indexes))
	for _, index := range c.Indexes {
		indexes = append(indexes, doc.Embed(index))
	}
	b.AppendArray("indexes", indexes...)
	appendStrings(b, "redacted", c.Redacted)
	appendStrings(b, "omitted", c.Omitted)
	if c.Sample > 0 {
		b.AppendInt32("sample", int32(min(c.Sample, 1<<30))) // MaxDocuments is far below
	}
	d := b.Raw()
	if !doc.Lossless(d) {
		return nil, fmt.Errorf("the options or indexes of %s are nested too deep, or hold text that is not UTF-8", c.Name)
	}
	return append(doc.AppendReview(nil, d, true), '\n'), nil
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
// words about the file, or a *doc.SyntaxError.
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
		c.Database, err = doc.AsString(name, v)
	case "name":
		c.Name, err = doc.AsString(name, v)
	case "kind":
		if c.Kind, err = doc.AsString(name, v); err == nil && c.Kind != KindCollection && c.Kind != KindView && c.Kind != KindTimeseries {
			err = fmt.Errorf(`kind must be "collection", "view" or "timeseries", not %s`, doc.Show(v, 40))
		}
	case "layout":
		var s string
		s, err = doc.AsString(name, v)
		if c.Layout = Layout(s); err == nil && c.Layout != Files && c.Layout != Lines && c.Layout != Shards {
			err = fmt.Errorf(`layout must be "files", "lines" or "shards", not %s`, doc.Show(v, 40))
		}
	case "key":
		c.Key, err = doc.AsPaths(name, v)
	case "options":
		c.Options, err = doc.AsDocument(name, v)
	case "indexes":
		err = doc.EachElement(name, v, func(v bson.RawValue) error {
			index, err := doc.AsDocument("every element of indexes", v)
			if plain, ok := PlainIndex(index); err == nil && ok {
				c.Indexes = append(c.Indexes, plain)
			}
			return err
		})
	case "redacted":
		c.Redacted, err = doc.AsStrings(name, v)
	case "omitted":
		c.Omitted, err = doc.AsStrings(name, v)
	case "sample":
		n, isInt := v.AsInt64OK()
		if c.Sample = n; !isInt || n < 1 {
			err = fmt.Errorf("sample must be a whole number from 1, not %s", doc.Show(v, 40))
		}
	default:
		err = fmt.Errorf("there is no field %s in a collection.json of format %d", doc.Show(doc.String(name), 60), Format)
	}
	return err
}

// PlainIndex is an index as collection.json has it, from what listIndexes gives:
// without what a server adds to it. False: `_id_`, which every collection has.
func PlainIndex(index bson.Raw) (bson.Raw, bool) {
	name, _ := index.Lookup("name").StringValueOK()
	return doc.Without(index, "v", "ns"), name != "_id_"
}
