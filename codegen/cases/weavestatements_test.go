package cases

// The statements of random weaves: one row of `statements` for each, which writes it
// and says what it means, by an independent model. A new statement of the language is
// a row here; what it does to a document stands in model/weave.go where it is more
// than a line.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/desired"
)

// statement is one statement of a weave.
type statement struct {
	text string
	// selects reports whether an extracted document is kept; nil: all are.
	selects func(d bson.D) bool
	// change is what becomes of a document; nil: nothing.
	change func(d bson.D) bson.D
	// holds reports whether a finished document passes; nil: all do.
	holds func(d bson.D) bool
	// more are documents that the statement adds.
	more []bson.D
	// policy sets what it says of the destination; nil: nothing.
	policy func(c *desired.Collection)
	// at is the block of defaults that it stands in, `from` or `defaults`; empty: the
	// sync. limit are the environments of a `for` around it; empty: there is none.
	at, limit string
}

func (s statement) written() string {
	if s.limit == "" {
		return s.text
	}
	return fmt.Sprintf("for %s { %s }", s.limit, s.text)
}

// statementRow is one kind of statement.
type statementRow struct {
	name string
	// inner: it may stand in `where` and `for`.
	inner bool
	// make gives false where the statement cannot stand now.
	make func(w *weaver) (statement, bool)
}

// statements are all kinds; blocks are made of the others, so the table is a function.
func statements() []statementRow {
	return []statementRow{
		{"only where", false, func(w *weaver) (statement, bool) { return w.selection("only", true) }},
		{"except where", false, func(w *weaver) (statement, bool) { return w.selection("except", false) }},
		{"set", true, (*weaver).set},
		{"set from a field", true, (*weaver).setFrom},
		{"set by a condition", true, (*weaver).setIf},
		{"set per environment", true, (*weaver).setPer},
		{"create", true, (*weaver).create},
		{"let", true, (*weaver).let},
		{"lookup", false, (*weaver).lookup},
		{"create a secret", false, (*weaver).createSecret},
		{"remove", false, (*weaver).remove},
		{"remove _id", false, (*weaver).removeID},
		{"rename", false, (*weaver).rename},
		{"add", true, (*weaver).add},
		{"each", true, (*weaver).each},
		{"each of a let", true, (*weaver).eachOf},
		{"each with its key", true, (*weaver).eachField},
		{"each at any depth", false, (*weaver).eachDeep},
		{"create a list of a list", true, (*weaver).createList},
		{"create an object of a list", true, (*weaver).createObject},
		{"set from the fan-out", true, (*weaver).setTenant},
		{"where of the fan-out", true, (*weaver).whereTenant},
		{"where", true, (*weaver).where},
		{"for", true, (*weaver).forEnvironment},
		{"document", false, (*weaver).literal},
		{"check", false, (*weaver).check},
		{"mode", false, (*weaver).mode},
		{"mode structure", false, (*weaver).structure},
		{"preserve", false, (*weaver).preserve},
		{"ignore", false, (*weaver).ignore},
		{"absent", false, (*weaver).absent},
		{"elements", false, (*weaver).elements},
		{"ensure", false, (*weaver).ensure},
		{"prune", false, (*weaver).prunes},
		{"drift", false, (*weaver).drifts},
		{"link", false, (*weaver).link},
		{"index on", false, (*weaver).indexOn},
		{"indexes", false, (*weaver).indexesExact},
		{"drop index", false, (*weaver).dropIndex},
		{"redact", false, (*weaver).redact},
	}
}

// statement is a random one; top: directly in the sync.
func (w *weaver) statement(top bool) (statement, bool) {
	for range 20 {
		row := pick(w.generator, statements())
		if !top && !row.inner || w.said("check ") || w.said("mode structure") && !strings.Contains(row.name, "index") {
			continue
		}
		if s, ok := row.make(w); ok {
			return s, true
		}
	}
	return statement{}, false
}

// any is a field of one of the kinds that statements may still use.
func (w *weaver) any(kinds ...string) (field, bool) {
	var fit []field
	for _, f := range w.fields {
		if slices.Contains(kinds, f.kind) {
			fit = append(fit, f)
		}
	}
	if len(fit) == 0 {
		return field{}, false
	}
	return pick(w.generator, fit), true
}

func (f field) names() []string { return strings.Split(f.path, ".") }

