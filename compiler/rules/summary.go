package rules

// What is asked of all documents of a collection at once, by part: what identifies them, and what
// they have in unique indexes. In: the finished documents of a part; out: bytes, which are kept with
// the part, so that the documents themselves need not be looked at again.

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// summary is of the finished documents of a part, in order.
type summary struct {
	// sums are the SHA-256 of each; nil: nobody asks for them.
	sums []byte
	// identities are the values that identify each: of each value its type, its length and itself.
	identities []byte
	// entries are, for each of Outcome.uniques, hashes of what the documents have in it, 8 bytes
	// each. Other entries may have the same hash, equal ones have it.
	entries [][]byte
}

// summarize makes the summary of a part, and notes the types of its values.
func summarize(u *Unit, p *part, sums bool) *summary {
	indexes := u.uniques()
	s := &summary{entries: make([][]byte, len(indexes))}
	var key []byte
	for i := p.from; i < p.to; i++ {
		d := p.Results[i]
		if d == nil {
			continue
		}
		if sums {
			sum := sha256.Sum256(d)
			s.sums = append(s.sums, sum[:]...)
		}
		for _, path := range u.By {
			v, _ := doc.Get(d, path)
			s.identities = binary.AppendUvarint(append(s.identities, byte(v.Type)), uint64(len(v.Value)))
			s.identities = append(s.identities, v.Value...)
		}
		of := desired.Document{Raw: d, Secrets: secretsOf(p.Secrets[i])}
		for n := range indexes {
			s.entries[n], key = appendHashes(s.entries[n], &indexes[n], of, key)
		}
		typesIn(&p.types, d, true)
		u.Job.Space.Touched(len(d))
	}
	return s
}

// appendHashes appends those of what a document has in an index, in which no secret has a part. key is
// memory.
func appendHashes(hashes []byte, ix *stores.UniqueIndex, d desired.Document, key []byte) ([]byte, []byte) {
	for _, e := range entriesOf(ix, d) {
		key = doc.AppendKey(key[:0], e...)
		sum := sha256.Sum256(key)
		hashes = append(hashes, sum[:8]...)
	}
	return hashes, key
}

// uniques are the unique indexes of the collection that documents are held against: every collection
// has that of `_id`, where documents without one get one of their own. Which texts are the same to a
// collation, the server decides.
func (u *Unit) uniques() []stores.UniqueIndex {
	indexes := uniqueIndexes(u.Structure.Indexes)
	if !u.byID() {
		indexes = append(indexes, stores.UniqueIndex{Name: "_id_", Fields: []string{"_id"}, Paths: []doc.Path{{"_id"}}, Sparse: true})
	}
	return slices.DeleteFunc(indexes, func(ix stores.UniqueIndex) bool { return ix.Collation != nil })
}

// sum is the SHA-256 of the nth finished document of a part; nil: it is not known.
func (s *summary) sum(n int) *[sha256.Size]byte {
	if s.sums == nil {
		return nil
	}
	return (*[sha256.Size]byte)(s.sums[n*sha256.Size:])
}

// readIdentity reads so many values that identify a document, and returns what follows; false: there
// are none.
func readIdentity(text []byte, values []bson.RawValue) (rest []byte, ok bool) {
	for n := range values {
		if len(text) < 2 {
			return nil, false
		}
		t := bson.Type(text[0])
		size, used := binary.Uvarint(text[1:])
		if used <= 0 || size > uint64(len(text)-1-used) {
			return nil, false
		}
		text = text[1+used:]
		if t != 0 { // else it is missing
			values[n] = bson.RawValue{Type: t, Value: text[:size:size]}
		}
		text = text[size:]
	}
	return text, true
}

// of reports whether the summary is of so many documents: what is kept is read by its lengths.
func (s *summary) of(count, by int) bool {
	if len(s.sums) != count*sha256.Size {
		return false
	}
	rest, values := s.identities, make([]bson.RawValue, by)
	for range count {
		var ok bool
		if rest, ok = readIdentity(rest, values); !ok {
			return false
		}
	}
	return len(rest) == 0
}
