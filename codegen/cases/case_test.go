// Package cases runs the shared corpus, testdata/cases, through the whole of
// mongocd: compiler, both targets, the test engine and the directory store.
//
// case_test.go reads a case, world_test.go puts a case's `before` into a
// destination and reads what is there after, artefact_test.go builds and runs
// artefacts, cases_test.go is the run of one case. scale_test.go, race_test.go,
// random_test.go and examples_test.go use the same parts on other inputs.
//
// A case is one txtar file, data only:
//
//	(a comment: what it shows)
//	-- case.txt --                          directives, see directive; may be missing
//	-- rules.weave --                       one or more weave files of one weave
//	-- extracted/SOURCE/COLLECTION/… --     as `mongocd extract` writes it
//	-- before/DATABASE/COLLECTION.jsonl --  the destination: one document a line,
//	                                        Extended JSON or base64 BSON, with
//	                                        COLLECTION.indexes.json (listIndexes without
//	                                        _id_) and COLLECTION.options.json beside it
//	-- after/DATABASE/COLLECTION.jsonl --   what it is to be, byte for byte
//	-- desired/DATABASE/COLLECTION.jsonl -- what is wanted, byte for byte; may be missing
//	-- manifest.json --                     the state without its documents (UPDATE_GOLDEN=1)
//	-- said.txt --                          warnings of the compiler (UPDATE_GOLDEN=1)
//	-- report.txt --                        the plan as text (UPDATE_GOLDEN=1 writes it)
//
// What `after` and `desired` hold was written by hand or calculated by other means
// than mongocd; UPDATE_GOLDEN=1 never writes them.
package cases

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

const corpus = "../../testdata/cases"

// testCase is one file of the corpus.
type testCase struct {
	name    string
	file    string // the txtar file
	archive *txtar.Archive

	weaves    []txtar.File // *.weave
	extracted []txtar.File // extracted/…
	before    []collection
	after     []collection
	desired   map[string]string // what artefacts have, by path
	manifest  string
	said      string
	report    string
	unknown   string // the plan without secrets

	directives
}

// directives are the lines "key: value" of case.txt.
type directives struct {
	env string // "env: NAME"; default prod
	// "exit: N", "conflict: CODE" (repeatable): how apply ends, for both engines.
	exit      int
	conflicts []string
	// "mongosh-exit: N", "mongosh-conflict: CODE": what mongosh does instead,
	// where it cannot do what the Go program can.
	mongoshExit      int
	mongoshConflicts []string
	// "cannot-hold: mongosh": the script is refused when it is generated.
	cannotHold bool
	// "input: NAME=VALUE" (repeatable), "weave: NAME": what is compiled.
	inputs     map[string]string
	onlyWeaves []string
	// "language: FILE …": the workspace is these files of testdata/language, with its data.
	language []string
	// "secret: NAME=VALUE", "secret-file: NAME=VALUE", "secret-directory: NAME=VALUE"
	// (repeatable): how the artefacts are given a secret. Names are of one case only:
	// all cases share the environment.
	secrets, secretFiles, secretsInDirectory map[string]string
	// "desired: only": the case is about what is wanted, and nothing is run.
	desiredOnly bool
	// "directory: REASON": what the test engine cannot do; the writes of the case
	// run on the directory store only.
	directory string
	// "not-on-directory: REASON": the other way round.
	notOnDirectory string
	// "server: PROFILE": the case is about a server of another make (cmd/testserver/profile).
	server string
	// "not-undone: REASON": what the test engine does to what undo writes back.
	notUndone string
}

// collection is one collection of a destination.
type collection struct {
	database, name string
	options        bson.Raw // nil: none
	indexes        []bson.Raw
	documents      []bson.Raw // sorted by the bytes of _id
}

func (c collection) namespace() string { return c.database + "." + c.name }

func readCases(t *testing.T) []*testCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpus, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", corpus, err)
	}
	var cases []*testCase
	for _, file := range files {
		c, err := readCase(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, c)
	}
	return cases
}

