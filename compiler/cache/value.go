package cache

// Entries that are small values. In: a value; out: the same, by way of JSON. What would
// not come out of JSON as it went in, a name that is no text, say, is not kept.

import (
	"encoding/json"
	"io"
	"reflect"
)

// Value is the value of a key; false: there is none.
func Value[T any](s *Store, k *Key) (v T, ok bool) {
	text, ok := s.Get(k)
	if !ok || json.Unmarshal(text, &v) != nil {
		var none T
		return none, false
	}
	return v, true
}

// PutValue keeps a value, and reports whether it could be one of JSON.
func PutValue[T any](s *Store, k *Key, v T) bool {
	if s == nil {
		return false
	}
	text, ok := Text(v)
	if ok {
		s.Put(k, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	}
	return ok
}

// Text is a value as JSON; false: it would be another value.
func Text[T any](v T) ([]byte, bool) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, false
	}
	var again T
	return text, json.Unmarshal(text, &again) == nil && reflect.DeepEqual(v, again)
}
