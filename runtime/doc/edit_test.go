package doc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// rebuilt is Edit as it is meant: field by field into a new document.
func rebuilt(d bson.Raw, change func(string, bson.RawValue) bson.RawValue) bson.Raw {
	out := NewBuilder(len(d))
	for name, v := range Fields(d) {
		if v = change(name, v); v.Type != 0 {
			out.Append(name, v)
		}
	}
	return out.Raw()
}

// TestEdit holds Edit against a document that is built anew, over random documents and
// changes; where nothing is other, the bytes are those that were given.
func TestEdit(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 5000 {
		b := NewBuilder(64)
		for i := range r.IntN(7) {
			v := []bson.RawValue{String(fmt.Sprint(i)), {Type: bson.TypeNull}, Bool(true), Value(NewBuilder(8).AppendInt32("x", int32(i)).Raw()), Array(String("a"))}[r.IntN(5)]
			b.Append([]string{"a", "b", "", "é", "a"}[r.IntN(5)], v)
		}
		d, seed := b.Raw(), r.Uint64()
		changes := 0
		change := func(r *rand.Rand) func(string, bson.RawValue) bson.RawValue {
			return func(name string, v bson.RawValue) bson.RawValue {
				switch r.IntN(5) {
				case 0:
					changes++
					return bson.RawValue{}
				case 1:
					changes++
					return String("other" + name)
				}
				return v
			}
		}
		want := rebuilt(d, change(rand.New(rand.NewPCG(seed, 0))))
		changes = 0
		got := Edit(d, change(rand.New(rand.NewPCG(seed, 0))))
		if !bytes.Equal(got, want) {
			t.Fatalf("%s\ngives %s, want %s", d, got, want)
		}
		if changes == 0 && &got[0] != &d[0] {
			t.Fatalf("%s is copied", d)
		}
	}
}

// TestAppendSorted holds it against a document that is built field by field, over random documents.
func TestAppendSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		b, fields := NewBuilder(64), map[string][]bson.RawValue{}
		for i := range r.IntN(40) {
			name := []string{"a", "_id", "", "é", "aa", "b", "Z"}[r.IntN(7)]
			v := []bson.RawValue{String(fmt.Sprint(i)), {Type: bson.TypeNull}, Value(NewBuilder(8).AppendInt32("x", int32(i)).Raw())}[r.IntN(3)]
			b.Append(name, v)
			fields[name] = append(fields[name], v)
		}
		want := NewBuilder(64)
		for _, name := range []string{"_id", "", "Z", "a", "aa", "b", "é"} {
			for _, v := range fields[name] {
				want.Append(name, v)
			}
		}
		if got := AppendSorted([]byte("before"), b.Raw(), "_id"); !bytes.Equal(got, append([]byte("before"), want.Raw()...)) {
			t.Fatalf("%s\ngives %q, want %s", b.Raw(), got, want.Raw())
		}
	}
}

func TestAppendSingle(t *testing.T) {
	for _, v := range []bson.RawValue{String("text"), {Type: bson.TypeNull}, Array(String("a"), Bool(true))} {
		if got, want := AppendSingle([]byte("before"), v), NewBuilder(64).Append("", v).Raw(); !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Errorf("%q, want %s", got, want)
		}
	}
}

func TestReplaceWithJoined(t *testing.T) {
	d, err := ParseExtJSON([]byte(`{"a": {"1": [{"b": 1}, {"b": 2}]}, "c": 3}`))
	if err != nil {
		t.Fatal(err)
	}
	one := String("x")
	for i, c := range []struct {
		got  bson.Raw
		want string
	}{
		{Replace(d, []string{"a", "1", "1", "b"}, one), `{"a":{"1":[{"b":1},{"b":"x"}]},"c":3}`},
		{Replace(d, []string{"a", "2", "b"}, one), `{"a":{"1":[{"b":1},{"b":2}]},"c":3}`},
		{Replace(d, []string{"c", "d"}, one), `{"a":{"1":[{"b":1},{"b":2}]},"c":3}`},
		{With(d, "a", one), `{"a":"x","c":3}`},
		{With(d, "d", one), `{"a":{"1":[{"b":1},{"b":2}]},"c":3,"d":"x"}`},
		{With(nil, "d", one), `{"d":"x"}`},
		{Without(d, "a", "z"), `{"c":3}`},
		{Joined(Without(d, "a"), Without(d, "c")), `{"c":3,"a":{"1":[{"b":1},{"b":2}]}}`},
		{Joined(nil, nil), `{}`},
		{Joined(Empty, nil), `{}`},
		{Joined(nil, Empty), `{}`},
		{Joined(nil, d), `{"a":{"1":[{"b":1},{"b":2}]},"c":3}`},
	} {
		want, err := ParseExtJSON([]byte(c.want))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.got, want) {
			t.Errorf("%d: %s, want %s", i, c.got, want)
		}
	}
}
