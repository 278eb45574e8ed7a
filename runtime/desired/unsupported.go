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

// Unsupported lists what the engines of this version do not carry out, in
// the order of the collections, each by name.
func (s *State) Unsupported() []Feature {
	var out []Feature
	add := func(c *Collection, name, origin string) {
		f := Feature{Name: name, Database: c.Database, Collection: c.Name, Origin: origin}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	for _, c := range s.Collections {
		// A rule has its place in Rules; what has none there is the collection's.
		given := func(name string, set bool) {
			if !set {
				return
			}
			found := false
			for _, r := range c.Rules {
				if r.Name == name {
					add(c, name, r.Origin)
					found = true
				}
			}
			if !found {
				add(c, name, c.Origin)
			}
		}
		given("backup keep", c.BackupKeep > 0)
	}
	slices.SortStableFunc(out, func(a, b Feature) int {
		return cmp.Or(s.position(a)-s.position(b), strings.Compare(a.Name, b.Name), strings.Compare(a.Origin, b.Origin))
	})
	return out
}

// position is that of the feature's collection.
func (s *State) position(f Feature) int {
	return slices.IndexFunc(s.Collections, func(c *Collection) bool { return c.Database == f.Database && c.Name == f.Collection })
}
