package doc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Any document comes back from its patch, whatever it is beside, and one that is alike takes few
// bytes of it.
func TestPatch(t *testing.T) {
	parse := func(text string) bson.Raw {
		d, err := ParseExtJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	of := parse(`{"_id": 1, "name": "a long text that is the same", "d": {"x": 1, "y": {"z": [1, 2, {"q": "another text"}]}}, "list": [1, 2, 3], "last": null}`)
	for text, most := range map[string]int{
		`{}`: 6,
		`{"_id": 1, "name": "a long text that is the same", "d": {"x": 1, "y": {"z": [1, 2, {"q": "another text"}]}}, "list": [1, 2, 3], "last": null}`: 10,
		`{"_id": 1, "name": "a long text that is the same", "d": {"x": 1, "y": {"z": [1, 2, {"q": "another text"}]}}, "list": [1, 2, 3], "last": 2.5}`:  30,
		`{"_id": 1, "mine": true, "name": "a long text that is the same", "d": {"x": 2, "y": {"z": [1, 2, {"q": "another text"}]}}, "list": [1, 2, 3]}`: 60,
		`{"last": null, "list": [1, 2, 3], "d": {"x": 1, "y": {"z": [1, 2, {"q": "another text"}]}}, "name": "a long text that is the same", "_id": 1}`: 35,
		`{"d": [1], "list": {"0": 1}, "name": {"name": "a long text that is the same"}}`:                                                                200,
	} {
		d := parse(text)
		patch := AppendPatch([]byte("before"), d, of)[len("before"):]
		if got := Patched(of, patch); !bytes.Equal(got, d) || len(patch) > most {
			t.Errorf("%s: %d bytes make %s", text, len(patch), got)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := randomPatched(random, 3), randomPatched(random, 3)
		if got := Patched(b, AppendPatch(nil, a, b)); !bytes.Equal(got, a) {
			t.Fatalf("%s beside %s becomes %s", a, b, got)
		}
	}
}

// randomPatched is a document with few names, some of them twice.
func randomPatched(random *rand.Rand, depth int) bson.Raw {
	b := NewBuilder(64)
	for range random.IntN(4 + 6*depth) {
		name := fmt.Sprint("n", random.IntN(20))
		switch n := random.IntN(4); {
		case n == 0 && depth > 0:
			b.AppendDocument(name, randomPatched(random, depth-1))
		case n == 1:
			b.AppendInt32(name, int32(random.IntN(3)))
		case n == 2:
			b.AppendString(name, "text"[random.IntN(4):])
		default:
			b.Append(name, Bool(random.IntN(2) == 0))
		}
	}
	return b.Raw()
}
