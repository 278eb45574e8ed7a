package doc

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// benchDoc is about 1 KiB: what configuration collections hold.
func benchDoc(b *testing.B) bson.Raw {
	d := bson.D{
		{Key: "_id", Value: bson.ObjectID{1, 2, 3}}, {Key: "key", Value: "tenant-0001"}, {Key: "plan", Value: "enterprise"},
		{Key: "createdAt", Value: bson.DateTime(1767225600000)}, {Key: "seats", Value: int32(250)}, {Key: "quota", Value: int64(1 << 40)}, {Key: "ratio", Value: 0.35},
		{Key: "description", Value: strings.Repeat("A line of text about this tenant. ", 8)},
	}
	var regions bson.A
	for _, r := range []string{"eu-west", "eu-north", "us-east", "ap-south"} {
		regions = append(regions, bson.D{{Key: "name", Value: r}, {Key: "enabled", Value: true}, {Key: "weight", Value: int32(10)}, {Key: "limits", Value: bson.D{{Key: "users", Value: int32(5000)}, {Key: "rate", Value: 99.5}}}})
	}
	return marshal(b, append(d, bson.E{Key: "regions", Value: regions}))
}

func BenchmarkParse(b *testing.B) {
	text := AppendCanonical(nil, benchDoc(b))
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseExtJSON(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	review := AppendReview(nil, benchDoc(b), true)
	b.Run("own-review", func(b *testing.B) {
		b.SetBytes(int64(len(review)))
		for b.Loop() {
			if _, err := ParseExtJSON(review); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("driver", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var d bson.D
			if err := bson.UnmarshalExtJSON(text, true, &d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	d := benchDoc(b)
	text := AppendCanonical(nil, d)
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = AppendLine(buf[:0], d)
		}
	})
	b.Run("driver", func(b *testing.B) {
		var v bson.D
		if err := bson.Unmarshal(d, &v); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bson.MarshalExtJSON(v, true, false); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReview(b *testing.B) {
	d := benchDoc(b)
	b.SetBytes(int64(len(AppendReview(nil, d, true))))
	var buf []byte
	for b.Loop() {
		buf = AppendReview(buf[:0], d, true)
	}
}

func BenchmarkKey(b *testing.B) {
	d := benchDoc(b)
	for _, name := range []string{"_id", "key", "ratio", "regions"} {
		b.Run(name, func(b *testing.B) {
			v, _ := Get(d, Path{name})
			b.ReportAllocs()
			for b.Loop() {
				Key(v)
			}
		})
	}
}
