package compiler_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const flags = `{"_id": 1, "name": "a", "n": 1, "stage": "live", "on": true}
{"_id": 2, "name": "b", "n": 2, "stage": "beta", "on": true, "note": "x"}
{"_id": 3, "name": "c", "n": 3, "stage": "beta", "on": false}
`

// newWorkspace writes one weave of environments preprod and prod over the documents of src.flags.
func newWorkspace(t testing.TB, rules, documents string) string {
	t.Helper()
	return unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "w.weave", Data: []byte("weave w\nenvironments preprod, prod\n" + rules)},
		{Name: "extracted/src/flags/documents.jsonl", Data: []byte(documents)},
	}})
}

// states compiles; warnings and hints are allowed.
func states(t testing.TB, dir string, o workspace.Options) map[string]*desired.Collection {
	t.Helper()
	w, diags := workspace.LoadDir(dir)
	if w == nil {
		t.Fatalf("load:\n%s", renderAll(t, diags))
	}
	result, diags := compiler.Compile(context.Background(), w, o)
	if result == nil {
		t.Fatalf("compile:\n%s", renderAll(t, diags))
	}
	out := map[string]*desired.Collection{}
	for _, s := range result.States {
		for _, c := range s.Collections {
			out[s.Environment+" "+c.Namespace()] = c
		}
	}
	return out
}

func lines(c *desired.Collection) string {
	var b strings.Builder
	for _, d := range c.Documents {
		b.Write(doc.AppendReview(nil, d.Raw, false))
		b.WriteByte('\n')
	}
	return b.String()
}

