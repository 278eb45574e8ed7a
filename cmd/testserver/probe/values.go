package main

// Values: every BSON type, stored and read back byte for byte in every place that a value can stand in.
// In: the raw BSON of one value. Out: "exact", or the places where the bytes that came back differ.

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

type value struct {
	name string
	raw  bsoncore.Value
	noID string // why MongoDB refuses it as an _id; "" when it does not
}

func val(name string, t bsoncore.Type, data []byte) value {
	return value{name: name, raw: bsoncore.Value{Type: t, Data: data}}
}

// values lists one of every type and the edges that stores are known to lose.
func values() []value {
	decimal := func(text string) []byte {
		d, err := bson.ParseDecimal128(text)
		if err != nil {
			panic(err) // a typing mistake in this file
		}
		high, low := d.GetBytes()
		return bsoncore.AppendDecimal128(nil, high, low)
	}
	double := func(bits uint64) []byte { return bsoncore.AppendDouble(nil, math.Float64frombits(bits)) }
	number := func(f float64) []byte { return bsoncore.AppendDouble(nil, f) }
	text := func(s string) []byte { return bsoncore.AppendString(nil, s) }
	binary := func(subtype byte, b ...byte) []byte { return bsoncore.AppendBinary(nil, subtype, b) }
	sixteen := bytes.Repeat([]byte{7}, 16)
	document := bsoncore.BuildDocumentFromElements
	int32Element := bsoncore.AppendInt32Element

	list := []value{
		val("double 1.0", bsoncore.TypeDouble, number(1)),
		val("double -0.0", bsoncore.TypeDouble, double(1<<63)),
		val("double +Inf", bsoncore.TypeDouble, number(math.Inf(1))),
		val("double -Inf", bsoncore.TypeDouble, number(math.Inf(-1))),
		val("double NaN", bsoncore.TypeDouble, double(0x7ff8000000000000)),
		val("double NaN with sign and payload", bsoncore.TypeDouble, double(0xfff8000000000123)),
		val("double smallest subnormal", bsoncore.TypeDouble, double(1)),
		val("double 2^53+2", bsoncore.TypeDouble, number(1<<53+2)),
		val("string", bsoncore.TypeString, text("plain")),
		val("string empty", bsoncore.TypeString, text("")),
		val("string with NUL", bsoncore.TypeString, text("a\x00b")),
		val("string with control characters", bsoncore.TypeString, text("\x01\x1f\x7f\u0085")),
		val("string with U+2028, U+FEFF", bsoncore.TypeString, text("a\u2028b\u2029\ufeff")),
		val("string beyond the BMP", bsoncore.TypeString, text("\U0001f600\U0010ffff")),
		val("document", bsoncore.TypeEmbeddedDocument, document(nil, int32Element(nil, "x", 1))),
		val("document empty", bsoncore.TypeEmbeddedDocument, document(nil)),
		val("array", bsoncore.TypeArray, bsoncore.BuildArray(nil, bsoncore.Value{Type: bsoncore.TypeInt32, Data: bsoncore.AppendInt32(nil, 1)})),
		val("array empty", bsoncore.TypeArray, bsoncore.BuildArray(nil)),
		val("array in array", bsoncore.TypeArray, bsoncore.BuildArray(nil, bsoncore.Value{Type: bsoncore.TypeArray, Data: bsoncore.BuildArray(nil)})),
		val("binary subtype 0", bsoncore.TypeBinary, binary(0, 1, 2, 3)),
		val("binary empty", bsoncore.TypeBinary, binary(0)),
		val("binary subtype 1", bsoncore.TypeBinary, binary(1, 1, 2)),
		val("binary subtype 2 (old)", bsoncore.TypeBinary, bsoncore.AppendBinary(nil, 2, []byte{1, 2})),
		val("binary subtype 3 (old UUID)", bsoncore.TypeBinary, binary(3, sixteen...)),
		val("binary subtype 4 (UUID)", bsoncore.TypeBinary, binary(4, sixteen...)),
		val("binary subtype 4 of 3 bytes", bsoncore.TypeBinary, binary(4, 1, 2, 3)),
		val("binary subtype 5", bsoncore.TypeBinary, binary(5, sixteen...)),
		val("binary subtype 9 (vector)", bsoncore.TypeBinary, binary(9, 3, 0, 1, 2)),
		val("binary subtype 128", bsoncore.TypeBinary, binary(128, 9)),
		val("undefined", bsoncore.TypeUndefined, nil),
		val("objectId", bsoncore.TypeObjectID, bytes.Repeat([]byte{0xab}, 12)),
		val("bool true", bsoncore.TypeBoolean, []byte{1}),
		val("date", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, 1767225600123)),
		val("date before 1970", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, -1)),
		val("date of year 1", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, -62135596800000)),
		val("date before year 1", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, -62135596800001)),
		val("date beyond year 9999", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, 253402300800000)),
		val("date greatest", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, math.MaxInt64)),
		val("date least", bsoncore.TypeDateTime, bsoncore.AppendDateTime(nil, math.MinInt64)),
		val("null", bsoncore.TypeNull, nil),
		val("regex", bsoncore.TypeRegex, bsoncore.AppendRegex(nil, "^a/b\\/c", "imsx")),
		val("regex with unsorted, unknown options", bsoncore.TypeRegex, bsoncore.AppendRegex(nil, "a", "xui")),
		val("dbPointer", bsoncore.TypeDBPointer, bsoncore.AppendDBPointer(nil, "db.c", [12]byte{1, 2})),
		val("code", bsoncore.TypeJavaScript, bsoncore.AppendJavaScript(nil, "return 1")),
		val("symbol", bsoncore.TypeSymbol, bsoncore.AppendSymbol(nil, "sym")),
		val("code with scope", bsoncore.TypeCodeWithScope, bsoncore.AppendCodeWithScope(nil, "return x", document(nil, int32Element(nil, "x", 1)))),
		val("int32", bsoncore.TypeInt32, bsoncore.AppendInt32(nil, math.MinInt32)),
		val("timestamp", bsoncore.TypeTimestamp, bsoncore.AppendTimestamp(nil, 1<<31+5, 7)),
		val("int64 small", bsoncore.TypeInt64, bsoncore.AppendInt64(nil, 1)),
		val("int64 beyond 2^53", bsoncore.TypeInt64, bsoncore.AppendInt64(nil, 1<<53+1)),
		val("int64 greatest", bsoncore.TypeInt64, bsoncore.AppendInt64(nil, math.MaxInt64)),
		val("decimal 1.1", bsoncore.TypeDecimal128, decimal("1.1")),
		val("decimal 1.10", bsoncore.TypeDecimal128, decimal("1.10")),
		val("decimal 0E-6176", bsoncore.TypeDecimal128, decimal("0E-6176")),
		val("decimal -0", bsoncore.TypeDecimal128, decimal("-0")),
		val("decimal 34 digits", bsoncore.TypeDecimal128, decimal("9.999999999999999999999999999999999E+6144")),
		val("decimal NaN", bsoncore.TypeDecimal128, decimal("NaN")),
		val("decimal NaN with payload", bsoncore.TypeDecimal128, bsoncore.AppendDecimal128(nil, 0x7e00000000000000, 5)),
		val("decimal -Inf", bsoncore.TypeDecimal128, decimal("-Inf")),
		val("minKey", bsoncore.TypeMinKey, nil),
		val("maxKey", bsoncore.TypeMaxKey, nil),
	}
	for i, v := range list {
		switch v.raw.Type {
		case bsoncore.TypeArray, bsoncore.TypeRegex, bsoncore.TypeUndefined:
			list[i].noID = "refused"
		}
	}
	return list
}

