package mongosh

// Random validators and documents.

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// schemas makes random validators, and documents that come near to what they want.
type schemas struct{ *rand.Rand }

func oneOf[T any](s schemas, list ...T) T { return list[s.IntN(len(list))] }

func (s schemas) name() string { return oneOf(s, "a", "b", "c", "ab", "x1", "é") }

// scalar is a value that small operands tell from others.
func (s schemas) scalar() any {
	decimal, _ := bson.ParseDecimal128(oneOf(s, "1", "0.07", "2.50", "3E+1"))
	return oneOf[any](s, int32(s.IntN(5)), int32(s.IntN(5)), int64(s.IntN(5)), float64(s.IntN(10))/2, 0.07, decimal, -1.5,
		"", "a", "ab", "abc-1", "B2", "é\U0001f600", "a\n", "x y", true, false, nil, bson.NewDateTimeFromTime(time.UnixMilli(int64(s.IntN(3)))), bson.ObjectID{11: byte(s.IntN(2))})
}

func (s schemas) value(depth int) any {
	switch n := s.IntN(10); {
	case n == 0 && depth < 3:
		return s.document(depth + 1)
	case n < 4 && depth < 3:
		list := bson.A{}
		for range s.IntN(4) {
			list = append(list, s.value(depth+1))
		}
		return list
	}
	return s.scalar()
}

func (s schemas) document(depth int) bson.D {
	d := bson.D{}
	seen := map[string]bool{}
	for range s.IntN(5) {
		name := s.name()
		if !seen[name] {
			d = append(d, bson.E{Key: name, Value: s.value(depth)})
		}
		seen[name] = true
	}
	return d
}

// schema is a random schema; its operands are as the server wants them.
func (s schemas) schema(depth int) bson.D {
	d := bson.D{}
	add := func(name string, v any) {
		for _, e := range d {
			if e.Key == name {
				return
			}
		}
		d = append(d, bson.E{Key: name, Value: v})
	}
	for range 1 + s.IntN(3) {
		switch s.IntN(24) {
		case 0, 1:
			add("bsonType", oneOf[any](s, "int", "long", "double", "decimal", "string", "bool", "date", "object", "array", "null", "number", "objectId", bson.A{"string", "null"}, bson.A{"int", "long"}))
		case 2:
			if len(d) == 0 { // not beside bsonType
				return bson.D{{Key: "type", Value: oneOf[any](s, "object", "array", "number", "boolean", "string", "null", bson.A{"number", "string"})}}
			}
		case 3:
			list := bson.A{}
			for i := range 1 + s.IntN(3) {
				list = append(list, oneOf[any](s, int32(i), fmt.Sprint("a", i), bson.A{int32(i)}, bson.D{{Key: "a", Value: int32(i)}, {Key: "b", Value: "a"}}))
			}
			add("enum", list)
		case 4, 5, 6, 7:
			if depth > 2 {
				continue
			}
			properties := bson.D{}
			for _, name := range []string{"a", "b", "c"} {
				if s.IntN(2) == 0 {
					properties = append(properties, bson.E{Key: name, Value: s.schema(depth + 1)})
				}
			}
			add("properties", properties)
		case 8:
			add("required", oneOf(s, bson.A{"a"}, bson.A{"a", "b"}, bson.A{"c"}))
		case 9:
			add("additionalProperties", oneOf[any](s, true, false, bson.D{{Key: "bsonType", Value: "string"}}))
		case 10:
			add("patternProperties", bson.D{{Key: oneOf(s, testPatterns...), Value: s.schema(3)}})
		case 11:
			add("minimum", oneOf[any](s, int32(2), 1.5, int64(3)))
			if s.IntN(2) == 0 {
				add("exclusiveMinimum", s.IntN(2) == 0)
			}
		case 12:
			add("maximum", oneOf[any](s, int32(2), 1.5, int64(3)))
			if s.IntN(2) == 0 {
				add("exclusiveMaximum", s.IntN(2) == 0)
			}
		case 13:
			add("multipleOf", oneOf[any](s, int32(2), 0.5, 0.01, int64(3)))
		case 14:
			add(oneOf(s, "minLength", "maxLength"), int32(s.IntN(4)))
		case 15, 16:
			add("pattern", oneOf(s, testPatterns...))
		case 17:
			add(oneOf(s, "minItems", "maxItems"), int32(s.IntN(3)))
		case 18:
			add("uniqueItems", s.IntN(4) > 0)
		case 19:
			if s.IntN(2) == 0 {
				add("items", s.schema(depth+1))
			} else {
				add("items", bson.A{s.schema(depth + 1), s.schema(depth + 1)})
				add("additionalItems", oneOf[any](s, true, false, bson.D{{Key: "bsonType", Value: "int"}}))
			}
		case 20:
			add(oneOf(s, "minProperties", "maxProperties"), int32(s.IntN(4)))
		case 21:
			add("dependencies", oneOf(s, bson.D{{Key: "a", Value: bson.A{"b"}}}, bson.D{{Key: "b", Value: bson.D{{Key: "required", Value: bson.A{"c"}}}}}))
		case 22:
			if depth < 3 {
				add(oneOf(s, "allOf", "anyOf", "oneOf"), bson.A{s.schema(depth + 1), s.schema(depth + 1)})
			}
		case 23:
			if depth < 3 {
				add("not", s.schema(depth+1))
			}
		}
	}
	return d
}

