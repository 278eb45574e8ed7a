package cases

// Hostile data: what people and attackers put into documents, names and keys,
// through the compiler, both artefacts and every form of the report. It arrives
// byte for byte or is refused with a diagnostic; nothing of it acts on a terminal.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
)

// isName: a text that a field can have as its name: BSON ends names with NUL.
func isName(s string) bool { return !strings.Contains(s, "\x00") }

// hostileDocuments are one document an attack: as identity, value, name, name of a name, and in arrays.
func hostileDocuments() []bson.Raw {
	var out []bson.Raw
	for i, a := range hostile.Texts {
		d := bson.D{{Key: "_id", Value: int32(i)}, {Key: "k", Value: a}, {Key: "v", Value: a}, {Key: "list", Value: bson.A{a, bson.A{a}}}}
		if isName(a) {
			inner := bson.D{{Key: a, Value: a}}
			d = append(d, bson.E{Key: a, Value: bson.D{{Key: a, Value: bson.A{inner}}}}, bson.E{Key: "m", Value: inner}, bson.E{Key: "n", Value: bson.D{{Key: "n", Value: inner}}})
		}
		out = append(out, marshal(d))
	}
	return out
}

// isCollection: a text that MongoDB takes as the name of a collection (manual:
// reference/limits, Naming Restrictions).
func isCollection(s string) bool {
	return isName(s) && len(s) <= 200 && !strings.Contains(s, "$") && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

// isIndexed: a text that can be a field of an index key.
func isIndexed(s string) bool {
	return isName(s) && !strings.Contains(s, "$") && !slices.Contains(strings.Split(s, "."), "")
}

// hostileWorld is the extracted data: documents, `_id`s, and collections and
// indexes with such names.
func hostileWorld() []collection {
	documents, keys := collection{database: "src", name: "documents", documents: hostileDocuments()}, collection{database: "src", name: "keys"}
	for i, a := range hostile.Texts {
		keys.documents = append(keys.documents, marshal(bson.D{{Key: "_id", Value: a}, {Key: "k", Value: int32(i)}}),
			marshal(bson.D{{Key: "_id", Value: bson.D{{Key: "x", Value: a}}}, {Key: "k", Value: fmt.Sprint(i)}}))
	}
	world := []collection{documents, keys}
	for _, a := range hostile.Texts {
		if !isCollection(a) {
			continue
		}
		c := collection{database: "src", name: a, documents: []bson.Raw{marshal(bson.D{{Key: "_id", Value: a}, {Key: "k", Value: a}})}}
		if isIndexed(a) {
			c.indexes = []bson.Raw{marshal(bson.D{{Key: "key", Value: bson.D{{Key: a, Value: int32(1)}}}, {Key: "name", Value: a}})}
		}
		world = append(world, c)
	}
	return world
}

// hostileBefore is a destination for it: a third of the documents is missing, a
// third is other, and there are documents that nobody wants.
func hostileBefore() []collection {
	c := collection{database: "dst", name: "documents"}
	for i, d := range hostileDocuments() {
		switch i % 3 {
		case 1:
			d = with(without(d, "v", "m"), marshal(bson.D{{Key: "v", Value: "before"}, {Key: "m", Value: bson.D{{Key: "x", Value: hostile.Texts[(i+1)%len(hostile.Texts)]}}}}))
			fallthrough
		case 2:
			c.documents = append(c.documents, d)
		}
	}
	for i, a := range hostile.Texts {
		c.documents = append(c.documents, marshal(bson.D{{Key: "_id", Value: "extra " + a}, {Key: "k", Value: "extra" + a}, {Key: "n", Value: int32(i)}}))
	}
	out := []collection{c}
	sortWorld(out)
	return out
}

// wantHarmless: nothing in a text is hidden, or acts on a terminal, or turns its direction.
func wantHarmless(t *testing.T, what, text string) {
	t.Helper()
	for i, r := range text {
		if r != '\n' && safe.Hidden(r) {
			t.Errorf("%s has a raw %U: %q", what, r, text[max(0, i-60):min(len(text), i+60)])
			return
		}
	}
}

// wantHarmlessJSON: JSON that any parser takes, without a hidden character in it.
func wantHarmlessJSON(t *testing.T, what, text string) {
	t.Helper()
	if !json.Valid([]byte(text)) {
		t.Errorf("%s is no JSON:\n%s", what, text)
	}
	wantHarmless(t, what, text)
}

const hostileWeave = `weave hostile
environments prod

from src into dst {
  sync all by k {
    mode exact
    not secret *.'../../../../etc/passwd', *.'/etc/passwd'
  }
  amend documents {
    prune all at most 1000
  }
}
`

func TestHostileData(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "it's \"$(x)\" `${y}`.weave"), []byte(strings.Replace(hostileWeave, "  amend documents {\n    prune all at most 1000\n  }\n", "", 1)+"\namend documents from src {\n  prune all at most 1000\n}\n"))
	writeDirectory(t, filepath.Join(dir, "extracted"), hostileWorld())
	state := compile(t, dir, "prod")
	if want := len(hostileWorld()); len(state.Collections) != want {
		t.Fatalf("%d collections, want %d", len(state.Collections), want)
	}
	before := hostileBefore()
	expected := model.Apply(state, nil, toModel(before))
	if expected.Outcome != model.Applied {
		t.Fatalf("the model says %s %v", expected.Outcome, expected.Conflicts)
	}
	want := show(fromModel(expected.World), itself)

	root := t.TempDir()
	writeDirectory(t, root, before)
	report := applyOnDirectory(t, root, state)
	if difference := agrees(expected, report); difference != "" {
		t.Fatalf("on a directory: %s\n%s", difference, view.Text(report, true))
	}
	if got := show(readDirectory(t, root), itself); got != want {
		t.Errorf("on a directory\n%s", lineDiff(want, got))
	}
	for _, form := range []view.Form{{Verbose: true}, {Markdown: true, Verbose: true}, {Quiet: true}} {
		wantHarmless(t, fmt.Sprintf("the report as %+v", form), view.Report(report, form))
	}
	text, err := view.JSON(report)
	if err != nil {
		t.Fatal(err)
	}
	wantHarmlessJSON(t, "the report", string(text))

	reports := map[string]string{}
	for _, a := range []artefact{goArtefact(buildGo(t, state)), scriptArtefact(buildScript(t, state))} {
		t.Run(a.name, func(t *testing.T) {
			d := newDestination(t, []string{"dst"})
			d.load(t, before)
			plan := a.run(t, "plan", d.proxy.URI(), d.redirects(), false)
			wantHarmless(t, "the plan", plan.stdout+plan.stderr)
			applied := a.run(t, "apply", d.proxy.URI(), d.redirects(), true)
			wantHarmlessJSON(t, "the report", applied.stdout)
			wantHarmless(t, "what is said beside it", applied.stderr)
			if applied.code != change.ExitDone {
				t.Fatalf("exit %d\n%s%s", applied.code, applied.stdout, applied.stderr)
			}
			if got := show(d.dump(t), itself); got != want {
				t.Errorf("the destination\n%s", lineDiff(want, got))
			}
			reports[a.name] = undigested(d.original(plan.stdout + applied.stdout))
		})
	}
	if reports["go"] != reports["mongosh"] {
		t.Errorf("the reports differ, + by mongosh\n%s", lineDiff(reports["go"], reports["mongosh"]))
	}
	if _, err := os.Stat("/tmp/hostile"); err == nil {
		t.Error("a shell has run an attack")
	}
}

