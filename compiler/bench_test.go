package compiler_test

// Compiling against its peer: decoding and encoding the same Extended JSON
// with the driver's bson package on one thread.
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
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/disk"
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
		base, err := disk.Open(filepath.Dir(filepath.Dir(file)))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := layout.Relock(base, filepath.Base(filepath.Dir(file))); err != nil {
			b.Fatal(err)
		}
		if err := base.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		w, diags := workspace.LoadDir(dir)
		if w == nil {
			b.Fatal(diags)
		}
		result, diags := compiler.Compile(context.Background(), w, workspace.Options{})
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

// diagnosedRules are statements, each with a diagnostic for every document or
// for as many as there are values.
var diagnosedRules = []struct{ name, statements string }{
	{"dangling", "check parent refers to others.key"},
	{"link", "remove _id\n    link parent to others"},
	{"check", "check rank < 0 else \"rank is ${rank}\""},
	{"unique", "check unique category"},
	{"no-value", "check name in [\"Product number x\"]"},
	{"identity", "set sku = category"},
	{"type", "set n = rank + name"},
	{"each", "each v in variants { check v.size < 0 }"},
	{"aggregate", "check total(rank) < 0"},
	{"lookup", "lookup o in others where o.key == name"},
}

// diagnose checks a workspace of n documents and others that they do not refer
// to, and returns how many messages there are.
func diagnose(ctx context.Context, b testing.TB, n int, statements string) int {
	dir := b.TempDir()
	rules := "weave bench\nenvironments prod\n\nfrom shop_test into shop {\n  sync products by sku {\n    " + statements + "\n  }\n  sync others by key {\n    remove _id\n  }\n}\n"
	products, others := strings.Builder{}, strings.Builder{}
	for i := range n {
		fmt.Fprintf(&products, `{"_id": %d, "sku": "sku-%07d", "name": "Product number %d", "category": "c%d", "rank": %d, "parent": "key-%07dx", "variants": [{"size": %d}]}`+"\n", i, i, i, i%10, i, i, i)
		fmt.Fprintf(&others, `{"_id": "id-%07d", "key": "key-%07d"}`+"\n", i, i)
	}
	for name, text := range map[string]string{
		"bench.weave": rules, "extracted/shop_test/products/documents.jsonl": products.String(), "extracted/shop_test/others/documents.jsonl": others.String(),
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	w, diags := workspace.LoadDir(dir)
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return len(compiler.Check(ctx, w, workspace.Options{}))
}

// BenchmarkDiagnostics holds the growth of every kind of message: ten times the
// documents take ten to fourteen times as long.
func BenchmarkDiagnostics(b *testing.B) {
	for _, rule := range diagnosedRules {
		for _, n := range []int{benchDocuments(b) / 10, benchDocuments(b)} {
			b.Run(fmt.Sprintf("%s/%d", rule.name, n), func(b *testing.B) {
				for b.Loop() {
					if diagnose(b.Context(), b, n, rule.statements) == 0 {
						b.Fatal("no message")
					}
				}
			})
		}
	}
}

// TestManyDanglingReferences: as many as there are documents take no longer than
// reading them; when each looked for its nearest value, these took a quarter of an hour.
func TestManyDanglingReferences(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if diagnose(ctx, t, 20_000, diagnosedRules[0].statements) == 0 || ctx.Err() != nil {
		t.Error("no message in a minute")
	}
}

// TestCheckIsStopped: a context that is done ends the reading and the passes over documents.
func TestCheckIsStopped(t *testing.T) {
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 100 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		start := time.Now()
		diagnose(ctx, t, 50_000, diagnosedRules[0].statements)
		if took := time.Since(start); ctx.Err() == nil || took > 30*time.Second {
			t.Errorf("stopped after %s, it ended after %s", after, took)
		}
		cancel()
	}
}
