package policy

// The structure of a destination collection: indexes and options of the source
// with what the rules say of them.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Structure is what is wanted of a collection beside documents.
type Structure struct {
	// Indexes are all that are wanted, as listIndexes gives them; Exact: no others.
	// Declared and Dropped are the names of those that rules write and take away.
	Indexes           []bson.Raw
	Exact             bool
	Declared, Dropped []string
	// Options are those of a new collection, SetOptions the names of those that one
	// that is there gets, too.
	Options    bson.Raw
	SetOptions []string
	// Reads are the collections that a view reads, by their names at the destination.
	Reads         []string
	Before, After []desired.Command
}

// structuring makes the structure of a target.
type structuring struct {
	job    *workspace.Job
	target *workspace.Target
	data   *workspace.Collection
	policy *Policy
	env    *eval.Env
	made   Structure
}

// Structure evaluates the structural statements in force for a target of a job,
// over what was extracted of its collection.
func (p *Policy) Structure(j *workspace.Job, t *workspace.Target, data *workspace.Collection, env *eval.Env) (*Structure, diag.List) {
	s := &structuring{job: j, target: t, data: data, policy: p, env: env}
	diags := append(s.indexes(), s.options()...)
	var written []string
	if p.Options != nil && p.Options.Object != nil {
		written = s.made.SetOptions
	}
	diags = append(diags, s.view(written)...)
	s.made.Options = creatable(s.made.Options)
	for _, h := range p.hooks {
		commands, found := Commands(env, h, t.Database(j.Environment))
		diags = append(diags, found...)
		if h.After {
			s.made.After = append(s.made.After, commands...)
		} else {
			s.made.Before = append(s.made.Before, commands...)
		}
	}
	return &s.made, diags
}

// indexes are those of the source with those that the rules write and without
// those that they drop.
func (s *structuring) indexes() diag.List {
	p, made := s.policy, &s.made
	var diags diag.List
	if p.indexes == nil || p.indexes.Policy != "none" {
		made.Indexes = slices.Clone(s.data.Indexes)
	}
	made.Exact = p.indexes != nil && p.indexes.Policy == "exact"
	for _, stmt := range p.Index {
		index, found := indexOf(s.env, stmt)
		diags = append(diags, found...)
		if index == nil {
			continue
		}
		// A declared index takes the place of one with the same keys or name.
		made.Indexes = slices.DeleteFunc(made.Indexes, func(other bson.Raw) bool {
			return sameField(index, other, "key") || sameField(index, other, "name")
		})
		made.Indexes = append(made.Indexes, index)
		made.Declared = append(made.Declared, indexName(index))
	}
	for _, stmt := range p.drop {
		if slices.Contains(made.Declared, stmt.Name.Text) {
			diags = append(diags, diag.Diagnostic{Code: diag.DuplicatePolicy, Span: stmt.Span, Message: fmt.Sprintf("the index %s is dropped and wanted", diag.Quote(stmt.Name.Text, 64)),
				Notes: []string{"remove one of the two statements"}})
		}
		made.Indexes = slices.DeleteFunc(made.Indexes, func(index bson.Raw) bool { return indexName(index) == stmt.Name.Text })
		made.Dropped = append(made.Dropped, stmt.Name.Text)
	}
	slices.Sort(made.Declared)
	slices.Sort(made.Dropped)
	return diags
}

// validation are the options that `options from source` also takes away.
var validation = []string{"validationAction", "validationLevel", "validator"}

// options evaluates `options`: what it names replaces the source's, and is
// enforced on a collection that exists already.
func (s *structuring) options() diag.List {
	made, stmt := &s.made, s.policy.Options
	made.Options = s.data.Options
	if stmt == nil {
		return nil
	}
	if stmt.Object == nil {
		if s.data.Kind != "view" {
			made.SetOptions = slices.Clone(validation)
		}
		for name := range doc.Fields(made.Options) {
			made.SetOptions = append(made.SetOptions, name)
		}
		slices.Sort(made.SetOptions)
		made.SetOptions = slices.Compact(made.SetOptions)
		return nil
	}
	given, errs := constantDocument(s.env, stmt.Object)
	if len(errs) > 0 {
		return errs
	}
	diags := checkOptions(stmt.Object, given, collectionOptions, "a collection")
	for name := range doc.Fields(given) {
		made.SetOptions = append(made.SetOptions, name)
	}
	made.Options = doc.Joined(given, doc.Without(made.Options, made.SetOptions...))
	slices.Sort(made.SetOptions)
	return append(diags, s.otherKind(stmt)...)
}

// otherKind reports options that make a collection of another kind of one
// whose documents are updated (docs/language.md, options).
func (s *structuring) otherKind(stmt *ast.Options) diag.List {
	if mode := s.policy.Mode; mode == desired.Structure || mode == desired.Insert {
		return nil
	}
	for _, kind := range []struct{ option, name string }{{"capped", "capped collection"}, {"timeseries", "time series collection"}, {"viewOn", "view"}} {
		v, ok := doc.Get(s.made.Options, doc.Path{kind.option})
		if !ok || kind.option == "capped" && !stores.Truthy(v) || !slices.Contains(s.made.SetOptions, kind.option) {
			continue
		}
		only := "write `mode insert`, or `mode structure` for the collection alone"
		if kind.option == "viewOn" {
			only = "write `mode structure`: its definition is promoted"
		}
		return diag.List{{Code: diag.WrongKind, Span: stmt.Span, Message: fmt.Sprintf("%s would become a %s: its documents cannot be updated", s.data.Name, kind.name), Notes: []string{only}}}
	}
	return nil
}

