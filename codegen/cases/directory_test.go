package cases

// The directory store as a destination: a folder in the extracted layout.

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/layout"
)

// writeDirectory writes a world as a folder that `dir:` destinations take.
func writeDirectory(t *testing.T, root string, world []collection) {
	t.Helper()
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	base, err := disk.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range world {
		folder := &layout.Collection{Database: c.database, Name: c.name, Layout: layout.Lines, Options: c.options, Indexes: c.indexes}
		if c.options.Lookup("viewOn").Type != 0 {
			folder.Kind = layout.KindView
		}
		if c.options.Lookup("timeseries").Type != 0 {
			folder.Kind = layout.KindTimeseries
		}
		for _, d := range c.documents {
			folder.Documents = append(folder.Documents, layout.Document{Raw: d})
		}
		if err := layout.Write(base, ".", layout.Dir(".", c.database, c.name), folder); err != nil {
			t.Fatal(err)
		}
	}
	if err := base.Close(); err != nil {
		t.Fatal(err)
	}
}

func readDirectory(t *testing.T, root string) []collection {
	t.Helper()
	files := os.DirFS(root)
	databases, err := layout.Databases(files, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var out []collection
	for _, database := range databases {
		names, err := layout.Collections(files, ".", database)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			folder, err := layout.Find(files, ".", database, name)
			if err != nil {
				t.Fatal(err)
			}
			read, err := layout.Read(t.Context(), files, folder)
			if err != nil {
				t.Fatal(err)
			}
			c := collection{database: read.Database, name: read.Name, indexes: read.Indexes, documents: documentsOf(read)}
			if len(read.Options) > 5 { // an empty document has five bytes
				c.options = read.Options
			}
			out = append(out, c)
		}
	}
	sortWorld(out)
	return out
}

func documentsOf(c *layout.Collection) []bson.Raw {
	var out []bson.Raw
	for _, d := range c.Documents {
		out = append(out, d.Raw)
	}
	return out
}

// runOnDirectory is runOnEngine for a Go program and a folder; names of
// databases need no redirection, and nothing goes over a wire.
func (c *testCase) runOnDirectory(t *testing.T, state *desired.State, a artefact) outcome {
	t.Helper()
	root := t.TempDir()
	writeDirectory(t, root, c.before)
	var out outcome
	plan := a.run(t, "plan", "dir:"+root, nil, false)
	if plan.code != c.exit {
		t.Fatalf("directory: plan: exit %d, want %d\n%s%s", plan.code, c.exit, plan.stdout, plan.stderr)
	}
	wantWorld(t, "directory: plan", readDirectory(t, root), c.before)
	out.text = undigested(plan.stdout)

	want := c.after
	if c.exit != 0 {
		want = c.before
	}
	for i := range out.reports {
		r := a.run(t, "apply", "dir:"+root, nil, true)
		report := r.report(t, itself)
		if r.code != c.exit {
			t.Fatalf("directory: apply %d: exit %d, want %d\n%s%s", i+1, r.code, c.exit, r.stdout, r.stderr)
		}
		if i == 1 && c.exit == 0 && report.Outcome != change.InSync {
			t.Errorf("directory: the second apply is %s, want %s", report.Outcome, change.InSync)
		}
		wantWorld(t, "directory: apply", readDirectory(t, root), want)
		if i == 0 || c.exit == 0 {
			out.reports[i] = indented(t, report)
		}
	}
	return out
}
