package cases

// The corpus through the target `pipeline`: what it takes gives the destination of the
// case, and what it does not take is listed with the reason.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/pipeline"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	runtime "github.com/hayone1/mongocd/runtime/pipeline"
)

// pipelinesGolden says of each case what becomes of it.
const pipelinesGolden = "../../testdata/pipelines.txt"

// apart are the cases whose destination becomes another one, with the reason.
var apart = map[string]string{
	"add":                          "the test engine takes documents for equal whose fields are in another order",
	"functions-objects":            "the test engine takes documents for equal whose fields are in another order",
	"order-embedded":               "the test engine takes documents for equal whose fields are in another order",
	"constructors":                 "the test engine takes minKey and maxKey for nothing, not even themselves",
	"identity-id-types":            "the test engine takes minKey and maxKey for nothing, not even themselves",
	"type-timestamp-minkey-maxkey": "the test engine takes minKey and maxKey for nothing, not even themselves",
	"rules-change":                 "fields that are new come in the order of the wanted document, and not in that of their names",
	"type-duplicate-keys":          "of two fields of one name an operator gives one",
	"type-nan-payload":             "for operators one NaN is as another",
	"structure-index-early":        "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
	"unique-chain":                 "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
	"unique-chain-compound":        "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
	"unique-cycle":                 "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
	"unique-needs-delete":          "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
	"unique-partial":               "the values of a unique index move between documents: `$merge` writes one after the other, and stops",
}

// TestPipelinesOfCases runs the program over every case that the target takes, twice; in a
// soak the script, too.
func TestPipelinesOfCases(t *testing.T) {
	engine.RequireExact(t, "destinations are compared byte for byte")
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	var b strings.Builder
	for i, c := range readCases(t) {
		if c.desiredOnly || c.directory != "" || c.server != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := &destination{client: client, prefix: fmt.Sprintf("p%d-%d-", os.Getpid(), i)}
			became := c.throughPipelines(t, d, programOfPipelines)
			fmt.Fprintf(&b, "%s: %s\n", c.name, became)
			if os.Getenv("MONGOCD_SOAK") == "" || strings.HasPrefix(became, "refused when compiled") {
				return
			}
			d = &destination{client: client, prefix: fmt.Sprintf("s%d-%d-", os.Getpid(), i)}
			if script := c.throughPipelines(t, d, scriptOfPipelines); script != became {
				t.Errorf("the program: %s\nthe script: %s", became, script)
			}
		})
	}
	if t.Failed() {
		return
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		writeFile(t, pipelinesGolden, []byte(b.String()))
	}
	golden, err := os.ReadFile(pipelinesGolden)
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != b.String() {
		t.Errorf("%s is another one; if that is meant, UPDATE_GOLDEN=1 writes it\n%s", pipelinesGolden, lineDiff(string(golden), b.String()))
	}
}

// throughPipelines is what becomes of a case: as in the case, or why not.
func (c *testCase) throughPipelines(t *testing.T, d *destination, apply applies) string {
	t.Helper()
	dir := t.TempDir()
	c.writeWorkspace(t, dir)
	w, diags := workspace.LoadDir(dir)
	var result *compiler.Result
	o := c.options()
	o.Compiler = "mongocd test"
	if !diags.HasErrors() {
		var more diag.List
		result, more = compiler.CompilePipelines(t.Context(), w, o)
		diags = append(diags, more...)
	}
	if diags.HasErrors() {
		var why []string
		for _, e := range diags {
			if e.Severity == diag.Error {
				why = append(why, strings.TrimSuffix(string(e.Code)+": "+e.Message, " cannot be part of a pipeline"))
			}
		}
		slices.Sort(why)
		return "refused when compiled, " + strings.Join(slices.Compact(why), ", ")
	}
	finished, snapshot, diags := compiler.Run(t.Context(), w, o)
	if diags.HasErrors() {
		t.Fatal(rendered(t, diags))
	}
	for key, source := range snapshot.Collections {
		from := key.Source
		for _, j := range finished {
			if s := j.Weave.Module.Sources[from]; s != nil && s.Database != nil {
				from = s.Database.Text
			}
		}
		d.source(t, collection{database: "from-" + from, name: key.Name, documents: source.Documents})
	}
	s := pipeline.State{Weave: "t", Environment: c.env, Compiler: "mongocd test"}
	for _, list := range result.Pipelines {
		for _, p := range list {
			s.Collections = append(s.Collections, pipeline.Collection{SourceDatabase: d.prefix + "from-" + p.Source[0], Source: p.Source[1], Database: d.prefix + p.Into[0], Name: p.Into[1],
				Origin: p.Origin, On: p.On, Inserts: p.Mode != desired.Update, Updates: p.Mode != desired.Insert, Pipelines: p.Pipelines()})
		}
	}
	files, err := pipeline.Generate(s, nil)
	if err != nil {
		return "refused when generated, " + err.Error()
	}
	return c.runPipelines(t, d, s, func() (int, string) { return apply(t, d, files) })
}

