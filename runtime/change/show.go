package change

// Values and names for people. In: BSON, or any text; out:
// one short line that is safe on a terminal, the same from both engines
// (docs/enforcement.md, The report as text).

import (
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

//js:table
const showWidth = 80

// MissingText stands for a value that is missing.
//
//js:table
const MissingText = "(missing)"

// ShowOr is the short form of a value that may be missing.
func ShowOr(v Value) string {
	if v.Missing() {
		return MissingText
	}
	return ShowValue(v.RawValue)
}

// ShowValue writes the short form of a value.
func ShowValue(v bson.RawValue) string { return Shorten(doc.ShowTyped(v, showBytes, nil)) }

// showBytes is what a short form may need.
const showBytes = 4*showWidth + 16

// ShowWith is ShowValue, or with whole ShowWhole, with other texts for values at their
// places in it: instead has them.
func ShowWith(v bson.RawValue, whole bool, instead func(at []string, v bson.RawValue) (text string, ok bool)) string {
	if whole {
		return doc.ShowTyped(v, 0, instead)
	}
	return Shorten(doc.ShowTyped(v, showBytes, instead))
}

// ShowDocument writes the short form of a document.
func ShowDocument(d bson.Raw) string { return ShowValue(doc.Value(d)) }

// ShowWhole writes all of a value.
func ShowWhole(v bson.RawValue) string { return doc.ShowTyped(v, 0, nil) }

// Shorten cuts to showWidth code points, the last one then "…".
func Shorten(s string) string { return doc.Shorten(s, showWidth) }

// Clean escapes a name; what is not UTF-8 is U+FFFD, as scripts see it.
func Clean(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	var b strings.Builder
	safe.Escape(&b, s, "")
	return b.String()
}

// PathTexts joins the first n paths for a message.
func PathTexts(paths []doc.Path, n int) string {
	texts := make([]string, 0, n+1)
	for i, p := range paths {
		if i == n {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, p.String())
	}
	return strings.Join(texts, ", ")
}
