package extract

import (
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

func TestPipe(t *testing.T) {
	text := string(make([]byte, 3*chunkSize))
	document := func(i int) bson.Raw {
		size := i % 1000 * 10
		if i%700 == 699 {
			size = len(text)
		}
		return doc.NewBuilder(0).AppendInt32("n", int32(i)).AppendString("x", text[:size]).Raw()
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		name             string
		emitted, failsAt int   // documents; the one that is not taken, or -1
		making           error // at the end
		want             error
	}{
		{"none", 0, -1, nil, nil},
		{"some", 3, -1, nil, nil},
		{"many", 5000, -1, nil, nil},
		{"broken source", 5000, -1, broken, broken},
		{"taken no more", 5000, 10, nil, errTwice},
		{"both", 5000, 500, broken, errTwice},
	} {
		n := 0
		err := pipe(func(emit func(d bson.Raw) error) error {
			for i := range c.emitted {
				if err := emit(document(i)); err != nil {
					return err
				}
			}
			return c.making
		}, func(all iter.Seq[bson.Raw], into *[]int32) {
			*into = (*into)[:0]
			for d := range all {
				*into = append(*into, d.Lookup("n").Int32())
			}
		}, func(all iter.Seq[bson.Raw], made *[]int32) error {
			for d := range all {
				if n == c.failsAt {
					return errTwice
				}
				if string(d) != string(document(n)) {
					t.Fatalf("%s: document %d is another one", c.name, n)
				}
				if len(*made) == 0 || (*made)[0] != int32(n) {
					t.Fatalf("%s: of document %d %v was made", c.name, n, *made)
				}
				*made, n = (*made)[1:], n+1
			}
			return nil
		})
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || n != c.emitted) {
			t.Errorf("%s: %v after %d documents", c.name, err, n)
		}
	}
}

// A panic of one end is that of the caller, and no other end waits for it.
func TestPipePanics(t *testing.T) {
	document := doc.NewBuilder(0).AppendString("x", string(make([]byte, chunkSize/3))).Raw()
	for panics := range 3 {
		at := func(end, n int) {
			if end == panics && n == 20 {
				panic("of an end")
			}
		}
		func() {
			defer func() {
				if p, ok := recover().(*parallel.Panic); !ok || p.Error() != "of an end" {
					t.Errorf("end %d: recovered %v", panics, p)
				}
			}()
			var worked atomic.Int64
			taken := 0
			err := pipe(func(emit func(d bson.Raw) error) error {
				for i := range 1000 {
					at(0, i)
					if err := emit(document); err != nil {
						return err
					}
				}
				return nil
			}, func(iter.Seq[bson.Raw], *struct{}) { at(1, int(worked.Add(1))) }, func(iter.Seq[bson.Raw], *struct{}) error {
				taken++
				at(2, taken)
				return nil
			})
			t.Errorf("end %d: no panic, %v", panics, err)
		}()
	}
}
