// Package pipeline is the target `pipeline`: the rules of a weave as aggregations that a
// cluster runs by itself, in one script for mongosh and in a Go program.
//
// In: the collections of a state as pipelines, in BSON. Out: pipeline.js: a header for
// people, what runs them (runtime/pipeline), the pipelines as Extended JSON, one call;
// and pipelines.json, main.go and what gosync adds to it: the same as a program; where the
// source is on another cluster, pipeline.federation.js (federation.go).
package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/js"
	sources "github.com/hayone1/mongocd/runtime"
	runtime "github.com/hayone1/mongocd/runtime/pipeline"
)

// FileName is the script's name in the artefact's folder.
const FileName = "pipeline.js"

// scripts are what a script has, in the order in which they are joined.
var scripts = []string{"safe/safe.js", "safe/escape.js", "pipeline/pipeline.js", "pipeline/stage.js", "pipeline/write.js"}

// State is what one weave wants of one environment.
type State struct {
	Weave, Environment, Compiler string
	Collections                  []Collection
	Federation                   *Federation // nil: the source is on the destination's cluster
}

// Collection is one of them; what its pipelines are is said in compiler/pushdown.
type Collection struct {
	SourceDatabase, Source string
	Database, Name         string
	Origin                 string
	On                     []string
	// Inserts and Updates say whether missing documents are inserted and differing ones updated.
	Inserts, Updates bool
	// Pipelines are those of runtime/pipeline, by their names there.
	Pipelines bson.D
	// Read are the stages that leave of the source what the rules read.
	Read bson.A
	// Lookups are the collections that lookups read, in the database of the source.
	Lookups []string
}

const header = `// %[1]s for environment %[2]s, made by %[3]s.
// Brings collections to what the weave wants of them by aggregations alone: the data goes
// from one database of the cluster to another, and never through this script.
//
//   mongosh URI --file pipeline.js                       shows what would change
//   MONGOCD_MODE=apply mongosh URI --file pipeline.js    changes it, and verifies; run again, goes on where it was interrupted
//   MONGOCD_MODE=verify mongosh URI --file pipeline.js   exits with 2 when something differs
//
// The Go program beside it does the same, several ranges at once if need be: go run . help
//
// Other settings: MONGOCD_STATE_DATABASE=NAME, where the work is kept (mongocd); MONGOCD_RANGE=N, how many
// documents are written at a time (10000); MONGOCD_MAX_TIME=SECONDS, after which the server ends a command (none).
// Exit codes: 0 done or nothing to do, 1 failed before anything was written, 2 differences found,
// 3 refused with nothing written, 4 stopped after writing something, 64 wrong usage.
//
// sha256 of everything after the next empty line: %[4]x

`

// Generate returns the script of a state, and the program. Equal states give equal bytes.
// The program's runtime is that of the release; nil: a copy of this program's.
func Generate(s State, release *gosync.Release) ([]codegen.File, error) {
	collections, err := collectionsOf(s)
	if err != nil {
		return nil, err
	}
	script, err := scriptOf(s, collections)
	if err != nil {
		return nil, err
	}
	files, engine, err := gosync.Engine(release)
	if err != nil {
		return nil, err
	}
	data, err := dataOf(s, collections)
	if err != nil {
		return nil, err
	}
	program, err := mainFile(s, gosync.Packages(release), engine)
	if err != nil {
		return nil, err
	}
	files = append(files, codegen.File{Path: FileName, Data: script, Mode: 0o644}, codegen.File{Path: runtime.FileName, Data: data, Mode: 0o644}, codegen.File{Path: "main.go", Data: program, Mode: 0o644})
	if s.Federation != nil {
		text, err := federationScript(s, collections)
		if err != nil {
			return nil, err
		}
		files = append(files, codegen.File{Path: FederationName, Data: []byte(text), Mode: 0o644})
	}
	codegen.Sort(files)
	return files, nil
}

// collection is one with what both artefacts have of it.
type collection struct {
	Collection
	text   string // of its pipelines, canonical Extended JSON
	digest string
}

