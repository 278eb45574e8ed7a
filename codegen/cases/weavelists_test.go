package cases

// `elements` and `ensure` in random weaves. In: a sync; out: statements, right and wrong
// ones, and what the model makes of them.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// listField is a field that neither statement is about yet.
func (w *weaver) listField(kinds ...string) (field, bool) {
	f, ok := w.any(kinds...)
	return f, ok && !w.said("mode insert", "mode structure", "elements "+f.path, "ensure "+f.path)
}

// elements owns a list by its values, or by one or two fields of its elements.
func (w *weaver) elements() (statement, bool) {
	f, ok := w.listField(textsField, itemsField)
	if !ok {
		return statement{}, false
	}
	l := desired.List{Path: f.names()}
	text := "elements " + f.path
	if f.kind == itemsField {
		l.By = pick(w.generator, [][]string{{"b"}, {"b"}, {"b", "g"}})
		text += " by " + strings.Join(l.By, ", ")
	}
	word := " without "
	for range w.IntN(3) {
		number, n := w.valueFor(intField)
		letters, t := w.valueFor(textField)
		values, value := []any{letters}, t
		switch len(l.By) {
		case 1:
			values, value = []any{number}, n
		case 2:
			values, value = []any{number, letters}, fmt.Sprintf("[%s, %s]", n, t)
		}
		if key := w.raws(values); !l.Removes(doc.Key(key...)) {
			l.Without = append(l.Without, key)
			text += word + value
			word = ", "
		}
	}
	return statement{text: text, policy: func(c *desired.Collection) { c.Lists = append(c.Lists, l) }}, true
}

// ensure is about single values of a list.
func (w *weaver) ensure() (statement, bool) {
	f, ok := w.listField(textsField)
	if !ok {
		return statement{}, false
	}
	l := desired.List{Path: f.names(), Only: true}
	var has, not []string
	met := map[string]bool{}
	for range 1 + w.IntN(4) {
		v, text := w.valueFor(textField)
		switch raw := w.raws([]any{v}); {
		case met[text]:
			continue
		case w.chance(50):
			has, l.Has = append(has, text), append(l.Has, raw[0])
		default:
			not, l.Without = append(not, text), append(l.Without, raw)
		}
		met[text] = true
	}
	var lines []string
	if len(has) > 0 {
		lines = append(lines, fmt.Sprintf("ensure %s has %s", f.path, strings.Join(has, ", ")))
	}
	if len(not) > 0 {
		lines = append(lines, fmt.Sprintf("ensure %s has no %s", f.path, strings.Join(not, ", ")))
	}
	return statement{text: strings.Join(lines, "\n"), policy: func(c *desired.Collection) { c.Lists = append(c.Lists, l) }}, true
}

func (w *weaver) raws(values []any) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range values {
		out = append(out, w.raw(bson.D{{Key: "v", Value: v}}).Lookup("v"))
	}
	return out
}

// ownLists is what becomes of a finished document's lists; what is wrong with them is
// noted.
func (w *weaver) ownLists(d bson.D) bson.D {
	slices.SortFunc(w.c.Lists, func(a, b desired.List) int { return doc.ComparePaths(a.Path, b.Path) })
	for i := range w.c.Lists {
		var wrong []string
		d, wrong = model.OwnList(&w.c.Lists[i], d)
		w.wrong = append(w.wrong, wrong...)
	}
	return d
}
