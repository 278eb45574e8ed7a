package cases

// The statements of random weaves that walk lists and objects: comprehensions, `each`
// of a list, of a `let`, of the fields of an object, at any depth; weavestatements_test.go has
// the table.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
)

func (w *weaver) each() (statement, bool) {
	f, ok := w.any(itemsField)
	if !ok {
		return statement{}, false
	}
	limit, v := int32(w.IntN(9)), int32(w.IntN(9))
	set := w.chance(60)
	body := "remove x"
	if set {
		body = fmt.Sprintf("set x.b = %d", v)
	}
	return statement{text: fmt.Sprintf("each x in %s where x.b <= %d expect any { %s }", f.path, limit, body), change: func(d bson.D) bson.D {
		list, there := model.Get(d, f.path)
		if !there {
			return d
		}
		out := bson.A{}
		for _, e := range list.(bson.A) {
			item := e.(bson.D)
			b, _ := model.Get(item, "b")
			switch n, is := b.(int32); {
			case !is || n > limit:
				out = append(out, item)
			case set:
				out = append(out, model.Set(item, v, "b"))
			}
		}
		return model.Set(d, out, f.path)
	}}, true
}

// eachOf adds texts of a `let` to a list.
func (w *weaver) eachOf() (statement, bool) {
	f, ok := w.any(textsField)
	list, element := w.newName(), w.newName()
	var texts []string
	var values []any
	for range 1 + w.IntN(3) {
		v, text := w.valueFor(textField)
		texts, values = append(texts, text), append(values, v)
	}
	return statement{text: fmt.Sprintf("let %s = [%s]\neach %s in %s where %s not in %s expect any { add %s to %s }", list, strings.Join(texts, ", "), element, list, element, f.path, element, f.path), change: func(d bson.D) bson.D {
		for _, v := range values {
			d = model.Add(d, v, f.path)
		}
		return d
	}}, ok
}

// eachField visits the fields of the object `d`.
func (w *weaver) eachField() (statement, bool) {
	there := slices.ContainsFunc(w.extracted, func(d bson.D) bool { return has(d, "d") })
	key, name, limit := w.newName(), w.newName(), int32(w.IntN(9))
	body, changed := "remove "+name, func(any) (any, bool) { return nil, false }
	if w.chance(60) {
		v := int32(w.IntN(9))
		body, changed = fmt.Sprintf("set %s = int(%d)", name, v), func(any) (any, bool) { return v, true }
	}
	return statement{text: fmt.Sprintf("each %s, %s in d where %s == \"e\" and %s <= %d expect any { %s }", key, name, key, name, limit, body), change: func(d bson.D) bson.D {
		inner, there := model.Get(d, "d")
		if !there {
			return d
		}
		out := bson.D{}
		for _, e := range inner.(bson.D) {
			v, kept := e.Value, true
			if n, is := v.(int32); is && e.Key == "e" && n <= limit {
				v, kept = changed(v)
			}
			if kept {
				out = append(out, bson.E{Key: e.Key, Value: v})
			}
		}
		return model.Set(d, out, "d")
	}}, there
}

