package enforce

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

// namedLink is an `_id` at a path, positions in decimal, and the document that
// has it.
type namedLink struct {
	path     []string
	id       bson.RawValue
	ns       stores.Namespace
	identity bson.Raw
}

// linking is what is known of the links of one collection.
type linking struct {
	state  *desired.State
	read   map[int]*target // by the positions of collections in the state
	places []linkPlace
}

// places are the links of all documents of a collection, each place once.
func (k *links) places(c *desired.Collection) []linkPlace {
	var places []linkPlace
	seen := map[string]bool{}
	for _, d := range c.Documents {
		for _, l := range d.Links {
			n := k.position(l.Database, l.Collection)
			if n < 0 {
				continue
			}
			steps, v := slices.Clone(l.Path), bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}
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
func (k *linking) named(at []string, before, after bson.RawValue) []namedLink {
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
	var out []namedLink
	for _, v := range []bson.RawValue{before, after} {
		for _, place := range k.places {
			if to := k.read[place.to]; to != nil && len(place.steps) >= len(at) && slices.EqualFunc(at, place.steps[:len(at)], goesTo) {
				out = append(out, to.namedIn(k.state, v, path, place.steps[len(at):])...)
			}
		}
	}
	return out
}

// namedIn are the links to documents of this collection in a value, at the steps below a path.
func (to *target) namedIn(state *desired.State, v bson.RawValue, path, steps []string) (out []namedLink) {
	switch {
	case v.Type == 0:
		return nil
	case len(steps) == 0:
		if identity := to.identityBehind(state, v); identity != nil {
			out = append(out, namedLink{path, v, to.ns, identity})
		}
		return out
	case steps[0] == anyPosition && v.Type == bson.TypeArray:
	case steps[0] != anyPosition && doc.IsDocument(v):
	default:
		return nil
	}
	for name, e := range doc.Fields(bson.Raw(v.Value)) {
		if steps[0] == anyPosition || name == steps[0] {
			out = append(out, to.namedIn(state, e, append(slices.Clone(path), name), steps[1:])...)
		}
	}
	return out
}

// identityBehind is the identity of the document that has this `_id`, or will
// have it: nil when there is none, or when it may not be shown.
func (to *target) identityBehind(state *desired.State, id bson.RawValue) bson.Raw {
	if to.closed || to.c.IdentityIsID() || slices.ContainsFunc(to.c.Identity, func(p doc.Path) bool {
		return to.c.secrets != nil && related(to.c.secrets.all, p) || touched(to.c.Redact, p)
	}) {
		return nil
	}
	if to.behind == nil {
		known := to.live
		if !to.all { // what else was read depends on the store
			known = slices.Concat(to.twins...)
		}
		to.behind = make(map[string]bson.Raw, len(known))
		for _, d := range known {
			if _, ok := to.c.IdentityOf(d); ok {
				to.behind[doc.Key(d.Lookup("_id"))] = to.c.IdentityDocument(d)
			}
		}
		for i, twins := range to.twins {
			if len(twins) == 0 && to.wanted.Mode != desired.Update {
				raw := to.wanted.Documents[i].Raw
				made, _ := insertedID(state, to.wanted, raw)
				to.behind[doc.Key(made)] = to.wanted.IdentityDocument(raw)
			}
		}
	}
	return to.behind[doc.Key(id)]
}

// linkItems are links of the report, of a change at a path: each once.
func linkItems(at doc.Path, links []namedLink) []change.LinkItem {
	var items []change.LinkItem
	for _, l := range links {
		item := change.LinkItem{At: append([]string{}, l.path[len(at):]...), ID: doc.CanonicalValue(l.id), Database: l.ns.Database, Collection: l.ns.Collection, Identity: doc.Canonical(l.identity)}
		if !slices.ContainsFunc(items, func(o change.LinkItem) bool { return slices.Equal(o.At, item.At) && string(o.ID) == string(item.ID) }) {
			items = append(items, item)
		}
	}
	return items
}

// journalLinks is how an item of the journal keeps the links of its changes:
// the database only where it is another one.
func journalLinks(leaves []leaf, database string) []bson.RawValue {
	var out []bson.RawValue
	for _, l := range leaves {
		for _, k := range l.links {
			link := doc.NewBuilder(128).Append("path", doc.Strings(k.path)).Append("_id", k.id)
			if k.ns.Database != database {
				link.AppendString("database", k.ns.Database)
			}
			link.AppendString("collection", k.ns.Collection).AppendDocument("identity", k.identity)
			out = append(out, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: link.Raw()})
		}
	}
	return out
}

// linksOf reads them again.
func linksOf(item bson.Raw, database string) (out []namedLink) {
	list, _ := item.Lookup("links").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		d, ok := v.DocumentOK()
		if !ok {
			continue
		}
		l := namedLink{path: doc.StringsOf(d.Lookup("path")), id: d.Lookup("_id")}
		if l.ns.Database, ok = d.Lookup("database").StringValueOK(); !ok {
			l.ns.Database = database
		}
		l.ns.Collection, _ = d.Lookup("collection").StringValueOK()
		if l.identity, ok = d.Lookup("identity").DocumentOK(); ok {
			out = append(out, l)
		}
	}
	return out
}

// linkedIn are those of the links that one of the sides of a change at a place has.
func linkedIn(at []string, before, after bson.RawValue, links []namedLink) []namedLink {
	from := make(doc.Path, len(at))
	for i, step := range at {
		from[i] = stepName(step)
	}
	var out []namedLink
	for _, side := range []bson.RawValue{before, after} {
		for _, k := range links {
			if !doc.Path(k.path).HasPrefix(from) {
				continue
			}
			v := side
			for _, name := range k.path[len(from):] {
				if !doc.IsDocument(v) && v.Type != bson.TypeArray {
					v = bson.RawValue{}
					break
				}
				v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
			}
			if v.Type != 0 && doc.Identical(v, k.id) {
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
