// Package pipeline is the target `pipeline`: the rules of a weave as aggregations that a
// cluster runs by itself, in one script for mongosh.
//
// In: the collections of a state as pipelines, in BSON. Out: pipeline.js: a header for
// people, what runs them (script.js), the pipelines as Extended JSON, one call.
package pipeline

import (
	"crypto/sha256"
	_ "embed" // script.js
	"encoding/hex"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/js"
	sources "github.com/hayone1/mongocd/runtime"
)

// FileName is the script's name in the artefact's folder.
const FileName = "pipeline.js"

//go:embed script.js
var script string

// State is what one weave wants of one environment.
type State struct {
	Weave, Environment, Compiler string
	Collections                  []Collection
}

// Collection is one of them; what its pipelines are is said in compiler/pushdown.
type Collection struct {
	SourceDatabase, Source string
	Database, Name         string
	Origin                 string
	On                     []string
	// Inserts and Updates say whether missing documents are inserted and differing ones updated.
	Inserts, Updates bool
	// Pipelines are {wanted, found, state, inserts, updates, whenMatched}.
	Pipelines bson.D
}

const header = `// %[1]s for environment %[2]s, made by %[3]s.
// Brings collections to what the weave wants of them by aggregations alone: the data goes
// from one database of the cluster to another, and never through this script.
//
//   mongosh URI --file pipeline.js                       shows what would change
//   MONGOCD_MODE=apply mongosh URI --file pipeline.js    changes it, and verifies; run again, goes on where it was interrupted
//   MONGOCD_MODE=verify mongosh URI --file pipeline.js   exits with 2 when something differs
//
// Other settings: MONGOCD_STATE_DATABASE=NAME, where the work is kept (mongocd); MONGOCD_RANGE=N, how many
// documents are written at a time (10000); MONGOCD_MAX_TIME=SECONDS, after which the server ends a command (none).
// Exit codes: 0 done or nothing to do, 1 failed before anything was written, 2 differences found,
// 3 refused with nothing written, 4 stopped after writing something, 64 wrong usage.
//
// sha256 of everything after the next empty line: %[4]x

`

// Generate returns the script of a state. Equal states give equal bytes.
func Generate(s State) ([]codegen.File, error) {
	var body strings.Builder
	for _, name := range []string{"safe/safe.js", "safe/escape.js"} {
		text, err := sources.Scripts.ReadFile(name)
		if err != nil {
			return nil, err
		}
		body.Write(text)
		body.WriteByte('\n')
	}
	body.WriteString(script)
	fmt.Fprintf(&body, "\nconst mongocdCollections = [")
	for i, c := range s.Collections {
		if name := lostName(c.Pipelines); name != "" {
			return nil, fmt.Errorf("%s: mongosh does not keep an object with the field name %q as it is, which a rule writes: it moves numbers to the front, and takes some names with a dollar sign for types", c.Origin, name)
		}
		text, err := bson.MarshalExtJSON(c.Pipelines, true, false)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Origin, err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%d\n%s", s.Weave, s.Environment, c.Database+"."+c.Name, i, text))
		fmt.Fprintf(&body, "{\n  origin: %s,\n  source: %s,\n  into: %s,\n  on: %s,\n  inserts: %t,\n  updates: %t,\n  digest: %s,\n  pipelines: %s,\n}, ",
			js.Quote(c.Origin), js.Strings([]string{c.SourceDatabase, c.Source}), js.Strings([]string{c.Database, c.Name}), js.Strings(c.On), c.Inserts, c.Updates,
			js.Quote(hex.EncodeToString(sum[:8])), js.Quote(string(text)))
	}
	body.WriteString("];\n\nquit(mongocdPipelines(mongocdCollections));\n")
	top := fmt.Sprintf(header, js.Quote(s.Weave), js.Quote(s.Environment), js.Quote(s.Compiler), sha256.Sum256([]byte(body.String())))
	return []codegen.File{{Path: FileName, Data: []byte(top + body.String()), Mode: 0o644}}, nil
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
