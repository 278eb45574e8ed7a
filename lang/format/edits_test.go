package format

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestEdits applies the edits of random texts: they give the other text.
func TestEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString([]string{"a", "b", "", "set x = 1", "é😀"}[r.IntN(5)] + "\n")
		}
		return strings.TrimSuffix(b.String(), []string{"", "\n"}[r.IntN(2)])
	}
	for range 2000 {
		a, b := text(), text()
		var got strings.Builder
		at := 0
		for _, e := range Edits(a, b) {
			if e.Start < at || e.End < e.Start {
				t.Fatalf("%q to %q: edits out of order", a, b)
			}
			got.WriteString(a[at:e.Start] + e.Text)
			at = e.End
		}
		if got.WriteString(a[at:]); got.String() != b {
			t.Fatalf("%q to %q gives %q by %+v", a, b, got.String(), Edits(a, b))
		}
	}
}