func readCase(file string) (*testCase, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &testCase{
		name:    strings.TrimSuffix(filepath.Base(file), ".txtar"),
		file:    file,
		archive: txtar.Parse(text),
		directives: directives{env: "prod", mongoshExit: -1, inputs: map[string]string{},
			secrets: map[string]string{}, secretFiles: map[string]string{}, secretsInDirectory: map[string]string{}},
		desired: map[string]string{},
	}
	if len(bytes.TrimSpace(c.archive.Comment)) == 0 {
		return nil, fmt.Errorf("the first lines do not say what the case shows")
	}
	var before, after []txtar.File
	for _, f := range c.archive.Files {
		switch top, rest, _ := strings.Cut(f.Name, "/"); {
		case f.Name == "case.txt":
			if err := c.parse(string(f.Data)); err != nil {
				return nil, err
			}
		case f.Name == "report.txt":
			c.report = string(f.Data)
		case f.Name == "unknown.txt":
			c.unknown = string(f.Data)
		case f.Name == "said.txt":
			c.said = string(f.Data)
		case f.Name == desired.ManifestName:
			c.manifest = string(f.Data)
		case top == "desired":
			documents, err := parseLines(f.Data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			var lines []byte
			for _, d := range documents {
				lines = append(doc.AppendLine(lines, d), '\n')
			}
			c.desired[f.Name] = string(lines)
		case strings.HasSuffix(f.Name, ".weave"):
			c.weaves = append(c.weaves, f)
		case top == "extracted":
			c.extracted = append(c.extracted, f)
		case top == "before":
			before = append(before, txtar.File{Name: rest, Data: f.Data})
		case top == "after":
			after = append(after, txtar.File{Name: rest, Data: f.Data})
		default:
			return nil, fmt.Errorf("unexpected file %s", f.Name)
		}
	}
	for _, name := range c.language {
		text, err := os.ReadFile(filepath.Join(language, name))
		if err != nil {
			return nil, err
		}
		c.weaves = append(c.weaves, txtar.File{Name: name, Data: text})
	}
	if c.mongoshExit < 0 {
		c.mongoshExit, c.mongoshConflicts = c.exit, c.conflicts
	}
	if c.desiredOnly && len(c.desired) == 0 {
		return nil, fmt.Errorf("no desired/ though nothing else is checked")
	}
	if c.before, err = parseWorld(before); err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	if c.after, err = parseWorld(after); err != nil {
		return nil, fmt.Errorf("after: %w", err)
	}
	return c, nil
}

func (d *directives) parse(text string) error {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			return fmt.Errorf("case.txt: %q is not \"key: value\"", line)
		}
		var err error
		switch key {
		case "env":
			d.env = value
		case "exit":
			d.exit, err = strconv.Atoi(value)
		case "conflict":
			d.conflicts = append(d.conflicts, value)
		case "mongosh-exit":
			d.mongoshExit, err = strconv.Atoi(value)
		case "mongosh-conflict":
			d.mongoshConflicts = append(d.mongoshConflicts, value)
		case "cannot-hold":
			d.cannotHold = value == "mongosh"
		case "input":
			name, text, ok := strings.Cut(value, "=")
			if !ok {
				return fmt.Errorf("case.txt: %q is not NAME=VALUE", value)
			}
			d.inputs[name] = text
		case "language":
			d.language = strings.Fields(value)
		case "secret", "secret-file", "secret-directory":
			name, text, ok := strings.Cut(value, "=")
			if !ok {
				return fmt.Errorf("case.txt: %q is not NAME=VALUE", value)
			}
			map[string]map[string]string{"secret": d.secrets, "secret-file": d.secretFiles, "secret-directory": d.secretsInDirectory}[key][name] = text
		case "weave":
			d.onlyWeaves = append(d.onlyWeaves, value)
		case "desired":
			if value != "only" {
				return fmt.Errorf("case.txt: desired is %q, want only", value)
			}
			d.desiredOnly = true
		case "directory":
			d.directory = value
		case "not-on-directory":
			d.notOnDirectory = value
		case "server":
			d.server = value
		case "not-undone":
			d.notUndone = value
		default:
			err = fmt.Errorf("unknown directive")
		}
		if err != nil {
			return fmt.Errorf("case.txt: %q: %w", line, err)
		}
	}
	return nil
}

