package rules

// Lists owned in part, in one finished document: what `ensure` names is put in or
// taken out, and each element must be told apart. In: a document with its secrets;
// out: the same ones, or others, and errors.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// ownLists sees to the lists of a document that has come through its rules; false: it
// has an error.
func (u *Unit) ownLists(p *Outcome, i int, d bson.Raw, secrets []value.Secret, total *int) (bson.Raw, []value.Secret, bool) {
	ok := true
	for n := range u.Lists {
		l := &u.Lists[n]
		fail := func(code diag.Code, evidence string, note, format string, args ...any) {
			p.errors.add(&value.Error{Code: code, Span: l.At.Path.Span, Message: fmt.Sprintf(format, args...), Evidence: evidence, Notes: []string{note}}, i, total)
			ok = false
		}
		list, there := doc.Get(d, l.Path)
		if there && list.Type != bson.TypeArray && list.Type != bson.TypeNull {
			fail(diag.BadList, doc.Show(list, 60), "make it a list, leave such documents out with `only where`, or take the statement out",
				"`%s` is about lists, and %s is %s", l.At.Kind, diag.Backquote(l.Path.String()), words.Article([]string{doc.TypeName(list)}))
			continue
		}
		if l.Only {
			d, secrets = ensured(l, d, list, secrets)
			continue
		}
		if !there || list.Type == bson.TypeNull {
			continue
		}
		seen := map[string]bool{}
		position := 0
		for _, e := range doc.Fields(list.Value) {
			key, apart := l.Key(e)
			text := doc.Key(key...)
			at := append(slices.Clone([]string(l.Path)), strconv.Itoa(position))
			position++
			switch {
			case secretKey(l, at, secrets):
				fail(diag.BadList, "", "name other fields behind `by`", "the elements of %s are told apart by a secret, which is not known before the artefact runs,", diag.Backquote(l.Path.String()))
			case !apart:
				fail(diag.BadList, doc.Show(e, 60), l.lackNote(list), "the elements of %s are told apart by %s, and one lacks it", diag.Backquote(l.Path.String()), l.byText())
			case seen[text]:
				note := "name fields behind `by` that tell them apart, or take one of them out"
				if len(l.By) == 0 {
					note = "take one of them out: `set " + l.Path.String() + " = distinct(" + l.Path.String() + ")`"
				}
				fail(diag.BadList, l.show(key), note, "two elements of %s have the same %s", diag.Backquote(l.Path.String()), l.byText())
			case l.Removes(text):
				fail(diag.WantedAbsent, l.show(key), l.removal(key), "`without` takes an element of %s away, and the wanted document has it", diag.Backquote(l.Path.String()))
			}
			seen[text] = true
			if !ok {
				break
			}
		}
	}
	return d, secrets, ok
}

// ownedList is the list of a unit, with its words for people.
type ownedList struct{ policy.List }

// ensured is the document with what is to be in the list, and without what is not.
func ensured(l *ownedList, d bson.Raw, list bson.RawValue, secrets []value.Secret) (bson.Raw, []value.Secret) {
	var elements []bson.RawValue
	kept := map[string]string{} // positions: before, after
	have := map[string]bool{}
	position := 0
	if list.Type == bson.TypeArray {
		for _, e := range doc.Fields(list.Value) {
			if key := doc.Key(e); !l.Removes(key) {
				have[key] = true
				kept[strconv.Itoa(position)] = strconv.Itoa(len(elements))
				elements = append(elements, e)
			}
			position++
		}
	}
	before := len(elements)
	for _, e := range l.Has {
		if !have[doc.Key(e)] {
			elements = append(elements, e)
		}
	}
	if before == position && len(elements) == before {
		return d, secrets
	}
	var moved []value.Secret
	for _, s := range secrets {
		if len(s.Path) > len(l.Path) && slices.Equal(s.Path[:len(l.Path)], []string(l.Path)) {
			at, ok := kept[s.Path[len(l.Path)]]
			if !ok {
				continue
			}
			s.Path = slices.Clone(s.Path)
			s.Path[len(l.Path)] = at
		}
		moved = append(moved, s)
	}
	return stores.Changed(d, []stores.Field{{Path: l.Path, Value: doc.Array(elements...)}}, nil), moved
}

// secretKey reports whether what tells the element at a place apart is a secret.
func secretKey(l *ownedList, at []string, secrets []value.Secret) bool {
	keys := [][]string{at}
	if len(l.By) > 0 {
		keys = nil
		for _, name := range l.By {
			keys = append(keys, append(slices.Clone(at), name))
		}
	}
	return slices.ContainsFunc(secrets, func(s value.Secret) bool {
		return slices.ContainsFunc(keys, func(k []string) bool { return doc.Path(s.Path).Overlaps(k) })
	})
}

func (l *ownedList) byText() string {
	if len(l.By) == 0 {
		return "value"
	}
	text := make([]string, len(l.By))
	for i, name := range l.By {
		text[i] = diag.Backquote(doc.Path{name}.String())
	}
	return strings.Join(text, ", ")
}

func (l *ownedList) show(key []bson.RawValue) string {
	text := make([]string, len(key))
	for i, v := range key {
		text[i] = doc.Show(v, 60)
	}
	return strings.Join(text, ", ")
}

// lackNote is the edit for an element without its key: another name that all have, where one is near.
func (l *ownedList) lackNote(list bson.RawValue) string {
	var names []string
	for _, e := range doc.Fields(list.Value) {
		if doc.IsDocument(e) {
			for name := range doc.Fields(e.Value) {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	for _, by := range l.By {
		if slices.Contains(names, by) {
			continue
		}
		if near := diag.Suggest(by, names); near != "" {
			return fmt.Sprintf("did you mean %s?", diag.Backquote(doc.Path{near}.String()))
		}
	}
	if len(names) == 0 {
		return "elements that are no objects are told apart by themselves: leave `by` out"
	}
	return "give it a value, or name other fields behind `by`"
}

// removal is the edit for an element that is wanted and is not to be there.
func (l *ownedList) removal(key []bson.RawValue) string {
	conditions := make([]string, len(key))
	for i, v := range key {
		name := "x"
		if len(l.By) > 0 {
			name = "x." + doc.Path{l.By[i]}.String()
		}
		conditions[i] = name + " == " + doc.Show(v, 60)
	}
	return fmt.Sprintf("write `each x in %s where %s { remove x }` as well, or take it out of `without`", diag.Safe(l.Path.String(), 64), diag.Safe(strings.Join(conditions, " and "), 120))
}
