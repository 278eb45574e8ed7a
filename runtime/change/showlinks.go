package change

// Links for people. In: a value of a report, and its links; out: its short form
// with the documents in place of the `_id`s that stand for them.

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// ShowLinked is the short form of a value with the documents in place of the
// `_id`s that stand for them; database is that of the change.
func ShowLinked(value json.RawMessage, links []LinkItem, database string) string {
	root, err := parseNode(value)
	if err != nil {
		return Clean(string(value))
	}
	for _, l := range links {
		n := &root
		for _, name := range l.At {
			i := slices.Index(n.names, name)
			if n.kind == '[' {
				if i, err = strconv.Atoi(name); err != nil || i >= len(n.values) {
					i = -1
				}
			}
			if i < 0 {
				n = nil
				break
			}
			n = &n.values[i]
		}
		id, err := parseNode(l.ID)
		if n == nil || err != nil || n.text() != id.text() {
			continue
		}
		arrow := "→ "
		if len(l.At) == 0 { // there is one beside it
			arrow = ""
		}
		*n = node{kind: linkKind, scalar: arrow + l.text(database)}
	}
	return Shorten(root.text())
}

// text is `roles "admin"`.
func (l LinkItem) text(database string) string {
	name := l.Collection
	if l.Database != database {
		name = l.Database + "." + name
	}
	identity, err := parseNode(l.Identity)
	if err != nil {
		return Clean(name)
	}
	values := make([]string, len(identity.values))
	for i, v := range identity.values {
		values[i] = v.text()
	}
	text := strings.Join(values, ", ")
	if len(values) > 1 {
		text = "(" + text + ")"
	}
	return Clean(name) + " " + text
}