// TestDocuments holds what rules make of documents: the order of evaluation
// (docs/language.md, Order of evaluation) and what each statement does.
func TestDocuments(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"as extracted", `sync flags`, flags},
		{"selection sees the document as extracted, wherever it stands",
			`sync flags { set stage = "gone"  remove note  only where stage == "beta"  remove on, name, n }`,
			`{"_id": 2, "stage": "gone"}` + "\n" + `{"_id": 3, "stage": "gone"}`},
		{"several only are and-ed, except drops",
			`sync flags { only where on == true  except where note is present  remove name, n, on }`,
			`{"_id": 1, "stage": "live"}`},
		{"each change sees the one before",
			`sync flags { only where n == 1  set n = n + 1  set n = n * 10  remove on, name, stage }`,
			`{"_id": 1, "n": 20}`},
		{"for runs in place",
			`sync flags { only where n == 1  set n = 2  for prod { set n = n * 5 }  set n = n + 1  remove on, name, stage }`,
			`{"_id": 1, "n": 11}`},
		{"where is decided when it is reached",
			`sync flags { only where n == 1  set stage = "beta"  where stage == "beta" { set n = 7 }  remove on, name, stage }`,
			`{"_id": 1, "n": 7}`},
		{"a let has its value of that moment",
			`sync flags { only where n == 1  let old = n  set n = 9  create before = old  remove on, name, stage }`,
			`{"_id": 1, "n": 9, "before": 1}`},
		{"sorted by the identity of the result",
			`sync flags by key { create key = 10 - n  remove name, n, on, stage  remove note }`,
			`{"_id": 3, "key": 7}` + "\n" + `{"_id": 2, "key": 8}` + "\n" + `{"_id": 1, "key": 9}`},
		{"identity after a rename",
			`sync flags by title { rename name to title  remove n, on, stage, _id  remove note }`,
			`{"title": "a"}` + "\n" + `{"title": "b"}` + "\n" + `{"title": "c"}`},
		{"checks see the finished document",
			`sync flags { only where n == 1  check n == 5  set n = 5  remove on, name, stage }`,
			`{"_id": 1, "n": 5}`},
		{"a constant takes the type of its field, also after a write of that type",
			`sync flags { only where n == 1  set n = long(5)  set n = 6  remove on, name, stage }`,
			`{"_id": 1, "n": {"$numberLong": "6"}}`},
		{"a constant takes the type of a field that a rule made",
			`sync flags { only where n == 1  create d = decimal(1)  set d = 1.50  remove on, name, stage, n }`,
			`{"_id": 1, "d": {"$numberDecimal": "1.50"}}`},
		{"removal of what may be missing", `sync flags { remove unknown, note expect any  only where n == 2  remove on, name, stage, n }`, `{"_id": 2}`},
		{"nothing expected", `sync flags expect any { only where n == 99 expect any  where stage == "beta" { set n = 5 } }`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := states(t, newWorkspace(t, "from src into dst {\n"+test.body+"\n}", flags), workspace.Options{Environments: []string{"prod"}})
			want := test.want
			if want != "" && !strings.HasSuffix(want, "\n") {
				want += "\n"
			}
			if d := cmp.Diff(want, lines(got["prod dst.flags"])); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestCounts holds which numbers of documents `expect` accepts (docs/language.md, Counting).
func TestCounts(t *testing.T) {
	for _, test := range []struct {
		body string
		code diag.Code // empty: accepted
	}{
		{`sync flags expect 3`, ""},
		{`sync flags expect 2`, diag.WrongCount},
		{`sync flags expect 4 or more`, diag.WrongCount},
		{`sync flags expect 1 to 3`, ""},
		{`sync flags expect 2 { only where stage == "beta" }`, ""},
		{`sync flags { only where stage == "beta" expect 2  only where n == 3 expect 1 }`, ""}, // each alone
		{`sync flags { only where stage == "beta" expect 1 }`, diag.WrongCount},
		{`sync flags { except where n == 99 }`, diag.MatchesNothing},
		{`sync flags { except where n == 99 expect any }`, ""},
		{`sync flags { except where n == 99 expect 0 to 1 }`, ""},
		{`sync flags { only where n > 2  only where n < 3 }`, diag.MatchesNothing}, // together
		{`sync flags { where n == 99 { set n = 1 } }`, diag.MatchesNothing},
		{`sync flags { where n == 99 expect any { set n = 1 } }`, ""},
		{`sync flags { where n > 1 expect 2 { set n = 1 } }`, ""},
		{`sync flags { where n > 1 expect 2 { where n > 2 expect 1 { set n = 1 } } }`, ""},
		{`sync flags { where n == 99 expect any { where n == 98 { set n = 1 } } }`, ""}, // not reached, not judged
		{`sync flags { only where n == 1  remove note }`, diag.MatchesNothing},
		{`sync flags { only where n == 1  remove note expect any }`, ""},
		{`sync flags { remove note expect 1 }`, ""},
		{`sync flags { remove note expect 2 }`, diag.WrongCount},
		{`sync flags { only where n == 1  rename note to memo }`, diag.MatchesNothing},
		{`sync flags { for preprod { where n == 99 { set n = 1 } } }`, ""}, // another environment
	} {
		t.Run(test.body, func(t *testing.T) {
			w, diags := workspace.LoadDir(newWorkspace(t, "from src into dst {\n"+test.body+"\n}", flags))
			if w == nil {
				t.Fatal(renderAll(t, diags))
			}
			_, diags = compiler.Compile(context.Background(), w, workspace.Options{Environments: []string{"prod"}})
			var errors []diag.Code
			for _, d := range diags {
				if d.Severity == diag.Error {
					errors = append(errors, d.Code)
				}
			}
			var want []diag.Code
			if test.code != "" {
				want = []diag.Code{test.code}
			}
			if d := cmp.Diff(want, errors); d != "" {
				t.Errorf("(-want +got):\n%s\n%s", d, renderAll(t, diags))
			}
		})
	}
}

// TestIdentity holds what identifies a document (docs/language.md, Identity).
func TestIdentity(t *testing.T) {
	for _, test := range []struct {
		documents string
		code      diag.Code
	}{
		{`{"_id": 1, "k": "a"}` + "\n" + `{"_id": 2, "k": "b"}`, ""},
		{`{"_id": 1, "k": "a"}` + "\n" + `{"_id": 2, "k": "a"}`, diag.AmbiguousIdentity},
		{`{"_id": 1, "k": 1}` + "\n" + `{"_id": 2, "k": 1.0}`, diag.AmbiguousIdentity},
		{`{"_id": 1, "k": 0.0}` + "\n" + `{"_id": 2, "k": -0.0}`, diag.AmbiguousIdentity},
		{`{"_id": 1, "k": {"$numberLong": "9007199254740993"}}` + "\n" + `{"_id": 2, "k": 9007199254740992.0}`, ""},
		{`{"_id": 1, "k": "1"}` + "\n" + `{"_id": 2, "k": 1}`, ""},
		{`{"_id": 1, "k": "a"}` + "\n" + `{"_id": 2, "k": {"$symbol": "a"}}`, ""},
		{`{"_id": 1, "k": {"a": 1, "b": 2}}` + "\n" + `{"_id": 2, "k": {"b": 2, "a": 1}}`, ""},
		{`{"_id": 1, "k": {"a": 1}}` + "\n" + `{"_id": 2, "k": {"a": 1.0}}`, diag.AmbiguousIdentity},
		{`{"_id": 1, "k": "a"}` + "\n" + `{"_id": 2}`, diag.BadIdentity},
		{`{"_id": 1, "k": null}`, diag.BadIdentity},
		{`{"_id": 1, "k": ["a"]}`, diag.BadIdentity},
		{`{"_id": 1, "k": {"$numberDouble": "NaN"}}`, diag.BadIdentity},
		{`{"_id": 1, "k": {"$numberDecimal": "NaN"}}`, diag.BadIdentity},
		{`{"_id": 1, "k": {"$regularExpression": {"pattern": "a", "options": ""}}}`, diag.BadIdentity},
		{`{"_id": 1, "k": {"$minKey": 1}}`, ""},
		{`{"_id": [1], "k": "a"}`, diag.BadID},
	} {
		t.Run(test.documents, func(t *testing.T) {
			diags := compileDir(t, newWorkspace(t, "from src into dst { sync flags by k }", test.documents+"\n"))
			var got diag.Code
			for _, d := range diags {
				if d.Severity == diag.Error {
					got = d.Code
				}
			}
			if got != test.code {
				t.Errorf("got %q, want %q\n%s", got, test.code, renderAll(t, diags))
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	got := states(t, newWorkspace(t, `
let area = per environment { preprod: "pp", prod: "eu" }
from src into per environment { preprod: "dst_pp", prod: "dst" } {
  mode merge
  preserve stats
  prune all at most 5
  sync flags as toggles by name {
    preserve note, limits.users
    for prod {
      mode exact
      prune where area == region and n >= 2 at most 10%
      preserve seen
    }
  }
}`, flags), workspace.Options{})
	type summary struct {
		Mode          desired.Mode
		Preserve      []string
		Bound         string
		Where, Origin string
		Identity      []doc.Path
		Known         []string
	}
	want := map[string]summary{
		"preprod dst_pp.toggles": {Mode: desired.Merge, Preserve: []string{"limits.users", "note", "stats"}, Bound: "5 false", Origin: "w.weave:9:3",
			Identity: []doc.Path{{"name"}}, Known: []string{"_id", "n", "name", "note", "on", "stage"}},
		"prod dst.toggles": {Mode: desired.Exact, Preserve: []string{"limits.users", "note", "seen", "stats"}, Bound: "10 true", Origin: "w.weave:9:3",
			Where:    `(region == "eu" and n >= 2)`,
			Identity: []doc.Path{{"name"}}, Known: []string{"_id", "n", "name", "note", "on", "stage"}},
	}
	have := map[string]summary{}
	for key, c := range got {
		s := summary{Mode: c.Mode, Identity: c.Identity, Origin: c.Origin, Bound: fmt.Sprint(c.Prune.AtMost, c.Prune.Percent), Where: showCond(c.Prune.Where)}
		for _, p := range c.Preserve {
			s.Preserve = append(s.Preserve, p.String())
		}
		for _, p := range c.Known {
			s.Known = append(s.Known, p.String())
		}
		have[key] = s
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestParallel holds that results and messages do not depend on the number of goroutines.
func TestParallel(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `{"_id": %d, "name": "n%04d", "n": %d, "extra%d": 1`, i, (i*7919)%5000, i%100, i%40)
		if i%1000 == 999 {
			b.WriteString(`, "bad": null`)
		}
		b.WriteString("}\n")
	}
	rules := `from src into dst { sync flags by name { only where n < 90  where n > 3 { set n = n * 2 }  create twice = "${name}"  %s } }`
	outcome := func(extra string) (string, string) {
		dir := newWorkspace(t, fmt.Sprintf(rules, extra), b.String())
		w, diags := workspace.LoadDir(dir)
		if w == nil {
			t.Fatal(renderAll(t, diags))
		}
		result, diags := compiler.Compile(context.Background(), w, workspace.Options{})
		if result == nil {
			return "", renderAll(t, diags)
		}
		return lines(result.States[0].Collections[0]) + fmt.Sprint(result.States[0].Collections[0].Known), renderAll(t, diags)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, extra := range []string{"", "check n < 100", `set bad = "${bad}"`} {
		runtime.GOMAXPROCS(1)
		wantLines, wantDiags := outcome(extra)
		runtime.GOMAXPROCS(5)
		gotLines, gotDiags := outcome(extra)
		if d := cmp.Diff(wantLines, gotLines); d != "" {
			t.Errorf("documents differ (-one +five):\n%s", d)
		}
		if d := cmp.Diff(wantDiags, gotDiags); d != "" {
			t.Errorf("messages differ (-one +five):\n%s", d)
		}
	}
}

// TestOutside holds that links never lead out of the workspace, and what is said of those to nothing and to a folder.
func TestOutside(t *testing.T) {
	outside := newWorkspace(t, "from src into dst { sync flags }", flags)
	for _, test := range []struct {
		link, target string
		code         diag.Code
	}{
		{"x.weave", filepath.Join(outside, "w.weave"), diag.OutsideWorkspace},
		{"x.weave", "gone.weave", diag.UnreadableFile},
		{"x.weave", "extracted", diag.UnreadableFile},
		{"extracted/src/flags", filepath.Join(outside, "extracted", "src", "flags"), diag.OutsideWorkspace},
		{"extracted/src", filepath.Join(outside, "extracted", "src"), diag.OutsideWorkspace},
		{"extracted", filepath.Join(outside, "extracted"), diag.OutsideWorkspace},
	} {
		t.Run(test.link, func(t *testing.T) {
			dir := newWorkspace(t, "from src into dst { sync flags }", flags)
			link := filepath.Join(dir, filepath.FromSlash(test.link))
			if err := os.RemoveAll(link); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(test.target, link); err != nil {
				t.Fatal(err)
			}
			diags := compileDir(t, dir)
			if len(diags) != 1 || diags[0].Code != test.code {
				t.Errorf("got\n%s\nwant %s", renderAll(t, diags), test.code)
			}
			if text := renderAll(t, diags); strings.Contains(text, outside) {
				t.Errorf("the message names the place outside:\n%s", text)
			}
		})
	}
}

func TestSourcesAndOptions(t *testing.T) {
	dir := unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "a/a.weave", Data: []byte("weave a\nenvironments prod, test\nfrom per environment { prod: live, test: src } into dst { sync flags by name }")},
		{Name: "b/deep/b.weave", Data: []byte("weave b\nenvironments prod\nfrom src into other { sync flags by name, n  sync things }")},
		{Name: "build/old.weave", Data: []byte("not looked at")},
		{Name: "extracted/x.weave", Data: []byte("not looked at")},
		{Name: ".git/x.weave", Data: []byte("not looked at")},
		{Name: "extracted/src/flags/documents.jsonl", Data: []byte(flags)},
		{Name: "extracted/src/things/documents.jsonl", Data: []byte(flags)},
		{Name: "extracted/live/flags/documents.jsonl", Data: []byte(flags)},
	}})
	w, diags := workspace.LoadDir(dir)
	if w == nil {
		t.Fatal(renderAll(t, diags))
	}
	if d := cmp.Diff([]sources.Source{{Name: "live", Database: "live"}, {Name: "src", Database: "src"}}, sources.All(w)); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
	want := []sources.Wanted{
		{Collection: "flags"}, // two weaves identify its documents differently
		{Collection: "things", By: [][]string{{"_id"}}},
	}
	wanted := sources.Of(w, "src", nil)
	for i := range wanted {
		if at := wanted[i].Span; (at.Text() == wanted[i].Collection) == at.IsZero() {
			t.Errorf("%s is named at %s: %q", wanted[i].Collection, at, at.Text())
		}
		wanted[i].Span = source.Span{}
	}
	if d := cmp.Diff(want, wanted); d != "" {
		t.Errorf("wanted (-want +got):\n%s", d)
	}
	for _, test := range []struct {
		options workspace.Options
		want    []string
	}{
		{workspace.Options{}, []string{"prod a", "prod b", "test a"}},
		{workspace.Options{Environments: []string{"test"}}, []string{"test a"}},
		{workspace.Options{Weaves: []string{"b"}}, []string{"prod b"}},
		{workspace.Options{Weaves: []string{"b"}, Environments: []string{"test"}}, nil},
	} {
		result, diags := compiler.Compile(context.Background(), w, test.options)
		if result == nil {
			t.Fatal(renderAll(t, diags))
		}
		var got []string
		for _, s := range result.States {
			got = append(got, s.Environment+" "+s.Weave)
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%+v (-want +got):\n%s", test.options, d)
		}
	}
	for code, o := range map[diag.Code]workspace.Options{diag.UnknownWeave: {Weaves: []string{"c"}}, diag.UnknownEnvironment: {Environments: []string{"pord"}}} {
		if result, diags := compiler.Compile(context.Background(), w, o); result != nil || len(diags) != 1 || diags[0].Code != code {
			t.Errorf("%+v gives %v, want %s", o, diags, code)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if result, diags := compiler.Compile(ctx, w, workspace.Options{}); result != nil || len(diags) == 0 || diags[0].Code != diag.Interrupted {
		t.Errorf("a cancelled context gives %v", diags)
	}
}
