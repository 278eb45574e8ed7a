package outputs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// BenchmarkGenerate makes the files of a build from documents of 1 KiB, for each target
// and for both. MONGOCD_BENCH_DOCUMENTS sets their number; 10,000 if unset.
func BenchmarkGenerate(b *testing.B) {
	n := 10_000
	if text := os.Getenv("MONGOCD_BENCH_DOCUMENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	c := &desired.Collection{Database: "shop", Name: "products", Origin: "bench.weave:5:3", Mode: desired.Replace, Identity: []doc.Path{{"sku"}}}
	for i := range n {
		d := doc.NewBuilder(1024).AppendString("sku", fmt.Sprintf("sku-%07d", i)).AppendInt32("rank", int32(i)).Append("sold", doc.String("many")).
			AppendString("text", strings.Repeat("x", 900))
		c.Documents = append(c.Documents, desired.Document{Raw: d.Raw()})
	}
	result := &compiler.Result{States: []*desired.State{{Weave: "bench", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{c}}}}
	for _, targets := range [][]codegen.Target{{codegen.Mongosh}, {codegen.Go}, codegen.Targets} {
		b.Run(fmt.Sprint(targets), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(b.Context(), result, targets, Program{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