// value is one for a field, and its text.
func (w *weaver) valueFor(kind string) (any, string) {
	n := w.IntN(9)
	if kind == textField {
		v := pick(w.generator, []string{"", "a", "B", "é", "x"}) + fmt.Sprint(n)
		return v, `"` + v + `"`
	}
	return int32(n), fmt.Sprint(n) // it takes the type of the field
}

func (w *weaver) newName() string {
	w.made++
	return fmt.Sprintf("n%d", w.made)
}

// cond is a condition that can hold for what was extracted, and its text.
func (w *weaver) cond(depth int) (*desired.Cond, string, bool) {
	if depth > 0 && w.chance(35) {
		a, s, ok := w.cond(depth - 1)
		b, r, also := w.cond(depth - 1)
		if !ok || !also {
			return nil, "", false
		}
		switch op := pick(w.generator, []desired.CondOp{desired.CondAnd, desired.CondOr, desired.CondNot}); op {
		case desired.CondNot:
			return &desired.Cond{Op: op, Args: []*desired.Cond{a}}, "not (" + s + ")", true
		default:
			return &desired.Cond{Op: op, Args: []*desired.Cond{a, b}}, fmt.Sprintf("(%s) %s (%s)", s, op, r), true
		}
	}
	f, ok := w.any(intField, textField, mixedField)
	if !ok {
		return nil, "", false
	}
	c := &desired.Cond{Path: f.names()}
	if f.kind == mixedField || w.chance(30) {
		word := pick(w.generator, []string{"missing", "present"})
		c.Op, c.Word = desired.CondIs, word
		return c, f.path + " is " + word, true
	}
	v, text := w.valueFor(f.kind)
	raw := w.raw(bson.D{{Key: "v", Value: v}}).Lookup("v")
	c.Values = []bson.RawValue{raw}
	c.Op = pick(w.generator, []desired.CondOp{desired.CondEq, desired.CondNe, desired.CondLt, desired.CondLe, desired.CondGt, desired.CondGe})
	if w.chance(20) {
		v, more := w.valueFor(f.kind)
		c.Op, c.Values = desired.CondIn, append(c.Values, w.raw(bson.D{{Key: "v", Value: v}}).Lookup("v"))
		return c, fmt.Sprintf("%s in [%s, %s]", f.path, text, more), true
	}
	return c, fmt.Sprintf("%s %s %s", f.path, c.Op, text), true
}

func (w *weaver) selection(word string, keep bool) (statement, bool) {
	c, text, ok := w.cond(1)
	if len(w.says) > 0 && slices.ContainsFunc(w.says, func(s statement) bool { return s.change != nil }) {
		return statement{}, false // a selection sees what was extracted: fields are no longer those
	}
	return statement{text: word + " where " + text + " expect any", selects: func(d bson.D) bool { return model.Holds(c, d) == keep }}, ok
}

func (w *weaver) set() (statement, bool) {
	f, ok := w.any(intField, textField)
	v, text := w.valueFor(f.kind)
	return statement{text: fmt.Sprintf("set %s = %s", f.path, text), change: func(d bson.D) bson.D { return model.Set(d, v, f.names()...) }}, ok
}

func (w *weaver) setFrom() (statement, bool) {
	f, ok := w.any(intField, textField)
	if !ok {
		return statement{}, false
	}
	from, _ := w.any(f.kind)
	v, text := w.valueFor(f.kind)
	value := func(d bson.D) any {
		if w, ok := model.Get(d, from.names()...); ok && w != nil {
			return w
		}
		return v
	}
	if f.kind == intField && w.chance(50) {
		return statement{text: fmt.Sprintf("set %s = (%s ?? %s) + 1", f.path, from.path, text),
			change: func(d bson.D) bson.D { return model.Set(d, value(d).(int32)+1, f.names()...) }}, true
	}
	if f.kind == textField && w.chance(50) {
		return statement{text: fmt.Sprintf("set %s = lower(\"${%s ?? %s}-X\")", f.path, from.path, strings.ReplaceAll(text, `"`, "'")),
			change: func(d bson.D) bson.D { return model.Set(d, strings.ToLower(value(d).(string)+"-X"), f.names()...) }}, true
	}
	return statement{text: fmt.Sprintf("set %s = %s ?? %s", f.path, from.path, text), change: func(d bson.D) bson.D { return model.Set(d, value(d), f.names()...) }}, true
}

