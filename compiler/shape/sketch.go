package shape

// What a shape says, but for its numbers. In: a Shape; out: a text that is another one for
// other fields, other types or another order of these, for fields that are always there
// or not, and for other values where those are known.

import "encoding/binary"

// Sketch is that text.
func (s *Shape) Sketch() []byte {
	if s.Documents == 0 {
		return nil
	}
	return s.Root.sketch([]byte{1}, s.Documents)
}

// sketch appends a node; of is how many values could have it.
func (n *Node) sketch(out []byte, of int) []byte {
	text := func(t []byte) { out = append(binary.AppendUvarint(out, uint64(len(t))), t...) }
	flag := func(is bool) { out = append(out, map[bool]byte{false: 0, true: 1}[is]) }
	text([]byte(n.Name))
	flag(n.Count == of)
	out = binary.AppendUvarint(out, uint64(len(n.Types)))
	objects := 0
	for _, t := range n.Types {
		text([]byte(t.Type))
		if t.Type == "object" {
			objects = t.Count
		}
	}
	flag(n.Many)
	out = binary.AppendUvarint(out, uint64(len(n.Values)))
	for _, v := range n.Values {
		out = append(out, byte(v.Type))
		text(v.Value)
	}
	out = binary.AppendUvarint(out, uint64(len(n.Fields)))
	for _, f := range n.Fields {
		out = f.sketch(out, objects)
	}
	flag(n.Elements != nil)
	if n.Elements != nil {
		out = n.Elements.sketch(out, n.Elements.Count)
	}
	return out
}