// creatable are options as the create command takes them: an expiry that is
// "off", which collMod takes, is none, and a granularity stands for the span of
// buckets, which listCollections gives beside it (manual:
// core/timeseries/timeseries-granularity).
func creatable(options bson.Raw) bson.Raw {
	if len(options) == 0 {
		return options
	}
	return doc.Edit(options, func(name string, v bson.RawValue) bson.RawValue {
		if text, ok := v.StringValueOK(); ok && name == "expireAfterSeconds" && text == "off" {
			return bson.RawValue{}
		}
		series, isDocument := v.DocumentOK()
		if _, given := doc.Get(series, doc.Path{"granularity"}); name == "timeseries" && isDocument && given {
			v.Value = doc.Without(series, "bucketMaxSpanSeconds", "bucketRoundingSeconds")
		}
		return v
	})
}

// constantDocument is the value of an object of MongoDB's.
func constantDocument(env *eval.Env, o *ast.Object) (bson.Raw, diag.List) {
	v, errs := env.Constant(o)
	if len(errs) > 0 {
		return nil, value.Diagnostics(errs)
	}
	raw, err := v.Raw()
	if err != nil {
		return nil, value.Diagnostics([]*value.Error{err})
	}
	return bson.Raw(raw.Value), nil
}

// Commands are the commands of `before` or `after`.
func Commands(env *eval.Env, h *ast.Hook, database string) ([]desired.Command, diag.List) {
	var out []desired.Command
	var diags diag.List
	for _, r := range h.Runs {
		command, errs := constantDocument(env, r.Command)
		if len(errs) > 0 {
			diags = append(diags, errs...)
			continue
		}
		c := desired.Command{Origin: r.Span.String(), Database: database, Command: command}
		if r.Database != nil {
			c.Database = r.Database.Text
		}
		out = append(out, c)
	}
	return out, diags
}

// indexOf is the specification of `index on`, as listIndexes gives one.
func indexOf(env *eval.Env, s *ast.Index) (bson.Raw, diag.List) {
	var diags diag.List
	keys := doc.NewBuilder(64)
	var parts []string
	for _, k := range s.Keys {
		fields := check.Fields(k.Path)
		if slices.ContainsFunc(fields, func(f string) bool { return strings.ContainsRune(f, '.') || strings.HasPrefix(f, "$") }) {
			diags = append(diags, diag.Diagnostic{Code: diag.BadPath, Span: k.Path.Span, Message: "an index cannot name a field with a dot or a leading `$`",
				Notes: []string{"rename the field, or leave it out of the index"}})
			continue
		}
		name, kind := strings.Join(fields, "."), k.Kind
		switch k.Kind {
		case "", "asc":
			keys.AppendInt32(name, 1)
			kind = "1"
		case "desc":
			keys.AppendInt32(name, -1)
			kind = "-1"
		default:
			keys.AppendString(name, k.Kind)
		}
		parts = append(parts, name, kind)
	}
	b := doc.NewBuilder(128).AppendDocument("key", keys.Raw())
	name := strings.Join(parts, "_") // as the server names an index
	var options bson.Raw
	if s.Options != nil {
		var errs diag.List
		options, errs = constantDocument(env, s.Options)
		diags = append(diags, errs...)
	}
	for option, v := range doc.Fields(options) {
		switch option {
		case "key", "v", "ns":
			diags = append(diags, diag.Diagnostic{Code: diag.DuplicateName, Span: s.Options.Span, Message: fmt.Sprintf("%s is no option of an index", diag.Backquote(option)),
				Notes: []string{"the keys stand after `index on`"}})
		case "name":
			text, ok := v.StringValueOK()
			if !ok || text == "" {
				diags = append(diags, diag.Diagnostic{Code: diag.BadName, Span: s.Options.Span, Message: "the name of an index is a text that is not empty"})
			}
			name = text
		}
	}
	if s.Options != nil && len(diags) == 0 {
		diags = checkOptions(s.Options, options, indexOptions, "an index")
	}
	if diags.HasErrors() {
		return nil, diags
	}
	b.AppendString("name", name)
	for option, v := range doc.Fields(options) {
		if option != "name" {
			b.Append(option, v)
		}
	}
	return b.Raw(), diags
}

func indexName(index bson.Raw) string {
	v, _ := doc.Get(index, doc.Path{"name"})
	name, _ := v.StringValueOK()
	return name
}

// sameField reports whether two documents have one value in a field.
func sameField(a, b bson.Raw, name string) bool {
	x, ok := doc.Get(a, doc.Path{name})
	y, also := doc.Get(b, doc.Path{name})
	return ok && also && doc.Same(x, y)
}
