package doc

// Well-formedness: in, bytes that may be anything; out, nil or what is wrong and where.

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Validate reports whether the bytes are one well-formed BSON document: all
// lengths agree, nested at most MaxDepth deep, booleans 0 or 1, names and
// strings UTF-8. The error names the field.
func Validate(d bson.Raw) error {
	return validate(d, nil, 1, true)
}

// ValidateStructure is Validate without the demand that texts are UTF-8, which
// servers do not make of what they store.
func ValidateStructure(d bson.Raw) error {
	return validate(d, nil, 1, false)
}

var errUTF8 = errors.New("is not valid UTF-8")

func validate(d []byte, path Path, depth int, utf8Only bool) error {
	if depth > MaxDepth {
		return fmt.Errorf("%s is nested more than %d deep", path[:3], MaxDepth)
	}
	w := newWalk(d)
	if !w.ok {
		return fmt.Errorf("%sis no BSON document: its length does not fit its bytes", subject(path))
	}
	for w.next() {
		at := func() Path { return append(path[:len(path):len(path)], string(w.name)) }
		var err error
		switch w.typ {
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if err := validate(w.data, at(), depth+1, utf8Only); err != nil {
				return err
			}
		case bson.TypeCodeWithScope:
			code, scope := codeParts(w.data)
			if err := validate(scope, at(), depth+1, utf8Only); err != nil {
				return err
			}
			if utf8Only && !utf8.Valid(code) {
				err = errUTF8
			}
		case bson.TypeBoolean:
			if w.data[0] > 1 {
				err = fmt.Errorf("is a boolean with the value %d", w.data[0])
			}
		case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
			if utf8Only && !utf8.Valid(text(w.data)) {
				err = errUTF8
			}
		case bson.TypeDBPointer:
			if utf8Only && !utf8.Valid(text(w.data[:len(w.data)-12])) {
				err = errUTF8
			}
		case bson.TypeRegex:
			if utf8Only && !utf8.Valid(w.data) {
				err = errUTF8
			}
		}
		if utf8Only && err == nil && !utf8.Valid(w.name) {
			err = errors.New("has a name that is not valid UTF-8")
		}
		if err != nil {
			return fmt.Errorf("%s%w", subject(at()), err)
		}
	}
	if !w.ok {
		return fmt.Errorf("%sis malformed BSON: a field is cut off or of an unknown type", subject(path))
	}
	return nil
}

func subject(p Path) string {
	if len(p) == 0 {
		return "the document "
	}
	return "field " + p.String() + " "
}
