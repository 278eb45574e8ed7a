// Package schema holds reports against the published JSON Schema,
// docs/report.schema.json. For tests of packages two levels below the root.
//
// In: a report's JSON. Out: a failed test where the schema does not describe it.
package schema

import (
	"bytes"
	"path/filepath"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const file = "../../docs/report.schema.json"

// compiled are the schemas of one report, of a run of mongocd, and of a line.
var compiled = sync.OnceValues(func() (schemas [3]*jsonschema.Schema, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return schemas, err
	}
	compiler := jsonschema.NewCompiler()
	for i, part := range []string{"", "#/$defs/reports", "#/$defs/line"} {
		if schemas[i], err = compiler.Compile(filepath.ToSlash(path) + part); err != nil {
			return schemas, err
		}
	}
	return schemas, nil
})

// Report fails the test when the bytes are not the report of one weave, as
// artefacts write it.
func Report(t testing.TB, report []byte) {
	t.Helper()
	hold(t, 0, report)
}

// Reports fails the test when the bytes are not what mongocd writes.
func Reports(t testing.TB, reports []byte) {
	t.Helper()
	hold(t, 1, reports)
}

// Lines fails the test when the bytes are not a report as JSON lines.
func Lines(t testing.TB, lines []byte) {
	t.Helper()
	for line := range bytes.Lines(lines) {
		hold(t, 2, line)
	}
}

func hold(t testing.TB, which int, data []byte) {
	t.Helper()
	schemas, err := compiled()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, data)
	}
	if err := schemas[which].Validate(value); err != nil {
		t.Errorf("docs/report.schema.json does not describe this report: %v\n%s", err, data)
	}
}
