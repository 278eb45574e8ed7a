package workspace

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/layout"
)

// TestParts: a file comes out as it went in, with names that are no text, and a text that is cut
// anywhere is none.
func TestParts(t *testing.T) {
	var docs []layout.Document
	for i, text := range []string{`{"_id": 1, "a": [{"b": null}, 2.5]}`, `{}`, `{"_id": {"$oid": "65f0c0ffee00000000000001"}, "": "", "m": {"x": {"$numberLong": "5"}}}`} {
		docs = append(docs, layout.Document{Raw: doctest.Parse(t, text), File: "documents.jsonl", Line: 2*i + 1})
	}
	docs = append(docs, layout.Document{Raw: []byte("\x0a\x00\x00\x00\x0a\xff\xfe\x80\x00\x00"), File: "documents.jsonl", Line: 9})
	s := shape.New()
	for _, d := range docs {
		s.Add(d.Raw)
	}
	var text bytes.Buffer
	if err := encodePart(&text, docs, filePart{s, contentOf(docs, nil)}); err != nil {
		t.Fatal(err)
	}
	again, was, ok := decodePart(text.Bytes(), "documents.jsonl")
	if !ok || !bytes.Equal(was.content, contentOf(docs, nil)) || !reflect.DeepEqual(again, docs) || !reflect.DeepEqual(shape.Join([]*shape.Shape{was.shape}), shape.Join([]*shape.Shape{s})) {
		t.Errorf("%v\n%v", again, docs)
	}
	for n := range text.Len() {
		if _, _, ok := decodePart(text.Bytes()[:n], ""); ok {
			t.Errorf("the first %d of %d bytes are a file", n, text.Len())
		}
	}
}
