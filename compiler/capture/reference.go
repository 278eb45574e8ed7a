package capture

// What a person changed that is about documents as a whole: a link that leads to another
// one, and an identity. In: a value or documents as the destination has them; out: forms that
// name documents as the source does, or why there are none.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// linkedTo are the forms for a link that leads to another document: the `_id` that this has
// at the source. Links within arrays have none.
func linkedTo(ctx context.Context, c *capturer, t *target, i *item, links []desired.Link) (forms []form, reason string, err error) {
	at := slices.IndexFunc(links, func(l desired.Link) bool { return slices.Equal(doc.Path(l.Steps), i.path) })
	if at < 0 {
		return nil, "links are in it: set the linked documents by their `_id`s at the source", nil
	}
	at = slices.IndexFunc(c.targets, func(o *target) bool {
		return o.weave == t.weave && o.database == links[at].Database && o.ns.Collection == links[at].Collection && o.outcome != nil
	})
	if at < 0 {
		return nil, "the documents that it leads to are not compiled here", nil
	}
	to := c.targets[at]
	read, err := c.byKey(ctx, to, []doc.Path{{"_id"}}, [][]bson.RawValue{{i.value}})
	if err != nil {
		return nil, "", err
	}
	there, ok := read[doc.Key(i.value)]
	if !ok {
		return nil, "no document of " + diag.Quote(to.ns.String(), 120) + " has this `_id` there", nil
	}
	identity := doc.Value(identityOf(to.unit.By, there))
	n, ok := to.positions[keyOf(identity)]
	if !ok {
		return nil, "the rules want no document such as the one that it leads to: " + named(identity), nil
	}
	if n = to.outcome.Order[n]; n >= len(to.unit.Data.Documents) {
		return nil, "it leads to a document that a rule makes, which has no `_id` at the source: " + named(identity), nil
	}
	id, _ := doc.Get(to.unit.Data.Documents[n], doc.Path{"_id"})
	for _, bare := range []bool{true, false} {
		f, err := t.set(&item{path: i.path, value: id}, bare)
		if err != nil {
			return forms, err.Error(), nil
		}
		f.exact = false // the destination's `_id` is another one; find compares it once more
		forms = append(forms, f)
	}
	return forms, "", nil
}

// moves makes one item of a document that is missing and one that the rules do not want,
// where they differ in nothing but the identity: somebody changed it by hand.
func moves(ctx context.Context, c *capturer, t *target, r *change.CollectionReport, items []*item) ([]*item, error) {
	missing := map[string][]*item{} // by what they have beside the identity
	for _, i := range items {
		if i.kind == "missing" && len(i.forms) > 0 && !c.unmoved[t][i.key] {
			body := t.body(c.now, i.whole)
			missing[body] = append(missing[body], i)
		}
	}
	if len(missing) == 0 || r.Missing || slices.ContainsFunc(t.unit.By, func(p doc.Path) bool { return p[0] == "_id" }) {
		return items, nil
	}
	found := map[string][]bson.Raw{}
	for d, err := range c.to.Store.Find(ctx, t.ns, stores.Query{All: true}) {
		if err != nil {
			return nil, err
		}
		if body := t.body(c.now, d); missing[body] != nil && t.wanted(c.now, keyOf(doc.Value(identityOf(t.unit.By, d)))) == nil {
			found[body] = append(found[body], d)
		}
	}
	for body, d := range found {
		if len(d) > 1 || len(missing[body]) > 1 {
			continue // nobody can tell which one it was
		}
		i := missing[body][0]
		to := identityOf(t.unit.By, d[0])
		forms, ok := t.moveForms(i.identity, to)
		if !ok {
			continue
		}
		moved := *i
		moved.kind, moved.forms, moved.reason = "moved", forms, ""
		moved.value, moved.to = doc.Value(to), keyOf(doc.Value(to))
		items = slices.DeleteFunc(items, func(o *item) bool { return o == i || o.kind == "more" && o.key == moved.to })
		items = append(items, &moved)
	}
	slices.SortStableFunc(items, func(a, b *item) int { // as `found` has no order
		if a.kind != "moved" || b.kind != "moved" {
			return 0
		}
		return strings.Compare(a.key, b.key)
	})
	return items, nil
}

// body is a document without its identity, links and what is the destination's own.
func (t *target) body(now *compiled, d bson.Raw) string {
	n := t.collection(now)
	gone := slices.Concat([]doc.Path{{"_id"}}, t.unit.By, n.Preserve, n.Ignore)
	for _, l := range n.Links {
		gone = append(gone, linkPath(l))
	}
	return string(stores.Changed(d, nil, gone))
}

// moveForms give a document another identity, and say to destinations that have the old one
// that it is the same document.
func (t *target) moveForms(from, to bson.Raw) (forms []form, ok bool) {
	values := func(d bson.Raw) (out []bson.RawValue) {
		for _, v := range doc.Fields(d) {
			out = append(out, v)
		}
		return out
	}
	old, now := values(from), values(to)
	if len(old) != len(t.unit.By) || len(now) != len(old) {
		return nil, false
	}
	for _, bare := range []bool{true, false} {
		w := t.writer(bare)
		was, paths, err := t.equal(t.writer(true), t.unit.By, old)
		is, _, wrong := t.equal(w, t.unit.By, now)
		if err != nil || wrong != nil {
			return nil, false
		}
		text := "where " + t.member(joined(paths, was)) + " {\n"
		for n := range is {
			if is[n] != was[n] {
				text += "set " + paths[n] + " = " + is[n] + "\n"
			}
		}
		sides := [2]string{was[0], is[0]}
		if len(was) > 1 {
			sides = [2]string{"[" + strings.Join(was, ", ") + "]", "[" + strings.Join(is, ", ") + "]"}
		}
		forms = append(forms, form{how: ByMove, text: text + "}\nmoved " + sides[0] + " to " + sides[1]})
	}
	return forms, true
}
