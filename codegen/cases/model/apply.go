package model

// What a server makes of the write of one document (docs/enforcement.md, Writes
// of one document; MongoDB manual: reference/operator/update/set, core/dot-dollar-considerations).

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// apply gives the destination's document after the write.
func (d *difference) apply(live Value) Value {
	final := d.final(live)
	// Names that an update cannot address: the nearest parent that it can is written whole.
	var writes []edit
	for _, e := range d.edits {
		n := slices.IndexFunc(e.path, func(name string) bool { return name == "" || name[0] == '$' || strings.Contains(name, ".") })
		if n == 0 {
			return final
		}
		if n > 0 {
			e.path = e.path[:n]
			e.value, _ = final.get(e.path...)
		}
		writes = append(writes, e)
	}
	writes = slices.DeleteFunc(writes, func(e edit) bool {
		return slices.ContainsFunc(writes, func(other edit) bool { return len(other.path) < len(e.path) && hasPrefix(e.path, other.path) })
	})
	// A server takes names in lexicographic order, and appends new ones so.
	slices.SortStableFunc(writes, func(a, b edit) int { return cmp.Compare(strings.Join(a.path, "."), strings.Join(b.path, ".")) })
	after := live
	for _, w := range writes {
		after = changed(after, w.path, w.value)
	}
	return after
}

// final is the destination's document with what differs in its place.
func (d *difference) final(live Value) Value {
	final := live
	for _, e := range inOrderOf(d.wanted, d.edits) {
		final = changed(final, e.path, e.value)
	}
	return final
}

// inOrderOf sorts edits as their paths stand in the wanted document, those that it lacks last.
func inOrderOf(wanted Value, edits []edit) []edit {
	place := func(path []string) []int {
		var out []int
		v := wanted
		for _, name := range path {
			i := -1
			if v.isDocument() {
				i = v.index(name)
			}
			if i < 0 {
				return append(out, 1<<30)
			}
			out, v = append(out, i), v.Fields[i].Value
		}
		return out
	}
	out := slices.Clone(edits)
	slices.SortStableFunc(out, func(a, b edit) int { return slices.Compare(place(a.path), place(b.path)) })
	return out
}

// changed sets or removes the value at a path: a field keeps its place, a new one comes last.
func changed(v Value, path []string, by Value) Value {
	if len(path) == 0 {
		return by
	}
	out := Value{Type: bson.TypeEmbeddedDocument, Fields: slices.Clone(v.Fields)}
	i := out.index(path[0])
	if i < 0 {
		if by.Type == 0 {
			return out
		}
		i = len(out.Fields)
		out.Fields = append(out.Fields, Field{Name: path[0], Value: Value{Type: bson.TypeEmbeddedDocument}})
	}
	inner := changed(out.Fields[i].Value, path[1:], by)
	if len(path) == 1 && by.Type == 0 {
		out.Fields = slices.Delete(out.Fields, i, i+1)
	} else {
		out.Fields[i].Value = inner
	}
	return out
}
