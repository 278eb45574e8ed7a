package desired

// What a state asks for that the engines of this version do not carry out. In:
// a State. Out: the features with their places, so that an artefact refuses to
// run rather than leave one out in silence.

import (
	"cmp"
	"slices"
	"strings"
)

// Feature is something a state asks for.
type Feature struct {
	// Name is the statement: "index on", "backup keep".
	Name                 string
	Database, Collection string
	// Origin is the place of the rule.
	Origin string
}

// features are what a collection of a state can ask for and the engines of this
// version do not carry out. A statement is here from when it can be compiled
// until both engines do it.
var features []collectionFeature

type collectionFeature struct {
	name  string
	asked func(*Collection) bool
}

// Unsupported lists what the engines of this version do not carry out, in
// the order of the collections, each by name.
func (s *State) Unsupported() []Feature {
	var out []Feature
	for _, c := range s.Collections {
		for _, f := range features {
			if !f.asked(c) {
				continue
			}
			// A rule has its place in Rules; what has none there is the collection's.
			at := slices.DeleteFunc(slices.Clone(c.Rules), func(r Rule) bool { return r.Name != f.name })
			if len(at) == 0 {
				at = []Rule{{Origin: c.Origin}}
			}
			for _, r := range at {
				out = append(out, Feature{Name: f.name, Database: c.Database, Collection: c.Name, Origin: r.Origin})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Feature) int {
		return cmp.Or(s.position(a)-s.position(b), strings.Compare(a.Name, b.Name), strings.Compare(a.Origin, b.Origin))
	})
	return slices.Compact(out)
}

// position is that of the feature's collection.
func (s *State) position(f Feature) int {
	return slices.IndexFunc(s.Collections, func(c *Collection) bool { return c.Database == f.Database && c.Name == f.Collection })
}