func (w *weaver) setIf() (statement, bool) {
	f, ok := w.any(intField, textField)
	c, cond, also := w.cond(1)
	v, text := w.valueFor(f.kind)
	other, more := w.valueFor(f.kind)
	return statement{text: fmt.Sprintf("set %s = if %s then %s else %s", f.path, cond, text, more), change: func(d bson.D) bson.D {
		if model.Holds(c, plain(d)) {
			return model.Set(d, v, f.names()...)
		}
		return model.Set(d, other, f.names()...)
	}}, ok && also
}

func (w *weaver) setPer() (statement, bool) {
	f, ok := w.any(intField, textField)
	v, text := w.valueFor(f.kind)
	_, other := w.valueFor(f.kind)
	return statement{text: fmt.Sprintf("set %s = per environment { test: %s, prod: %s }", f.path, other, text), change: func(d bson.D) bson.D { return model.Set(d, v, f.names()...) }}, ok
}

func (w *weaver) let() (statement, bool) {
	f, ok := w.any(intField)
	name := w.newName()
	return statement{text: fmt.Sprintf("let %s = (%s ?? 3) + 1\nset %s = %s", name, f.path, f.path, name), change: func(d bson.D) bson.D {
		v, there := model.Get(d, f.names()...)
		if !there {
			v = int32(3)
		}
		return model.Set(d, v.(int32)+1, f.names()...)
	}}, ok
}

func (w *weaver) lookup() (statement, bool) {
	f, ok := w.any(intField)
	if !ok || w.others == nil {
		return statement{}, false
	}
	name, made := w.newName(), w.newName()
	return statement{text: fmt.Sprintf("lookup %s in others where %s.k == (%s ?? 99) expect 0 to 1\ncreate %s = %s.b ?? \"none\"", name, name, f.path, made, name), change: func(d bson.D) bson.D {
		v, _ := model.Get(d, f.names()...)
		for _, other := range w.others.extracted {
			k, _ := model.Get(other, "k")
			b, _ := model.Get(other, "b")
			if v != nil && model.Same(k, v) {
				return model.Set(d, b, made)
			}
		}
		return model.Set(d, "none", made)
	}}, true
}

func (w *weaver) create() (statement, bool) {
	name := w.newName()
	value := pick(w.generator, []struct {
		text string
		v    any
	}{{"int(3)", int32(3)}, {"long(3)", int64(3)}, {"1.5", 1.5}, {`"x"`, "x"}, {"true", true}, {"null", nil}, {"[1, 'a']", bson.A{int32(1), "a"}}, {"{ x: 1, y: { z: [] } }", bson.D{{Key: "x", Value: int32(1)}, {Key: "y", Value: bson.D{{Key: "z", Value: bson.A{}}}}}}})
	return statement{text: fmt.Sprintf("create %s = %s", name, value.text), change: func(d bson.D) bson.D { return model.Set(d, value.v, name) }}, true
}

func (w *weaver) createSecret() (statement, bool) {
	name := w.newName()
	secret := model.Secret{{Name: "RANDOM_A"}}
	text := `secret("RANDOM_A")`
	if w.chance(50) {
		secret = model.Secret{{Text: "x"}, {Name: "RANDOM_B"}, {Text: "y"}}
		text = `"x${secret('RANDOM_B')}y"`
	}
	return statement{text: fmt.Sprintf("create %s = %s", name, text), change: func(d bson.D) bson.D { return model.Set(d, secret, name) }}, true
}

// gone takes a field, and what is in it, from those that statements may use.
func (w *weaver) gone(path string) {
	w.fields = slices.DeleteFunc(w.fields, func(f field) bool { return f.path == path || strings.HasPrefix(f.path, path+".") })
}

func (w *weaver) remove() (statement, bool) {
	f, ok := w.any(intField, textField, mixedField, itemsField, textsField)
	if w.said("elements "+f.path, "ensure "+f.path) {
		return statement{}, false
	}
	w.gone(f.path)
	return statement{text: "remove " + f.path + " expect any", change: func(d bson.D) bson.D { return model.Remove(d, f.names()...) }}, ok
}