// hostileConflicts are a state and a world for every conflict that shows names,
// values and identities of the destination.
func hostileConflicts(t *testing.T) (*desired.State, []collection) {
	t.Helper()
	state := &desired.State{Weave: "hostile", Environment: "prod", Compiler: "mongocd test"}
	var world []collection
	add := func(name string, mode desired.Mode, identity doc.Path) (*desired.Collection, *collection) {
		c := &desired.Collection{Database: "dst", Name: name, Origin: "it's\x1b[31m.weave:1:1", Mode: mode, Identity: []doc.Path{identity}}
		state.Collections = append(state.Collections, c)
		world = append(world, collection{database: "dst", name: name})
		return c, &world[len(world)-1]
	}
	document := func(d bson.D) desired.Document {
		return desired.Document{Raw: marshal(d), Origin: "\u202e\x07.weave:2:2"}
	}
	for i, a := range hostile.Texts {
		id := func(n int) bson.E { return bson.E{Key: "_id", Value: int32(n)} }
		k := bson.E{Key: "k", Value: a}
		switch i % 4 {
		case 0: // ambiguous-destination
			c, there := add(fmt.Sprint("ambiguous", i), desired.Merge, doc.Path{"k"})
			c.Documents = []desired.Document{document(bson.D{k})}
			there.documents = []bson.Raw{marshal(bson.D{id(1), k}), marshal(bson.D{{Key: "_id", Value: a}, k})}
		case 1: // destination-only-fields
			c, there := add(fmt.Sprint("only", i), desired.Replace, doc.Path{"k"})
			c.Documents, c.Known = []desired.Document{document(bson.D{k})}, []doc.Path{{"k"}}
			if isName(a) {
				there.documents = []bson.Raw{marshal(bson.D{id(1), k, {Key: a, Value: a}})}
			}
		case 2: // preserved-inside
			c, there := add(fmt.Sprint("preserved", i), desired.Exact, doc.Path{"k"})
			c.Documents, c.Preserve = []desired.Document{document(bson.D{k, {Key: "m", Value: a}})}, []doc.Path{{"m", "x" + strings.ReplaceAll(a, "\x00", "")}}
			there.documents = []bson.Raw{marshal(bson.D{id(1), k, {Key: "m", Value: bson.D{{Key: c.Preserve[0][1], Value: a}}}})}
		case 3: // unique-violation
			c, there := add(fmt.Sprint("unique", i), desired.Merge, doc.Path{"k"})
			c.Documents = []desired.Document{document(bson.D{id(1), k, {Key: "u", Value: a}})}
			name := "u " + strings.ReplaceAll(a, "\x00", "")
			there.indexes = []bson.Raw{marshal(bson.D{{Key: "key", Value: bson.D{{Key: "u", Value: int32(1)}}}, {Key: "name", Value: name}, {Key: "unique", Value: true}})}
			there.documents = []bson.Raw{marshal(bson.D{{Key: "_id", Value: a}, {Key: "k", Value: "other"}, {Key: "u", Value: a}})}
		}
	}
	return state, world
}

