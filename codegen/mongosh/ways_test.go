package mongosh

// How documents are written on servers that lack something, in both engines. In: a
// document, what becomes of it, and what is lacking; out: the way.

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

func TestWays(t *testing.T) {
	const setType, whole, pipeline, transactions = capability.CanSetType, capability.CanWholeGuard, capability.CanUpdatePipeline, capability.CanTransactions
	tests := []struct {
		live, set string // no set: the document is deleted
		lacks     []string
		transacts bool
		want      string
	}{
		{`{"_id": 1, "a": 1}`, `{"a": {"$numberDouble": "1.0"}}`, nil, true, "update needs set-type"},
		{`{"_id": 1, "a": 1}`, `{"a": {"$numberDouble": "1.0"}}`, []string{setType}, true, "replace needs whole-guard"},
		{`{"_id": 1, "a": 1}`, `{"a": {"$numberDouble": "2.0"}}`, []string{setType}, true, "update needs "},
		{`{"_id": 1, "a": {"x": [{"$numberDecimal": "9.90"}]}}`, `{"b": 2, "a": {"x": [{"$numberDecimal": "9.9"}]}}`, []string{setType}, false, "replace needs whole-guard"},
		{`{"_id": 1, "$a": 1, "b": 1}`, `{"b": {"$numberDouble": "1.0"}}`, []string{setType}, false, "replace needs whole-guard update-pipeline"},
		{`{"_id": 1, "a": 1}`, `{"a": {"$numberDouble": "1.0"}}`, []string{setType, whole}, true, "replace alone needs transactions"},
		{`{"_id": 1, "a": 1}`, `{"a": {"$numberDouble": "1.0"}}`, []string{setType, whole, transactions}, false, "replace needs whole-guard"},
		{`{"_id": 1, "$a": 1}`, `{"$a": 2}`, []string{transactions}, false, "replace needs whole-guard update-pipeline"},
		{`{"_id": 1, "$a": 1}`, `{"$a": 2}`, []string{pipeline}, true, "replace alone needs transactions"},
		{`{"_id": 1, "a.b": 1}`, `{"a.b": 2}`, []string{pipeline}, false, "replace needs whole-guard"},
		{`{"_id": 1, "a": {"$code": "x", "$scope": {"y": 1}}}`, `{"a": {"$code": "x", "$scope": {"y": {"$numberLong": "1"}}}}`, []string{setType}, false, "replace needs whole-guard"},
		{`{"_id": 1, "a": 1}`, ``, []string{whole, pipeline, setType}, true, "delete needs "},
		{`{"_id": 1, "a.b": 1}`, ``, []string{whole}, true, "delete alone needs transactions"},
		{`{"_id": 1, "a.b": 1}`, ``, []string{whole}, false, "delete needs whole-guard"},
	}
	js := newVM(t).Function(`(live, set, lacks, transacts) => {
	  const parsed = text => engine.document(engine.fromBase64(text)), fields = set === '' ? [] : engine.fields(parsed(set));
	  const w = set === '' ? engine.deletion(parsed(live)) : engine.updating(parsed(live), 0, {set: fields.map(f => ({path: [f.name], v: f.v})), unset: []});
	  engine.adaptWrite(w, {lacks}, transacts);
	  return w.op.action + (w.alone ? ' alone' : '') + ' needs ' + engine.writeNeeds(w).join(' ');
	}`)
	actions := map[stores.Action]string{stores.Update: "update", stores.Replace: "replace", stores.Delete: "delete"}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s %v %v", test.live, test.set, test.lacks, test.transacts), func(t *testing.T) {
			live, set64 := parseJSON(t, test.live), ""
			w := compare.Deletion(live)
			if test.set != "" {
				var set []stores.Field
				for name, v := range doc.Fields(parseJSON(t, test.set)) {
					set = append(set, stores.Field{Path: doc.Path{name}, Value: v})
				}
				w, set64 = compare.Updating(live, 0, set, nil), base64.StdEncoding.EncodeToString(parseJSON(t, test.set))
			}
			w.Adapt(&capability.Capabilities{Lacks: test.lacks}, test.transacts)
			got := actions[w.Op.Action]
			if w.Alone {
				got += " alone"
			}
			if got += " needs " + strings.Join(w.Needs(), " "); got != test.want {
				t.Errorf("go: %s, want %s", got, test.want)
			}
			if w.Op.Action == stores.Replace && string(w.Op.Document) != string(w.After) {
				t.Errorf("the replacement is %s, wanted is %s", w.Op.Document, w.After)
			}
			lacks := make([]any, len(test.lacks))
			for i, f := range test.lacks {
				lacks[i] = f
			}
			if got := js(base64.StdEncoding.EncodeToString(live), set64, lacks, test.transacts).String(); got != test.want {
				t.Errorf("mongosh: %s, want %s", got, test.want)
			}
		})
	}
}

func parseJSON(t *testing.T, text string) bson.Raw {
	t.Helper()
	var d bson.Raw
	if err := bson.UnmarshalExtJSON([]byte(text), true, &d); err != nil {
		t.Fatal(err)
	}
	return d
}
