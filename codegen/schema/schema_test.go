package schema

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
)

// recorder notes whether a check failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }

const smallest = `{"format": 2, "command": "plan", "weave": "w", "environment": "e", "outcome": "in-sync", "exit": 0, "collections": [], "conflicts": []`

// What the engines do not write is refused: the corpus shows only that what they write is described.
func TestRefuses(t *testing.T) {
	tests := []struct {
		report string
		fails  bool
	}{
		{smallest + `}`, false},
		{smallest + `, "more": 1}`, true},
		{smallest + `, "failure": {"stage": "lunch", "message": "m"}}`, true},
		{smallest + `, "failure": {"stage": "read", "message": "m"}}`, false},
		{strings.Replace(smallest, `"exit": 0`, `"exit": 64`, 1) + `}`, true},
		{strings.Replace(smallest, `"weave": "w", `, ``, 1) + `}`, true},
		{strings.Replace(smallest, `"conflicts": []`, `"conflicts": [{"code": "Bad Code", "database": "", "collection": "", "message": "m", "origin": ""}]`, 1) + `}`, true},
	}
	for _, test := range tests {
		r := &recorder{TB: t}
		if Report(r, []byte(test.report)); r.failed != test.fails {
			t.Errorf("fails is %t, want %t: %s", r.failed, test.fails, test.report)
		}
		r = &recorder{TB: t}
		all := `{"format": 2, "command": "plan", "environment": "e", "exit": 0, "reports": [` + test.report + `]}`
		if Reports(r, []byte(all)); r.failed != test.fails {
			t.Errorf("fails is %t, want %t: %s", r.failed, test.fails, all)
		}
	}
}

// Every field that a report can have is in the schema, and no other.
func TestFields(t *testing.T) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	var published struct {
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{
		"report": change.Report{}, "collection": change.CollectionReport{}, "index": change.IndexItem{}, "document": change.DocumentItem{},
		"change": change.Change{}, "hook": change.HookItem{}, "conflict": change.Conflict{}, "failure": change.Failure{},
		"counts": change.Counts{}, "done": change.Done{}, "element": change.Element{}, "option": change.OptionItem{}, "comparison": change.Comparison{},
	} {
		var all, required []string
		for f := range reflect.TypeOf(value).Fields() {
			if !f.IsExported() || f.Tag.Get("json") == "-" {
				continue // never written
			}
			field, optional := strings.CutSuffix(f.Tag.Get("json"), ",omitempty")
			if !optional {
				field, optional = strings.CutSuffix(field, ",omitzero")
			}
			all = append(all, field)
			if !optional {
				required = append(required, field)
			}
		}
		slices.Sort(all)
		def := published.Defs[name]
		if got := slices.Sorted(maps.Keys(def.Properties)); !slices.Equal(got, all) {
			t.Errorf("%s: the schema has %q, a report %q", name, got, all)
		}
		if !slices.Equal(def.Required, required) {
			t.Errorf("%s: the schema requires %q, a report has always %q", name, def.Required, required)
		}
	}
}

// A line has the fields of what it is about but for those that are in other lines, and its own.
func TestLineFields(t *testing.T) {
	var published struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &published); err != nil {
		t.Fatal(err)
	}
	properties := func(name string) []string { return slices.Sorted(maps.Keys(published.Defs[name].Properties)) }
	for _, test := range []struct {
		line, of  string
		own, less []string
	}{
		{"collectionLine", "collection", []string{"line"}, []string{"documents"}},
		{"documentLine", "document", []string{"line", "database", "collection"}, nil},
		{"conflictLine", "conflict", []string{"line"}, nil},
		{"endLine", "report", []string{"line", "lines", "counts", "refusal"}, []string{"format", "command", "weave", "environment", "collections", "conflicts"}},
	} {
		want := slices.DeleteFunc(append(properties(test.of), test.own...), func(name string) bool { return slices.Contains(test.less, name) })
		slices.Sort(want)
		if got := properties(test.line); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %q, a line %q", test.line, got, want)
		}
	}
	if got, want := properties("headLine"), []string{"command", "environment", "format", "line", "of", "report", "weave"}; !slices.Equal(got, want) {
		t.Errorf("headLine: the schema has %q, a line %q", got, want)
	}
}
