package pipeline_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/pipeline"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// What `lookup` finds in another collection of the source, and what `each` makes of lists.
func TestLookupAndEach(t *testing.T) {
	rules := `lookup r in regions where r.code == region expect 0 to 1
set area = if r is missing then "none" else r.name
each i in items where i.kind != "gift" expect any {
  set i.label = "${i.sku} ${area}"
  where i.sku == "old" { remove i }
}`
	both(t, rules, pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge}, func(t *testing.T, w *world, a artefact) {
		w.insert(w.staging, `{"_id": 1, "region": "DE", "items": [{"sku": "a"}, {"sku": "old"}, {"sku": "g", "kind": "gift"}]}`, `{"_id": 2, "region": "XX", "items": []}`, `{"_id": 3, "region": "CH"}`)
		w.run(a, "apply", "3", "there is no collection pipeline_staging.regions on this cluster, which `lookup` reads")
		regions := w.staging.Database().Collection("regions")
		w.insert(regions, `{"_id": 1, "code": "DE", "name": "Germany"}`, `{"_id": 2, "code": "CH", "name": "Switzerland"}`, `{"_id": 3, "code": "CH", "name": "again"}`)
		w.run(a, "apply", "3", "lookup-count at t.weave:5:1: 1 documents, _id 3 for one", "refused: 1 documents are at fault")
		if _, err := regions.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 3}}); err != nil {
			t.Fatal(err)
		}
		w.run(a, "apply apply verify", "0 0 0", "3 to insert", "applied and verified", "in sync: nothing was written")
		want := []string{
			`{"_id":{"$numberInt":"1"},"region":"DE","items":[{"sku":"a","label":"a Germany"},{"sku":"g","kind":"gift"}],"area":"Germany"}`,
			`{"_id":{"$numberInt":"2"},"region":"XX","items":[],"area":"none"}`,
			`{"_id":{"$numberInt":"3"},"region":"CH","area":"Switzerland"}`,
		}
		if got := w.documents(w.shop); !slices.Equal(got, want) {
			t.Errorf("%s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// What a federated database instance runs, as text: no such instance can be had here. The
// copy of what the rules read goes to the other cluster, without what is left out.
func TestFederation(t *testing.T) {
	c := collection(t, "only where rank > 5\nset rank = rank + 1", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge, LeftOut: []doc.Path{{"secret"}}})
	one := pipeline.Collection{SourceDatabase: "staging", Source: "products", Database: "shop", Name: "products", Origin: c.Origin, On: c.On, Pipelines: c.Pipelines(), Read: c.Read}
	to, err := pipeline.ParseFederation("5e2211c17a3e5a48f5497de3/prod-eu")
	if err != nil {
		t.Fatal(err)
	}
	state := pipeline.State{Weave: "t", Environment: "prod", Compiler: "mongocd test", Collections: []pipeline.Collection{one}, Federation: to}
	files, err := pipeline.Generate(state, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range files {
		if f.Path == pipeline.FederationName {
			text = string(f.Data)
		}
	}
	const golden = "testdata/" + pipeline.FederationName
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || text != string(want) {
		t.Errorf("%v; %s is another one (UPDATE_GOLDEN=1 writes it):\n%s", err, golden, text)
	}
	state.Collections[0].Lookups = []string{"regions"}
	if _, err := pipeline.Generate(state, nil); err == nil || !strings.Contains(err.Error(), "`lookup` reads all of staging.regions") {
		t.Errorf("a lookup between clusters: %v", err)
	}
	state.Collections[0].Lookups = nil
	state.Collections = append(state.Collections, one)
	if _, err := pipeline.Generate(state, nil); err == nil || !strings.Contains(err.Error(), "goes to two destinations") {
		t.Errorf("one source for two destinations: %v", err)
	}
	for _, wrong := range []string{"", "prod", "5e2211c17a3e5a48f5497de3/", "5e2211c17a3e5a48f5497de3/a b", "5E2211c17a3e5a48f5497de3/a", "x/y"} {
		if _, err := pipeline.ParseFederation(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
