package cause

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

var parse = doctest.Parse

// paths are those of texts, with a slash between names.
func paths(texts ...string) (out []doc.Path) {
	for _, text := range texts {
		out = append(out, strings.Split(text, "/"))
	}
	return out
}

// Causes of documents as a whole.
func TestDocumentCause(t *testing.T) {
	collection := func(document string) *compare.Collection {
		return wantedOf(&desired.Collection{Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: []desired.Document{{Raw: parse(t, document)}}})
	}
	entry := Entries(collection(`{"_id": 1, "n": 1, "d": {"x": 1}}`), nil).Making().Entry(0)
	for _, test := range []struct{ document, insert, delete string }{
		{`{"_id": 1, "n": 1, "d": {"x": 1}}`, ByDestination, ByRules},
		{`{"_id": 1, "d": {"x": 1}, "n": 1}`, ByDestination, ByRules},
		{`{"_id": 1, "n": 2, "d": {"x": 1}}`, ByBoth, ByBoth},
		{`{"_id": 1, "d": {"x": 1}}`, ByBoth, ByBoth},
		{`{"_id": 1, "n": 1, "d": {"x": 1}, "more": 1}`, ByBoth, ByRules},
	} {
		c := collection(test.document)
		if got := OfInsert(c, &entry, 0); got != test.insert {
			t.Errorf("insert of %s: %s, want %s", test.document, got, test.insert)
		}
		if got := OfDelete(c, &entry, parse(t, test.document)); got != test.delete {
			t.Errorf("delete of %s: %s, want %s", test.document, got, test.delete)
		}
		if OfInsert(c, nil, 0) != ByRules || OfDelete(c, nil, c.Raw(0)) != ByDestination {
			t.Error("what the ledger does not know came with the rules, or at the destination")
		}
	}
}