// parseWorld reads the files of before/ or after/, sorted by namespace.
func parseWorld(files []txtar.File) ([]collection, error) {
	var out []collection
	at := func(database, name string) *collection {
		for i := range out {
			if out[i].database == database && out[i].name == name {
				return &out[i]
			}
		}
		out = append(out, collection{database: database, name: name})
		return &out[len(out)-1]
	}
	for _, f := range files {
		database, name, _ := strings.Cut(f.Name, "/")
		var err error
		switch {
		case strings.HasSuffix(name, ".indexes.json"):
			c := at(database, strings.TrimSuffix(name, ".indexes.json"))
			c.indexes, err = parseIndexes(f.Data)
		case strings.HasSuffix(name, ".options.json"):
			c := at(database, strings.TrimSuffix(name, ".options.json"))
			c.options, err = doc.ParseExtJSON(f.Data)
		case strings.HasSuffix(name, ".jsonl"):
			c := at(database, strings.TrimSuffix(name, ".jsonl"))
			c.documents, err = parseLines(f.Data)
		default:
			err = fmt.Errorf("is neither .jsonl nor .indexes.json nor .options.json")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	sortWorld(out)
	return out, nil
}

func parseLines(data []byte) ([]bson.Raw, error) {
	var out []bson.Raw
	for line := range bytes.Lines(data) {
		d, err := doc.ParseLine(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		out = append(out, d)
	}
	return out, nil
}

// parseIndexes reads an array of index documents.
func parseIndexes(data []byte) ([]bson.Raw, error) {
	value, err := doc.ParseExtJSONValue(data)
	if err != nil {
		return nil, err
	}
	array, ok := value.ArrayOK()
	if !ok {
		return nil, fmt.Errorf("is not an array")
	}
	values, err := array.Values()
	if err != nil {
		return nil, err
	}
	var out []bson.Raw
	for _, v := range values {
		out = append(out, v.Document())
	}
	return out, nil
}

func sortWorld(world []collection) {
	slices.SortFunc(world, func(a, b collection) int { return strings.Compare(a.namespace(), b.namespace()) })
	for _, c := range world {
		slices.SortFunc(c.documents, func(a, b bson.Raw) int {
			return bytes.Compare(append([]byte{byte(a.Lookup("_id").Type)}, a.Lookup("_id").Value...),
				append([]byte{byte(b.Lookup("_id").Type)}, b.Lookup("_id").Value...))
		})
		slices.SortFunc(c.indexes, func(a, b bson.Raw) int {
			return strings.Compare(a.Lookup("name").StringValue(), b.Lookup("name").StringValue())
		})
	}
}

// show writes a world as text for comparing and for messages: lossless, one
// thing a line. Databases are named by original.
func show(world []collection, original func(database string) string) string {
	var b strings.Builder
	for _, c := range world {
		fmt.Fprintf(&b, "%s.%s\n", original(c.database), c.name)
		if len(c.options) > 5 {
			fmt.Fprintf(&b, "  options %s\n", doc.AppendCanonical(nil, c.options))
		}
		for _, index := range c.indexes {
			fmt.Fprintf(&b, "  index %s\n", doc.AppendCanonical(nil, index))
		}
		for _, d := range c.documents {
			fmt.Fprintf(&b, "  %s\n", doc.Line(d))
		}
	}
	return b.String()
}

func itself(database string) string { return database }

// writeWorkspace writes the weave and extracted files of a case into dir.
func (c *testCase) writeWorkspace(t *testing.T, dir string) {
	t.Helper()
	for _, f := range slices.Concat(c.weaves, c.extracted) {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	if len(c.language) > 0 {
		if err := os.CopyFS(filepath.Join(dir, "extracted"), os.DirFS(filepath.Join(language, "extracted"))); err != nil {
			t.Fatal(err)
		}
	}
}

// secretsDirectory is the directory that secrets are looked for in.
func secretsDirectory(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	t.Setenv(cli.SecretsDirVariable, directory)
	return directory
}

// giveSecrets puts the secrets of a case into the environment of all cases.
func (c *testCase) giveSecrets(t *testing.T, directory string) {
	t.Helper()
	for name, text := range c.secrets {
		t.Setenv(name, text)
	}
	for name, text := range c.secretFiles {
		file := filepath.Join(t.TempDir(), "secret")
		writeFile(t, file, []byte(text+"\n"))
		t.Setenv(name+"_FILE", file)
	}
	for name, text := range c.secretsInDirectory {
		writeFile(t, filepath.Join(directory, name), []byte(text+"\r\n"))
	}
}

// update writes a golden back into the case's file; an empty one is left out.
func (c *testCase) update(t *testing.T, name, text string) {
	t.Helper()
	c.archive.Files = slices.DeleteFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == name })
	if text != "" {
		c.archive.Files = append(c.archive.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	writeFile(t, c.file, txtar.Format(c.archive))
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
