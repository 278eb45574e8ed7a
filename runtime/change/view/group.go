package view

// Changes that many documents have in common, said once. In: the documents of
// a collection; out: those changes with their number, and the documents with
// what else they have. Only for people, and only `mongocd` asks for it. Pure.

import (
	"encoding/json"
	"github.com/hayone1/mongocd/runtime/change"
	"slices"

	"github.com/hayone1/mongocd/runtime/doc"
)

// alikeFrom is how many documents must have a change in common.
const alikeFrom = 3

// GroupOver is how many documents of a collection may be updated before
// `mongocd` groups their changes without being asked.
const GroupOver = textItems

// alike is a change of several documents.
type alike struct {
	change.Change
	documents int
	// before: the documents have different values there.
	different bool
}

// grouped takes the changes that documents have in common out of the updates:
// of one path with the same values, or whatever is removed there. They come by
// number of documents, the first seen first.
func grouped(documents []change.DocumentItem) ([]alike, []change.DocumentItem) {
	at := map[string]int{}
	var all []alike
	updates := func(each func(key string, c change.Change)) {
		for _, d := range documents {
			if d.Action != "update" {
				continue
			}
			for _, c := range d.Changes {
				each(alikeKey(c), c)
			}
		}
	}
	updates(func(key string, c change.Change) {
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key], all = i, append(all, alike{Change: c})
		}
		all[i].documents++
		all[i].different = all[i].different || !doc.Identical(c.Before.RawValue, all[i].Before.RawValue)
	})
	many := func(c change.Change) bool { return all[at[alikeKey(c)]].documents >= alikeFrom }
	var rest []change.DocumentItem
	for _, d := range documents {
		if d.Action == "update" && len(d.Changes) > 0 {
			d.Changes = slices.DeleteFunc(slices.Clone(d.Changes), many)
			if len(d.Changes) == 0 {
				continue
			}
		}
		rest = append(rest, d)
	}
	all = slices.DeleteFunc(all, func(a alike) bool { return a.documents < alikeFrom })
	slices.SortStableFunc(all, func(a, b alike) int { return b.documents - a.documents })
	return all, rest
}

// alikeKey is the same for changes that are said together.
func alikeKey(c change.Change) string {
	if c.After.Missing() && c.Unknown == nil {
		c.Before, c.Links = change.Value{}, nil
	}
	key, err := json.Marshal(c)
	if err != nil { // values are JSON always
		return c.Path
	}
	return string(key)
}

// groups writes what many updates have in common; it returns the collection
// with what is left to write.
func (t *texter) groups(c *change.CollectionReport) *change.CollectionReport {
	if t.group == 0 || c.Counts.Update < t.group {
		return c
	}
	less := *c
	var groups []alike
	groups, less.Documents = grouped(c.Documents)
	for _, g := range groups {
		path := t.name(g.Path)
		switch {
		case g.Unknown != nil:
			t.item("~", "%d documents: %s: unknown (%s not given)", g.documents, path, t.names(g.Unknown))
		case g.different:
			t.item("~", "%d documents: %s: … → %s%s", g.documents, path, t.linked(c, g.Change, g.After), t.cause(g.Cause, g.Since))
		default:
			t.item("~", "%d documents: %s: %s → %s%s", g.documents, path, t.linked(c, g.Change, g.Before), t.linked(c, g.Change, g.After), t.cause(g.Cause, g.Since))
		}
	}
	return &less
}
