package doc

// Paths: in, field names; out, their text and order.

import (
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/safe"
)

// Path is a list of field names, top down. It enters documents only, never
// arrays; a name may hold any characters, dots included.
type Path []string

// String writes the path as the language does: names joined by dots, a name
// that is no plain one in single quotes, with quotes doubled and what is
// hidden or invalid as safe.Escape writes it. For people: it cannot always be read back.
func (p Path) String() string {
	var b strings.Builder
	for i, name := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		if isPlainName(name) {
			b.WriteString(name)
			continue
		}
		b.WriteByte('\'')
		for rest := name; rest != ""; {
			if rest[0] == '\'' {
				b.WriteString("''")
				rest = rest[1:]
				continue
			}
			rest = rest[safe.EscapeOne(&b, rest, ""):]
		}
		b.WriteByte('\'')
	}
	return b.String()
}

func isPlainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '$' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Child is the path with a name more, in memory of its own.
func (p Path) Child(name string) Path {
	q := make(Path, len(p)+1)
	copy(q, p)
	q[len(p)] = name
	return q
}

// HasPrefix reports whether q is p itself or an ancestor of it.
func (p Path) HasPrefix(q Path) bool {
	return len(q) <= len(p) && slices.Equal(p[:len(q)], q)
}

// Overlaps reports whether one of two paths is, or is an ancestor of, the other.
func (p Path) Overlaps(q Path) bool { return p.HasPrefix(q) || q.HasPrefix(p) }

// ComparePaths orders paths name by name, by bytes; an ancestor comes first.
func ComparePaths(a, b Path) int { return slices.Compare(a, b) }
