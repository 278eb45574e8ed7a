package change

// Links for people. In: a value of a report, and its links; out: its short form
// with the documents in place of the `_id`s that stand for them.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// ShowLinked is the short form of a value with the documents in place of the
// `_id`s that stand for them; database is that of the change.
func ShowLinked(v Value, links []LinkItem, database string) string {
	return Shorten(show(v.RawValue, 4*showWidth+16, func(at []string, v bson.RawValue) (string, bool) {
		for _, l := range links {
			switch {
			case !slices.Equal(l.At, at) || !doc.Identical(l.ID.RawValue, v):
			case len(at) == 0: // there is one beside it
				return l.text(database), true
			default:
				return "→ " + l.text(database), true
			}
		}
		return "", false
	}))
}

// text is `roles "admin"`.
func (l LinkItem) text(database string) string {
	name := l.Collection
	if l.Database != database {
		name = l.Database + "." + name
	}
	var values []string
	for _, v := range doc.Fields(l.Identity.Value) {
		values = append(values, show(v, 0, nil))
	}
	text := strings.Join(values, ", ")
	if len(values) > 1 {
		text = "(" + text + ")"
	}
	return Clean(name) + " " + text
}
