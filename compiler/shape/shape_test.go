package shape

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func documents(t testing.TB, text string) []bson.Raw {
	t.Helper()
	var out []bson.Raw
	for line := range strings.Lines(text) {
		d, err := doc.ParseExtJSON([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, d)
	}
	return out
}

// describe writes a shape, one path a line: types with counts, and the values where they are few.
func describe(n *Node, path string, out *strings.Builder) {
	fmt.Fprintf(out, "%s:", path)
	for _, t := range n.Types {
		fmt.Fprintf(out, " %s %d", t.Type, t.Count)
	}
	if n.Many {
		out.WriteString(" many")
	} else if len(n.Values) > 0 {
		fmt.Fprintf(out, " values")
		for _, v := range n.Values {
			out.WriteString(" " + doc.Show(v, 60))
		}
	}
	out.WriteString("\n")
	for _, f := range n.Fields {
		describe(f, path+"/"+f.Name, out)
	}
	if n.Elements != nil {
		describe(n.Elements, path+"[]", out)
	}
}

func TestInfer(t *testing.T) {
	docs := documents(t, `{"_id": 1, "n": 5, "tags": ["a", "b"], "o": {"x": null}, "items": [{"s": 1}, {"s": {"$numberLong": "1"}, "t": true}, [1]]}
{"o": 5, "_id": 2, "n": {"$numberDecimal": "1.0"}, "tags": [], "u": {"$uuid": "5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11"}, "b": {"$binary": {"base64": "AA==", "subType": "00"}}}
{"_id": 3, "n": 5, "a.b": {"$regularExpression": {"pattern": "x", "options": "i"}}, "": {"$undefined": true}, "c": {"$code": "f()", "$scope": {}}, "m": {"$minKey": 1}}
`)
	var got strings.Builder
	s := Infer(docs, 1)
	describe(s.Root, "", &got)
	want := `: object 3
/_id: int 3 values 1 2 3
/n: int 2 decimal 1 values 5 1.0
/tags: array 2
/tags[]: string 2 values "a" "b"
/o: int 1 object 1 values 5
/o/x: null 1 values null
/items: array 1
/items[]: object 2 array 1
/items[]/s: int 1 long 1 values 1 1
/items[]/t: bool 1 values true
/items[][]: int 1 values 1
/u: uuid 1 values uuid("5f0e7a3c-9a55-4a4e-8a61-0d6f1f0f2b11")
/b: binary 1 values binary(1 bytes, 0)
/a.b: regex 1 values /x/i
/: undefined 1 values undefined
/c: code 1 values code("f()", {})
/m: minKey 1 values minKey()
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if s.Documents != 3 {
		t.Errorf("%d documents", s.Documents)
	}
}

func TestManyValues(t *testing.T) {
	var text strings.Builder
	for i := range 21 {
		fmt.Fprintf(&text, `{"few": %d, "many": %d, "long": "%s"}`+"\n", i%20, i, strings.Repeat("x", longValue))
	}
	s := Infer(documents(t, text.String()), 1)
	if n := s.Root.Field("few"); n.Many || len(n.Values) != 20 {
		t.Errorf("few: %d values, many %v", len(n.Values), n.Many)
	}
	for _, name := range []string{"many", "long"} {
		if n := s.Root.Field(name); !n.Many || n.Values != nil {
			t.Errorf("%s: %d values, many %v", name, len(n.Values), n.Many)
		}
	}
}

// TestWorkers holds that the shape is the same however many goroutines infer
// it, also with more fields than are searched one by one.
func TestWorkers(t *testing.T) {
	var text strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&text, `{"_id": %d, "f%d": %d, "g%d": {"h": [%d, "x"]}, "s": %d}`+"\n", i, i%17, i%23, i%5, i%3, i%25)
	}
	docs := documents(t, text.String())
	var one, five strings.Builder
	describe(Infer(docs, 1).Root, "", &one)
	describe(Infer(docs, 5).Root, "", &five)
	if d := cmp.Diff(one.String(), five.String()); d != "" {
		t.Errorf("(-one +five):\n%s", d)
	}
}

func TestPaths(t *testing.T) {
	s := Infer(documents(t, `{"b": {"c": 1, "d": {}}, "a": [{"x": 1}]}`+"\n"), 1)
	var names Names
	for _, d := range documents(t, `{"b": {"e": {"f": 1}}, "a": 1, "z.y": 1}`+"\n") {
		names.Add(d)
	}
	var got []string
	for _, p := range Paths(s, &names) {
		got = append(got, p.String())
	}
	if d := cmp.Diff([]string{"a", "b", "b.c", "b.d", "b.e", "b.e.f", "'z.y'"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func BenchmarkInfer(b *testing.B) {
	docs := documents(b, strings.Repeat(`{"_id": 1, "sku": "a", "n": 1.5, "tags": ["a", "b"], "o": {"x": 1, "y": "text"}}`+"\n", 1000))
	b.SetBytes(int64(len(docs) * len(docs[0])))
	for b.Loop() {
		Infer(docs, 1)
	}
}
