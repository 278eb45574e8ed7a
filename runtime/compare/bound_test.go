package compare

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What is bound of lists owned in part is the same whether secrets in their elements are
// given or not, wherever the elements stand.
func TestBoundWithoutSecrets(t *testing.T) {
	parse := func(text string) bson.Raw {
		d, err := doc.ParseExtJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c := &desired.Collection{Mode: desired.Replace, Identity: []doc.Path{{"_id"}}, Known: []doc.Path{{"_id"}, {"h"}, {"n"}},
		Lists: []desired.List{{Path: doc.Path{"h"}, By: []string{"k"}, Without: [][]bson.RawValue{{doc.String("old")}}}},
		Documents: []desired.Document{{Raw: parse(`{"_id": 1, "n": 1, "h": [{"k": "x", "t": null}, {"k": "y", "t": null}]}`), Secrets: []desired.Secret{
			{Path: []string{"h", "0", "t"}, Parts: []desired.SecretPart{{Text: "t-"}, {Name: "T"}}}, {Path: []string{"h", "1", "t"}, Parts: []desired.SecretPart{{Text: "t-"}, {Name: "T"}}}}}}}
	state := &desired.State{Collections: []*desired.Collection{c}}
	for _, live := range []string{
		`[{"k": "x", "t": "t-1"}, {"k": "y", "t": "t-1"}]`,
		`[{"k": "old"}, {"k": "y", "t": "t-1"}, {"k": "x", "t": "t-1"}]`,
		`[{"k": "old", "t": "t-1"}, {"k": "y", "t": "t-1"}, {"k": "own", "t": "t-1"}, {"k": "x", "t": "t-1"}]`,
		`[{"k": "old"}, {"k": "y", "t": "other"}]`,
		`[{"k": "own"}, {"k": "y", "t": "t-1"}]`,
	} {
		d := parse(`{"_id": 1, "n": 2, "h": ` + live + `}`)
		bound := func(given map[string]string) string {
			_, all := NewCollections(state, given)
			found := all[0].Compare(0, d)
			if found.Write == nil {
				t.Fatalf("%s: nothing is written", live)
			}
			text, mask := "", all[0].SecretMask(0)
			for _, s := range found.Write.Spots {
				text += fmt.Sprintf("%s: %s → %s\n", SpotText(s.At), mask.Value(s.At, s.Before), mask.Value(s.At, s.After))
			}
			return text
		}
		if with, without := bound(map[string]string{"T": "1"}), bound(nil); with != without {
			t.Errorf("%s\nwith the secrets\n%swithout\n%s", live, with, without)
		}
	}
}
