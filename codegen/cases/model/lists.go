package model

// Lists of which the weave owns a part (docs/enforcement.md, Lists owned in part): what
// such a list is to be beside that of the destination.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// besides puts every list owned in part as it is to be into the wanted document, and
// carves out those that stay as they are.
func (d *difference) besides() {
	if d.c.Mode == desired.Insert {
		return
	}
	for i := range d.c.Lists {
		if d.list(&d.c.Lists[i]); d.unclear {
			return
		}
	}
	for _, l := range d.c.Lists {
		is, there := d.live.get(l.Path...)
		if w, wanted := d.wanted.get(l.Path...); there && (!wanted || identical(w, is)) {
			d.preserve = append(d.preserve, l.Path)
		}
	}
}

func (d *difference) list(l *desired.List) {
	wanted, _ := d.wanted.get(l.Path...)
	live, there := d.live.get(l.Path...)
	own := wanted.elements()
	if l.Only {
		own = nil
		for _, v := range l.Has {
			own = append(own, decode(v))
		}
	}
	switch {
	case there && live.Type != bson.TypeArray && live.Type != bson.TypeNull:
		d.unclear = true
	case there && live.Type == bson.TypeArray:
		if elements, ok := d.merged(l, own, live.elements()); ok {
			d.put(l.Path, arrayOf(elements))
		}
	case l.Only && len(own) > 0:
		d.put(l.Path, arrayOf(own))
	case l.Only:
		d.put(l.Path, live) // null, or nothing
	}
}

// put makes a value of what is wanted at a path, unless something other than a document
// is wanted above it.
func (d *difference) put(path []string, v Value) {
	for n := 1; n < len(path); n++ {
		if above, there := d.wanted.get(path[:n]...); there && !above.isDocument() {
			return
		}
	}
	if _, there := d.wanted.get(path...); there || v.Type != 0 {
		d.wanted = changed(d.wanted, path, v)
	}
}

// merged: the destination's elements in their places, wanted ones as they are to be, then
// the wanted ones that it lacks. Not ok: a wanted one is there twice.
func (d *difference) merged(l *desired.List, own, live []Value) (out []Value, ok bool) {
	gone := map[string]bool{}
	for _, key := range l.Without {
		gone[keyOf(key)] = true
	}
	met := map[string]bool{}
	for _, e := range live {
		key, has := elementKey(l, e)
		at := slices.IndexFunc(own, func(w Value) bool { k, _ := elementKey(l, w); return has && k == key })
		switch {
		case at >= 0 && len(l.By) > 0 && met[key]:
			d.unclear = true
			return nil, false
		case at >= 0 && len(l.By) > 0:
			e = d.element(own[at], e)
		case has && at < 0 && gone[key]:
			continue
		}
		met[key] = met[key] || has
		out = append(out, e)
	}
	for _, w := range own {
		if key, _ := elementKey(l, w); !met[key] {
			out = append(out, w)
		}
	}
	return out, true
}

// elementKey is by what an element is known: false when by nothing.
func elementKey(l *desired.List, e Value) (string, bool) {
	if len(l.By) == 0 {
		return e.key(), true
	}
	key := ""
	for _, name := range l.By {
		v, there := e.get(name)
		if !there || v.Type == bson.TypeNull || v.Type == bson.TypeArray {
			return "", false
		}
		key += v.key()
	}
	return key, true
}

// element is a wanted one beside the destination's.
func (d *difference) element(wanted, live Value) Value {
	var out Value
	if d.c.Mode == desired.Merge || d.c.Mode == desired.Update {
		out = withLeaves(live, wanted)
	} else {
		out = d.withLeftOut(wanted, live)
	}
	if d.countLeaves(out) < d.countLeaves(live) {
		d.preservedInside = true
	}
	return out
}

// withLeaves is a document with the leaves of another one.
func withLeaves(v, by Value) Value {
	for _, f := range by.Fields {
		was, there := v.get(f.Name)
		switch {
		case there && was.isDocument() && f.Value.isDocument():
			v = changed(v, []string{f.Name}, withLeaves(was, f.Value))
		default:
			v = changed(v, []string{f.Name}, f.Value)
		}
	}
	return v
}

// withLeftOut is a wanted element with the fields that extraction left out: in their
// places where all other fields have the same order, else behind them.
func (d *difference) withLeftOut(wanted, live Value) Value {
	var mine, more []Field
	var places, names []string // of live without what is left out, of wanted
	for _, f := range live.Fields {
		if _, there := wanted.get(f.Name); d.isLeaf(f.Name) && !there {
			more = append(more, f)
		} else {
			places = append(places, f.Name)
		}
	}
	for _, f := range wanted.Fields {
		was, there := live.get(f.Name)
		switch {
		case !there || d.isLeaf(f.Name):
		case f.Value.isDocument() && was.isDocument():
			f.Value = d.withLeftOut(f.Value, was)
		case was.Type == bson.TypeArray && identical(d.withoutLeaves(was), f.Value):
			f.Value = was
		}
		mine, names = append(mine, f), append(names, f.Name)
	}
	out := Value{Type: bson.TypeEmbeddedDocument}
	if !slices.Equal(places, names) {
		out.Fields = slices.Concat(mine, more)
		return out
	}
	for _, f := range live.Fields {
		if i := slices.Index(names, f.Name); i >= 0 {
			f = mine[i]
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// countLeaves is how many left out fields are in a value.
func (o owner) countLeaves(v Value) (n int) {
	for _, f := range v.Fields {
		if v.isDocument() && o.isLeaf(f.Name) {
			n++
		} else {
			n += o.countLeaves(f.Value)
		}
	}
	return n
}

// isList: the path is that of a list owned in part.
func (o owner) isList(path []string) bool {
	return o.c.Mode != desired.Insert && slices.ContainsFunc(o.c.Lists, func(l desired.List) bool { return slices.Equal(l.Path, path) })
}

// enters: documents at the path are compared field by field.
func (o owner) enters(path []string) bool {
	return o.below(path) || slices.ContainsFunc(o.c.Lists, func(l desired.List) bool { return len(l.Path) > len(path) && hasPrefix(l.Path, path) })
}

// elements are those of an array; of anything else there are none.
func (v Value) elements() (out []Value) {
	if v.Type == bson.TypeArray {
		for _, f := range v.Fields {
			out = append(out, f.Value)
		}
	}
	return out
}

func arrayOf(elements []Value) Value {
	out := Value{Type: bson.TypeArray}
	for i, e := range elements {
		out.Fields = append(out.Fields, Field{Name: strconv.Itoa(i), Value: e})
	}
	return out
}
