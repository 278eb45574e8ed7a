package compare

// Lists of which the weave owns a part. In: the wanted document, the destination's,
// and what is said of its lists; out: the wanted document with these lists as they are
// to be beside the elements that the destination keeps, or why nobody can tell. Pure;
// the rules are docs/enforcement.md, Lists owned in part.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// UnclearList is a list of the destination of which nobody can tell which element is
// the wanted one: Count of them have Key, or it is no list, and Type says what it is.
type UnclearList struct {
	Path  doc.Path
	Count int
	Key   string // short form
	Type  string // in the language's words; empty: it is a list
	Rule  string // of the state, which has its origin
}

// beside is a wanted document as it is to be beside one of the destination.
type beside struct {
	raw bson.Raw
	// secrets are the places in raw: elements stand where the destination has them.
	secrets []secretPlace
	unclear *UnclearList
	// lost is a left out field that would go with what it lies in.
	lost *blocked
}

// beside is desired document i beside the destination's.
func (c *Collection) beside(i int, live bson.Raw) beside {
	out := beside{raw: c.Raw(i), secrets: c.secrets.of(i)}
	if len(c.Lists) == 0 || c.Mode == desired.Insert {
		return out
	}
	for n := range c.Lists {
		out.list(c.policy, &c.Lists[n], live)
	}
	return out
}

// list puts the list as it is to be in place of the wanted one.
func (b *beside) list(p *policy, l *desired.List, live bson.Raw) {
	wanted, _ := doc.Get(b.raw, l.Path)
	found, there := doc.Get(live, l.Path)
	m := &merging{policy: p, List: l}
	switch {
	case there && found.Type != bson.TypeArray && found.Type != bson.TypeNull:
		b.unclear = &UnclearList{Path: l.Path, Type: doc.TypeName(found), Rule: desired.ListRule(l.Path)}
		return
	case !there || found.Type == bson.TypeNull:
		if !l.Only {
			return // the wanted one as a whole
		}
		b.secrets = slices.DeleteFunc(slices.Clone(b.secrets), func(q secretPlace) bool { return q.owner.HasPrefix(l.Path) })
		switch {
		case len(l.Has) > 0:
			b.set(l.Path, doc.Array(l.Has...))
		case there:
			b.set(l.Path, found)
		case wanted.Type != 0:
			b.raw = stores.Changed(b.raw, nil, []doc.Path{l.Path})
		}
		return
	}
	if !m.merge(wanted, found) {
		b.unclear = &UnclearList{Path: l.Path, Count: m.twice, Key: change.ShowDocument(l.KeyDocument(m.twiceKey)), Rule: desired.ListRule(l.Path)}
		return
	}
	b.moveSecrets(l, m)
	list := m.list(found)
	if m.lost != nil && b.lost == nil {
		b.lost = &blocked{path: l.Path, want: list, inside: slices.Concat(l.Path, m.lost)}
	}
	b.set(l.Path, list)
}

// set puts a value at a path, unless something other than a document is wanted above it.
func (b *beside) set(p doc.Path, v bson.RawValue) {
	for n := 1; n < len(p); n++ {
		if above, ok := doc.Get(b.raw, p[:n]); ok && !doc.IsDocument(above) {
			return
		}
	}
	b.raw = stores.Changed(b.raw, []stores.Field{{Path: p, Value: v}}, nil)
}

// moveSecrets says where the secrets of the wanted elements stand now, and where the
// destination has these.
func (b *beside) moveSecrets(l *desired.List, m *merging) {
	var out []secretPlace
	for _, q := range b.secrets {
		if q.owner.HasPrefix(l.Path) && len(q.path) > len(l.Path) {
			if l.Only {
				continue // the destination's elements are its own
			}
			n, err := strconv.Atoi(q.path[len(l.Path)])
			if err != nil || n >= len(m.at) {
				continue
			}
			q.path, q.live = slices.Clone(q.path), slices.Clone(q.path)
			q.path[len(l.Path)], q.live[len(l.Path)] = strconv.Itoa(m.at[n]), strconv.Itoa(m.from[n])
		}
		out = append(out, q)
	}
	b.secrets = out
}

// merging makes one list of the wanted elements and those of the destination.
type merging struct {
	*policy
	*desired.List
	elements []bson.RawValue
	at, from []int // of each wanted element of the document, its position, and that in the destination's, -1: none
	twice    int   // so many elements of the destination have one wanted key
	twiceKey []bson.RawValue
	lost     []string // a left out field, behind the path of the list
}

// list is the merged one: that which was found where nothing changes.
func (m *merging) list(found bson.RawValue) bson.RawValue {
	n, same := 0, true
	for _, e := range doc.Fields(found.Value) {
		same = same && n < len(m.elements) && doc.Identical(e, m.elements[n])
		n++
	}
	if same && n == len(m.elements) {
		return found
	}
	return doc.Array(m.elements...)
}

