// Package shape infers what the documents of a collection look like.
//
// In: documents as raw BSON. Out: a Shape: for every path the BSON types found
// there with counts, and the scalar values where they are few. infer.go walks
// the bytes; paths.go lists the paths, with those that desired documents add.
package shape

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MaxValues is how many distinct scalar values of a path are remembered.
const MaxValues = 20

// Shape is what is known of a collection's documents.
type Shape struct {
	// Documents is how many documents were looked at. A shape of no documents knows nothing.
	Documents int
	// Root stands for the documents themselves; its Fields are the top-level ones.
	Root *Node
}

// Node is one path: the values found there over all documents.
type Node struct {
	// Name is the field's name; empty for Root and for array elements.
	Name string
	// Count is how often the path is present; for elements of arrays, how many elements.
	Count int
	// Fields of the values that are documents, in the order they were first met.
	Fields []*Node
	// Elements of the values that are arrays; nil when there is no element.
	Elements *Node
	// Types are the types found, in no particular order until Shape.finish; counts add up to Count.
	Types []TypeCount
	// Values are the distinct scalar values; meaningless when Many.
	Values []bson.RawValue
	// Many: there are more than MaxValues of them, or one that is too long to remember.
	Many bool

	position int              // in the Fields of its parent
	index    map[string]*Node // of Fields, built when they are many
}

// TypeCount is how many values at a path have a type, by the language's name for it (int, uuid, array, …).
type TypeCount struct {
	Type  string
	Count int
}

// Field returns the node of a field, or nil.
func (n *Node) Field(name string) *Node {
	if n == nil {
		return nil
	}
	if n.index != nil {
		return n.index[name]
	}
	for _, f := range n.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Is reports whether some value at the path has one of the types.
func (n *Node) Is(types ...string) bool {
	return n != nil && slices.ContainsFunc(n.Types, func(t TypeCount) bool { return slices.Contains(types, t.Type) })
}

// Only reports whether every value at the path has one of the types.
func (n *Node) Only(types ...string) bool {
	return n != nil && !slices.ContainsFunc(n.Types, func(t TypeCount) bool { return !slices.Contains(types, t.Type) })
}

// NumericType returns the single numeric type at the path; "" when there is
// none, and ok is false when there are several.
func (n *Node) NumericType() (name string, ok bool) {
	if n == nil {
		return "", true
	}
	for _, t := range n.Types {
		switch t.Type {
		case "int", "long", "double", "decimal":
			if name != "" {
				return "", false
			}
			name = t.Type
		}
	}
	return name, true
}
