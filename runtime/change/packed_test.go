package change

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// Items come back as they were, in their order, with others in the place of some.
func TestPacked(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var p Packed
	var want []DocumentItem
	for n := range 2000 {
		var item DocumentItem
		fill(random, reflect.ValueOf(&item).Elem(), 4)
		p.Add(&item)
		if n%700 == 3 {
			p.Replace(n, want[:2])
			want = append(want, want[:2]...)
			continue
		}
		want = append(want, item)
	}
	p.Replace(5, nil)
	want = slices.Delete(want, 6, 7) // behind the two in the place of one
	if p.Len() != 2000 || len(p.pieces) < 2 {
		t.Errorf("%d items, %d pieces", p.Len(), len(p.pieces))
	}
	for range 2 { // as often as they are asked for
		i := 0
		for got := range p.All() {
			if i == len(want) || !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("item %d is %+v", i, got)
			}
			i++
		}
		if i != len(want) {
			t.Errorf("%d items, %d were added", i, len(want))
		}
	}
	for range p.All() { // and no further than they are asked for
		break
	}
}

// fill puts something into what can be set, nothing into some of it.
func fill(random *rand.Rand, v reflect.Value, depth int) {
	if random.IntN(4) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(random, v.Field(i), depth)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(random, v.Elem(), depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), max(0, random.IntN(depth+1)), depth+1))
		for i := range v.Len() {
			fill(random, v.Index(i), depth-1)
		}
	case reflect.String:
		v.SetString("text\xff"[random.IntN(5):])
	case reflect.Int:
		v.SetInt(random.Int64N(1000) - 500)
	case reflect.Uint8:
		v.SetUint(random.Uint64N(256))
	}
}