// merge merges; false: several elements of the destination are a wanted one.
func (m *merging) merge(wanted, found bson.RawValue) bool {
	var own []bson.RawValue
	if !m.Only && wanted.Type == bson.TypeArray {
		for _, e := range doc.Fields(wanted.Value) {
			own = append(own, e)
		}
	}
	m.at, m.from = make([]int, len(own)), slices.Repeat([]int{-1}, len(own))
	own = append(own, m.Has...)
	byKey := make(map[string]int, len(own))
	for n, e := range own {
		if key, ok := m.Key(e); ok {
			byKey[doc.Key(key...)] = n
		}
	}
	seen := make([]int, len(own))
	position := 0
	for _, e := range doc.Fields(found.Value) {
		key, ok := m.Key(e)
		if !ok {
			m.elements = append(m.elements, e)
			position++
			continue
		}
		text := doc.Key(key...)
		n, wanted := byKey[text]
		switch {
		case wanted:
			if seen[n]++; seen[n] > 1 && len(m.By) > 0 && m.twice == 0 {
				m.twiceKey = key
			}
			if seen[n] == 1 {
				if n < len(m.at) {
					m.at[n], m.from[n] = len(m.elements), position
				}
				e = m.element(own[n], e, position)
			}
		case m.Removes(text):
			position++
			continue
		}
		m.elements = append(m.elements, e)
		position++
	}
	if m.twiceKey != nil {
		n := byKey[doc.Key(m.twiceKey...)]
		m.twice = seen[n]
		return false
	}
	for n, e := range own {
		if seen[n] > 0 {
			continue
		}
		if n < len(m.at) {
			m.at[n] = len(m.elements)
		}
		m.elements = append(m.elements, e)
	}
	return true
}

// element is a wanted element beside the destination's, by its mode: owned by its
// leaves in merge and update, else as a whole. Told by its value, it stays as it is.
func (m *merging) element(wanted, found bson.RawValue, position int) bson.RawValue {
	if len(m.By) == 0 {
		return found
	}
	var names []string
	for _, q := range m.leftOut {
		if q.Leaf != "" {
			names = append(names, q.Leaf)
		}
	}
	var out bson.Raw
	switch {
	case m.mode == desired.Merge || m.mode == desired.Update:
		out = mergedElement(wanted.Value, found.Value)
	case len(names) == 0:
		return wanted
	default:
		out = besideLeftOut(wanted.Value, found.Value, names)
	}
	if len(names) > 0 && m.lost == nil {
		had, has := &kept{}, &kept{}
		had.elements(nil, found.Value, names)
		has.elements(nil, out, names)
		if len(has.inside) < len(had.inside) {
			m.lost = append([]string{strconv.Itoa(position)}, had.inside[0]...)
		}
	}
	return doc.Value(out)
}

// mergedElement is the found document with the leaves of the wanted one.
func mergedElement(wanted, found bson.Raw) bson.Raw {
	var set []stores.Field
	leavesToSet(nil, wanted, found, &set)
	return stores.Changed(found, set, nil)
}

func leavesToSet(at doc.Path, wanted, found bson.Raw, set *[]stores.Field) {
	for name, v := range doc.Fields(wanted) {
		p := at.Child(name)
		was, ok := doc.Get(found, doc.Path{name})
		switch {
		case ok && doc.IsDocument(v) && doc.IsDocument(was):
			leavesToSet(p, v.Document(), was.Document(), set)
		case !ok || !doc.Identical(v, was):
			*set = append(*set, stores.Field{Path: p, Value: v})
		}
	}
}

// besideLeftOut is the wanted document with the fields of the names that the found one
// has, at their places in documents: the order is the found one's where the other
// fields have it, too, whatever their values, else these come last.
func besideLeftOut(wanted, found bson.Raw, names []string) bson.Raw {
	rest := (&kept{}).elements(nil, found, names)
	ds, ls := fieldsOf(wanted, false), fieldsOf(found, false)
	value := func(f field) bson.RawValue {
		was, ok := doc.Get(found, doc.Path{f.name})
		switch {
		case !ok || slices.Contains(names, f.name):
		case doc.IsDocument(f.value) && doc.IsDocument(was):
			return doc.Value(besideLeftOut(f.value.Document(), was.Document(), names))
		case was.Type == bson.TypeArray:
			if bare, ok := doc.Get(rest, doc.Path{f.name}); ok && doc.Identical(bare, f.value) {
				return was
			}
		}
		return f.value
	}
	isOwn := func(f field) bool { return slices.Contains(names, f.name) && index(ds, f.name, 0) < 0 }
	others := slices.DeleteFunc(slices.Clone(ls), isOwn)
	out := doc.NewBuilder(len(wanted) + len(found))
	if slices.EqualFunc(ds, others, func(a, b field) bool { return a.name == b.name }) {
		n := 0
		for _, f := range ls {
			if !isOwn(f) {
				f.value = value(ds[n])
				n++
			}
			out.Append(f.name, f.value)
		}
		return out.Raw()
	}
	for _, f := range ds {
		out.Append(f.name, value(f))
	}
	for _, f := range ls {
		if isOwn(f) {
			out.Append(f.name, f.value)
		}
	}
	return out.Raw()
}

// keptLists are the paths of lists that stay as the destination has them.
func (p *policy) keptLists(wanted, live bson.Raw) (paths []doc.Path) {
	for _, at := range p.lists {
		l, there := doc.Get(live, at)
		if w, ok := doc.Get(wanted, at); there && (!ok || doc.Identical(w, l)) {
			paths = append(paths, at)
		}
	}
	return paths
}
