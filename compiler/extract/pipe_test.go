package extract

import (
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

func TestPipe(t *testing.T) {
	large := string(make([]byte, 100_000))
	document := func(i int) bson.Raw {
		return doc.NewBuilder(0).AppendInt32("n", int32(i)).AppendString("x", large[:i%1000*10]).Raw()
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
		}, func(d bson.Raw) error {
			if n == c.failsAt {
				return errTwice
			}
			if string(d) != string(document(n)) {
				t.Fatalf("%s: document %d is another one", c.name, n)
			}
			n++
			return nil
		})
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || n != c.emitted) {
			t.Errorf("%s: %v after %d documents", c.name, err, n)
		}
	}
}
