package shape

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Names is the tree of field names of documents, arrays not entered: what a
// collection's desired documents add to the shape of its extracted ones.
type Names struct{ root Node }

// Add takes in the fields of one document, which must be valid BSON.
func (t *Names) Add(d bson.Raw) { t.root.addNames(d) }

func (n *Node) addNames(d []byte) {
	next := 0
	for i := 4; i < len(d) && d[i] != 0; {
		t := bson.Type(d[i])
		end := bytes.IndexByte(d[i+1:], 0)
		if end < 0 {
			return
		}
		name := d[i+1 : i+1+end]
		i += 2 + end
		size := doc.ValueSize(t, d[i:])
		if size < 0 {
			return
		}
		f := n.at(name, &next)
		if t == bson.TypeEmbeddedDocument {
			f.addNames(d[i : i+size])
		}
		i += size
	}
}

// Paths returns the paths of fields, arrays not entered, of a shape and of
// further documents, each once, sorted.
func Paths(s *Shape, more ...*Names) []doc.Path {
	var out []doc.Path
	roots := []*Node{s.Root}
	for _, n := range more {
		roots = append(roots, &n.root)
	}
	for _, root := range roots {
		var walk func(n *Node, prefix doc.Path)
		walk = func(n *Node, prefix doc.Path) {
			for _, f := range n.Fields {
				path := append(slices.Clip(prefix), f.Name)
				out = append(out, path)
				walk(f, path)
			}
		}
		walk(root, nil)
	}
	slices.SortFunc(out, doc.ComparePaths)
	return slices.CompactFunc(out, slices.Equal)
}

// NamesOf are the names of paths, as Paths gives them.
func NamesOf(paths []doc.Path) *Names {
	var t Names
	for _, path := range paths {
		n := &t.root
		for _, name := range path {
			next := len(n.Fields)
			n = n.at([]byte(name), &next)
		}
	}
	return &t
}
