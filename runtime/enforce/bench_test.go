package enforce_test

import (
	"slices"
	"strconv"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
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

// BenchmarkPlanChanges is a plan over 100,000 documents of which 5,000 change, a price
// in an array of ten: what the report takes is within a tenth of all
// (go test -bench PlanChanges -cpuprofile, by compare.(*Collection).Item).
func BenchmarkPlanChanges(b *testing.B) {
	store := openers["dir"](b)
	ns := stores.Namespace{Database: "bench", Collection: "c"}
	state := scenario{}.desired(b, ns.Database)
	documents := many(100_000, 512)
	priced := func(d bson.Raw, amount int32) bson.Raw {
		prices := make([]bson.RawValue, 10)
		for i := range prices {
			of := int32(i)
			if i == 3 {
				of = amount
			}
			prices[i] = doc.Value(doc.NewBuilder(64).AppendString("currency", "C"+strconv.Itoa(i)).AppendInt32("amount", of).Raw())
		}
		out := doc.NewBuilder(len(d) + 512)
		for name, v := range doc.Fields(d) {
			out.Append(name, v)
		}
		return out.AppendArray("prices", prices...).Raw()
	}
	for i := range documents {
		documents[i].Raw = priced(documents[i].Raw, 100)
	}
	state.Collections[0].Documents = documents
	if report, err := enforce.Apply(b.Context(), store, state, enforce.Options{}); err != nil || report.Exit != 0 {
		b.Fatalf("%v\n%s", err, view.Text(report, false))
	}
	documents = slices.Clone(documents)
	for i := range 5_000 {
		d := &documents[i*20]
		d.Raw = priced(doc.Without(d.Raw, "prices"), 50)
	}
	state.Collections[0].Documents = documents
	for b.Loop() {
		if report, err := enforce.Plan(b.Context(), store, state, enforce.Options{}); err != nil || report.Collections[0].Counts.Update != 5_000 {
			b.Fatalf("%v\n%s", err, view.Text(report, false))
		}
	}
}