// applies runs an artefact; it gives the exit code and what it said.
type applies func(t *testing.T, d *destination, files []codegen.File) (code int, said string)

func fileOf(t *testing.T, files []codegen.File, name string) []byte {
	t.Helper()
	i := slices.IndexFunc(files, func(f codegen.File) bool { return f.Path == name })
	if i < 0 {
		t.Fatal("no " + name)
	}
	return files[i].Data
}

func programOfPipelines(t *testing.T, d *destination, files []codegen.File) (int, string) {
	t.Helper()
	state, err := runtime.Parse(fileOf(t, files, runtime.FileName))
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	code, err := runtime.Run(t.Context(), d.client, state, runtime.Options{Mode: "apply", Range: 3, Parallel: 2, StateDatabase: d.prefix + remembering, Say: func(line string) error {
		said.WriteString(line + "\n")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return code, said.String()
}

func scriptOfPipelines(t *testing.T, d *destination, files []codegen.File) (int, string) {
	t.Helper()
	script := filepath.Join(t.TempDir(), pipeline.FileName)
	writeFile(t, script, fileOf(t, files, pipeline.FileName))
	r := engine.Mongosh(t, engine.ForTest(t), script, "MONGOCD_MODE=apply", "MONGOCD_RANGE=3", "MONGOCD_STATE_DATABASE="+d.prefix+remembering)
	return r.Code, r.Stdout + r.Stderr
}

// source makes a collection that is dropped with its database after the test.
func (d *destination) source(t *testing.T, c collection) {
	t.Helper()
	d.databases = append(d.databases, c.database)
	d.load(t, []collection{c})
}

// runPipelines puts the case's destination on the server, and applies twice.
func (c *testCase) runPipelines(t *testing.T, d *destination, s pipeline.State, artefact func() (int, string)) string {
	t.Helper()
	d.databases = append(d.databases, databasesOf(c.before, c.after)...)
	t.Cleanup(func() {
		for _, name := range append(slices.Compact(slices.Sorted(slices.Values(d.databases))), remembering) {
			if err := d.client.Database(d.prefix + name).Drop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	d.load(t, c.before)
	for _, into := range s.Collections {
		if !slices.Equal(into.On, []string{"_id"}) { // `$merge` wants it, and the other targets do not
			keys := bson.D{}
			for _, name := range into.On {
				keys = append(keys, bson.E{Key: name, Value: 1})
			}
			if _, err := d.client.Database(into.Database).Collection(into.Name).Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: keys, Options: options.Index().SetUnique(true)}); err != nil {
				return "its destination has no unique index over its identity, and can have none"
			}
		}
	}
	databases := slices.Compact(slices.Sorted(slices.Values(databasesOf(c.before, c.after))))
	apply := func() (int, string, string) {
		code, said := artefact()
		return code, strings.ReplaceAll(said, d.prefix, ""), onlyDocuments(d.dumpOf(t, databases))
	}
	code, said, there := apply()
	switch want := onlyDocuments(c.after); {
	case code == 3 && there == onlyDocuments(c.before):
		var why []string
		for line := range strings.Lines(said) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "refused:") || strings.Contains(line, " at ") || strings.Contains(line, " documents have ") {
				why = append(why, line)
			}
		}
		return "refused when run, " + strings.Join(why, "; ")
	case code == 0 && there == want:
		if apart[c.name] != "" {
			t.Errorf("the destination is as in the case: take it out of apart")
		}
		if code, said, again := apply(); code != 0 || !strings.Contains(said, "in sync: nothing was written") || again != there {
			t.Errorf("the second run: exit %d\n%s%s", code, said, lineDiff(there, again))
		}
		if c.exit != 0 {
			return "as in the case, where the other targets end with " + fmt.Sprint(c.exit)
		}
		return "as in the case"
	default:
		if c.exit != 0 {
			return fmt.Sprintf("exit %d, where the other targets end with %d", code, c.exit)
		}
		if why := apart[c.name]; why != "" {
			return fmt.Sprintf("exit %d, and another destination: %s", code, why)
		}
		t.Errorf("exit %d\n%s%s", code, said, lineDiff(want, there))
		return ""
	}
}

// onlyDocuments are the documents of a world, without indexes and options: pipelines leave these.
func onlyDocuments(world []collection) string {
	var out []collection
	for _, c := range world {
		if len(c.documents) > 0 {
			out = append(out, collection{database: c.database, name: c.name, documents: c.documents})
		}
	}
	return show(out, itself)
}
