package extract

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/replace"
)

// temporaries makes files for a test.
func temporaries(t *testing.T) func() (*replace.Temporary, error) {
	t.Helper()
	base, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	work, err := replace.Begin(base, ".", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(work.Close(), base.Close()); err != nil {
			t.Error(err)
		}
	})
	return work.Temporary
}

// TestRandomSorter sorts random documents in memory of any size: always the
// same order, that of the keys.
func TestRandomSorter(t *testing.T) {
	temporary := temporaries(t)
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
			s := newSorter(key, memory, temporary)
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
	s := newSorter([]doc.Path{{"none"}}, 1, temporary)
	if err := s.add(documents[0]); !errors.Is(err, errNoKey) {
		t.Errorf("a document without the key: %v", err)
	}
}

// TestLargeInSorter: of large documents one is in memory while they are merged, whatever their number.
func TestLargeInSorter(t *testing.T) {
	const number, size = 24, 2 << 20
	s := newSorter([]doc.Path{{"n"}}, 1, temporaries(t))
	for i := range number {
		text := strings.Repeat(string(rune('a'+i)), size)
		if i%3 == 0 {
			text = "small"
		}
		if err := s.add(doc.NewBuilder(0).AppendString("text", text).AppendInt32("n", int32(i*7%number)).Raw()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		n := int32(0)
		err := s.each(func(d bson.Raw, key []bson.RawValue) error {
			if n == number/2 {
				var m runtime.MemStats
				runtime.GC()
				if runtime.ReadMemStats(&m); m.HeapAlloc > 8*size {
					t.Errorf("%d MiB are held", m.HeapAlloc>>20)
				}
			}
			i := int(n) * 7 % number // as 7*7 is 2*number+1
			text := d.Lookup("text").StringValue()
			if key[0].Int32() != n || d.Lookup("n").Int32() != n || text != "small" && (text[0] != byte('a'+i) || len(text) != size) || (text == "small") != (i%3 == 0) {
				t.Errorf("%d: another document: %.10s… %v", n, text, key)
			}
			n++
			return nil
		})
		if err != nil || n != number {
			t.Errorf("%d documents, %v", n, err)
		}
	}
	n := 0
	if err := s.unordered(func(d bson.Raw) error { n += len(d); return d.Validate() }); err != nil || n < 16*size {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
