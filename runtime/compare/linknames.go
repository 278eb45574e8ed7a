package compare

// Links for people. In: changes of documents, and the collections that were
// read; out: which document each `_id` in a change stands for, as plan, apply
// and undo say it: `role: null → roles "admin"`. The rules are
// docs/enforcement.md, Links.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// linkPlace is a place where documents of a collection have links: names, and
// anyPosition for the positions of arrays.
type linkPlace struct {
	steps []string
	to    int // position of the other collection in the state
}

// anyPosition is no name of a field: these have no NUL.
const anyPosition = "\x00"

// Link is an `_id` at a path, positions in decimal, and the document that
// has it.
type Link struct {
	Path     []string
	ID       bson.RawValue
	NS       stores.Namespace
	Identity bson.Raw
}

// linking is what is known of the links of one collection.
type linking struct {
	read   map[int]*Target // by the positions of collections in the state
	places []linkPlace
}

// places are the links of all documents of a collection, each place once.
func (k *Links) places(c *desired.Collection) []linkPlace {
	var places []linkPlace
	seen := map[string]bool{}
	for at, d := range c.Documents {
		for _, l := range d.Links {
			n := k.Position(l.Database, l.Collection)
			if n < 0 {
				continue
			}
			steps, v := slices.Clone(l.Path), bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: c.Raw(at)}
			for i, name := range l.Path {
				if v.Type == bson.TypeArray {
					steps[i] = anyPosition
				}
				v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
			}
			if key := strconv.Itoa(n) + "\x01" + strings.Join(steps, "\x01"); !seen[key] {
				seen[key], places = true, append(places, linkPlace{steps, n})
			}
		}
	}
	return places
}

// named are the links in both sides of a change at a place: names of fields, and
// elements.
func (k *linking) named(at []string, before, after bson.RawValue) []Link {
	if k == nil {
		return nil
	}
	path := make([]string, len(at))
	for i, step := range at {
		path[i] = stepName(step)
	}
	goesTo := func(step, place string) bool {
		_, element := desired.IsElement(step)
		return step == place || element && place == anyPosition
	}
	var out []Link
	for _, v := range []bson.RawValue{before, after} {
		for _, place := range k.places {
			if to := k.read[place.to]; to != nil && len(place.steps) >= len(at) && slices.EqualFunc(at, place.steps[:len(at)], goesTo) {
				out = append(out, to.namedIn(v, path, place.steps[len(at):])...)
			}
		}
	}
	return out
}

// namedIn are the links to documents of this collection in a value, at the steps below a path.
func (to *Target) namedIn(v bson.RawValue, path, steps []string) (out []Link) {
	switch {
	case v.Type == 0:
		return nil
	case len(steps) == 0:
		if identity := to.identityBehind(v); identity != nil {
			out = append(out, Link{path, v, to.NS, identity})
		}
		return out
	case steps[0] == anyPosition && v.Type == bson.TypeArray:
	case steps[0] != anyPosition && doc.IsDocument(v):
	default:
		return nil
	}
	for name, e := range doc.Fields(bson.Raw(v.Value)) {
		if steps[0] == anyPosition || name == steps[0] {
			out = append(out, to.namedIn(e, append(slices.Clone(path), name), steps[1:])...)
		}
	}
	return out
}

// identityBehind is the identity of the document that has this `_id`, or will
// have it: nil when there is none, or when it may not be shown.
func (to *Target) identityBehind(id bson.RawValue) bson.Raw {
	if to.Closed || to.C.IdentityIsID() || slices.ContainsFunc(to.C.Identity, func(p doc.Path) bool {
		return to.C.secrets != nil && related(to.C.secrets.all, p) || touched(to.C.Redact, p)
	}) {
		return nil
	}
	if to.behind == nil {
		known := to.Live
		if !to.All { // what else was read depends on the store
			known = nil
			for _, d := range to.Twins.All() {
				known = append(known, d)
			}
		}
		to.behind = make(map[string]bson.Raw, len(known))
		for _, d := range known {
			if _, ok := to.C.IdentityOf(d); ok {
				to.behind[doc.Key(d.Lookup("_id"))] = to.C.IdentityDocument(d)
			}
		}
		for i := range to.Wanted.Documents {
			if len(to.Twins.Of(i)) == 0 && to.Wanted.Mode != desired.Update {
				raw := to.Wanted.Raw(i)
				made, _ := insertedID(to.C.state, to.Wanted, raw)
				to.behind[doc.Key(made)] = to.Wanted.IdentityDocument(raw)
			}
		}
	}
	return to.behind[doc.Key(id)]
}

// linkItems are links of the report, of a change at a path: each once.
func linkItems(at doc.Path, links []Link) []change.LinkItem {
	var items []change.LinkItem
	for _, l := range links {
		item := change.LinkItem{At: append([]string{}, l.Path[len(at):]...), ID: change.Value{RawValue: l.ID}, Database: l.NS.Database, Collection: l.NS.Collection, Identity: change.DocumentValue(l.Identity)}
		if !slices.ContainsFunc(items, func(o change.LinkItem) bool {
			return slices.Equal(o.At, item.At) && doc.Identical(o.ID.RawValue, item.ID.RawValue)
		}) {
			items = append(items, item)
		}
	}
	return items
}

// linkedIn are those of the links that one of the sides of a change at a place has.
func linkedIn(at []string, before, after bson.RawValue, links []Link) []Link {
	from := make(doc.Path, len(at))
	for i, step := range at {
		from[i] = stepName(step)
	}
	var out []Link
	for _, side := range []bson.RawValue{before, after} {
		for _, k := range links {
			if !doc.Path(k.Path).HasPrefix(from) {
				continue
			}
			v := side
			for _, name := range k.Path[len(from):] {
				if !doc.IsDocument(v) && v.Type != bson.TypeArray {
					v = bson.RawValue{}
					break
				}
				v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
			}
			if v.Type != 0 && doc.Identical(v, k.ID) {
				out = append(out, k)
			}
		}
	}
	return out
}

func stepName(step string) string {
	name, _ := desired.IsElement(step)
	return name
}
