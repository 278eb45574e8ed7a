package compare

import (
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

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
	insert := Write{Op: stores.Op{Action: stores.Insert, Document: after}, After: after}
	for name, test := range map[string]struct {
		write *Write
		again bool
	}{"delete": {&deletion, false}, "update": {&update, false}, "update made again": {&update, true}, "insert": {&insert, false}} {
		t.Run(name, func(t *testing.T) {
			w := test.write
			p := Plan(w, NewFields([]string{"_id"}), test.again)
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
			if string(b) != string(w.Before) || n != len(w.Before)+len(w.After) || w.After != nil && !doc.Identical(a.Lookup("_id"), bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}) {
				t.Errorf("the sides are %s and %s, %d bytes", b, a, n)
			}
		})
	}
}
