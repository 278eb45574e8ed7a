package cases

// What an application writes between a run's reading and its writing.

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change"
)

const raceWorkspace = `
-- race.weave --
weave race
environments prod

from src into dst {
  sync items by name {
    mode MODE
  }
}
-- extracted/src/items/documents.jsonl --
{"_id":1,"name":"a","n":2,"limits":{"users":5}}
{"_id":2,"name":"b","n":2,"limits":{"users":5}}
{"_id":3,"name":"c","n":2,"limits":{"users":5}}
`

var raceBefore = []bson.D{
	{{Key: "_id", Value: 1}, {Key: "name", Value: "a"}, {Key: "n", Value: 1}, {Key: "limits", Value: bson.D{{Key: "users", Value: 5}}}},
	{{Key: "_id", Value: 2}, {Key: "name", Value: "b"}, {Key: "n", Value: 2}, {Key: "limits", Value: bson.D{{Key: "users", Value: 4}}}},
}

// TestApplicationWritesBetweenReadingAndWriting: what the application adds
// survives, whatever the mode, and what it changes in the meantime is read again
// before it is written over.
func TestApplicationWritesBetweenReadingAndWriting(t *testing.T) {
	tests := []struct {
		name, mode string
		update     bson.D // what the application does to document 1, once
		survives   string // a field that it wrote and that must be there after
		exit       int
		conflict   string
	}{
		// The new field is nobody's to remove: the run says that it found it.
		{"replace, a new field", "replace", set("seen", 7), "seen", change.ExitStopped, "destination-only-fields"},
		{"merge, a new field", "merge", set("seen", 7), "seen", change.ExitDone, ""},
		{"merge, a new field inside", "merge", set("limits.seen", 7), "limits.seen", change.ExitDone, ""},
		// The guard does not match any more: read, compared and written again.
		{"replace, the field that is written", "replace", set("n", 9), "", change.ExitDone, ""},
		{"merge, the field that is written, and a new one", "merge", bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: 9}, {Key: "seen", Value: 7}}}}, "seen", change.ExitDone, ""},
		{"merge, the document is deleted", "merge", nil, "", change.ExitDone, ""},
	}
	for _, mode := range []string{"replace", "merge"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range txtar.Parse([]byte(strings.Replace(raceWorkspace, "MODE", mode, 1))).Files {
				writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
			}
			state := compile(t, dir, "prod")
			program := buildGo(t, state)
			script := buildScript(t, state)
			for _, test := range tests {
				if test.mode != mode {
					continue
				}
				for _, a := range []artefact{goArtefact(program), scriptArtefact(script)} {
					t.Run(test.name+"/"+a.name, func(t *testing.T) {
						t.Parallel()
						d := newDestination(t, []string{"dst"})
						items := d.client.Database(d.prefix + "dst").Collection("items")
						if _, err := items.InsertMany(t.Context(), raceBefore); err != nil {
							t.Fatal(err)
						}
						var once sync.Once
						d.proxy.OnCommand(func(c wire.Command) {
							if c.Name != "update" {
								return
							}
							once.Do(func() {
								var err error
								if test.update == nil {
									_, err = items.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
								} else {
									_, err = items.UpdateByID(t.Context(), 1, test.update)
								}
								if err != nil {
									t.Error(err)
								}
							})
						})
						r := a.run(t, "apply", d.proxy.URI(), d.redirects(), true)
						report := r.report(t, d.original)
						if r.code != test.exit {
							t.Fatalf("exit %d, want %d\n%s%s", r.code, test.exit, r.stdout, r.stderr)
						}
						if got := strings.Join(codes(report.Conflicts), " "); got != test.conflict {
							t.Errorf("conflicts %q, want %q", got, test.conflict)
						}
						after, err := items.FindOne(t.Context(), bson.D{{Key: "name", Value: "a"}}).Raw()
						if err != nil {
							t.Fatal(err)
						}
						if n := after.Lookup("n").AsInt64(); n != 2 {
							t.Errorf("n = %d after the run, want 2: %s", n, after)
						}
						if test.survives != "" && after.Lookup(strings.Split(test.survives, ".")...).AsInt64() != 7 {
							t.Errorf("%s is lost: %s", test.survives, after)
						}
						others, err := items.CountDocuments(t.Context(), bson.D{{Key: "n", Value: 2}, {Key: "limits.users", Value: 5}})
						if err != nil || others != 3 {
							t.Errorf("%d documents as wanted, %v; want 3", others, err)
						}
					})
				}
			}
		})
	}
}

func set(path string, value any) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: path, Value: value}}}}
}
