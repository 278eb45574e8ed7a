package compare

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Keys find what a map of doc.Key would, whatever the hashes.
func TestKeys(t *testing.T) {
	for _, n := range []int{0, 1, 6, 7, 1000} {
		of := &desired.Collection{Identity: []doc.Path{{"a"}, {"b", "c"}}, Mode: desired.Exact}
		want := map[string]int{}
		for i := range n {
			text := fmt.Sprintf(`{"a": %d, "b": {"c": "%d"}}`, i%300, i/2)
			if i%5 == 4 {
				text = `{"a": null}` // without an identity
			}
			raw, err := doc.ParseLine([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			of.Documents = append(of.Documents, desired.Document{Raw: raw})
			if values, ok := of.IdentityOf(raw); ok {
				want[doc.Key(values...)] = i
			}
		}
		keys := KeysOf(newCollection(&desired.State{}, of, nil))
		ask := func(values ...bson.RawValue) {
			t.Helper()
			at, ok := want[doc.Key(values...)]
			if i, found := keys.Find(values...); i != at || found != ok {
				t.Errorf("%d documents: %v is %d, %v, and should be %d, %v", n, values, i, found, at, ok)
			}
		}
		for i, values := range keys.Values() {
			if len(values) == 0 != (i%5 == 4) {
				t.Errorf("document %d has the identity %v", i, values)
			}
			if len(values) > 0 {
				ask(values...)
				ask(bson.RawValue{Type: bson.TypeDouble, Value: double(float64(i % 300))}, values[1])
			}
			ask(doc.String(fmt.Sprint(i)), doc.String(""))
		}
	}
}

func double(f float64) []byte {
	_, b, err := bson.MarshalValue(f)
	if err != nil {
		panic(err)
	}
	return b
}
