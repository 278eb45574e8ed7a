package cases

// What random weaves are written over: documents of a source with near misses, and
// unique indexes. In: a seed's generator; out: the extracted data of a collection.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/doc"
)

func (w *weaver) description() string {
	d := bson.D{{Key: "format", Value: int32(1)}, {Key: "kind", Value: "collection"}, {Key: "layout", Value: "lines"}, {Key: "key", Value: bson.A{"_id"}}}
	if len(w.indexes) > 0 {
		list := bson.A{}
		for _, spec := range w.indexes {
			list = append(list, spec)
		}
		d = append(d, bson.E{Key: "indexes", Value: list})
	}
	return string(doc.AppendCanonical(nil, w.raw(d))) + "\n"
}

// extract makes documents with near misses: some lack a field, few values differ.
func (w *weaver) extract() {
	few := pick(w.generator, []int{3, 30, 30, 100})
	w.fields = []field{{"a", intField}, {"b", textField}, {"c", mixedField}, {"d.e", intField}, {"d.f", textField}, {"t", textsField}, {"l", itemsField}}
	for i := range 1 + w.IntN(7) {
		d := bson.D{{Key: "_id", Value: int32(i)}}
		put := func(percent int, key string, value func() any) {
			if w.chance(percent) {
				d = append(d, bson.E{Key: key, Value: value()})
			}
		}
		number := func() any { return int32(w.IntN(few)) }
		text := func() any { return fmt.Sprint(pick(w.generator, []string{"", "a", "B", "é"}), w.IntN(few)) }
		put(97, "k", func() any {
			if w.chance(3) {
				return nil
			}
			return int32(pick(w.generator, []int{i, i, i, i, i, i, i, i, i, w.IntN(8)}))
		})
		put(80, "a", number)
		put(80, "b", text)
		put(80, "c", func() any { return w.mixed(few) })
		put(80, "d", func() any { return bson.D{{Key: "e", Value: number()}, {Key: "f", Value: text()}}[w.IntN(2):] })
		put(60, "t", func() any {
			list := bson.A{}
			for range w.IntN(3) {
				list = append(list, text())
			}
			return list
		})
		put(60, "l", func() any {
			list := bson.A{}
			for range w.IntN(4) {
				list = append(list, bson.D{{Key: "b", Value: number()}, {Key: "g", Value: text()}}[:1+w.IntN(2)])
			}
			return list
		})
		if w.others != nil {
			id := func() any { return pick(w.generator, w.others.extracted)[0].Value }
			put(70, "o", func() any { return pick(w.generator, []any{id(), id(), nil}) })
			put(50, "m", func() any { return bson.A{id(), id()}[:w.IntN(3)] })
		}
		w.extracted = append(w.extracted, d)
	}
	w.fields = slices.DeleteFunc(w.fields, func(f field) bool {
		return !slices.ContainsFunc(w.extracted, func(d bson.D) bool { _, ok := model.Get(d, strings.Split(f.path, ".")...); return ok })
	})
}

// mixed is a scalar, often the same number in another type.
func (w *weaver) mixed(few int) any {
	n := w.IntN(few)
	return pick(w.generator, []any{int32(n), int64(n), float64(n), must(bson.ParseDecimal128(fmt.Sprintf("%d.0", n))), nil, true, fmt.Sprint(n), bson.DateTime(n), bson.ObjectID{11: byte(n)}})
}

// extractOthers makes what links go to.
func (w *weaver) extractOthers() {
	w.fields = []field{{"a", intField}, {"b", textField}}
	for i := range 2 + w.IntN(3) {
		w.extracted = append(w.extracted, bson.D{{Key: "_id", Value: fmt.Sprintf("other-%d", i)}, {Key: "k", Value: int32(i)}, {Key: "a", Value: int32(w.IntN(3))}, {Key: "b", Value: fmt.Sprint(i)}})
	}
}

// index is a unique index of the source, mostly.
func (w *weaver) index(n int) bson.Raw {
	keys := [][]string{{"a"}, {"b"}, {"c"}, {"d.e"}, {"d"}, {"l.b"}, {"l.0.b"}, {"l.1.b"}, {"l.1"}, {"t"}, {"t.0"}, {"a", "b"}, {"a", "l.b"}, {"t.1", "b"}, {"l.g", "a"}, {"k"}}
	if w.name == "others" {
		keys = [][]string{{"a"}, {"b"}, {"b", "a"}, {"k"}}
	}
	key := bson.D{}
	for _, name := range pick(w.generator, keys) {
		key = append(key, bson.E{Key: name, Value: int32(pick(w.generator, []int{1, -1}))})
	}
	spec := bson.D{{Key: "key", Value: key}, {Key: "name", Value: fmt.Sprint("ix", n)}, {Key: "unique", Value: pick(w.generator, []any{true, true, int32(1), 1.0})}}
	if w.chance(30) {
		spec = append(spec, bson.E{Key: "sparse", Value: true})
	} else if w.chance(40) {
		spec = append(spec, bson.E{Key: "partialFilterExpression", Value: pick(w.generator, []bson.D{
			{{Key: "a", Value: bson.D{{Key: "$gt", Value: int32(w.IntN(9))}}}}, {{Key: "b", Value: bson.D{{Key: "$exists", Value: true}}}}, {{Key: "c", Value: bson.D{{Key: "$type", Value: "number"}}}},
			{{Key: "a", Value: bson.D{{Key: "$lte", Value: 9.0}, {Key: "$gte", Value: int64(2)}}}}, {{Key: "l.b", Value: bson.D{{Key: "$lt", Value: int32(9)}}}}, {{Key: "t.0", Value: bson.D{{Key: "$exists", Value: true}}}},
			{{Key: "$and", Value: bson.A{bson.D{{Key: "c", Value: bson.D{{Key: "$in", Value: bson.A{int32(1), int32(2), "3", nil}}}}}, bson.D{{Key: "d.e", Value: bson.D{{Key: "$exists", Value: true}}}}}}}})})
	}
	if w.chance(20) {
		spec = append(spec, bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "simple"}}})
	} else if w.chance(8) {
		spec = append(spec, bson.E{Key: "collation", Value: bson.D{{Key: "locale", Value: "en"}, {Key: "strength", Value: int32(2)}}})
	}
	return w.raw(spec)
}
