package control

// What the journal keeps of documents, encrypted. In: records of the journal, and the
// seal's key; out: the same with other data. Only with a key, so that whoever reads the
// state database reads no document there. The rules are docs/state.md, Seal.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// journalCipher is how a record says that its data are encrypted.
//
//js:table
const journalCipher = "aes-256-gcm"

func (s *seal) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.sum("mongocd encryption"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// encrypt gives records with encrypted data; without a key, those that it was given.
func (s *seal) encrypt(records []bson.Raw) ([]bson.Raw, error) {
	if s.key == nil || len(records) == 0 {
		return records, nil
	}
	aead, err := s.cipher()
	if err != nil {
		return nil, err
	}
	out := make([]bson.Raw, len(records))
	for i, r := range records {
		data := make([]byte, aead.NonceSize())
		if _, err := rand.Read(data); err != nil {
			return nil, err
		}
		data = aead.Seal(data, data, doc.BinaryBytes(r.Lookup("data")), []byte(recordID(r)))
		out[i] = doc.Appended(doc.With(r, "data", doc.Binary(data)), "cipher", doc.String(journalCipher))
	}
	return out, nil
}

// decrypted is a record as it was before encrypt; another one stays as it is, that of a
// run with a key of an earlier version among them. s is nil for a run without a seal.
func (s *seal) decrypted(r bson.Raw) (bson.Raw, error) {
	if err := checkRecord("journal", r); err != nil {
		return nil, err
	}
	if _, encrypted := doc.Get(r, doc.Path{"cipher"}); !encrypted {
		return r, nil
	}
	if s == nil || s.key == nil {
		return nil, damaged("journal", r, "its data are encrypted, and its run has no key")
	}
	aead, err := s.cipher()
	if err != nil {
		return nil, err
	}
	data := doc.BinaryBytes(r.Lookup("data"))
	n := min(aead.NonceSize(), len(data))
	var plain []byte
	if n == aead.NonceSize() {
		plain, err = aead.Open(nil, data[:n], data[n:], []byte(recordID(r)))
	}
	if n < aead.NonceSize() || err != nil {
		return nil, damaged("journal", r, "its data cannot be decrypted with the key of the journal")
	}
	return doc.With(doc.Without(r, "cipher"), "data", doc.Binary(plain)), nil
}
