package change

// Values of a report. They are BSON as it was read until they are written: in JSON
// as canonical Extended JSON.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Value is a value of a report, with nothing in it that nobody may see; the zero
// value is a missing one. It holds the bytes that it was made of: no copy.
type Value struct{ bson.RawValue }

// DocumentValue is that of a document.
func DocumentValue(d bson.Raw) Value { return Value{doc.Value(d)} }

// Missing reports whether there is none.
func (v Value) Missing() bool { return v.Type == 0 }

// IsZero is Missing, for JSON.
func (v Value) IsZero() bool { return v.Type == 0 }

// Text is canonical Extended JSON; empty: there is none.
func (v Value) Text() string {
	if v.Missing() {
		return ""
	}
	return string(doc.CanonicalValue(v.RawValue))
}

// MarshalJSON writes canonical Extended JSON.
func (v Value) MarshalJSON() ([]byte, error) { return doc.CanonicalValue(v.RawValue), nil }

// UnmarshalJSON reads Extended JSON.
func (v *Value) UnmarshalJSON(text []byte) (err error) {
	v.RawValue, err = doc.ParseExtJSONValue(text)
	return err
}
