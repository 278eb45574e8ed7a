package layout

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/doc"
)

func benchCollection(b *testing.B, n int) (*Collection, int64) {
	c := &Collection{Name: "c"}
	size := int64(0)
	text := strings.Repeat("some text about this tenant ", 10)
	for i := range n {
		d := document(b, fmt.Sprintf(`{"_id":"k%06d","at":{"$date":"2026-01-01T00:00:00Z"},"n":{"$numberLong":"%d"},"f":1.5,"list":[{"a":1,"b":true},{"a":2,"b":false},{"a":3,"b":true}],"text":"%s","limits":{"users":5,"rate":99.5,"region":"eu-west"},"more":"%s"}`, i, i, text, text))
		size += int64(len(doc.AppendReview(nil, d, false)))
		c.Documents = append(c.Documents, Document{Raw: d})
	}
	return c, size
}

func BenchmarkRead(b *testing.B) {
	for _, layout := range []Layout{Files, Lines, Shards} {
		b.Run(string(layout), func(b *testing.B) {
			c, size := benchCollection(b, 5000)
			c.Layout = layout
			dir := filepath.Join(b.TempDir(), "c")
			if err := writeAt(b, filepath.Dir(dir), dir, c); err != nil {
				b.Fatal(err)
			}
			base, at := opened(b, dir)
			b.SetBytes(size)
			for b.Loop() {
				if _, err := Read(b.Context(), base, at); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRender(b *testing.B) {
	for _, layout := range []Layout{Files, Lines, Shards} {
		b.Run(string(layout), func(b *testing.B) {
			c, size := benchCollection(b, 5000)
			c.Layout = layout
			b.SetBytes(size)
			for b.Loop() {
				if _, err := Render(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
