package model

// What is not the weave's in a document: carved-out paths (preserve, and fields
// that extraction left out), and ignored ones (docs/enforcement.md, Modes).

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
)

// owner knows, for one wanted document and its twin, whose a path is.
type owner struct {
	c                       *desired.Collection
	preserve, ignore, known [][]string
	wanted, live            Value
}

func newOwner(c *desired.Collection, wanted, live Value) owner {
	return owner{c, lists(c.Preserve), lists(c.Ignore), lists(c.Known), wanted, live}
}

// lists are paths as plain lists of names.
func lists[T ~[]string](paths []T) [][]string {
	var out [][]string
	for _, p := range paths {
		out = append(out, p)
	}
	return out
}

func hasPrefix(path, prefix []string) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

// leftOut: a pattern of redact or omit names the path.
func (o owner) leftOut(path []string) bool {
	if len(path) == 1 && path[0] == "_id" {
		return false
	}
	for _, p := range slices.Concat(o.c.Redact, o.c.Omit) {
		if p.Leaf != "" && path[len(path)-1] == p.Leaf || p.Leaf == "" && slices.Equal(path, p.Path) {
			return true
		}
	}
	return false
}

// carved: the path, or a parent, is preserved, or is the destination's because
// extraction left it out and nothing writes it.
func (o owner) carved(path []string) bool {
	for _, p := range o.preserve {
		if hasPrefix(path, p) {
			return true
		}
	}
	for n := 1; n <= len(path); n++ {
		if !o.leftOut(path[:n]) {
			continue
		}
		_, inWanted := o.wanted.get(path[:n]...)
		_, inLive := o.live.get(path[:n]...)
		return inLive && !inWanted // where something is wanted, all below it is compared like any other
	}
	return false
}

// secret: the path is at or below one that extraction left out and that is wanted.
func (o owner) secret(path []string) bool {
	for n := 1; n <= len(path); n++ {
		if _, wanted := o.wanted.get(path[:n]...); wanted && o.leftOut(path[:n]) {
			return true
		}
	}
	return false
}

func (o owner) ignored(path []string) bool {
	return slices.ContainsFunc(o.ignore, func(p []string) bool { return hasPrefix(path, p) })
}

// below: a carved-out or ignored path lies below the path, so that documents
// there are compared field by field.
func (o owner) below(path []string) bool {
	for _, p := range slices.Concat(o.preserve, o.ignore) {
		if len(p) > len(path) && hasPrefix(p, path) {
			return true
		}
	}
	live, _ := o.live.get(path...)
	return o.holdsLeftOut(live, path)
}

// holdsCarved: the destination's value at the path is or holds a carved-out
// path that is there.
func (o owner) holdsCarved(path []string) bool {
	live, there := o.live.get(path...)
	if !there {
		return false
	}
	for _, p := range o.preserve {
		if _, preserved := o.live.get(p...); preserved && (hasPrefix(p, path) || hasPrefix(path, p)) {
			return true
		}
	}
	return o.carved(path) || o.holdsLeftOut(live, path)
}

// holdsLeftOut: below the path are fields that extraction left out; in an array,
// too, unless the wanted array has such fields itself.
func (o owner) holdsLeftOut(live Value, path []string) bool {
	if o.secret(path) {
		return false
	}
	if live.Type == bson.TypeArray {
		wanted, _ := o.wanted.get(path...)
		return o.hasLeaves(live) && !(wanted.Type == bson.TypeArray && o.hasLeaves(wanted))
	}
	if !live.isDocument() {
		return false
	}
	for _, f := range live.Fields {
		at := append(slices.Clone(path), f.Name)
		if o.carved(at) && !slices.ContainsFunc(o.preserve, func(p []string) bool { return hasPrefix(at, p) }) || o.holdsLeftOut(f.Value, at) {
			return true
		}
	}
	return false
}

func (o owner) isLeaf(name string) bool {
	return slices.ContainsFunc(slices.Concat(o.c.Redact, o.c.Omit), func(p desired.Pattern) bool { return p.Leaf != "" && p.Leaf == name })
}

// hasLeaves: a document anywhere in an array has a field that a `*.name` names.
func (o owner) hasLeaves(v Value) bool {
	return slices.ContainsFunc(v.Fields, func(f Field) bool {
		return v.isDocument() && o.isLeaf(f.Name) || o.hasLeaves(f.Value)
	})
}

// withoutLeaves is an array of the destination without the fields left out inside.
func (o owner) withoutLeaves(v Value) Value {
	out := Value{Type: v.Type, Bytes: v.Bytes}
	for _, f := range v.Fields {
		if !v.isDocument() || !o.isLeaf(f.Name) {
			out.Fields = append(out.Fields, Field{Name: f.Name, Value: o.withoutLeaves(f.Value)})
		}
	}
	return out
}

// without is a wanted value without its carved-out parts; a document that this
// empties is left out with them.
func (o owner) without(v Value, path []string) Value {
	if !v.isDocument() {
		return v
	}
	out := Value{Type: v.Type}
	for _, f := range v.Fields {
		at := append(slices.Clone(path), f.Name)
		if o.carved(at) {
			continue
		}
		inner := o.without(f.Value, at)
		if inner.isDocument() && len(inner.Fields) == 0 && len(f.Value.Fields) > 0 {
			continue
		}
		out.Fields = append(out.Fields, Field{Name: f.Name, Value: inner})
	}
	return out
}

// nothingOwned: the value is a document of nothing but carved-out and ignored parts.
func (o owner) nothingOwned(v Value, path []string) bool {
	if o.carved(path) || o.ignored(path) {
		return true
	}
	if !v.isDocument() || len(v.Fields) == 0 {
		return false
	}
	for _, f := range v.Fields {
		if !o.nothingOwned(f.Value, append(slices.Clone(path), f.Name)) {
			return false
		}
	}
	return true
}
