// Package redact keeps fields out of git: those that the rules leave out, and
// those that look like secrets and that no rule speaks of.
//
// In: documents and patterns; out: documents without these fields, and Suspects.
package redact

// Fields that never reach the extracted files: `redact` and `omit`.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// patternText is a pattern as the language writes it: limits.users, *.token.
func patternText(p desired.Pattern) string {
	if p.Leaf != "" {
		return "*." + doc.Path{p.Leaf}.String()
	}
	return p.Path.String()
}

// PatternTexts are patterns as the language writes them, sorted, each once.
func PatternTexts(patterns []desired.Pattern) []string {
	var out []string
	for _, p := range patterns {
		out = append(out, patternText(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// LeaveOut gives the document without the fields of the patterns; it is d
// itself when there are none of them. `_id` of the document stays.
func LeaveOut(d bson.Raw, patterns []desired.Pattern) bson.Raw {
	out, changed := leaveOut(d, patterns, true)
	if !changed {
		return d
	}
	return out
}

// leaveOut works on a document or array; the patterns with a path begin here.
func leaveOut(d bson.Raw, patterns []desired.Pattern, top bool) (bson.Raw, bool) {
	if len(patterns) == 0 {
		return d, false
	}
	changed := false
	b := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		gone := false
		var inner []desired.Pattern
		for _, p := range patterns {
			switch {
			case p.Leaf != "":
				gone = gone || p.Leaf == name
				inner = append(inner, p)
			case p.Path[0] != name:
			case len(p.Path) == 1:
				gone = true
			default:
				inner = append(inner, desired.Pattern{Path: p.Path[1:]})
			}
		}
		if gone && !(top && name == "_id") {
			changed = true
			continue
		}
		switch v.Type {
		case bson.TypeEmbeddedDocument:
			if less, ok := leaveOut(bson.Raw(v.Value), inner, false); ok {
				v.Value, changed = less, true
			}
		case bson.TypeArray:
			if less, ok := leaveOutOfArray(v, inner); ok {
				v, changed = less, true
			}
		}
		b.Append(name, v)
	}
	return b.Raw(), changed
}

// leaveOutOfArray goes through the elements; a path does not enter arrays.
func leaveOutOfArray(array bson.RawValue, patterns []desired.Pattern) (bson.RawValue, bool) {
	var leaves []desired.Pattern
	for _, p := range patterns {
		if p.Leaf != "" {
			leaves = append(leaves, p)
		}
	}
	if len(leaves) == 0 {
		return array, false
	}
	changed := false
	var elements []bson.RawValue
	for _, e := range doc.Fields(bson.Raw(array.Value)) {
		ok := false
		switch e.Type {
		case bson.TypeEmbeddedDocument:
			var less bson.Raw
			if less, ok = leaveOut(bson.Raw(e.Value), leaves, false); ok {
				e.Value = less
			}
		case bson.TypeArray:
			e, ok = leaveOutOfArray(e, leaves)
		}
		changed = changed || ok
		elements = append(elements, e)
	}
	if !changed {
		return array, false
	}
	return doc.Array(elements...), true
}
