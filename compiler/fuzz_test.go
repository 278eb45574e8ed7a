package compiler_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
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
	f.Add(`weave w environments a, b
from shop_test into shop { sync flags by name { only where items is array let m = { [i.sku]: i.net for i in items where i.net > 1 sort by i.net desc, i.sku }  create o = { a: m, [name]: entries(m) }  create y = match(name, /(?<a>.)(b)?/).a ?? [e.key for e in entries(limits)][0] } }
`)
	f.Add(`weave w environments a, b
from shop_test into shop { sync flags by name { only where items is array each k, v at any depth of this where v is empty expect any { remove v } each k, v in limits expect any { set v = 1 } where name not matches /x/ { remove limits } else expect any { set limits.users = 2 } let l = ["a"] each x in l { add x to audiences } } }
`)
	f.Add(`weave w environments a, b = (c, d)
defaults { prune all at most per environment { c: any, else: 10% } for all except c { mode exact } }
from shop_test into "db_${f.name}" for each f in flags where f.rollout == 100 { sync flags by name { only where name is string for b { set rollout = 1 } for c { set rollout = 2 } moved "old" to "dark-mode" moved "older" to "old" } }
`)
	f.Add(`weave w environments a, b
defaults { ensure audiences has "all" for b { elements items by sku } }
from shop_test into shop { sync flags by name { only where items is array mode merge elements items by sku, net without ["b", 2] ensure audiences has no "none", { a: 1 } ensure limits has 1 } }
`)
	const data = `{"_id": 1, "name": "dark-mode", "rollout": {"$numberLong": "100"}, "stage": "live", "archived": false, "audiences": ["all"], "limits": {"users": 5}, "items": [{"sku": "a", "net": 1.5}], "d": {"$numberDecimal": "1.10"}}
{"_id": 2, "name": "fast-search", "rollout": {"$numberLong": "20"}, "stage": "beta", "archived": false, "audiences": [], "limits": {}, "items": [], "a.b": {"$c": null}, "": 1}
{"_id": "x", "name": null, "n": {"$numberDouble": "NaN"}, "items": "none", "when": {"$date": "2026-01-01T00:00:00Z"}}
`
	f.Fuzz(func(t *testing.T, rules string) {
		if len(rules) > 10_000 {
			return
		}
		files := fstest.MapFS{"f.weave": {Data: []byte(rules)}}
		w, diags := workspace.Load(files)
		sound(t, diags)
		if (w == nil) != diags.HasErrors() {
			t.Fatal("a workspace beside errors, or none without")
		}
		if w == nil {
			return
		}
		names := []string{"flags", "regions"}
		for _, source := range sources.All(w) {
			for _, wanted := range sources.Of(w, source.Name, names) {
				files[path.Join(layout.Dir("extracted", source.Name, wanted.Collection), "documents.jsonl")] = &fstest.MapFile{Data: []byte(data)}
			}
			for _, name := range names {
				files[path.Join(layout.Dir("extracted", source.Name, name), "documents.jsonl")] = &fstest.MapFile{Data: []byte(data)}
			}
		}
		for _, env := range w.Environments()[:min(2, len(w.Environments()))] {
			o := workspace.Options{Environments: []string{env}}
			result, diags := compiler.Compile(t.Context(), w, o)
			sound(t, diags)
			if (result == nil) != diags.HasErrors() {
				t.Fatal("a result beside errors, or none without")
			}
			report, diags := weavetest.Run(t.Context(), w, weavetest.Options{Options: o, Coverage: true})
			sound(t, diags)
			if report != nil {
				for _, r := range report.Results {
					sound(t, r.Failures)
				}
			}
			for _, name := range names {
				selector, err := describe.ParseSelector(name + "[_id=1]")
				if err != nil {
					t.Fatal(err)
				}
				found, diags := describe.Explain(t.Context(), w, o, selector, nil)
				sound(t, diags)
				for _, p := range found {
					sound(t, p.Problems)
				}
			}
			if result == nil {
				continue
			}
			for _, state := range result.States {
				for _, c := range state.Collections {
					for _, d := range c.Documents {
						if err := doc.Validate(d.Raw); err != nil && len(d.Raw) > 0 {
							t.Fatalf("%v in %v", err, d.Raw)
						}
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
