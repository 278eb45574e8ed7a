package compiler

// The structure of a destination collection: indexes and options of the source
// with what the rules say of them.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// structure is what is wanted beside documents.
type structure struct {
	indexes           []bson.Raw
	exact             bool
	declared, dropped []string
	options           bson.Raw
	setOptions        []string
	reads             []string // by a view, names at the destination
	before, after     []desired.Command
}

// compileStructure evaluates the structural statements of a unit.
func (u *unit) compileStructure(env *eval.Env) diag.List {
	p, s := u.policy, &u.structure
	var diags diag.List
	if p.Indexes == nil || p.Indexes.Policy != "none" {
		s.indexes = slices.Clone(u.data.Indexes)
	}
	s.exact = p.Indexes != nil && p.Indexes.Policy == "exact"
	for _, stmt := range p.Index {
		index, found := indexOf(env, stmt)
		diags = append(diags, found...)
		if index == nil {
			continue
		}
		// A declared index takes the place of one with the same keys or name.
		s.indexes = slices.DeleteFunc(s.indexes, func(other bson.Raw) bool {
			return sameField(index, other, "key") || sameField(index, other, "name")
		})
		s.indexes = append(s.indexes, index)
		s.declared = append(s.declared, indexName(index))
	}
	for _, stmt := range p.Drop {
		if slices.Contains(s.declared, stmt.Name.Text) {
			diags = append(diags, diag.Diagnostic{Code: diag.DuplicatePolicy, Span: stmt.Span, Message: fmt.Sprintf("the index %s is dropped and wanted", diag.Quote(stmt.Name.Text, 64)),
				Notes: []string{"remove one of the two statements"}})
		}
		s.indexes = slices.DeleteFunc(s.indexes, func(index bson.Raw) bool { return indexName(index) == stmt.Name.Text })
		s.dropped = append(s.dropped, stmt.Name.Text)
	}
	slices.Sort(s.declared)
	slices.Sort(s.dropped)
	diags = append(diags, u.compileOptions(env)...)
	var written []string
	if p.Options != nil && p.Options.Object != nil {
		written = s.setOptions
	}
	diags = append(diags, u.compileView(written)...)
	s.options = creatable(s.options)
	for _, h := range p.Hooks {
		commands, found := commandsOf(env, h, u.sync.Database[u.job.Environment])
		diags = append(diags, found...)
		if h.After {
			s.after = append(s.after, commands...)
		} else {
			s.before = append(s.before, commands...)
		}
	}
	return diags
}

// validation are the options that `options from source` also takes away.
var validation = []string{"validationAction", "validationLevel", "validator"}

// compileOptions evaluates `options`: what it names replaces the source's, and
// is enforced on a collection that exists already.
func (u *unit) compileOptions(env *eval.Env) diag.List {
	s, stmt := &u.structure, u.policy.Options
	s.options = u.data.Options
	if stmt == nil {
		return nil
	}
	if stmt.Object == nil {
		if u.data.Kind != "view" {
			s.setOptions = slices.Clone(validation)
		}
		for name := range doc.Fields(s.options) {
			s.setOptions = append(s.setOptions, name)
		}
		slices.Sort(s.setOptions)
		s.setOptions = slices.Compact(s.setOptions)
		return nil
	}
	given, errs := constantDocument(env, stmt.Object)
	if len(errs) > 0 {
		return errs
	}
	diags := checkOptions(stmt.Object, given, collectionOptions, "a collection")
	b := doc.NewBuilder(len(given) + len(s.options))
	for name, v := range doc.Fields(given) {
		s.setOptions = append(s.setOptions, name)
		b.Append(name, v)
	}
	for name, v := range doc.Fields(s.options) {
		if !slices.Contains(s.setOptions, name) {
			b.Append(name, v)
		}
	}
	s.options = b.Raw()
	slices.Sort(s.setOptions)
	return append(diags, u.otherKind(stmt)...)
}

// otherKind reports options that make a collection of another kind of one
// whose documents are updated (docs/language.md, options).
func (u *unit) otherKind(stmt *ast.Options) diag.List {
	if mode := u.policy.Mode; mode == desired.Structure || mode == desired.Insert {
		return nil
	}
	for _, kind := range []struct{ option, name string }{{"capped", "capped collection"}, {"timeseries", "time series collection"}, {"viewOn", "view"}} {
		v, ok := doc.Get(u.structure.options, doc.Path{kind.option})
		if !ok || kind.option == "capped" && !stores.Truthy(v) || !slices.Contains(u.structure.setOptions, kind.option) {
			continue
		}
		only := "write `mode insert`, or `mode structure` for the collection alone"
		if kind.option == "viewOn" {
			only = "write `mode structure`: its definition is promoted"
		}
		return diag.List{{Code: diag.WrongKind, Span: stmt.Span, Message: fmt.Sprintf("%s would become a %s: its documents cannot be updated", u.data.Name, kind.name), Notes: []string{only}}}
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
	out := doc.NewBuilder(len(options))
	for name, v := range doc.Fields(options) {
		if text, ok := v.StringValueOK(); ok && name == "expireAfterSeconds" && text == "off" {
			continue
		}
		series, isDocument := v.DocumentOK()
		if _, given := doc.Get(series, doc.Path{"granularity"}); name == "timeseries" && isDocument && given {
			rest := doc.NewBuilder(len(series))
			for name, v := range doc.Fields(series) {
				if name != "bucketMaxSpanSeconds" && name != "bucketRoundingSeconds" {
					rest.Append(name, v)
				}
			}
			v = doc.Embed(rest.Raw())
		}
		out.Append(name, v)
	}
	return out.Raw()
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

// commandsOf are the commands of `before` or `after`.
func commandsOf(env *eval.Env, h *ast.Hook, database string) ([]desired.Command, diag.List) {
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
