package shape

// Inference: one pass over the bytes of each document, without decoding.

import (
	"bytes"
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

const (
	// longValue is the size in bytes above which a scalar is not remembered.
	longValue = 200
	// indexFrom is the number of fields from which a Node has an index.
	indexFrom = 12
	uuidType  = bson.Type(0xF0) // stands for binary of subtype 4; no BSON type has the number
)

// typeNames has the language's name of every type.
var typeNames = [256]string{
	bson.TypeDouble: "double", bson.TypeString: "string", bson.TypeEmbeddedDocument: "object", bson.TypeArray: "array",
	bson.TypeBinary: "binary", uuidType: "uuid", bson.TypeUndefined: "undefined", bson.TypeObjectID: "objectId",
	bson.TypeBoolean: "bool", bson.TypeDateTime: "date", bson.TypeNull: "null", bson.TypeRegex: "regex",
	bson.TypeDBPointer: "dbPointer", bson.TypeJavaScript: "code", bson.TypeSymbol: "symbol", bson.TypeCodeWithScope: "code",
	bson.TypeInt32: "int", bson.TypeTimestamp: "timestamp", bson.TypeInt64: "long", bson.TypeDecimal128: "decimal",
	bson.TypeMinKey: "minKey", bson.TypeMaxKey: "maxKey",
}

// Infer returns the shape of the documents, which must be valid BSON. It uses
// up to workers goroutines; the result does not depend on how many.
func Infer(documents []bson.Raw, workers int) *Shape {
	workers = max(1, min(workers, len(documents)/1000+1))
	parts := make([]*Shape, workers)
	parallel.Run(workers, func(w int) {
		s := New()
		for _, d := range documents[len(documents)*w/workers : len(documents)*(w+1)/workers] {
			s.Add(d)
		}
		parts[w] = s
	})
	return Join(parts)
}

// Join is the shape of documents by way of shapes of some of them, in their order.
func Join(parts []*Shape) *Shape {
	s := New()
	for _, p := range parts {
		s.Merge(p)
	}
	s.finish()
	return s
}

// New returns the shape of no documents.
func New() *Shape { return &Shape{Root: &Node{}} }

// Add takes one document into account; it must be valid BSON.
func (s *Shape) Add(d bson.Raw) {
	s.Documents++
	s.Root.count(bson.TypeEmbeddedDocument)
	s.Root.walkFields(d)
}

// Merge adds what another shape knows.
func (s *Shape) Merge(o *Shape) {
	s.Documents += o.Documents
	s.Root.merge(o.Root)
}

// count counts one value of a type.
func (n *Node) count(t bson.Type) { n.countN(typeNames[t], 1) }

func (n *Node) countN(name string, by int) {
	n.Count += by
	for i := range n.Types {
		if n.Types[i].Type == name {
			n.Types[i].Count += by
			return
		}
	}
	n.Types = append(n.Types, TypeCount{Type: name, Count: by})
}

// walkFields takes in the fields of one document. It goes through the bytes by itself:
// with the walk of runtime/doc, inference took 45 % longer.
func (n *Node) walkFields(d []byte) {
	next := 0 // fields of one collection mostly come in one order: guess before searching
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
		f.walk(t, d[i:i+size])
		i += size
	}
}

// at returns the field of a name, made if need be. next is the guess: the field after the last one.
func (n *Node) at(name []byte, next *int) *Node {
	if *next < len(n.Fields) && n.Fields[*next].Name == string(name) {
		*next++
		return n.Fields[*next-1]
	}
	if i := n.find(name); i >= 0 {
		*next = i + 1
		return n.Fields[i]
	}
	f := n.add(string(name))
	*next = len(n.Fields)
	return f
}

func (n *Node) find(name []byte) int {
	if n.index != nil {
		f, ok := n.index[string(name)]
		if !ok {
			return -1
		}
		return f.position
	}
	return slices.IndexFunc(n.Fields, func(f *Node) bool { return f.Name == string(name) })
}

// add appends a field.
func (n *Node) add(name string) *Node {
	f := &Node{Name: name, position: len(n.Fields)}
	n.Fields = append(n.Fields, f)
	if n.index == nil && len(n.Fields) >= indexFrom {
		n.index = make(map[string]*Node, 2*len(n.Fields))
		for _, f := range n.Fields {
			n.index[f.Name] = f
		}
	} else if n.index != nil {
		n.index[name] = f
	}
	return f
}

// walk takes in one value.
func (n *Node) walk(t bson.Type, v []byte) {
	switch t {
	case bson.TypeEmbeddedDocument:
		n.count(t)
		n.walkFields(v)
	case bson.TypeArray:
		n.count(t)
		n.walkElements(v)
	case bson.TypeBinary:
		if v[4] == bson.TypeBinaryUUID {
			t = uuidType
		}
		n.count(t)
		n.remember(bson.TypeBinary, v)
	default:
		n.count(t)
		n.remember(t, v)
	}
}

func (n *Node) walkElements(d []byte) {
	for i := 4; i < len(d) && d[i] != 0; {
		t := bson.Type(d[i])
		end := bytes.IndexByte(d[i+1:], 0)
		if end < 0 {
			return
		}
		i += 2 + end
		size := doc.ValueSize(t, d[i:])
		if size < 0 {
			return
		}
		if n.Elements == nil {
			n.Elements = &Node{}
		}
		n.Elements.walk(t, d[i:i+size])
		i += size
	}
}

// remember keeps a scalar value if there are still few.
func (n *Node) remember(t bson.Type, v []byte) {
	if n.Many {
		return
	}
	for _, known := range n.Values {
		if known.Type == t && bytes.Equal(known.Value, v) {
			return
		}
	}
	if len(n.Values) == MaxValues || len(v) > longValue {
		n.Many, n.Values = true, nil
		return
	}
	n.Values = append(n.Values, bson.RawValue{Type: t, Value: v})
}

func (n *Node) merge(o *Node) {
	for _, t := range o.Types {
		n.countN(t.Type, t.Count)
	}
	for _, f := range o.Fields {
		at := n.find([]byte(f.Name))
		if at < 0 {
			n.add(f.Name).merge(f)
		} else {
			n.Fields[at].merge(f)
		}
	}
	if o.Elements != nil {
		if n.Elements == nil {
			n.Elements = &Node{}
		}
		n.Elements.merge(o.Elements)
	}
	if o.Many {
		n.Many, n.Values = true, nil
	}
	for _, v := range o.Values {
		n.remember(v.Type, v.Value)
	}
}

// finish puts types in order: the most frequent first, then by name.
func (s *Shape) finish() { s.Root.finish() }

func (n *Node) finish() {
	slices.SortFunc(n.Types, func(a, b TypeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Type, b.Type))
	})
	for _, f := range n.Fields {
		f.finish()
	}
	if n.Elements != nil {
		n.Elements.finish()
	}
}
