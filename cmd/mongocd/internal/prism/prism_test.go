package prism

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
)

func nothing(string) ([]byte, error) { return nil, os.ErrNotExist }

// TestGenerated converts the configuration that `mongocd init` of the original writes into a new folder, with the names filled in.
func TestGenerated(t *testing.T) {
	_, weave, left, err := Convert([]byte(`
apiVersion: migration.codejourney.io/v1alpha1
kind: WeaveConfig
metadata: {}
spec:
  connectivityRetry: 5
  databaseConfigs:
  - cleanup_backup: true
    collections_config: {excludeCollections: [], includeCollections: [], properties: [], skipCollections: []}
    create_index: true
    destination_db: guides
    name: sample
    postCollectionCommands: 'db.runCommand({ ping: 1 });'
    preCollectionCommands: 'db.runCommand({ ping: 1 });'
    replicate_mode: commanddocument
    shard: {commands: [], database: false}
    skip: false
    source_authdb: admin
    source_db: sample_guides
  destination_conn_string: ''
  remote_template: https://github.com/hayone1/MongoPrismSync/releases/download/v1alpha1_v0.0.1/templates_v1alpha1.zip
  secretVars: {}
  source_conn_string: 'mongodb://ann:s3cr3t@db.example/admin'
`), nothing)
	if err != nil {
		t.Fatal(err)
	}
	if _, rules, _ := strings.Cut(weave, "\n\nweave "); rules != "data\nenvironments prod\n\nfrom sample_guides into guides { sync all expect any }\n" {
		t.Errorf("%s", rules)
	}
	if len(left) != 2 || left[0].Line != 6 || left[1].Line != 23 || strings.Contains(weave+left[1].Message, "s3cr3t") {
		t.Errorf("%v", left)
	}
	module(t, weave)
}

// module parses and checks a weave.
func module(t *testing.T, weave string) {
	t.Helper()
	file, errs := parser.Parse(source.NewFile("w.weave", weave))
	if len(errs) > 0 {
		t.Fatalf("%s\n%s", weave, errs[0].Message)
	}
	if _, errs = check.Check([]*ast.File{file}); errs.HasErrors() {
		t.Fatalf("%s\n%v", weave, errs)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "it has no `spec`",
		"a: [":              "this is no YAML: ",
		"spec: &a\n  b: *a": "line 2: the alias *a",
		"spec":              "it has no `spec`",
		"a: *b":             "this is no YAML",
		"\x1b[31m: ":        "this is no YAML",
	} {
		_, _, _, err := Convert([]byte(text), nothing)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestConstraints are the lines of CUE that are checks.
func TestConstraints(t *testing.T) {
	for line, want := range map[string]string{
		`name: string`:           `name is string`,
		`a: b: int`:              `(a.b is int or a.b is long)`,
		`n?: >=0 & <= 5.5`:       `(n is missing or (n >= 0 and n <= 5.5))`,
		`s: "a" | "b" | *"c"`:    `(s == "a" or s == "b" or s == "c")`,
		`s: =~"^/a\\.b$"`:        `s matches /^\/a\.b$/`,
		`s: !=""`:                `s != ""`,
		`in: true`:               `this.in == true`,
		`s: "a" | >5 & <3`:       "",
		`s: strings.MinRunes(3)`: "",
		`import "strings"`:       "",
		`s: =~"(?=a)"`:           "",
		`s: {`:                   "",
		`#Def: string`:           "",
		`list: [...string]`:      "",
		`s: "a\nb"`:              `s == "a\nb"`,
		`s: "${x}"`:              `s == "\${x}"`,
	} {
		got, ok := constraint(line)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %s %v, want %s", line, got, ok, want)
		}
	}
}

// FuzzConvert: whatever is in the file, the weave is one that parses.
func FuzzConvert(f *testing.F) {
	f.Add([]byte("spec:\n  databaseConfigs:\n  - {source_db: \"a b\", destination_db: in, collections_config: {includeCollections: [\"${x}\", all], properties: [{name: all, unique_index_fields: [if.x, \"\"]}]}}\n" +
		"  render:\n    all: {exclude: [{collection: all, a: {b: .5}}]}\n    \"new\\nline\":\n      postRenderers: [{kustomize: {patches: [{target: {x: 1}, patch: [{op: add, path: /a/-, value: {$oid: x}}]}]}}]\n"))
	f.Add([]byte("spec: &a\n  render: {all: {validators: [{cue: {configMap: {source: \"a: int\"}}}]}}\n  databaseConfigs: [*a]\n"))
	f.Add([]byte("spec: {databaseConfigs: [{source_db: a, destination_db: b, preCollectionCommands: 'db.runCommand({a: [1, 2.0, null, \"x\"]})', collections_config: {excludeCollections: [' a', '/', '[/]'], skipCollections: [b]}}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, weave, _, err := Convert(data, func(string) ([]byte, error) { return nil, errors.New("none") })
		if err != nil {
			if strings.Contains(err.Error(), "mistake in mongocd") {
				t.Fatal(err)
			}
			return
		}
		if _, errs := parser.Parse(source.NewFile("w.weave", weave)); len(errs) > 0 {
			t.Fatalf("%s\n%s", weave, errs[0].Message)
		}
	})
}
