package compare

import (
	"bytes"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// What is sent of a planned write is bounded and told apart as the write itself, whether it is held
// or made again.
func TestPlanned(t *testing.T) {
	before, after := doc.NewBuilder(32).AppendInt32("_id", 1).AppendInt32("n", 1).Raw(), doc.NewBuilder(32).AppendInt32("_id", 1).AppendInt32("n", 2).Raw()
	deletion := Deletion(before)
	deletion.Alone = true
	update := Updating(before, 0, []stores.Field{{Path: doc.Path{"n"}, Value: after.Lookup("n")}}, nil)
	c := &Collection{Collection: &desired.Collection{Documents: []desired.Document{{Raw: after}}}}
	insert := Write{Op: stores.Op{Action: stores.Insert, Document: after}, After: after}
	for name, test := range map[string]struct {
		write *Write
		again bool
	}{"delete": {&deletion, false}, "update": {&update, false}, "update made again": {&update, true}, "insert": {&insert, false}} {
		t.Run(name, func(t *testing.T) {
			w := test.write
			fields := NewFields([]string{"_id"})
			p := Plan(w, fields)
			if test.again {
				p = PlanAgain(w, fields, fields.Patch(before, after))
				if got := Patched(c, 0, p.Patch()); !p.Again() || !bytes.Equal(got, before) || !bytes.Equal(p.Live(c), before) {
					t.Errorf("what is there becomes %s", got)
				}
			}
			if p.Size() != w.Size() || p.Alone() != w.Alone || p.Inserts() != (w.Op.Action == stores.Insert) || p.New() != (w.Before == nil) || !doc.Identical(p.ID(), w.ID()) {
				t.Errorf("size %d, alone %t, inserts %t, new %t, id %s of %+v", p.Size(), p.Alone(), p.Inserts(), p.New(), p.ID(), w)
			}
			if !w.Alone && !slices.Equal(p.Needs(), w.Needs()) || w.Alone && p.Needs() == nil {
				t.Errorf("needs %q, want %q", p.Needs(), w.Needs())
			}
			if held := p.Write(); (held == w) != (w.Before != nil && !test.again) {
				t.Errorf("it holds %v", held)
			}
			b, a, n := p.Sides()
			if held := w.Before; test.again && !doc.Identical(b.Lookup("_id"), held.Lookup("_id")) || !test.again && string(b) != string(held) || n != len(w.Before)+len(w.After) || w.After != nil && !doc.Identical(a.Lookup("_id"), bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}) {
				t.Errorf("the sides are %s and %s, %d bytes", b, a, n)
			}
		})
	}
}

// An insert has one `_id`, its first field, whatever the document looks like; the other fields stay as they are.
func TestInsertion(t *testing.T) {
	id := bson.RawValue{Type: bson.TypeInt32, Value: []byte{7, 0, 0, 0}}
	for _, names := range [][]string{{"_id"}, {"_id", "a"}, {"a", "_id", "b"}, {"_id", "a", "_id"}, {"a", "_id", "_id"}, {"a", "b"}, {"a", "a"}} {
		given, want := doc.NewBuilder(64), doc.NewBuilder(64)
		made := !slices.Contains(names, "_id")
		for i, name := range names {
			if v := id; name == "_id" {
				given.Append(name, v)
			} else {
				given.AppendInt32(name, int32(i))
			}
		}
		c := &desired.Collection{Identity: []doc.Path{{"a"}}, Documents: []desired.Document{{Raw: given.Raw()}}}
		_, all := NewCollections(&desired.State{Collections: []*desired.Collection{c}}, nil)
		w := all[0].Insertion(0)
		if made {
			want.Append("_id", w.After.Lookup("_id"))
		} else {
			want.Append("_id", id)
		}
		for i, name := range names {
			if name != "_id" {
				want.AppendInt32(name, int32(i))
			}
		}
		if w.Made != made || string(w.Op.Document) != string(want.Raw()) || string(w.After) != string(want.Raw()) {
			t.Errorf("%q: made %t, %s, want %s", names, w.Made, w.After, want.Raw())
		}
	}
}
