package desired

// Policies of collections and what the artefact fills in when it runs: plain data.

import (
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// InputValue is an input of the weave with the value it was compiled with.
type InputValue struct {
	Name string
	// Type is the declared one, in the language's words.
	Type  string
	Value bson.RawValue
}

// Cluster is `environment … { cluster matches /Pattern/Options }`: the
// replica set's name or one of its hosts must match.
type Cluster struct {
	Origin, Pattern, Options string
}

// Command is a database command of `before` or `after`.
type Command struct {
	Origin   string
	Database string
	Command  bson.Raw
	// For is the database of a fan-out whose run the command is a part of; empty: of
	// the run about all others.
	For string
}

// Pattern is fields of documents: exactly one of Path and Leaf is set. A Leaf
// is every field of that name at any depth, in arrays as well.
type Pattern struct {
	Path doc.Path
	Leaf string
}

// Move is `moved From to To`: values for the paths of the identity. A desired
// document has To.
type Move struct {
	Origin   string
	From, To []bson.RawValue
}

// Link is `link PATH to COLLECTION`.
type Link struct {
	Origin string
	// Path as the rule has it; "[]" marks the elements of an array in Steps.
	Steps []string
	// Database and Collection are the destination's.
	Database, Collection string
}

// LinkedID is one place of a document that holds the `_id` which the
// destination has for the document of a collection with this identity.
type LinkedID struct {
	// Path is the fields and positions from the root; positions are decimal, and
	// the document tells them from names.
	Path                 []string
	Database, Collection string
	// Identity are the values of that collection's identity paths.
	Identity []bson.RawValue
}

// Secret is one place of a document whose text is known when the artefact
// runs. Path is as that of LinkedID.
type Secret struct {
	Path  []string
	Parts []SecretPart
}

// SecretPart is literal text, or a secret when Name is set.
type SecretPart struct{ Text, Name string }

// Rule is the place of a destination statement, named by its first words:
// "mode update", "indexes exact", "preserve stats"; or of the `secret(…)` that a
// value comes from.
type Rule struct{ Name, Origin string }

// AnyElement marks the elements of an array in the steps of a link.
const AnyElement = "[]"

// LinkRule names the rule of a link: "link lines[].product".
func LinkRule(steps []string) string {
	name, dot := "link ", ""
	for _, s := range steps {
		if s == AnyElement {
			name += s
		} else {
			name += dot + doc.Path{s}.String()
		}
		dot = "."
	}
	return name
}

// PreserveRule names the rule of a preserved path.
func PreserveRule(p doc.Path) string { return "preserve " + p.String() }

// ListRule names the rule of a list that is owned in part.
func ListRule(p doc.Path) string { return "list " + p.String() }

// SecretRule names the rule of a secret.
func SecretRule(name string) string { return "secret " + name }

// RuleOrigin is the place of a collection's first rule of that name, else other.
func (c *Collection) RuleOrigin(name, other string) string {
	for _, r := range c.Rules {
		if r.Name == name {
			return r.Origin
		}
	}
	return other
}

// SecretOrigin is the place from which the first document that needs a secret
// has it: of the `secret(…)`, else of the document.
func (s *State) SecretOrigin(name string) string {
	for _, c := range s.Collections {
		for _, d := range c.Documents {
			for _, secret := range d.Secrets {
				if slices.ContainsFunc(secret.Parts, func(p SecretPart) bool { return p.Name == name }) {
					return c.RuleOrigin(SecretRule(name), cmp.Or(d.Origin, c.Origin))
				}
			}
		}
	}
	return ""
}

// SecretNames are the names of all secrets of the state, each once, sorted.
func (s *State) SecretNames() []string {
	var names []string
	for _, c := range s.Collections {
		for _, d := range c.Documents {
			for _, secret := range d.Secrets {
				for _, part := range secret.Parts {
					if part.Name != "" {
						names = append(names, part.Name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
