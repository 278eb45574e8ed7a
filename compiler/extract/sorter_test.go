package extract

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// TestRandomSorter sorts random documents in memory of any size: always the
// same order, that of the keys.
func TestRandomSorter(t *testing.T) {
	base, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	work, err := replace.Begin(base, ".", false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(work.Close(), base.Close()); err != nil {
			t.Error(err)
		}
	}()
	random := rand.New(rand.NewPCG(1, 2))
	var documents []bson.Raw
	for i := range 500 {
		var id any = int32(i)
		switch random.IntN(4) {
		case 0:
			id = fmt.Sprintf("k%d", random.IntN(1000)+1000*i)
		case 1:
			id = bson.D{{Key: "a", Value: int64(i)}}
		}
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: id}, {Key: "n", Value: int32(i / 2)}, {Key: "x", Value: string(bytes.Repeat([]byte("x"), random.IntN(400)))}})
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, raw)
	}
	for _, key := range [][]doc.Path{idKey, {{"n"}}, {{"n"}, {"_id"}}} {
		var want []bson.Raw
		for _, memory := range []int{1 << 30, 40_000, 3000, 1} {
			random.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
			s := newSorter(key, memory, work.Temporary)
			for _, d := range documents {
				if err := s.add(d); err != nil {
					t.Fatal(err)
				}
			}
			if (len(s.runs) == 0) != (memory == 1<<30) {
				t.Errorf("memory %d: %d runs", memory, len(s.runs))
			}
			unique, err := s.unique()
			if err != nil || unique != (len(key) == 2 || isID(key)) {
				t.Errorf("%v: unique %v, %v", key, unique, err)
			}
			var got []bson.Raw
			var last []bson.RawValue
			err = s.each(func(d bson.Raw, key []bson.RawValue) error {
				got = append(got, bytes.Clone(d))
				if last != nil && layout.CompareKeys(last, key) > 0 {
					t.Fatalf("%v comes after %v", key, last)
				}
				last, _ = s.keyOf(got[len(got)-1])
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !slices.EqualFunc(got, want, func(a, b bson.Raw) bool { return bytes.Equal(a, b) }) {
				t.Errorf("%v: with memory %d the order is another one, or documents are", key, memory)
			}
			n := 0
			if err := s.unordered(func(bson.Raw) error { n++; return nil }); err != nil || n != len(documents) {
				t.Errorf("unordered: %d documents, %v", n, err)
			}
			if err := s.close(); err != nil {
				t.Error(err)
			}
		}
	}
	s := newSorter([]doc.Path{{"none"}}, 1, work.Temporary)
	if err := s.add(documents[0]); !errors.Is(err, errNoKey) {
		t.Errorf("a document without the key: %v", err)
	}
}
