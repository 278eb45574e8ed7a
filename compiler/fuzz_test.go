package compiler

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// FuzzCompile holds that no text of rules makes the compiler panic, that a
// message has its code registered and its place in the file, and that what
// compiles has valid documents. Seeds are the broken workspaces.
func FuzzCompile(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(diagnosticsDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if strings.HasSuffix(part.Name, ".weave") {
				f.Add(string(part.Data))
			}
		}
	}
	f.Add(`weave w environments a, b
from shop_test into shop { sync flags by name { only where archived == false  each i in items expect any { set i.net = 2 }  lookup r in regions where r._id == _id  check count() > 0  check name refers to flags.name } }
test "x" for a { given flags { name: "n", archived: false, items: [{ net: 1 }], _id: 1 } given regions { _id: 1 } expect flags with { name: "n", items: [{ net: 2 }] } without x.y expect no flags with { name: "m" } }
test "y" { given flags { name: 1 } expect error check-failed expect warning no-effect }
`)
	var documents []bson.Raw
	for line := range strings.Lines(`{"_id": 1, "name": "dark-mode", "rollout": {"$numberLong": "100"}, "stage": "live", "archived": false, "audiences": ["all"], "limits": {"users": 5}, "items": [{"sku": "a", "net": 1.5}], "d": {"$numberDecimal": "1.10"}}
{"_id": 2, "name": "fast-search", "rollout": {"$numberLong": "20"}, "stage": "beta", "archived": false, "audiences": [], "limits": {}, "items": [], "a.b": {"$c": null}, "": 1}
{"_id": "x", "name": null, "n": {"$numberDouble": "NaN"}, "items": "none", "when": {"$date": "2026-01-01T00:00:00Z"}}
`) {
		d, err := doc.ParseExtJSON([]byte(line))
		if err != nil {
			f.Fatal(err)
		}
		documents = append(documents, d)
	}
	data := &workspace.Collection{Name: "shop_test.flags", Kind: "collection", Folder: "extracted/shop_test/flags", Documents: documents, Count: len(documents), Shape: shape.Infer(documents, 1)}
	f.Fuzz(func(t *testing.T, rules string) {
		if len(rules) > 10_000 {
			return
		}
		file, diags := parser.Parse(source.NewFile("f.weave", rules))
		sound(t, diags)
		if diags.HasErrors() {
			return
		}
		module, diags := check.Check([]*ast.File{file})
		sound(t, diags)
		if (module == nil) != diags.HasErrors() {
			t.Fatal("a module beside errors, or none without")
		}
		if module == nil {
			return
		}
		weave := &workspace.Weave{Dir: ".", Module: module}
		for _, env := range module.Environments[:min(2, len(module.Environments))] {
			j := &job{Job: &workspace.Job{Weave: weave, Environment: env}}
			s := &workspace.Snapshot{Collections: map[workspace.Key]*workspace.Collection{}}
			for _, sync := range module.Syncs {
				targets, _ := sync.Targets([]string{"flags", "regions"})
				for _, t := range targets {
					j.Targets = append(j.Targets, &workspace.Target{Target: t, Blocks: [][]ast.Stmt{sync.Stmts}})
				}
			}
			for _, a := range module.Amends {
				sound(t, j.Amend(a))
			}
			for _, n := range j.Needs() {
				s.Collections[n.Key] = data
			}
			tr := &tracer{}
			j.trace = tr.note
			diags := j.prepare(s)
			sound(t, diags)
			if diags.HasErrors() {
				continue
			}
			cover := &coverage{statements: map[ast.Stmt]bool{}}
			for _, test := range module.Tests {
				r, wrong := runTest(context.Background(), j.Job, s, test, cover)
				sound(t, append(wrong, r.Failures...))
			}
			cover.report()
			for _, u := range j.units {
				p, found := u.follow(context.Background(), 0, tr)
				sound(t, append(found, p.Problems...))
			}
			diags = j.run(context.Background())
			sound(t, diags)
			if diags.HasErrors() {
				continue
			}
			for _, c := range j.state("fuzz").Collections {
				for _, d := range c.Documents {
					if err := doc.Validate(d.Raw); err != nil && len(d.Raw) > 0 {
						t.Fatalf("%v in %v", err, d.Raw)
					}
				}
			}
		}
	})
}

// sound holds what is true of every message.
func sound(t *testing.T, l diag.List) {
	t.Helper()
	for _, d := range l {
		registered := false
		for _, c := range diag.Codes {
			registered = registered || c.Code == d.Code
		}
		if !registered {
			t.Errorf("the code %q is not registered", d.Code)
		}
		if d.Message == "" || !d.Span.IsZero() && (d.Span.Start > d.Span.End || d.Span.End > len(d.Span.File.Text)) {
			t.Errorf("%+v", d)
		}
	}
	renderAll(t, l)
}