func (w *weaver) removeID() (statement, bool) {
	ok := w.by[0][0] != "_id" && !slices.ContainsFunc(w.says, func(s statement) bool { return s.text == "remove _id" })
	return statement{text: "remove _id", change: func(d bson.D) bson.D { return model.Remove(d, "_id") }}, ok
}

func (w *weaver) rename() (statement, bool) {
	f, ok := w.any(intField, textField)
	everywhere := !slices.ContainsFunc(w.extracted, func(d bson.D) bool { _, ok := model.Get(d, f.path); return !ok })
	if !ok || !everywhere || slices.ContainsFunc(w.says, func(s statement) bool { return s.selects != nil }) {
		return statement{}, false
	}
	name := w.newName()
	w.gone(f.path)
	return statement{text: fmt.Sprintf("rename %s to %s", f.path, name), change: func(d bson.D) bson.D { return model.Rename(d, f.path, name) }}, true
}

func (w *weaver) add() (statement, bool) {
	f, ok := w.any(textsField)
	v, text := w.valueFor(textField)
	return statement{text: fmt.Sprintf("add %s to %s", text, f.path), change: func(d bson.D) bson.D { return model.Add(d, v, f.path) }}, ok
}

// block is a few statements, and what they do.
func (w *weaver) block() (string, func(d bson.D) bson.D) {
	var text strings.Builder
	var changes []func(d bson.D) bson.D
	for range 1 + w.IntN(2) {
		if s, ok := w.statement(false); ok {
			text.WriteString("  " + strings.ReplaceAll(s.text, "\n", "\n  ") + "\n")
			changes = append(changes, s.change)
		}
	}
	return text.String(), func(d bson.D) bson.D {
		for _, change := range changes {
			d = change(d)
		}
		return d
	}
}

func (w *weaver) where() (statement, bool) {
	c, text, ok := w.cond(1)
	if !ok {
		return statement{}, false
	}
	body, change := w.block()
	written, otherwise := fmt.Sprintf("where %s expect any {\n%s}", text, body), func(d bson.D) bson.D { return d }
	if other, then := w.block(); other != "" && w.chance(40) {
		otherwise = then
		if c, text, ok := w.cond(0); ok && w.chance(30) {
			written += fmt.Sprintf(" else where %s expect any {\n%s}", text, other)
			otherwise = func(d bson.D) bson.D {
				if model.Holds(c, plain(d)) {
					return then(d)
				}
				return d
			}
		} else {
			written += fmt.Sprintf(" else expect any {\n%s}", other)
		}
	}
	return statement{text: written, change: func(d bson.D) bson.D {
		if model.Holds(c, plain(d)) {
			return change(d)
		}
		return otherwise(d)
	}}, body != ""
}

// plain is a document in which conditions can look: without secrets.
func plain(d bson.D) bson.D {
	return slices.DeleteFunc(slices.Clone(d), func(e bson.E) bool { _, is := e.Value.(model.Secret); return is })
}

func (w *weaver) forEnvironment() (statement, bool) {
	if w.limited {
		return statement{}, false
	}
	environments := pick(w.generator, []string{"test", "prod", "all except test", "all except prod"})
	w.limited = true
	body, change := w.block()
	w.limited = false
	if environments == "test" || environments == "all except prod" {
		change = func(d bson.D) bson.D { return d }
	}
	return statement{text: fmt.Sprintf("for %s {\n%s}", environments, body), change: change}, body != ""
}

// check is the last statement: what it looks at is in all finished documents as it is now.
func (w *weaver) check() (statement, bool) {
	c, text, ok := w.cond(1)
	return statement{text: "check " + text, holds: func(d bson.D) bool { return model.Holds(c, plain(d)) }}, ok && len(w.says) > 1
}

func (w *weaver) literal() (statement, bool) {
	f, ok := w.any(intField)
	id := int32(pick(w.generator, []int{2, 50, 51, 52, 53, 54}))
	hasKey := slices.ContainsFunc(w.extracted, func(d bson.D) bool { return has(d, "k") })
	if !ok || f.path != "a" || w.name != "items" || !hasKey {
		return statement{}, false
	}
	return statement{text: fmt.Sprintf("document { _id: %d, k: %d, a: 77 }", id, id),
		more: []bson.D{{{Key: "_id", Value: id}, {Key: "k", Value: id}, {Key: "a", Value: int32(77)}}}}, true
}