func collectionsOf(s State) ([]collection, error) {
	var out []collection
	for i, c := range s.Collections {
		if name := lostName(c.Pipelines); name != "" {
			return nil, fmt.Errorf("%s: mongosh does not keep an object with the field name %q as it is, which a rule writes: it moves numbers to the front, and takes some names with a dollar sign for types", c.Origin, name)
		}
		text, err := bson.MarshalExtJSON(c.Pipelines, true, false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Origin, err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%d\n%s", s.Weave, s.Environment, c.Database+"."+c.Name, i, text))
		out = append(out, collection{c, string(text), hex.EncodeToString(sum[:8])})
	}
	return out, nil
}

func scriptOf(s State, collections []collection) ([]byte, error) {
	var body strings.Builder
	for _, name := range scripts {
		text, err := sources.Scripts.ReadFile(name)
		if err != nil {
			return nil, err
		}
		body.Write(text)
		body.WriteByte('\n')
	}
	body.WriteString("const mongocdCollections = [")
	for _, c := range collections {
		fmt.Fprintf(&body, "{\n  origin: %s,\n  source: %s,\n  into: %s,\n  on: %s,\n  lookups: %s,\n  inserts: %t,\n  updates: %t,\n  digest: %s,\n  pipelines: %s,\n}, ",
			js.Quote(c.Origin), js.Strings([]string{c.SourceDatabase, c.Source}), js.Strings([]string{c.Database, c.Name}), js.Strings(c.On), js.Strings(c.Lookups), c.Inserts, c.Updates,
			js.Quote(c.digest), js.Quote(c.text))
	}
	body.WriteString("];\n\nquit(mongocdPipelines(mongocdCollections));\n")
	top := fmt.Sprintf(header, js.Quote(s.Weave), js.Quote(s.Environment), js.Quote(s.Compiler), sha256.Sum256([]byte(body.String())))
	return []byte(top + body.String()), nil
}

// dataOf is pipelines.json, one collection a line.
func dataOf(s State, collections []collection) ([]byte, error) {
	top, err := bson.MarshalExtJSON(bson.D{{Key: "format", Value: int32(runtime.Format)}, {Key: "weave", Value: s.Weave}, {Key: "environment", Value: s.Environment}, {Key: "compiler", Value: s.Compiler}}, true, false)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(top, []byte("}")))
	b.WriteString(`,"collections":[`)
	for i, c := range collections {
		line, err := bson.MarshalExtJSON(bson.D{{Key: "origin", Value: c.Origin}, {Key: "source", Value: []string{c.SourceDatabase, c.Source}}, {Key: "into", Value: []string{c.Database, c.Name}}, {Key: "on", Value: c.On}, {Key: "lookups", Value: append([]string{}, c.Lookups...)},
			{Key: "inserts", Value: c.Inserts}, {Key: "updates", Value: c.Updates}, {Key: "digest", Value: c.digest}, {Key: "pipelines", Value: c.Pipelines}}, true, false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Origin, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	if _, err := runtime.Parse(b.Bytes()); err != nil {
		return nil, fmt.Errorf("the pipelines cannot be read again: %w", err)
	}
	return b.Bytes(), nil
}

// mainFile is main.go.
func mainFile(s State, packages, engine string) ([]byte, error) {
	cli := packages + "cli"
	f := jen.NewFile("main")
	f.HeaderComment(fmt.Sprintf("Code generated by %s; DO NOT EDIT.", gosync.Plain(s.Compiler)))
	f.PackageComment(fmt.Sprintf("This program brings collections to what the weave %s wants of them in the environment", gosync.Plain(s.Weave)))
	f.PackageComment(fmt.Sprintf("%s, by aggregations that the cluster runs. It can run any number of times. Run it", gosync.Plain(s.Environment)))
	f.PackageComment("with `help` to see its commands.")
	for _, c := range s.Collections {
		f.PackageComment("")
		f.PackageComment(fmt.Sprintf("  - %s from %s by %s (%s)", gosync.Plain(c.Database+"."+c.Name), gosync.Plain(c.SourceDatabase+"."+c.Source), gosync.Plain(strings.Join(c.On, ", ")), gosync.Plain(c.Origin)))
	}
	f.ImportName("embed", "embed")
	f.ImportName("os", "os")
	f.ImportName(cli, "cli")
	f.Comment("state is the pipelines.")
	f.Comment("")
	f.Comment("//go:embed " + runtime.FileName)
	f.Var().Id("state").Qual("embed", "FS")
	f.Func().Id("main").Params().Block(
		jen.Id("info").Op(":=").Qual(cli, "Info").Values(
			jen.Id("Weave").Op(":").Lit(s.Weave), jen.Id("Environment").Op(":").Lit(s.Environment), jen.Id("Compiler").Op(":").Lit(s.Compiler), jen.Id("Engine").Op(":").Lit(engine),
		),
		jen.Qual("os", "Exit").Call(jen.Qual(cli, "Pipelines").Call(
			jen.Qual("os", "Args").Index(jen.Lit(1), jen.Empty()), jen.Qual("os", "Stdout"), jen.Qual("os", "Stderr"), jen.Qual("os", "LookupEnv"), jen.Id("state"), jen.Id("info"),
		)),
	)
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		return nil, fmt.Errorf("making main.go: %w", err)
	}
	return b.Bytes(), nil
}

// lostName is a name of a field that JavaScript objects or Extended JSON do not keep; empty:
// none. Operators are no such names, but a constant may not have one.
func lostName(v any) string {
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			if integer(e.Key) {
				return e.Key
			}
			if name := lostName(e.Value); name != "" {
				return name
			}
		}
	case bson.A:
		for _, e := range v {
			if name := lostName(e); name != "" {
				return name
			}
		}
	case bson.RawValue:
		if d, ok := v.DocumentOK(); ok {
			return lostInRaw(d, false)
		}
		if a, ok := v.ArrayOK(); ok {
			return lostInRaw(bson.Raw(a), true)
		}
	}
	return ""
}

func lostInRaw(d bson.Raw, array bool) string {
	elements, err := d.Elements()
	if err != nil {
		return ""
	}
	for _, e := range elements {
		if !array && (integer(e.Key()) || strings.HasPrefix(e.Key(), "$")) {
			return e.Key()
		}
		if name := lostName(e.Value()); name != "" {
			return name
		}
	}
	return ""
}

func integer(name string) bool {
	return name != "" && strings.Trim(name, "0123456789") == ""
}
