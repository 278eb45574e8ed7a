package format

import (
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns the unified diff that turns a into b, "" when they are equal.
// name is the file's name, shown on both sides.
func Diff(name, a, b string) string {
	return string(diff.Diff("a/"+name, []byte(a), "b/"+name, []byte(b)))
}

// Edit is that the bytes [Start, End) of a text become Text.
type Edit struct {
	Start, End int
	Text       string
}

// Edits are the edits of whole lines that turn a into b, in order.
func Edits(a, b string) []Edit {
	var out []Edit
	starts := []int{0} // of the lines of a
	for i := range len(a) {
		if a[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	line, open := 0, false // 0-based in a; the last edit goes on
	rows := strings.SplitAfter(Diff("", a, b), "\n")
	for i, row := range rows {
		if i < 3 { // diff, ---, +++
			continue
		}
		switch {
		case strings.HasPrefix(row, "@@ -"):
			line, open = firstLine(row), false
		case strings.HasPrefix(row, " "):
			line, open = line+1, false
		case strings.HasPrefix(row, "-"), strings.HasPrefix(row, "+"):
			if !open {
				at := len(a)
				if line < len(starts) {
					at = starts[line]
				}
				out, open = append(out, Edit{Start: at, End: at}), true
			}
			e := &out[len(out)-1]
			if row[0] == '-' {
				line++
				e.End = len(a)
				if line < len(starts) {
					e.End = starts[line]
				}
				continue
			}
			text := row[1:]
			if i+1 < len(rows) && strings.HasPrefix(rows[i+1], `\`) { // "\ No newline at end of file"
				text = strings.TrimSuffix(text, "\n")
			}
			e.Text += text
		}
	}
	return out
}

// firstLine is the 0-based line of the first side at which a hunk begins: "@@ -3,7 +3,8 @@".
func firstLine(header string) int {
	n, count := 0, 1
	rest := strings.TrimPrefix(header, "@@ -")
	for rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		n, rest = 10*n+int(rest[0]-'0'), rest[1:]
	}
	if strings.HasPrefix(rest, ",0 ") {
		count = 0
	}
	if count == 0 { // it stands behind that line
		return n
	}
	return max(n-1, 0)
}
