package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Many documents, of which the destination has half, as they are in the source: the script
// is killed while it writes, the program goes on two ranges at a time, and the next run of
// the script is in sync. MONGOCD_PIPELINE is how many; `make soak` has 1,000,000.
func TestManyDocuments(t *testing.T) {
	n := 400
	if text := os.Getenv("MONGOCD_PIPELINE"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	proxy := w.proxy()
	began := time.Now()
	lap := func(what string, resident int64) {
		t.Logf("%d documents, %s: %v, %d commands, %d MiB resident", n, what, time.Since(began).Round(10*time.Millisecond), len(proxy.Commands()), resident>>20)
		began = time.Now()
		proxy.Reset()
	}
	w.generate(n)
	lap("generated", 0)
	script, program := made(t, "where rank < 50 { set rank = rank * 2 } else { set rank = 100 - rank }\nset name = upper(name)", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge})
	ranges := max(4, n/100)
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	var finished atomic.Int32
	proxy.OnCommand(func(c wire.Command) {
		if c.Name == "update" && c.Collection() == "pipeline.progress" {
			if finished.Add(1) == 4 { // the first one begins
				kill()
			}
		}
	})
	killed, _ := engine.RunMongosh(ctx, proxy.URI(), script.script, "TEST_MODES=apply", "MONGOCD_RANGE="+strconv.Itoa(ranges)) // it is killed: that is its error
	if ctx.Err() == nil {
		t.Fatalf("the run ended before it could be killed: exit %d\n%s%s", killed.Code, killed.Stdout, killed.Stderr)
	}
	proxy.OnCommand(nil)
	lap("killed while it wrote", killed.Resident)
	said := program.run(proxy.URI(), "apply", "--parallel", "2")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if !strings.Contains(said, "exit 0") || !strings.Contains(said, fmt.Sprintf("goes on; still %d to insert", n-n/2)) || !strings.Contains(said, "applied and verified") {
		t.Errorf("the program:\n%s", said)
	}
	lap("gone on with and verified", int64(memory.Sys))
	r, err := engine.RunMongosh(t.Context(), proxy.URI(), script.script, "TEST_MODES=apply")
	if err != nil || !strings.Contains(r.Stdout, "exit 0") || !strings.Contains(r.Stdout, "in sync: nothing was written") {
		t.Errorf("%v, exit %d\n%s%s", err, r.Code, r.Stdout, r.Stderr)
	}
	lap("in sync", r.Resident)
	if there, err := w.shop.CountDocuments(t.Context(), bson.D{{Key: "rank", Value: bson.D{{Key: "$lte", Value: 98}}}, {Key: "name", Value: bson.D{{Key: "$regex", Value: "^PRODUCT"}}}}); err != nil || there != int64(n) {
		t.Errorf("%d documents are as wanted, of %d: %v", there, n, err)
	}
}

// generate fills staging with n documents of some 130 bytes, and shop with the first half of them.
func (w *world) generate(n int) {
	w.t.Helper()
	text := strings.Repeat("x", 60)
	for from := 0; from < n; from += 10_000 {
		var list []any
		for i := from; i < min(n, from+10_000); i++ {
			list = append(list, bson.D{{Key: "_id", Value: int32(i)}, {Key: "name", Value: fmt.Sprintf("product %d", i)}, {Key: "rank", Value: int32(i % 100)}, {Key: "text", Value: text}})
		}
		for c, some := range map[*mongo.Collection][]any{w.staging: list, w.shop: list[:max(0, min(len(list), n/2-from))]} {
			if len(some) == 0 {
				continue
			}
			if _, err := c.InsertMany(w.t.Context(), some); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// proxy is a way to the server that sees the commands.
func (w *world) proxy() *wire.Proxy {
	w.t.Helper()
	target, _, _ := strings.Cut(strings.TrimPrefix(w.uri, "mongodb://"), "/")
	p, err := wire.Start(context.Background(), target) // not the context of the test: that ends before the clean-up
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return p
}
