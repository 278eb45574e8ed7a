//go:build unix

package enforce

// What the report of a plan costs. In: 100,000 documents in a directory, of which 5,000
// change; out: CPU time and peak heap of the plan, and the same without the report, as ratios.

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores/dir"
)

// cpu is the processor time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// heap is how many bytes the objects on the heap have, those of them that nobody holds any more, too.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak runs a function and returns the most that was on the heap meanwhile, beyond what
// was there before.
func peak(run func()) uint64 {
	runtime.GC()
	before, most := heap(), uint64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.Tick(time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-tick:
				most = max(most, heap())
			}
		}
	}()
	run()
	most = max(most, heap())
	close(stop)
	<-stopped
	return max(most, before) - before
}

// priced is a document of half a KiB with a price in an array of ten.
func priced(i int, amount int32) desired.Document {
	prices := make([]string, 10)
	for n := range prices {
		prices[n] = fmt.Sprintf(`{"currency": "C%d", "amount": %d}`, n, n)
	}
	prices[3] = fmt.Sprintf(`{"currency": "C3", "amount": %d}`, amount)
	text := fmt.Sprintf(`{"_id": %d, "name": "document %d", "text": "%0400d", "prices": [%s`, i, i, i, prices[0])
	for _, p := range prices[1:] {
		text += ", " + p
	}
	raw, err := doc.ParseExtJSON([]byte(text + "]}"))
	if err != nil {
		panic(err) // it is no JSON
	}
	return desired.Document{Raw: raw}
}

// BenchmarkPlanReport is a plan over 100,000 documents of which 5,000 change. A plan calls
// items once, where all else is held already: without the report it takes less by just that.
// The bar is 1.10 for both ratios.
func BenchmarkPlanReport(b *testing.B) {
	const all, changed = 100_000, 5_000
	store, err := dir.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	c := &desired.Collection{Database: "bench", Name: "c", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}}, Documents: make([]desired.Document, all)}
	for i := range c.Documents {
		c.Documents[i] = priced(i, 100)
	}
	state := &desired.State{Weave: "w", Environment: "e", Collections: []*desired.Collection{c}}
	if report, err := Apply(b.Context(), store, state, Options{}); err != nil || report.Exit != 0 {
		b.Fatal(err, report)
	}
	for i := range changed {
		c.Documents[i*all/changed] = priced(i*all/changed, 50)
	}
	e, err := newEnforcer(store, state, Options{}, "plan")
	if err != nil {
		b.Fatal(err)
	}
	observed, err := e.observe(b.Context())
	if err != nil || len(observed.all[0].report.Documents) != changed {
		b.Fatal(err)
	}
	l := observed.all[0]
	plan := func() {
		if report, err := Plan(b.Context(), store, state, Options{}); err != nil || len(report.Collections[0].Documents) != changed {
			b.Fatal(err)
		}
	}
	var whole, items time.Duration
	var most, held uint64
	for b.Loop() {
		most = max(most, peak(func() {
			began := cpu(b)
			plan()
			whole += cpu(b) - began
		}))
		l.report.Documents = []change.DocumentItem{}
		held = max(held, peak(func() {
			began := cpu(b)
			l.items(0)
			items += cpu(b) - began
		}))
	}
	b.ReportMetric(float64(whole)/float64(whole-items), "cpu-with/without")
	b.ReportMetric(float64(most)/float64(most-held), "heap-with/without")
	b.ReportMetric(float64(most)/(1<<20), "MiB-peak")
	b.ReportMetric(float64(whole.Milliseconds())/float64(b.N), "ms-cpu/plan")
}
