package doc

// Settings files (collection.json, manifest.json) are documents as well. In: a
// field's name and value; out: what it must be, or an error in words. And the
// forms that paths and whole documents have in such files.

import (
	"bytes"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// AsString returns the text of a field.
func AsString(name string, v bson.RawValue) (string, error) {
	s, ok := v.StringValueOK()
	if !ok {
		return "", fmt.Errorf("%s must be text, not %s", name, TypeName(v))
	}
	return s, nil
}

// AsInt returns a whole number that is not negative.
func AsInt(name string, v bson.RawValue) (int64, error) {
	n, ok := v.AsInt64OK()
	if !ok || n < 0 || v.Type != bson.TypeInt32 && v.Type != bson.TypeInt64 {
		return 0, fmt.Errorf("%s must be a whole number from 0, not %s", name, Show(v, 40))
	}
	return n, nil
}

// AsBool returns true or false.
func AsBool(name string, v bson.RawValue) (bool, error) {
	b, ok := v.BooleanOK()
	if !ok {
		return false, fmt.Errorf("%s must be true or false, not %s", name, TypeName(v))
	}
	return b, nil
}

// AsObject returns the document of a field that must not be in another form.
func AsObject(name string, v bson.RawValue) (bson.Raw, error) {
	if v.Type != bson.TypeEmbeddedDocument {
		return nil, fmt.Errorf("%s must be an object { … }, not %s", name, TypeName(v))
	}
	return v.Value, nil
}

// EachElement calls do for the elements of a list until one fails.
func EachElement(name string, v bson.RawValue, do func(bson.RawValue) error) error {
	if v.Type != bson.TypeArray {
		return fmt.Errorf("%s must be a list [ … ], not %s", name, TypeName(v))
	}
	for _, e := range Fields(v.Value) {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// AsStrings returns a list of texts.
func AsStrings(name string, v bson.RawValue) ([]string, error) {
	var list []string
	err := EachElement(name, v, func(v bson.RawValue) error {
		s, err := AsString("every element of "+name, v)
		list = append(list, s)
		return err
	})
	return list, err
}

// Value returns the form of a path in a settings file: one name as text,
// several as a list of names.
func (p Path) Value() bson.RawValue {
	if len(p) == 1 {
		return String(p[0])
	}
	names := make([]bson.RawValue, len(p))
	for i, name := range p {
		names[i] = String(name)
	}
	return Array(names...)
}

// AsPath reverses Path.Value.
func AsPath(name string, v bson.RawValue) (Path, error) {
	if s, ok := v.StringValueOK(); ok {
		return Path{s}, nil
	}
	names, err := AsStrings(name, v)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%s must have at least one field name", name)
	}
	return names, err
}

// AsPaths returns a list of paths.
func AsPaths(name string, v bson.RawValue) ([]Path, error) {
	var paths []Path
	err := EachElement(name, v, func(v bson.RawValue) error {
		p, err := AsPath("a path of "+name, v)
		paths = append(paths, p)
		return err
	})
	return paths, err
}

// Embed returns the form of a document in a settings file, and nowhere else (Value): itself when Extended
// JSON can carry it, else text, the base64 of its BSON.
func Embed(d bson.Raw) bson.RawValue {
	if Lossless(d) {
		return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	}
	return String(string(bytes.Trim(AppendBase64Line(nil, d), `"`)))
}

// AsDocument reverses Embed.
func AsDocument(name string, v bson.RawValue) (bson.Raw, error) {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return v.Value, nil
	case bson.TypeString:
		d, err := ParseLine(AppendCanonicalValue(nil, v))
		if err != nil {
			return nil, fmt.Errorf("%s is text that is not the base64 of a document", name)
		}
		return d, nil
	}
	return nil, fmt.Errorf("%s must be a document { … }, not %s", name, TypeName(v))
}
