package shape

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJoin: shapes of some documents each give the shape of all, however they are cut.
func TestJoin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		text := ""
		for i := range random.IntN(40) {
			text += fmt.Sprintf(`{"_id": %d, "f%d": %s, "g": [{"h%d": %d}]}`+"\n", i, random.IntN(15), []string{`"x"`, `1`, `2.5`, `null`, `{"y": 1}`, `[]`}[random.IntN(6)], random.IntN(3), random.IntN(30))
		}
		list := documents(t, text)
		var parts []*Shape
		for from := 0; from < len(list); {
			to := from + random.IntN(len(list)-from+1)
			s := New()
			for _, d := range list[from:to] {
				s.Add(d)
			}
			parts, from = append(parts, s), to
		}
		if diff := cmp.Diff(Infer(list, 1), Join(parts), cmp.AllowUnexported(Node{})); diff != "" {
			t.Fatal(diff)
		}
	}
}
