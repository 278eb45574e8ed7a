package query

// How long an author waits, over 20 weave files and 100,000 documents.
//
//	go test ./compiler/query -run '^$' -bench . -benchtime 100x
//
// MONGOCD_BENCH_DOCUMENTS sets the number of documents of about 600 bytes; 10,000 if unset.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/compiler/workspace"
)

const benchWeaves = 20

// benchRules are the rules of one file; in it, %d is an edit.
func benchRules(i, edit int) string {
	return fmt.Sprintf(`from shop_test into shop {
  sync c%02d by sku {
    only where archived == false
    set price = price * 2
    create label = "${name} (${category})"
    where category == "c3" {
      set stock.amount = 0
    }
    remove internal
    check stock.amount >= 0 - %d
    check unique name
  }
}
`, i, edit)
}

// benchWorkspace is a workspace of files and documents on a disk, and the size of what
// was extracted.
func benchWorkspace(b *testing.B) (w *Workspace, size int64) {
	b.Helper()
	documents := 10_000
	if text := os.Getenv("MONGOCD_BENCH_DOCUMENTS"); text != "" {
		var err error
		if documents, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	write := func(name string, data []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	write("app.weave", []byte("weave bench\nenvironments prod\n"))
	for i := range benchWeaves {
		write(fmt.Sprintf("w%02d.weave", i), []byte(benchRules(i, 0)))
		var data bytes.Buffer
		for n := range documents / benchWeaves {
			fmt.Fprintf(&data, `{"_id": {"$oid": "%024x"}, "sku": "sku-%07d", "name": "Product number %d", "category": "c%d", "archived": %v, "price": {"$numberDecimal": "%d.50"}, "rank": %d, "weight": %d.5, "sold": {"$numberLong": "%d"}, "added": {"$date": "2026-01-01T00:%02d:00.000Z"}, "stock": {"amount": %d, "place": "north"}, "tags": ["a", "b", "tag%d"], "variants": [{"color": "red", "size": %d}, {"color": "blue", "size": 2}], "internal": {"by": "ann"}}`+"\n",
				n, n, n, n%10, n%20 == 0, n%100, n, n%50, n*1000, n%60, n%30, n%7, n%5)
		}
		folder := fmt.Sprintf("extracted/shop_test/c%02d/", i)
		write(folder+"documents.jsonl", data.Bytes())
		write(folder+"collection.json", []byte(`{"format": 1, "kind": "collection", "layout": "lines", "key": ["sku"], "indexes": [{"key": {"sku": 1}, "name": "sku_1", "unique": true}]}`))
		size += int64(data.Len())
	}
	return Open(os.DirFS(dir), workspace.Options{WithEdits: true}, nil), size
}

// report reports the 95th percentile of times in milliseconds.
func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkDiagnostics is a keystroke in one file up to all diagnostics, and what is
// held in memory by the bytes of extracted files.
func BenchmarkDiagnostics(b *testing.B) {
	before := heap()
	w, size := benchWorkspace(b)
	ctx := context.Background()
	if a, err := w.Now().Analyse(ctx); err != nil || a.Diagnostics.HasErrors() {
		b.Fatal(err, a)
	}
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		at := time.Now()
		w.Edit(fmt.Sprintf("w%02d.weave", i%benchWeaves), benchRules(i%benchWeaves, i))
		if _, err := w.Now().Analyse(ctx); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(at))
	}
	report(b, times)
	b.ReportMetric(float64(heap()-before)/float64(size), "memory/extracted")
	runtime.KeepAlive(w)
}

// BenchmarkCompletion is a keystroke up to the items behind `==`, BenchmarkHover up to
// what is said of a path.
func BenchmarkCompletion(b *testing.B) {
	benchAsk(b, `category == `, func(s *Snapshot, name string, at int) bool {
		items, _ := s.Completions(name, at)
		return len(items) > 10
	})
}

func BenchmarkHover(b *testing.B) {
	benchAsk(b, `stock.am`, func(s *Snapshot, name string, at int) bool {
		text, _ := s.Hover(name, at)
		return text != ""
	})
}

func benchAsk(b *testing.B, behind string, ask func(s *Snapshot, name string, at int) bool) {
	b.Helper()
	w, _ := benchWorkspace(b)
	if _, err := w.Now().Analyse(context.Background()); err != nil {
		b.Fatal(err)
	}
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		name, text := fmt.Sprintf("w%02d.weave", i%benchWeaves), benchRules(i%benchWeaves, i)
		at := time.Now()
		w.Edit(name, text)
		if !ask(w.Now(), name, strings.Index(text, behind)+len(behind)) {
			b.Fatal("nothing was said")
		}
		times = append(times, time.Since(at))
	}
	report(b, times)
}
