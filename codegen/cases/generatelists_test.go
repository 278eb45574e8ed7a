package cases

// Lists owned in part, in random states and in the destinations of random weaves.

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

// lists lets the weave own parts of some lists: of `q` or `w.q` by fields of elements, of
// `p` by values, or of values of it alone.
func (g *generator) lists(c *desired.Collection, live *collection) {
	if c.Mode == desired.Structure || !g.chance(30) {
		return
	}
	if g.chance(60) {
		by := pick(g, [][]string{{"key"}, {"key"}, {"key", "sub"}})
		path := pick(g, []doc.Path{{"q"}, {"q"}, {"w", "q"}})
		l := desired.List{Origin: "random.weave:3:5", Path: path, By: by}
		g.list(c, live, &l, func() any { return g.element(by) })
	}
	if g.chance(60) {
		l := desired.List{Origin: "random.weave:4:5", Path: doc.Path{"p"}, Only: g.chance(50)}
		g.list(c, live, &l, func() any { return g.value(1) })
	}
}

// element is a document with values for the fields that tell it apart.
func (g *generator) element(by []string) bson.D {
	d := bson.D{}
	for _, name := range by {
		d = append(d, bson.E{Key: name, Value: g.key()})
	}
	return append(d, g.document(2)...)
}

// list puts elements into the wanted documents, no two with one key, and into those of
// the destination: other ones, too, such as have no key, and now and then no list.
func (g *generator) list(c *desired.Collection, live *collection, l *desired.List, element func() any) {
	raw := func(v any) bson.RawValue { return g.raw(bson.D{{Key: "v", Value: v}}).Lookup("v") }
	removed := map[string]bool{}
	for range g.IntN(3) {
		if key, ok := l.Key(raw(element())); ok && !removed[doc.Key(key...)] {
			removed[doc.Key(key...)] = true
			l.Without = append(l.Without, key)
		}
	}
	has := map[string]bool{}
	for n := g.IntN(3); l.Only && n > 0; n-- {
		v := raw(element())
		if key := doc.Key(v); !has[key] && !removed[key] {
			has[key] = true
			l.Has = append(l.Has, v)
		}
	}
	if len(l.Has)+len(l.Without) == 0 && l.Only {
		return
	}
	for i := range c.Documents {
		var list []bson.RawValue
		met := map[string]bool{}
		for range g.IntN(4) {
			v := raw(element())
			if key, ok := l.Key(v); ok && !met[doc.Key(key...)] && !removed[doc.Key(key...)] {
				met[doc.Key(key...)] = true
				list = append(list, v)
			}
		}
		for _, v := range l.Has {
			if !met[doc.Key(v)] {
				list = append(list, v)
			}
		}
		if g.chance(85) || len(l.Has) > 0 {
			c.Documents[i].Raw = g.withList(c.Documents[i].Raw, l.Path, doc.Array(list...))
		}
	}
	for i, d := range live.documents {
		switch g.IntN(12) {
		case 0:
		case 1:
			live.documents[i] = g.withList(d, l.Path, raw(nil))
		case 2:
			live.documents[i] = g.withList(d, l.Path, raw(pick(g, []any{"text", int32(1), bson.D{}})))
		default:
			var list []bson.RawValue
			for range g.IntN(5) {
				list = append(list, raw(element()))
			}
			for _, w := range c.Documents { // elements of a wanted document, as they are or not
				wanted, _ := doc.Get(w.Raw, l.Path)
				for _, e := range elementsOf(wanted) {
					if g.chance(30) {
						list = append(list, e)
					}
				}
			}
			list = slices.Concat(list, l.Has[:g.IntN(len(l.Has)+1)])
			if g.chance(15) {
				list = append(list, raw(pick(g, []any{nil, "text", bson.D{}, bson.D{{Key: "key", Value: nil}}, bson.D{{Key: "key", Value: bson.A{}}}})))
			}
			g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			live.documents[i] = g.withList(d, l.Path, doc.Array(g.apart(l, list)...))
		}
	}
	c.Lists = append(c.Lists, *l)
	slices.SortFunc(c.Lists, func(a, b desired.List) int { return doc.ComparePaths(a.Path, b.Path) })
}