// TestHostileConflicts: what stands in the way is shown without harm, the same by both engines.
func TestHostileConflicts(t *testing.T) {
	state, world := hostileConflicts(t)
	root := t.TempDir()
	writeDirectory(t, root, world)
	report := applyOnDirectory(t, root, state)
	if report.Outcome != change.Refused || len(report.Conflicts) < len(hostile.Texts)*3/4 {
		t.Fatalf("%s with %d conflicts of %d hostile.Texts", report.Outcome, len(report.Conflicts), len(hostile.Texts))
	}
	server := newMemory()
	server.load(world)
	byScript := jsvm.NewServed(t, server).RunState(stateText(t, state), "apply", nil)
	text, err := view.JSON(report)
	if err != nil {
		t.Fatal(err)
	}
	wantHarmlessJSON(t, "the report", string(text))
	if string(text) != byScript.JSON {
		t.Errorf("the reports differ, + by the prelude\n%s", lineDiff(string(text), byScript.JSON))
	}
	for _, by := range []struct {
		form  view.Form
		other string
	}{{view.Form{}, byScript.Text}, {view.Form{Markdown: true}, byScript.Markdown}, {view.Form{Quiet: true}, byScript.Quiet}} {
		form, other := by.form, by.other
		said := view.Report(report, form)
		wantHarmless(t, fmt.Sprintf("the report as %+v", form), said)
		if said != other {
			t.Errorf("the reports as %+v differ, + by the prelude\n%s", form, lineDiff(said, other))
		}
	}
}

