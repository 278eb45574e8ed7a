package between

import (
	"fmt"
	"strings"
	"testing"
)

func TestTextParts(t *testing.T) {
	long := strings.Repeat("lorem ipsum ", 20)
	for _, test := range []struct{ before, after, want string }{
		{"a", "a", "a"},
		{"", "new", "[→new]"},
		{"<a href=\"https://preprod.example.com/x\">", "<a href=\"https://app.example.com/x\">", "<a href=\"https://[preprod→app].example.com/x\">"},
		{"one two three", "one 2 three four", "one [two→2] three[→ four]"},
		{"x.y", "z.q", "[x.y→z.q]"},
		{long + "preprod " + long, long + "app " + long, "…220…m ipsum lorem ipsum [preprod→app] lorem ipsum lorem i…221…"},
		{"Größe 😀 alt", "Größe 😀 neu", "Größe 😀 [alt→neu]"},
	} {
		var b strings.Builder
		for _, p := range Around(TextParts(test.before, test.after), 20) {
			switch {
			case p.Left > 0:
				fmt.Fprintf(&b, "…%d…", p.Left)
			case p.Same:
				b.WriteString(p.Old)
			default:
				fmt.Fprintf(&b, "[%s→%s]", p.Old, p.New)
			}
		}
		if b.String() != test.want {
			t.Errorf("%q %q:\n%s\nwant\n%s", test.before, test.after, b.String(), test.want)
		}
	}
}

func TestLineRows(t *testing.T) {
	before := "a\nb\nc\nd\ne\nf\ng\nh"
	after := "a\nb\nc\nd\nE\nf\ng\nh\ni"
	for n, want := range map[int]string{
		1:  "…3| d|-e|+E| f| g| h|+i",
		-1: " a| b| c| d|-e|+E| f| g| h|+i",
		0:  "…4|-e|+E|…3|+i",
	} {
		var rows []string
		for _, r := range LineRows(before, after, n) {
			if r.Left > 0 {
				rows = append(rows, fmt.Sprintf("…%d", r.Left))
			} else {
				rows = append(rows, r.Sign+r.Text)
			}
		}
		if got := strings.Join(rows, "|"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if rows := LineRows(strings.Repeat("x\ny\n", 2000), strings.Repeat("y\nz\n", 2000), 1); len(rows) == 0 {
		t.Error("no rows of long texts")
	}
}