// eachDeep visits all that is inside of a field, or of the document.
func (w *weaver) eachDeep() (statement, bool) {
	paths := []string{"d", "l", "t"}
	if !w.said("create") {
		paths = append(paths, "this") // no secret may be compared
	}
	path := pick(w.generator, paths)
	there := path == "this" || slices.ContainsFunc(w.extracted, func(d bson.D) bool { return has(d, path) }) && !w.said("rename "+path, "remove "+path)
	name, key, n, to := w.newName(), w.newName(), int32(w.IntN(9)), int32(w.IntN(9))
	set, remove := fmt.Sprintf("set %s = int(%d)", name, to), "remove "+name
	gone := func(holds func(key string, v any) bool) func(string, any) (any, bool) {
		return func(key string, v any) (any, bool) { return v, !holds(key, v) }
	}
	if path == "this" && w.chance(80) {
		n += 9 // no document's key
	}
	form := pick(w.generator, []struct {
		head, cond, body string
		visit            func(key string, v any) (any, bool)
	}{
		{name, fmt.Sprintf("%s == %d", name, n), set, func(_ string, v any) (any, bool) {
			if model.Same(v, n) {
				return to, true
			}
			return v, true
		}},
		{name, fmt.Sprintf("%s == %d", name, n), remove, gone(func(_ string, v any) bool { return model.Same(v, n) })},
		{name, name + " is empty", remove, gone(func(_ string, v any) bool { return model.Empty(v) })},
		{key + ", " + name, key + ` == "g"`, remove, gone(func(key string, _ any) bool { return key == "g" })},
		{key + ", " + name, fmt.Sprintf(`%s == "b" and %s is int`, key, name), set, func(key string, v any) (any, bool) {
			if _, is := v.(int32); is && key == "b" {
				return to, true
			}
			return v, true
		}},
		{name, name + " is string", fmt.Sprintf("set %s = upper(%s)", name, name), func(_ string, v any) (any, bool) {
			if text, is := v.(string); is {
				return strings.ToUpper(text), true
			}
			return v, true
		}},
	})
	return statement{text: fmt.Sprintf("each %s at any depth of %s where %s expect any { %s }", form.head, path, form.cond, form.body), change: func(d bson.D) bson.D {
		if path == "this" {
			return model.Walk(d, true, form.visit).(bson.D)
		}
		if v, there := model.Get(d, path); there {
			return model.Set(d, model.Walk(v, false, form.visit), path)
		}
		return d
	}}, there
}

// numbered are the elements of a list of documents with the number in them, which some
// lack by now.
func numbered(d bson.D, path string) (items []bson.D, numbers []any) {
	list, _ := model.Get(d, path)
	elements, _ := list.(bson.A)
	for _, e := range elements {
		b, _ := model.Get(e.(bson.D), "b")
		items, numbers = append(items, e.(bson.D)), append(numbers, b)
	}
	return items, numbers
}

// createList makes a list of numbers in another one, sorted some of the time.
func (w *weaver) createList() (statement, bool) {
	f, ok := w.any(itemsField)
	name, element, limit := w.newName(), w.newName(), int32(w.IntN(9))
	order := pick(w.generator, []string{"", " sort by %s.b", " sort by %s.b desc"})
	text := fmt.Sprintf("create %s = [%s.b ?? -1 for %s in %s where %s.b is missing or %s.b <= %d", name, element, element, f.path, element, element, limit)
	if order != "" {
		text += fmt.Sprintf(order, element)
	}
	return statement{text: text + "]", change: func(d bson.D) bson.D {
		_, numbers := numbered(d, f.path)
		var out []int32
		for _, b := range numbers {
			if n, is := b.(int32); !is {
				out = append(out, -1) // sorted as null, before all others: none is negative
			} else if n <= limit {
				out = append(out, n)
			}
		}
		if order != "" {
			slices.Sort(out)
		}
		if strings.HasSuffix(order, "desc") {
			slices.Reverse(out)
		}
		list := bson.A{}
		for _, n := range out {
			list = append(list, n)
		}
		return model.Set(d, list, name)
	}}, ok
}

// createObject makes an object with a field for each element of a list, of which no
// two may have one name.
func (w *weaver) createObject() (statement, bool) {
	f, ok := w.any(itemsField)
	named := slices.ContainsFunc(w.extracted, func(d bson.D) bool {
		items, _ := numbered(d, f.path)
		return slices.ContainsFunc(items, func(item bson.D) bool { return has(item, "g") })
	})
	name, element, limit := w.newName(), w.newName(), int32(w.IntN(6))
	text := fmt.Sprintf(`create %s = { ["k${%s.b ?? 0}"]: %s.g ?? "none" for %s in %s where %s.b <= %d }`, name, element, element, element, f.path, element, limit)
	return statement{text: text, change: func(d bson.D) bson.D {
		out := bson.D{}
		items, numbers := numbered(d, f.path)
		for i, b := range numbers {
			n, is := b.(int32)
			if !is || n > limit {
				continue
			}
			key := fmt.Sprint("k", n)
			if has(out, key) {
				w.wrong = append(w.wrong, "repeated-field")
				continue
			}
			g, there := model.Get(items[i], "g")
			if !there {
				g = "none"
			}
			out = append(out, bson.E{Key: key, Value: g})
		}
		return model.Set(d, out, name)
	}}, ok && named && w.chance(60)
}
