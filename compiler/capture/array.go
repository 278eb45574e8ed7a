package capture

// Lists of documents, element by element. In: the changes of a list; out: `each` for the
// elements that differ, known by their key, where that comes to the very list that the
// destination has. Otherwise a list is one value (change.go).

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// elementNames are tried for the name of an element.
var elementNames = []string{"item", "element", "entry", "part", "each_item"}

// arrayForms are the forms for a list; none: it is no list whose elements are known by a key.
func (t *target) arrayForms(i *item, owned bool, changes []*change.Change, wanted, there bson.Raw, bare bool) []form {
	before, ok := doc.Get(wanted, i.path)
	if !ok || before.Type != bson.TypeArray || i.value.Type != bson.TypeArray {
		return nil
	}
	w := t.writer(bare)
	name := t.elementName(wanted, there)
	list, err := w.path("", i.path)
	if err != nil || name == "" {
		return nil
	}
	is, had := values(i.value), values(before)
	made := slices.Clone(had) // the list as the statements make it; nothing in place of what they remove
	var statements []string
	type block struct{ key, body string }
	var blocks []block
	var added []bson.RawValue
	for _, x := range changes {
		if len(x.At) <= len(i.path) || x.At[len(i.path)].Element == nil {
			return nil
		}
		e := x.At[len(i.path)].Element
		if x.Kind == change.KindMoved || x.Kind == change.KindOrdered && len(x.At) == len(i.path)+1 {
			return nil
		}
		inside := fields(x.At[len(i.path)+1:])
		switch {
		case e.After == nil && e.Before != nil && *e.Before < len(is): // only the destination has it
			text, err := w.literal(is[*e.Before])
			if err != nil {
				return nil
			}
			added = append(added, is[*e.Before])
			statements = append(statements, "add "+text+" to "+list)
		case e.After == nil || *e.After >= len(had):
			return nil
		default:
			key, ok := t.elementKey(w, name, e)
			if !ok {
				return nil
			}
			body := "remove " + name
			if e.Before == nil {
				made[*e.After] = bson.RawValue{}
			} else {
				if len(inside) == 0 || *e.Before >= len(is) || made[*e.After].Type != bson.TypeEmbeddedDocument || is[*e.Before].Type != bson.TypeEmbeddedDocument {
					return nil
				}
				path, err := w.path(name, inside)
				if err != nil {
					return nil
				}
				v, there := doc.Get(bson.Raw(is[*e.Before].Value), inside)
				made[*e.After] = doc.Value(setAt(bson.Raw(made[*e.After].Value), inside, v))
				if body = "remove " + path; there {
					text, err := w.literal(v)
					if err != nil {
						return nil
					}
					word := "create "
					if slices.ContainsFunc(had, func(o bson.RawValue) bool {
						d, ok := o.DocumentOK()
						_, has := doc.Get(d, inside)
						return ok && has
					}) {
						word = "set "
					}
					body = word + path + " = " + text
				}
			}
			if at := slices.IndexFunc(blocks, func(b block) bool { return b.key == key }); at < 0 {
				blocks = append(blocks, block{key, body})
			} else if !strings.Contains("\n"+blocks[at].body+"\n", "\n"+body+"\n") {
				blocks[at].body += "\n" + body
			}
		}
	}
	made = append(slices.DeleteFunc(made, func(v bson.RawValue) bool { return v.Type == 0 }), added...)
	whole := doc.Array(made...)
	if !owned && !doc.Identical(whole, i.value) {
		return nil
	}
	var text []string
	for _, b := range blocks {
		text = append(text, "each "+name+" in "+list+" where "+b.key+" {\n"+b.body+"\n}")
	}
	text = append(text, statements...)
	if len(text) == 0 {
		return nil
	}
	return []form{{how: ByAmend, where: true, exact: !owned, text: strings.Join(text, "\n")}}
}

// values are the elements of an array.
func values(array bson.RawValue) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range doc.Fields(bson.Raw(array.Value)) {
		out = append(out, v)
	}
	return out
}

// elementKey is the condition that tells an element apart.
func (t *target) elementKey(w *writer, name string, e *change.Element) (string, bool) {
	if e.Key == "" || e.Value.Missing() {
		return "", false
	}
	keys := append([]change.ElementField{{Key: e.Key, Value: e.Value}}, e.And...)
	var paths, texts []string
	for _, k := range keys {
		path, err := w.path(name, doc.Path{k.Key})
		if err != nil {
			return "", false
		}
		text, err := (&writer{bare: true, taken: w.taken}).literal(k.Value.RawValue)
		if err != nil {
			return "", false
		}
		paths, texts = append(paths, path), append(texts, text)
	}
	return joined(paths, texts), true
}

// elementName is a name that nothing else has.
func (t *target) elementName(sides ...bson.Raw) string {
	for _, name := range elementNames {
		field := func(d bson.Raw) bool {
			_, ok := doc.Get(d, doc.Path{name})
			return ok
		}
		if !t.taken[name] && !slices.ContainsFunc(sides, field) && !slices.ContainsFunc(t.known, func(p doc.Path) bool { return p[0] == name }) {
			return name
		}
	}
	return ""
}

// setAt is a document with a value at a path, or without it.
func setAt(d bson.Raw, p doc.Path, v bson.RawValue) bson.Raw {
	if len(p) == 1 {
		if v.Type == 0 {
			return doc.Without(d, p[0])
		}
		return doc.With(d, p[0], v)
	}
	inside, _ := doc.Get(d, p[:1])
	below, ok := inside.DocumentOK()
	if !ok {
		if v.Type == 0 {
			return d
		}
		below = doc.Empty
	}
	return doc.With(d, p[0], doc.Value(setAt(below, p[1:], v)))
}
