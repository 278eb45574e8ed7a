package compare

// The changes of a document, as the report has them. In: a write, and what is known of
// its document; out: changes with nothing in them that nobody may see, and whole
// documents. Pure; the rules are docs/report.md.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/between"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// changes are those of an update, and then the places in it that secrets leave open.
func (c *Collection) changes(w *Write) []change.Change {
	changes := between.Documents(w.Before, w.After, c.sides(w.Wanted))
	return append(changes, openPlaces(w.After, w.unknown)...)
}

// openPlaces are the places of secrets that are not given, in order.
func openPlaces(d bson.Raw, places []secretPlace) []change.Change {
	type open struct{ at, names []string }
	var found []open
	for _, q := range places {
		if len(q.missing) > 0 {
			found = append(found, open{steps(d, q.path), q.missing})
		}
	}
	slices.SortStableFunc(found, func(a, b open) int { return slices.CompareFunc(a.at, b.at, compareSteps) })
	out := []change.Change{}
	for _, o := range found {
		out = append(out, between.Unknown(o.at, o.names))
	}
	return out
}

// sides are what may be seen of document i as the destination has it and as it is
// wanted, and the links in it.
func (c *Collection) sides(i int) between.Sides {
	old, now := c.mask(i, false), c.mask(i, true)
	s := masked(old, now)
	if len(c.Lists) > 0 {
		s.Key = func(at []string) []string {
			if l := c.ListAt(at); l != nil {
				return l.By
			}
			return nil
		}
	}
	if c.linking != nil {
		s.Links = func(old, now []string, before, after bson.RawValue) []change.LinkItem {
			none := bson.RawValue{}
			return linkItems(old, slices.Concat(c.linking.named(old, before, none), c.linking.named(now, none, after)))
		}
	}
	return s
}

func masked(old, now *desired.Mask) (s between.Sides) {
	if old.Empty() && now.Empty() {
		return s
	}
	s.Seen = func(at []string, v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem) {
		m := old
		if after {
			m = now
		}
		hidden := hiddenItems(m.Hidden(at, v))
		if hidden == nil {
			return v, nil
		}
		return m.Value(at, v), hidden
	}
	return s
}

func hiddenItems(places []desired.Hidden) []change.HiddenItem {
	if places == nil {
		return nil
	}
	out := make([]change.HiddenItem, len(places))
	for i, h := range places {
		out[i] = change.HiddenItem{At: append([]string{}, h.At...), Secrets: h.Names}
	}
	return out
}

// putDocument puts a whole document into an item.
func (c *Collection) putDocument(item *change.DocumentItem, d bson.Raw, m *desired.Mask) {
	item.Document, item.Hidden = change.DocumentValue(m.Document(d)), hiddenItems(m.Hidden(nil, doc.Value(d)))
	if c.linking != nil {
		item.Links = linkItems(nil, c.linking.named(nil, item.Document.RawValue, bson.RawValue{}))
	}
}

// Changes are those of a document that undo writes, and Whole a document as it may be
// shown. mask says what nobody may see; hidden are paths, or everything with all, of
// which no value is shown; links say which documents `_id`s in it stand for.
func Changes(before, after bson.Raw, mask *desired.Mask, all bool, hidden []doc.Path, links []Link) []change.Change {
	return between.Documents(before, after, undoing(mask, all, hidden, links))
}

// Whole is a document that undo puts back or takes away, for an item.
func Whole(item *change.DocumentItem, d bson.Raw, mask *desired.Mask, all bool, hidden []doc.Path, links []Link) {
	s := undoing(mask, all, hidden, links)
	b := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		if s.Seen != nil {
			var places []change.HiddenItem
			v, places = s.Seen([]string{name}, v, true)
			for _, h := range places {
				item.Hidden = append(item.Hidden, change.HiddenItem{At: append([]string{name}, h.At...), Secrets: h.Secrets})
			}
		}
		b.Append(name, v)
	}
	item.Document = change.DocumentValue(b.Raw())
	item.Links = s.Links(nil, nil, item.Document.RawValue, bson.RawValue{})
}

// undoing are the sides of what undo writes.
func undoing(mask *desired.Mask, all bool, hidden []doc.Path, links []Link) between.Sides {
	s := masked(mask, mask)
	if seen := s.Seen; all || len(hidden) > 0 {
		s.Seen = func(at []string, v bson.RawValue, after bool) (bson.RawValue, []change.HiddenItem) {
			switch {
			case all || related(hidden, fieldPath(at)):
				return doc.String(desired.MaskedSecret), []change.HiddenItem{{At: []string{}}}
			case seen != nil:
				return seen(at, v, after)
			}
			return v, nil
		}
	}
	s.Links = func(old, now []string, before, after bson.RawValue) []change.LinkItem {
		none := bson.RawValue{}
		return linkItems(old, slices.Concat(linkedIn(old, before, none, links), linkedIn(now, none, after, links)))
	}
	return s
}
