package compiler

// Compiling against its peer: decoding and encoding the same Extended JSON
// with the driver's bson package on one thread (DESIGN.md 6).
//
//	go test ./compiler -run '^$' -bench . -benchtime 1x
//
// MONGOCD_BENCH_DOCUMENTS sets the number of documents of 1 KiB; 10,000 if unset.

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/layout"
)

const benchRules = `weave bench
environments prod

from shop_test into shop {
  sync products by sku {
    only where archived == false
    set price = price * 2
    create label = "${name} (${category})"
    where category == "c3" {
      set stock.amount = 0
    }
    remove internal
    check stock.amount >= 0
  }
}
`

func benchDocuments(b *testing.B) int {
	n := 10_000
	if text := os.Getenv("MONGOCD_BENCH_DOCUMENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// benchWorkspace writes documents of 1 KiB of Extended JSON.
func benchWorkspace(b *testing.B, n int) (dir, file string, size int64) {
	dir = b.TempDir()
	file = filepath.Join(dir, "extracted", "shop_test", "products", "documents.jsonl")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.weave"), []byte(benchRules), 0o644); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range n {
		line := fmt.Sprintf(`{"_id": {"$oid": "%024x"}, "sku": "sku-%07d", "name": "Product number %d", "category": "c%d", "archived": %v, `+
			`"price": {"$numberDecimal": "%d.50"}, "rank": %d, "weight": %d.5, "sold": {"$numberLong": "%d"}, "added": {"$date": "2026-01-01T00:%02d:00.000Z"}, `+
			`"stock": {"amount": %d, "place": "north"}, "tags": ["a", "b", "tag%d"], "variants": [{"color": "red", "size": %d}, {"color": "blue", "size": 2}], "internal": {"by": "ann"}`,
			i, i, i, i%10, i%20 == 0, i%100, i, i%50, i*1000, i%60, i%30, i%7, i%5)
		line += `, "text": "` + strings.Repeat("x", max(0, 1024-len(line)-13)) + "\"}\n"
		size += int64(len(line))
		if _, err := w.WriteString(line); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return dir, file, size
}

func BenchmarkCompile(b *testing.B) { benchCompile(b, false) }

// BenchmarkCompileLocked is BenchmarkCompile over data with a lock, as extract
// leaves it: the digests are compared.
func BenchmarkCompileLocked(b *testing.B) { benchCompile(b, true) }

func benchCompile(b *testing.B, locked bool) {
	n := benchDocuments(b)
	dir, file, size := benchWorkspace(b, n)
	if locked {
		if _, err := layout.Relock(filepath.Dir(file)); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		w, diags := Load(dir)
		if w == nil {
			b.Fatal(diags)
		}
		result, diags := w.Compile(context.Background(), Options{})
		if result == nil {
			b.Fatal(diags)
		}
		if got, want := len(result.States[0].Collections[0].Documents), n-(n+19)/20; got != want {
			b.Fatalf("%d documents, want %d", got, want)
		}
	}
}

func BenchmarkPeerCodec(b *testing.B) {
	_, file, size := benchWorkspace(b, benchDocuments(b))
	b.SetBytes(size)
	for b.Loop() {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var d bson.D
			if err := bson.UnmarshalExtJSON(line, false, &d); err != nil {
				b.Fatal(err)
			}
			if _, err := bson.MarshalExtJSON(d, true, false); err != nil {
				b.Fatal(err)
			}
		}
	}
}