// tests are random operators of one field.
func (s schemas) tests(depth int) any {
	operand := func() any {
		return oneOf[any](s, int32(s.IntN(4)), "a", "ab", 1.5, true, nil, bson.D{{Key: "a", Value: int32(1)}}, bson.A{int32(1)})
	}
	comparable := func() any { return oneOf[any](s, int32(s.IntN(4)), "a", "ab", 1.5, true) }
	switch s.IntN(16) {
	case 0, 1:
		return operand()
	case 2:
		return bson.D{{Key: oneOf(s, "$eq", "$ne"), Value: operand()}}
	case 3, 4:
		return bson.D{{Key: oneOf(s, "$gt", "$gte", "$lt", "$lte"), Value: comparable()}}
	case 5:
		return bson.D{{Key: "$gte", Value: int32(1)}, {Key: "$lt", Value: int32(3)}}
	case 6, 7:
		return bson.D{{Key: oneOf(s, "$in", "$nin"), Value: bson.A{operand(), operand()}}}
	case 8:
		return bson.D{{Key: "$exists", Value: s.IntN(2) == 0}}
	case 9:
		return bson.D{{Key: "$type", Value: oneOf[any](s, "string", "number", "array", "null", int32(16), bson.A{"object", "int"})}}
	case 10:
		return bson.D{{Key: "$size", Value: int32(s.IntN(3))}}
	case 11:
		return bson.D{{Key: "$mod", Value: bson.A{int32(2), int32(s.IntN(2))}}}
	case 12:
		return bson.D{{Key: "$regex", Value: oneOf(s, testPatterns...)}, {Key: "$options", Value: oneOf(s, "", "i", "s")}}
	case 13:
		return bson.D{{Key: "$all", Value: bson.A{operand()}}}
	case 14:
		if depth > 1 {
			return operand()
		}
		if s.IntN(2) == 0 {
			return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: s.name(), Value: s.tests(depth + 1)}}}}
		}
		return bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "$gte", Value: int32(1)}}}}
	}
	if inner, ok := s.tests(depth + 1).(bson.D); ok && len(inner) > 0 && strings.HasPrefix(inner[0].Key, "$") {
		return bson.D{{Key: "$not", Value: inner}}
	}
	return bson.D{{Key: "$exists", Value: true}}
}

func (s schemas) query(depth int) bson.D {
	d := bson.D{}
	for range 1 + s.IntN(2) {
		if depth < 2 && s.IntN(4) == 0 {
			d = append(d, bson.E{Key: oneOf(s, "$and", "$or", "$nor"), Value: bson.A{s.query(depth + 1), s.query(depth + 1)}})
			break
		}
		name := oneOf(s, "a", "b", "c", "a.b", "a.a", "b.c.a")
		if len(d) == 0 || d[0].Key != name {
			d = append(d, bson.E{Key: name, Value: s.tests(0)})
		}
	}
	return d
}

// validator is a random one.
func (s schemas) validator() bson.Raw {
	var v any
	switch s.IntN(5) {
	case 0, 1:
		v = s.query(0)
	case 2:
		v = bson.D{{Key: "$jsonSchema", Value: s.schema(0)}, {Key: "a", Value: s.tests(0)}}
	default:
		v = bson.D{{Key: "$jsonSchema", Value: s.schema(0)}}
	}
	raw, err := bson.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// inserted is a random document with an _id.
func (s schemas) inserted(id int) bson.Raw {
	raw, err := bson.Marshal(append(bson.D{{Key: "_id", Value: int32(id)}}, s.document(0)...))
	if err != nil {
		panic(err)
	}
	return raw
}

// hostileSchema has keywords with operands of any type.
func hostileSchema(g gen) bson.Raw {
	keywords := []string{
		"bsonType", "type", "enum", "required", "properties", "patternProperties", "additionalProperties", "items", "additionalItems", "minItems", "uniqueItems",
		"minimum", "exclusiveMinimum", "maximum", "multipleOf", "maxLength", "pattern", "minProperties", "dependencies", "allOf", "anyOf", "oneOf", "not", "description", "title", "encrypt",
	}
	operators := []string{"$eq", "$ne", "$gt", "$lte", "$in", "$nin", "$exists", "$type", "$size", "$mod", "$regex", "$options", "$not", "$elemMatch", "$all", "$expr", "$comment", "$and", "$or", "$nor", "$where"}
	b, q := doc.NewBuilder(64), doc.NewBuilder(64)
	for range 1 + g.IntN(3) {
		b.Append(pick(g, keywords), g.value(0))
		q.Append(pick(g, operators), g.value(0))
	}
	return doc.NewBuilder(64).AppendDocument("$jsonSchema", b.Raw()).AppendDocument("a", q.Raw()).Append(pick(g, operators), g.value(0)).Raw()
}