func valueChecks() []check {
	var checks []check
	for _, v := range values() {
		want := "exact"
		if v.noID != "" {
			want = "exact, as _id " + v.noID
		}
		checks = append(checks, check{group: "value", name: v.name, want: want, run: func(ctx context.Context, db *mongo.Database) (string, error) {
			return storeValue(ctx, db, v)
		}})
	}
	return checks
}

// storeValue writes the value by insert, $set and replacement, in each place, and lists the places that lost it.
func storeValue(ctx context.Context, db *mongo.Database, v value) (string, error) {
	id := bsoncore.AppendInt32Element(nil, "_id", 1)
	element := bsoncore.AppendValueElement(nil, "v", v.raw)
	document := bsoncore.BuildDocumentFromElements
	plain := document(nil, id, element)
	places := []struct {
		name string
		doc  bsoncore.Document
	}{
		{"top", plain},
		{"nested", document(nil, id, bsoncore.BuildDocumentElement(nil, "n", element))},
		{"array", document(nil, id, bsoncore.BuildArrayElement(nil, "a", v.raw, v.raw))},
	}
	var lost []string
	for _, place := range places {
		if seen := insertAndRead(ctx, db.Collection("in_"+place.name), bson.Raw(place.doc)); seen != "exact" {
			lost = append(lost, place.name+" "+seen)
		}
	}
	coll := db.Collection("update")
	if _, err := coll.InsertOne(ctx, bson.D{{Key: "_id", Value: int32(1)}}); err != nil {
		return "", err
	}
	set := bson.Raw(document(nil, bsoncore.BuildDocumentElement(nil, "$set", element)))
	if _, err := coll.UpdateByID(ctx, int32(1), set); err != nil {
		lost = append(lost, "$set "+describe(err))
	} else if seen := compare(ctx, coll, bson.Raw(plain)); seen != "exact" {
		lost = append(lost, "$set "+seen)
	}
	if _, err := coll.ReplaceOne(ctx, bson.D{{Key: "_id", Value: int32(1)}}, bson.Raw(document(nil, element))); err != nil {
		lost = append(lost, "replace "+describe(err))
	} else if seen := compare(ctx, coll, bson.Raw(plain)); seen != "exact" {
		lost = append(lost, "replace "+seen)
	}
	asID := insertAndRead(ctx, db.Collection("as_id"), bson.Raw(document(nil, bsoncore.AppendValueElement(nil, "_id", v.raw))))
	if v.noID == "" && asID != "exact" {
		lost = append(lost, "_id "+asID)
	}
	result := "exact"
	if len(lost) > 0 {
		result = strings.Join(lost, "; ")
	}
	if v.noID != "" {
		if strings.HasPrefix(asID, "error") {
			result += ", as _id refused"
		} else {
			result += ", as _id taken"
		}
	}
	return result, nil
}

// insertAndRead stores one document in an empty collection and compares what comes back.
func insertAndRead(ctx context.Context, coll *mongo.Collection, doc bson.Raw) string {
	if _, err := coll.InsertOne(ctx, doc); err != nil {
		return describe(err)
	}
	return compare(ctx, coll, doc)
}

// compare reads the only document of a collection and compares it with want byte for byte.
func compare(ctx context.Context, coll *mongo.Collection, want bson.Raw) string {
	got, err := coll.FindOne(ctx, bson.D{}).Raw()
	switch {
	case err != nil:
		return "reading: " + describe(err)
	case !bytes.Equal(got, want):
		return "became " + show(got)
	}
	return "exact"
}

// show prints a document for a person; bytes that are no valid Extended JSON are shown in hex.
func show(doc bson.Raw) string {
	if err := doc.Validate(); err != nil {
		return fmt.Sprintf("%x", []byte(doc))
	}
	return doc.String()
}
