package review

// Changes that many documents have in common, said once. In: the changed
// documents; out: those changes with their number, and what is left.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
)

// alikeFrom is how many documents must have a change in common for it to be said once.
const alikeFrom = 3

// alike is one change of several documents.
type alike struct {
	documents           int
	path, before, after string
}

// groupChanges takes the changes that several documents have in common out of
// them: of one path, with the same values, or whatever is removed there. They
// come by number of documents, the first seen first; documents that have no
// other change go.
func groupChanges(documents []describe.DocumentChanges) (groups []alike, rest []describe.DocumentChanges) {
	type key struct{ path, before, after string }
	exact := func(v bson.RawValue) string { return string(rune(v.Type)) + string(v.Value) }
	keyOf := func(f describe.FieldChange) key {
		switch {
		case f.Unknown != nil:
			return key{f.Path, "unknown", strings.Join(f.Unknown, " ")}
		case f.After.Type == 0:
			return key{path: f.Path}
		}
		return key{f.Path, exact(f.Before), exact(f.After)}
	}
	count := map[key]int{}
	var order []describe.FieldChange
	for _, d := range documents {
		for _, f := range d.Fields {
			k := keyOf(f)
			if count[k]++; count[k] == alikeFrom {
				order = append(order, f)
			}
		}
	}
	for _, f := range order {
		before, after := fieldTexts(f, 80)
		if f.After.Type == 0 && f.Unknown == nil {
			before = "…" // of each document its own
		}
		groups = append(groups, alike{count[keyOf(f)], f.Path, before, after})
	}
	slices.SortStableFunc(groups, func(a, b alike) int { return b.documents - a.documents })
	for _, d := range documents {
		if d.Action == describe.ChangeDocument || d.Action == describe.UnknownDocument {
			d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f describe.FieldChange) bool { return count[keyOf(f)] >= alikeFrom })
			if len(d.Fields) == 0 {
				continue
			}
		}
		rest = append(rest, d)
	}
	return groups, rest
}
