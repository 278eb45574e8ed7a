package main

// `compile --target pipeline`: what it writes, refuses, and does on a server.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/lang/function"
)

func TestPipelineTarget(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "w")
	put(t, filepath.Join(dir, "extracted", "pipe_staging", "products", "documents.jsonl"), `{"_id":1,"sku":"a","price":{"$numberDecimal":"1.50"},"test":false}`+"\n")
	weave := func(statements string) {
		put(t, filepath.Join(dir, "w.weave"), "weave w\nenvironments prod\n\nfrom pipe_staging into pipe_shop {\n  sync products {\n    mode merge\n"+statements+"  }\n}\n")
	}
	weave("    set price = round(price, 1)\n    redact *.token\n")
	code, out := inWorkspace(t, dir, "compile", "--target", "pipeline")
	for _, want := range []string{"error[not-in-pipeline]: `round` cannot be part of a pipeline", "w.weave:7:17", "pads decimals with zeros", "`redact` of every field of a name cannot be part of a pipeline"} {
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("exit %d without %q:\n%s", code, want, out)
		}
	}
	weave("    only where test == false\n    set price = price * 2\n    remove test\n")
	if code, out := inWorkspace(t, dir, "compile", "--target", "pipeline", "--build"); code != 0 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	folder := filepath.Join(dir, "build", "prod", "w")
	if _, err := os.Stat(filepath.Join(folder, "desired")); err == nil {
		t.Error("the sample is in the build folder as what is wanted")
	}
	if code, out := inWorkspace(t, dir, "compile", "--target", "pipeline", "--check"); code != 0 {
		t.Errorf("--check: exit %d:\n%s", code, out)
	}
	for _, c := range []struct{ want, project string }{{"is not PROJECT/CLUSTER", "prod"}, {"", "5e2211c17a3e5a48f5497de3/prod"}} {
		if code, out := inWorkspace(t, dir, "compile", "--target", "pipeline", "--out", "federated", "--federation", c.project); (code == 0) != (c.want == "") || !strings.Contains(out, c.want) {
			t.Errorf("--federation %s: exit %d:\n%s", c.project, code, out)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "federated", "prod", "w", "pipeline.federation.js")); err != nil || !strings.Contains(string(text), "5e2211c17a3e5a48f5497de3") {
		t.Errorf("pipeline.federation.js: %v\n%s", err, text)
	}
	uri := engine.ForTest(t)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	staging, shop := client.Database("pipe_staging").Collection("products"), client.Database("pipe_shop").Collection("products")
	var documents []any
	for i := range 50 {
		documents = append(documents, bson.D{{Key: "_id", Value: int32(i)}, {Key: "price", Value: bson.NewDecimal128(0x3040000000000000, uint64(i))}, {Key: "test", Value: i%5 == 0}})
	}
	for _, c := range []*mongo.Collection{staging, shop} {
		if err := c.Database().Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := staging.InsertMany(t.Context(), documents); err != nil {
		t.Fatal(err)
	}
	r := engine.Mongosh(t, uri, filepath.Join(folder, "pipeline.js"), "MONGOCD_MODE=apply", "MONGOCD_RANGE=15")
	if r.Code != 0 || !strings.Contains(r.Stdout, "40 to insert") || !strings.Contains(r.Stdout, "40 of 40") || !strings.Contains(r.Stdout, "applied and verified") {
		t.Errorf("exit %d:\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	var got bson.D
	if err := shop.FindOne(t.Context(), bson.D{{Key: "_id", Value: int32(7)}}).Decode(&got); err != nil || fmt.Sprint(got) != `{"_id":{"$numberInt":"7"},"price":{"$numberDecimal":"14"}}` {
		t.Errorf("%v, %v", got, err)
	}
	program := exec.CommandContext(t.Context(), filepath.Join(folder, "w"), "apply", "--parallel", "3", "--range", "2")
	program.Env = append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri)
	if said, err := program.CombinedOutput(); err != nil || !strings.Contains(string(said), "in sync: nothing was written") {
		t.Errorf("the program: %v\n%s", err, said)
	}
	// A sample of the source is enough for pipelines, and nothing that is wanted.
	if code, out := inWorkspace(t, dir, "extract", "--uri", uri, "--sample", "5", "--discard-edits", "--layout", "lines"); code != 0 || !strings.Contains(out, "a sample: the first and the last by _id, of 50") {
		t.Errorf("extract --sample: exit %d:\n%s", code, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "extracted", "pipe_staging", "products", "documents.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(string(text)) {
		ids = append(ids, line[:strings.Index(line, ",")])
	}
	if want := `{"_id":0 {"_id":1 {"_id":2 {"_id":48 {"_id":49`; strings.ReplaceAll(strings.Join(ids, " "), `: `, `:`) != want {
		t.Errorf("the sample is %s", ids)
	}
	for _, c := range []struct {
		code int
		args []string
	}{{0, []string{"check"}}, {0, []string{"compile", "--target", "pipeline"}}, {1, []string{"compile", "--target", "mongosh"}}} {
		if code, out := inWorkspace(t, dir, c.args...); code != c.code || (code == 1) != strings.Contains(out, "error[sampled-data]") {
			t.Errorf("%v: exit %d:\n%s", c.args, code, out)
		}
	}
}

// TestLanguagePipelines holds what docs/pipeline.md says of each function.
func TestLanguagePipelines(t *testing.T) {
	var b strings.Builder
	b.WriteString("| function | pushed down | |\n|---|---|---|\n")
	marks := pushdown.Marks()
	for i, f := range function.All() {
		if i >= len(marks) || marks[i].Function != f.Name {
			t.Fatalf("compiler/pushdown/table.go says nothing of %s, or in another place", f.Name)
		}
		m := marks[i]
		word, why := "yes", ""
		switch {
		case m.Refused != "":
			word, why = "refused", m.Refused
		case m.Condition != "":
			word, why = "where", m.Condition
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, word, why)
	}
	if len(marks) != len(function.All()) {
		t.Errorf("%d marks for %d functions", len(marks), len(function.All()))
	}
	m := readMarkdown(t, "../../docs/pipeline.md")
	m.generated(t, "pipeline functions", b.String())
	m.settle(t)
}
