package control

import (
	"bytes"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// A journal of a keyed run of an earlier version is not encrypted, and stays readable;
// one that is comes back byte for byte, chain and all.
func TestEncryptedRecords(t *testing.T) {
	items := []bson.Raw{doc.NewBuilder(64).AppendString("after", "x").Raw()}
	records := JournalRecords("w/e/1", 0, stores.Namespace{Database: "d", Collection: "c"}, Owning{}, []JournalEntry{{JournalOptions, items}, {JournalCreate, []bson.Raw{doc.Empty}}})
	s := &seal{key: []byte("a key of sixteen bytes or more")}
	same := func(got, want []bson.Raw) bool {
		return len(got) == len(want) && bytes.Equal(bytes.Join([][]byte{got[0], got[1]}, nil), bytes.Join([][]byte{want[0], want[1]}, nil))
	}
	decrypt := func(s *seal, records []bson.Raw) ([]bson.Raw, error) {
		out := make([]bson.Raw, len(records))
		for i, r := range records {
			var err error
			if out[i], err = s.decrypted(r); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	old, err := decrypt(s, records)
	if err != nil || !same(old, records) {
		t.Fatalf("of an earlier version: %v", err)
	}
	once, err := s.encrypt(records)
	if err != nil || same(once, records) {
		t.Fatal(err)
	}
	again, err := s.encrypt(records)
	if err != nil || same(again, once) {
		t.Fatalf("two encryptions are the same: %v", err)
	}
	back, err := decrypt(s, once)
	if err != nil || !same(back, records) {
		t.Fatalf("%v: %s", err, back)
	}
	if none, err := (&seal{}).encrypt(records); err != nil || !same(none, records) {
		t.Errorf("without a key: %v", err)
	}
	for what, other := range map[string]*seal{"none": nil, "no key": {}, "another key": {key: []byte("another key of sixteen bytes")}} {
		if _, err := decrypt(other, once); err == nil {
			t.Errorf("%s: it was decrypted", what)
		}
	}
	if _, err := decrypt(s, []bson.Raw{doc.With(once[0], "data", once[1].Lookup("data"))}); err == nil {
		t.Error("the data of another record were taken")
	}
}