// apart leaves one element of each key, mostly.
func (g *generator) apart(l *desired.List, list []bson.RawValue) []bson.RawValue {
	if len(l.By) == 0 || g.chance(5) {
		return list
	}
	met := map[string]bool{}
	return slices.DeleteFunc(list, func(e bson.RawValue) bool {
		key, ok := l.Key(e)
		twice := ok && met[doc.Key(key...)]
		met[doc.Key(key...)] = true
		return twice
	})
}

// withList is a document with a list at a path of one name, or of two that it has not yet.
func (g *generator) withList(d bson.Raw, path doc.Path, list bson.RawValue) bson.Raw {
	v := bson.D{{Key: path[len(path)-1], Value: list}}
	if len(path) > 1 {
		if g.chance(40) {
			v = append(g.document(1), v...)
		}
		v = bson.D{{Key: path[0], Value: v}}
	}
	return with(d, g.raw(v))
}

func elementsOf(array bson.RawValue) (out []bson.RawValue) {
	if array.Type == bson.TypeArray {
		for _, e := range doc.Fields(array.Value) {
			out = append(out, e)
		}
	}
	return out
}

// stillApproved reports whether the digest of a plan is the same when an application has
// pushed elements of its own to lists owned in part. What is deleted is bound as a whole,
// by prune or as it moves to another `_id`.
func stillApproved(t *testing.T, state *desired.State, world []collection) bool {
	t.Helper()
	if !slices.ContainsFunc(state.Collections, func(c *desired.Collection) bool { return len(c.Lists) > 0 }) {
		return true
	}
	pushed := slices.Clone(world)
	for _, c := range state.Collections {
		i := slices.IndexFunc(pushed, func(p collection) bool { return p.namespace() == c.Namespace() })
		rekeys := len(c.Moves) > 0 && slices.ContainsFunc(c.Identity, func(p doc.Path) bool { return p[0] == "_id" })
		if i < 0 || c.Prune != nil || rekeys {
			continue
		}
		documents := slices.Clone(pushed[i].documents)
		for n, d := range documents {
			for _, l := range c.Lists {
				if list, there := doc.Get(d, l.Path); there && list.Type == bson.TypeArray {
					own := []bson.RawValue{doc.Value(doc.NewBuilder(32).AppendString("pushed", "own").Raw())}
					documents[n] = doc.Replace(documents[n], l.Path, doc.Array(slices.Concat(own, elementsOf(list), own)...))
				}
			}
		}
		pushed[i].documents = documents
	}
	digest := func(world []collection) string {
		root := t.TempDir()
		writeDirectory(t, root, world)
		store, err := dir.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		report, err := enforce.Plan(t.Context(), store, state, enforce.Options{Secrets: randomSecrets})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		return report.Digest
	}
	before := digest(world)
	return before != "" && before == digest(pushed)
}

// beside makes lists that the weave owns in part others than those that are wanted:
// elements go, change, and come, such as have no key, too.
func (g *generator) beside(c *desired.Collection, d bson.Raw) bson.Raw {
	for i := range c.Lists {
		l := &c.Lists[i]
		list, there := doc.Get(d, l.Path)
		if !there || list.Type != bson.TypeArray || g.chance(20) {
			continue
		}
		var out []bson.RawValue
		own := func(v any) { out = append(out, g.raw(bson.D{{Key: "v", Value: v}}).Lookup("v")) }
		for _, e := range elementsOf(list) {
			for g.chance(25) {
				if len(l.By) == 0 {
					own(pick(g, []any{"own", int32(g.IntN(9)), "a1"}))
				} else {
					own(pick(g, []any{"own", bson.D{{Key: "b", Value: int32(100 + g.IntN(3))}, {Key: "g", Value: "own"}}, bson.D{{Key: "g", Value: "a"}}}))
				}
			}
			if m, is := e.DocumentOK(); is && g.chance(40) {
				var element bson.D
				if err := bson.Unmarshal(m, &element); err != nil {
					g.t.Fatal(err)
				}
				own(append(g.mutate(element, l.By), bson.E{Key: pick(g, []string{"own", "hushed"}), Value: int32(1)}))
			} else if g.chance(75) {
				out = append(out, e)
			}
		}
		for _, key := range l.Without {
			switch {
			case g.chance(50):
			case len(l.By) == 0:
				out = append(out, key[0])
			default:
				out = append(out, doc.Value(l.KeyDocument(key)))
			}
		}
		g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		d = doc.Replace(d, l.Path, doc.Array(g.apart(l, out)...))
	}
	return d
}
