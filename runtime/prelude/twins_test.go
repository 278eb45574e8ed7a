package prelude

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	sources "github.com/hayone1/mongocd/runtime"
)

// Where the other half of a file has not its name: the Go files that it is the
// JavaScript half of, or why it needs none.
var goHalves = map[string]string{
	"doc/bson.js":         "doc/doc.go doc/build.go doc/path.go",
	"doc/extjson.js":      "doc/read.go doc/scanner.go doc/line.go doc/write.go doc/wrappers.go",
	"prelude/host.js":     "none: what Node.js gives",
	"prelude/drive.js":    "none: the Go driver sends every value as it is; codegen/mongosh/hold.go says what a script cannot hold",
	"prelude/engine.js":   "none: what the script and tests call",
	"prelude/settings.js": "cli/run.go cli/secrets.go",
	"prelude/shell.js":    "none: what mongosh gives",
	"prelude/state.js":    "none: a script has its state as codegen/mongosh writes it, a program as runtime/desired does",
	"prelude/tables.js":   "none: made of the tables in Go",
}

// Go files of the packages that enforce, without a JavaScript half of their name:
// the file that has it, or why there is none.
var scriptHalves = map[string]string{
	"capability/trials.go":    "prelude/tables.js",
	"change/conflictcodes.go": "prelude/tables.js change/conflicts.js",
	"change/item.go":          "none: as report.go",
	"change/report.go":        "none: a report is an object; change/view/json.js has the order of its fields",
	"change/runs.go":          "none: as report.go",
	"change/tally.go":         "enforce/write.js",
	"change/value.go":         "none: a value is as doc/bson.js has it",
	"change/view/form.go":     "none: a form is an object; prelude/settings.js makes it",
	"change/view/sections.go": "none: mongocd alone knows two plans",
	"change/view/several.go":  "none: mongocd alone has several reports",
	"compare/keys.go":         "none: a script has maps of them",
	"compare/owned.go":        "compare/collection.js",
	"control/messages.go":     "prelude/tables.js",
	"enforce/options.go":      "prelude/settings.js",
	"pipeline/state.go":       "none: a script has its pipelines in its text",
	"stores/errors.go":        "stores/retry.js prelude/tables.js",
	"stores/index.go":         "order/unique.js structure/indexspec.js",
	"stores/names.go":         "prelude/settings.js",
	"stores/query.go":         "enforce/read.js",
	"stores/update.go":        "stores/stores.js compare/writes.js",
	"structure/tables.go":     "prelude/tables.js",
	"undo/messages.go":        "prelude/tables.js",
	"undo/postponed.go":       "undo/write.js",
}

// TestTwins: each JavaScript file stands beside its Go half of the same name, and
// each Go file that enforces has its JavaScript half, or a reason.
func TestTwins(t *testing.T) {
	goFiles := map[string]bool{}
	err := fs.WalkDir(sources.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		goFiles[name] = err == nil && !entry.IsDir()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	js := scripts(t, sources.Scripts)
	for _, name := range js {
		beside := strings.TrimSuffix(name, ".js") + ".go"
		halves, listed := goHalves[name]
		switch {
		case goFiles[beside] == listed:
			t.Errorf("%s: the Go half has its name and is listed, or neither", name)
		case listed && !strings.HasPrefix(halves, "none: "):
			for half := range strings.FieldsSeq(halves) {
				if !goFiles[half] {
					t.Errorf("%s: its half %s is not there", name, half)
				}
			}
		}
	}
	enforcing := []string{"capability", "cause", "change", "change/view", "compare", "control", "enforce", "journal", "order", "pipeline", "structure", "undo", "stores", "validator"}
	for name, is := range goFiles {
		if !is || !slices.Contains(enforcing, path.Dir(name)) {
			continue
		}
		halves, listed := scriptHalves[name]
		switch {
		case slices.Contains(js, strings.TrimSuffix(name, ".go")+".js") == listed:
			t.Errorf("%s: the JavaScript half has its name and is listed, or neither", name)
		case listed && !strings.HasPrefix(halves, "none: "):
			for half := range strings.FieldsSeq(halves) {
				if !slices.Contains(js, half) {
					t.Errorf("%s: its half %s is not there", name, half)
				}
			}
		}
	}
	for name := range goHalves {
		if !slices.Contains(js, name) {
			t.Errorf("%s is listed and not there", name)
		}
	}
	for name := range scriptHalves {
		if !goFiles[name] {
			t.Errorf("%s is listed and not there", name)
		}
	}
}
