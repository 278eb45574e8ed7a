package view

// Values with names in them. In: a value of a report, its links, and its places that
// nobody may see; out: its text with the documents in place of the `_id`s that stand for
// them, and with the names of secrets.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// named is the text of a value with names in it; database is that of the change.
func named(v change.Value, links []change.LinkItem, hidden []change.HiddenItem, database string, whole bool) string {
	return change.ShowWith(v.RawValue, whole, func(at []string, v bson.RawValue) (string, bool) {
		for _, h := range hidden {
			if word, masked := maskedWord(v); masked && slices.Equal(h.At, at) {
				if word == desired.MaskedSecret && len(h.Secrets) > 0 {
					word = "(secret " + change.Clean(strings.Join(h.Secrets, ", ")) + ")"
				}
				return word, true
			}
		}
		for _, l := range links {
			switch {
			case !slices.Equal(l.At, at) || !doc.Identical(l.ID.RawValue, v):
			case len(at) == 0: // there is one beside it
				return linkText(l, database), true
			default:
				return "→ " + linkText(l, database), true
			}
		}
		return "", false
	})
}

// maskedWord is the word that stands for what nobody may see, of a value that is one.
func maskedWord(v bson.RawValue) (word string, ok bool) {
	word, ok = v.StringValueOK()
	return word, ok && (word == desired.MaskedSecret || word == desired.MaskedRedacted)
}

// linkText is `roles "admin"`.
func linkText(l change.LinkItem, database string) string {
	name := l.Collection
	if l.Database != database {
		name = l.Database + "." + name
	}
	var values []string
	for _, v := range doc.Fields(l.Identity.Value) {
		values = append(values, change.ShowWhole(v))
	}
	text := strings.Join(values, ", ")
	if len(values) > 1 {
		text = "(" + text + ")"
	}
	return change.Clean(name) + " " + text
}
