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
	if len(patterns) == 0 {
		return d
	}
	return leaveOut(d, patterns, true)
}

// leaveOut works on a document; the patterns with a path begin here.
func leaveOut(d bson.Raw, patterns []desired.Pattern, top bool) bson.Raw {
	return doc.Edit(d, func(name string, v bson.RawValue) bson.RawValue {
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
			return bson.RawValue{}
		}
		if len(inner) > 0 {
			return leaveOutBelow(v, inner)
		}
		return v
	})
}

// leaveOutBelow goes into a document, or the elements of an array, which a path does not enter.
func leaveOutBelow(v bson.RawValue, patterns []desired.Pattern) bson.RawValue {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		v.Value = leaveOut(v.Value, patterns, false)
	case bson.TypeArray:
		var leaves []desired.Pattern
		for _, p := range patterns {
			if p.Leaf != "" {
				leaves = append(leaves, p)
			}
		}
		if len(leaves) > 0 {
			return doc.EditValue(v, func(_ string, e bson.RawValue) bson.RawValue { return leaveOutBelow(e, leaves) })
		}
	}
	return v
}
