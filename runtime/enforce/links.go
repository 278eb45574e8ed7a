package enforce

// Links. In: collections that were read, and desired documents with null where
// the `_id` of another one goes; out: the documents with those `_id`s in place,
// or what is missing. Pure; the rules are docs/enforcement.md, Links.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// linkState says whether the links of a desired document are in place.
type linkState struct {
	// open: what a link points to cannot be told, as its collection or the document
	// itself is in conflict; nothing is done and nothing more is said.
	open bool
	// missing are the links to documents that are not there and not inserted.
	missing []missingLink
}

// missingLink is a link with the texts that name its target.
type missingLink struct {
	path               []string
	target, collection string
}

// concerned are the collections with those that they link to, ascending.
func (r *run) concerned(which []int) []int {
	out := slices.Clone(which)
	for _, i := range which {
		for _, d := range r.state.Collections[i].Documents {
			for _, linked := range d.Links {
				if n := r.positions[collectionName{linked.Database, linked.Collection}]; n > 0 {
					out = append(out, n-1)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// outdated notes that the looks at collections that link to one are, as it was
// looked at again.
func (r *run) outdated(at int) {
	for i := range r.state.Collections {
		if i != at && slices.Contains(r.concerned([]int{i}), at) {
			if r.stale == nil {
				r.stale = map[int]bool{}
			}
			r.stale[i] = true
		}
	}
}

// collectionName is a collection as the state names it.
type collectionName struct{ database, name string }

// positionsOf gives each collection's position in the state, counted from 1.
func positionsOf(state *desired.State) map[collectionName]int {
	at := make(map[collectionName]int, len(state.Collections))
	for i, c := range state.Collections {
		at[collectionName{c.Database, c.Name}] = i + 1
	}
	return at
}

// resolve puts the `_id`s that links stand for into the desired documents of l;
// read has every collection that they link to.
func (r *run) resolve(l *look, read map[int]*look) {
	if l.closed || !slices.ContainsFunc(l.c.Documents, func(d desired.Document) bool { return len(d.Links) > 0 }) {
		return
	}
	resolved := *l.c
	resolved.Documents = slices.Clone(l.c.Documents)
	l.links = make([]linkState, len(resolved.Documents))
	l.linking = &linking{r.state, read, r.linkPlaces(l.c)}
	for i := range resolved.Documents {
		d := &resolved.Documents[i]
		whole := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}
		for _, linked := range d.Links {
			id, open := r.linkedID(read, linked)
			switch {
			case open:
				l.links[i].open = true
			case id.Type == 0:
				l.links[i].missing = append(l.links[i].missing, r.missingLink(linked))
			default:
				whole = replaced(whole, linked.Path, id)
			}
		}
		d.Raw = bson.Raw(whole.Value)
	}
	l.c = &resolved
}

// linkedID is the `_id` that the destination has, or will have, of a document;
// zero when it will have none, open when that cannot be told.
func (r *run) linkedID(read map[int]*look, linked desired.LinkedID) (id bson.RawValue, open bool) {
	to := read[r.positions[collectionName{linked.Database, linked.Collection}]-1]
	if to == nil {
		return bson.RawValue{}, false
	}
	if to.closed {
		return bson.RawValue{}, true
	}
	i, ok := to.byKey[doc.Key(linked.Identity...)]
	switch {
	case !ok:
		return bson.RawValue{}, false
	case len(to.twins[i]) > 1:
		return bson.RawValue{}, true
	case len(to.twins[i]) == 1:
		return to.twins[i][0].Lookup("_id"), false
	case to.c.Mode == desired.Update:
		return bson.RawValue{}, false
	}
	c := r.state.Collections[to.at]
	id, _ = insertedID(r.state, c, c.Documents[i].Raw)
	return id, false
}

// linked reports whether the links of desired document i allow to compare or
// insert it; there: the destination has it.
func (l *look) linked(i int, there bool) bool {
	if l.links == nil || there && l.c.Mode == desired.Insert {
		return true
	}
	raw := l.c.Documents[i].Raw
	missing := slices.DeleteFunc(slices.Clone(l.links[i].missing), func(m missingLink) bool { // what is preserved is not looked at
		return there && covered(l.c.Preserve, documentPath(raw, m.path))
	})
	for _, m := range missing {
		l.conflict(change.LinkMissing, i, []doc.Path{documentPath(raw, m.path)},
			"path", placeText(raw, m.path), "identity", l.identity(i), "target", m.target, "collection", m.collection)
		l.causedBy(desired.LinkRule(linkSteps(raw, m.path)))
	}
	return len(missing) == 0 && !l.links[i].open
}

func (r *run) missingLink(linked desired.LinkedID) missingLink {
	to := &desired.Collection{Database: linked.Database, Name: linked.Collection}
	if n := r.positions[collectionName{linked.Database, linked.Collection}]; n > 0 {
		to = r.state.Collections[n-1]
	}
	target := doc.NewBuilder(64)
	for n, p := range to.Identity {
		if n < len(linked.Identity) {
			target.Append(p.String(), linked.Identity[n])
		}
	}
	return missingLink{path: linked.Path, target: change.Show(doc.Canonical(target.Raw())), collection: change.Clean(r.namespace(to).String())}
}

// linkSteps are the steps of the link that a place in a document is of.
func linkSteps(d bson.Raw, path []string) []string {
	steps := slices.Clone(path)
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for i, name := range path {
		if v.Type == bson.TypeArray {
			steps[i] = desired.AnyElement
		}
		v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
	}
	return steps
}

// placeText is a place in a document for a message: `lines[0].product`.
func placeText(d bson.Raw, path []string) string {
	text := ""
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}
	for _, name := range path {
		switch {
		case v.Type == bson.TypeArray:
			text += "[" + name + "]"
		case text == "":
			text = doc.Path{name}.String()
		default:
			text += "." + doc.Path{name}.String()
		}
		v, _ = doc.Get(bson.Raw(v.Value), doc.Path{name})
	}
	return text
}