// TestHostileSizes: the largest and deepest documents there can be arrive, and
// larger ones are refused before anything is written.
func TestHostileSizes(t *testing.T) {
	deep := func(levels int) bson.Raw {
		d := bson.D{{Key: "x", Value: int32(1)}}
		for range levels - 1 {
			d = bson.D{{Key: "x", Value: d}}
		}
		return marshal(append(bson.D{{Key: "_id", Value: "deep"}}, d...))
	}
	large := func(size int) bson.Raw {
		d := bson.D{{Key: "_id", Value: "large"}, {Key: "s", Value: ""}}
		d[1].Value = strings.Repeat("\u2028", (size-len(marshal(d)))/3) + strings.Repeat("x", (size-len(marshal(d)))%3)
		return marshal(d)
	}
	const limit = 16 << 20
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "hostile.weave"), []byte("weave hostile\nenvironments prod\n\nfrom src into dst {\n  sync all\n}\n"))
	write := func(documents ...bson.Raw) {
		c := collection{database: "src", name: "c", documents: documents}
		if err := os.RemoveAll(filepath.Join(dir, "extracted")); err != nil {
			t.Fatal(err)
		}
		writeDirectory(t, filepath.Join(dir, "extracted"), []collection{c})
	}
	largest, deepest := large(limit), deep(100)
	if len(largest) != limit {
		t.Fatalf("the largest document has %d bytes", len(largest))
	}
	write(largest, deepest)
	state := compile(t, dir, "prod")
	for _, engine := range []string{"directory", "go", "mongosh"} {
		var world []collection
		switch engine {
		case "directory":
			root := t.TempDir()
			if report := applyOnDirectory(t, root, state); report.Outcome != change.Applied {
				t.Fatal(head(view.Text(report, false)))
			}
			world = readDirectory(t, root)
		case "go":
			d := newDestination(t, []string{"dst"})
			report := applyOnServer(t, d, state)
			if report.Outcome != change.Applied {
				t.Fatal(head(view.Text(report, false)))
			}
			world = d.dump(t)
		case "mongosh":
			d := newDestination(t, []string{"dst"})
			if r := scriptArtefact(buildScript(t, state)).run(t, "apply", d.proxy.URI(), d.redirects(), false); r.code != change.ExitDone {
				t.Fatalf("mongosh: exit %d\n%s%s", r.code, head(r.stdout), head(r.stderr))
			}
			world = d.dump(t)
		}
		if len(world) != 1 || len(world[0].documents) != 2 || !bytes.Equal(world[0].documents[1], largest) || !bytes.Equal(world[0].documents[0], deepest) {
			t.Errorf("%s: the documents did not arrive", engine)
		}
	}
	for name, d := range map[string]bson.Raw{"a byte too large": large(limit + 1), "a level too deep": deep(101)} {
		t.Run(name, func(t *testing.T) {
			write(d)
			w, diagnostics := workspace.LoadDir(dir)
			if !diagnostics.HasErrors() {
				_, more := compiler.Compile(t.Context(), w, workspace.Options{Environments: []string{"prod"}, Compiler: "mongocd test"})
				diagnostics = append(diagnostics, more...)
			}
			if !diagnostics.HasErrors() {
				t.Error("it compiles")
			}
			wantHarmless(t, "the diagnostic", rendered(t, diagnostics))
		})
	}
}
