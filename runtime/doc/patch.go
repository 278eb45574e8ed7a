package doc

// A document as what is other in it than in another one. In: both; out: bytes, few where they are
// alike, from which and the other one it is made again. Any two documents will do.

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// patchSearch is how many fields are looked at for one of the same name, beginning behind the one
// that was found last: in documents of any size, it takes no longer than reading them.
const patchSearch = 32

// AppendPatch appends what makes d of another document. A patch is bytes of d, counted, and the
// length and place of bytes of the other one that come behind them, as often as it takes.
func AppendPatch(dst []byte, d, of bson.Raw) []byte {
	p := patch{dst: dst, d: d}
	p.within(d, 0, of, 0)
	p.copied()
	if rest := d[p.done:]; len(rest) > 0 {
		p.dst = append(binary.AppendUvarint(p.dst, uint64(len(rest))), rest...)
	}
	return p.dst
}

// Patched is the document that a patch makes of another one, the one that it was made for.
func Patched(of bson.Raw, patch []byte) bson.Raw {
	number := func() int {
		n, size := binary.Uvarint(patch)
		patch = patch[size:]
		return int(n)
	}
	out := make(bson.Raw, 0, len(of)+len(patch))
	for len(patch) > 0 {
		n := number()
		out, patch = append(out, patch[:n]...), patch[n:]
		if len(patch) > 0 {
			n, at := number(), number()
			out = append(out, of[at:at+n]...)
		}
	}
	return out
}

// patch is one that is being made.
type patch struct {
	dst []byte
	d   []byte
	// What dst has of d ends at done. Bytes that the other document has at a place, and that are not in
	// dst yet, stand in d from start on.
	done, start, at, n int
}

// patchField is a field of the other document, by its places in that.
type patchField struct {
	start, name, value, end int
	typ                     bson.Type
}

// within goes through a document or array that is at a place of d, beside one at a place of the
// other document.
func (p *patch) within(d []byte, at int, of []byte, ofAt int) {
	var some [patchSearch]patchField
	fields, end := some[:0], 4
	for w := newWalk(of); w.next(); {
		start := end
		end = len(of) - 1 - len(w.rest)
		fields = append(fields, patchField{start, len(w.name), end - len(w.data), end, w.typ})
	}
	next := 0
	end = 4
	for w := newWalk(d); w.next() && len(fields) > 0; {
		start := end
		end = len(d) - 1 - len(w.rest)
		for n := range min(len(fields), patchSearch) {
			k := (next + n) % len(fields)
			f := &fields[k]
			if f.name != len(w.name) || !bytes.Equal(of[f.start+1:f.start+1+f.name], w.name) {
				continue
			}
			next = k + 1
			switch {
			case bytes.Equal(of[f.start:f.end], d[start:end]):
				p.copy(at+start, ofAt+f.start, end-start)
			case f.typ == w.typ && (f.typ == bson.TypeEmbeddedDocument || f.typ == bson.TypeArray):
				p.within(w.data, at+end-len(w.data), of[f.value:f.end], ofAt+f.value)
			}
			break
		}
	}
}

// copy notes that n bytes of d are those of the other document at a place.
func (p *patch) copy(start, at, n int) {
	if p.n > 0 && p.start+p.n == start && p.at+p.n == at {
		p.n += n
		return
	}
	p.copied()
	p.start, p.at, p.n = start, at, n
}

// copied puts what was noted into dst.
func (p *patch) copied() {
	if p.n == 0 {
		return
	}
	p.dst = append(binary.AppendUvarint(p.dst, uint64(p.start-p.done)), p.d[p.done:p.start]...)
	p.dst = binary.AppendUvarint(binary.AppendUvarint(p.dst, uint64(p.n)), uint64(p.at))
	p.done, p.n = p.start+p.n, 0
}
