package control

// The seal of a run: a chain of digests from the run's record through its journal
// to the end, so that no record can be added, changed, moved or left out unseen. In:
// records as they are about to be written, or as they were read; out: the same with
// the chain, or what does not fit. With a key, which the state database does not
// hold, nobody else can make one. The rules are docs/state.md, Seal.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

//js:table
const (
	sealSize = sha256.Size
	// JournalKeySize is the least number of bytes of a key.
	JournalKeySize = 16

	sealPlain = "sha256"
	sealKeyed = "hmac-sha256"
)

// seal is a chain as far as it has come.
type seal struct {
	key     []byte // nil: none
	chain   []byte
	records int64
}

// name is how a record says which seal it has.
func (s *seal) name() string {
	if s.key != nil {
		return sealKeyed
	}
	return sealPlain
}

func (s *seal) sum(what string, parts ...[]byte) []byte {
	var h hash.Hash
	if s.key != nil {
		h = hmac.New(sha256.New, s.key)
	} else {
		h = sha256.New()
	}
	h.Write([]byte(what + "\x00"))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// begin starts the chain with what the record of a run says from its beginning on.
func (s *seal) begin(id, artefact string, databases, collections []string) []byte {
	d := doc.NewBuilder(256).AppendString("run", id).AppendString("artefact", artefact).
		Append("databases", doc.Strings(databases)).Append("collections", doc.Strings(collections)).Raw()
	s.chain, s.records = s.sum("mongocd run", d), 0
	return s.chain
}

// next is the chain after one more record of the journal, which has none yet.
func (s *seal) next(record bson.Raw) []byte {
	s.chain = s.sum("mongocd journal", s.chain, record)
	s.records++
	return s.chain
}

// link gives records of the journal their chain.
func (s *seal) link(records []bson.Raw) []bson.Raw {
	out := make([]bson.Raw, len(records))
	for i, r := range records {
		out[i] = doc.Appended(r, "chain", doc.Binary(s.next(r)))
	}
	return out
}

// end is what the whole journal comes to.
func (s *seal) end() []byte {
	return s.sum("mongocd end", s.chain, binary.LittleEndian.AppendUint64(nil, uint64(s.records)))
}

// endText is end as the report has it.
func (s *seal) endText() string { return "sha256:" + hex.EncodeToString(s.end()) }

// check holds the next record of a journal against the chain that s began.
func (s *seal) check(r bson.Raw) error {
	v, ok := doc.Get(r, doc.Path{"chain"})
	if !ok {
		return damaged("journal", r, "it has no chain, and its run has one")
	}
	if want := s.next(doc.Without(r, "chain")); !hmac.Equal(want, doc.BinaryBytes(v)) {
		return damaged("journal", r, "its chain does not follow from the run's record and the records before it")
	}
	return nil
}
