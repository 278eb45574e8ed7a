package enforce_test

import (
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// BenchmarkApply is 10,000 documents of 1 KiB on the server: into an empty
// collection, and when everything is in sync.
func BenchmarkApply(b *testing.B) {
	store := openServer(b, mongo.Options{})
	documents := many(10_000, 1024)
	apply := func(b *testing.B, db string) {
		state := scenario{}.desired(b, db)
		state.Collections[0].Documents = documents
		report, err := enforce.Apply(testContext(b), store, state, enforce.Options{})
		if err != nil || report.Exit != 0 {
			b.Fatalf("%v\n%s", err, view.Text(report, false))
		}
	}
	b.Run("empty", func(b *testing.B) {
		for b.Loop() {
			apply(b, database(b))
		}
	})
	b.Run("in sync", func(b *testing.B) {
		db := database(b)
		apply(b, db)
		for b.Loop() {
			apply(b, db)
		}
	})
}

// BenchmarkPlan is the engine without a server: 10,000 documents that a
// directory has in memory.
func BenchmarkPlan(b *testing.B) {
	store := openers["dir"](b)
	ns := stores.Namespace{Database: "bench", Collection: "c"}
	state := scenario{}.desired(b, ns.Database)
	state.Collections[0].Documents = many(10_000, 1024)
	if report, err := enforce.Apply(testContext(b), store, state, enforce.Options{}); err != nil || report.Exit != 0 {
		b.Fatalf("%v\n%s", err, view.Text(report, false))
	}
	for b.Loop() {
		if report, err := enforce.Plan(testContext(b), store, state, enforce.Options{}); err != nil || report.Outcome != change.InSync {
			b.Fatalf("%v\n%s", err, view.Text(report, false))
		}
	}
}
