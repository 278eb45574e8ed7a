package check

// Declarations beside `weave` and `environments`: clusters, sources, inputs, amendments.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// cluster is `environment NAME { cluster matches /…/ }`, once for each environment.
func (c *checker) cluster(d *ast.ClusterDecl) {
	c.matchRegex(d.Matches)
	if !c.environmentName(d.Environment) {
		return
	}
	for _, env := range c.members(d.Environment.Text) {
		if other := c.module.Clusters[env]; other != nil {
			e := c.report(diag.DuplicateDeclaration, d.Span, "the cluster of %s is already declared", env)
			e.Related = []diag.Related{{Span: other.Span, Message: "declared here"}}
			e.Notes = []string{"write one pattern for both: `/first|second/`"}
			continue
		}
		c.module.Clusters[env] = d
	}
}

// source is `source NAME { [database NAME] … }`.
func (c *checker) source(d *ast.SourceDecl) {
	if d.Database != nil {
		c.databaseName(*d.Database)
		c.topScope().bareName(*d.Database, place{what: "a database", clause: "database"})
	} else {
		c.databaseName(d.Name)
	}
	if other := c.module.Sources[d.Name.Text]; other != nil {
		e := c.report(diag.DuplicateDeclaration, d.Name.Span, "the source %s is already declared", diag.Quote(d.Name.Text, 64))
		e.Related = []diag.Related{{Span: other.Name.Span, Message: "declared here"}}
		e.Notes = []string{"keep one of the two"}
		return
	}
	b := &block{scope: c.topScope().inner(), word: "source", environments: c.module.Environments, policies: newPolicies()}
	for _, s := range d.Policies {
		b.leftOut(s)
	}
	c.module.Sources[d.Name.Text] = d
}

// InputTypes are the types that an input can have.
var InputTypes = []string{"string", "int", "long", "double", "decimal", "bool", "date", "objectId", "uuid"}

// input is `input NAME: TYPE [= default]`.
func (c *checker) input(d *ast.InputDecl) {
	c.bindable(d.Name)
	c.plainName(d.Name, "an input")
	if !slices.Contains(InputTypes, d.Type.Text) {
		e := c.report(diag.UnknownType, d.Type.Span, "an input cannot be %s", diag.Quote(d.Type.Text, 64))
		if near := diag.Suggest(d.Type.Text, InputTypes); near != "" {
			e.Label = fmt.Sprintf("did you mean `%s`?", near)
			e.Fix = &diag.Fix{Span: d.Type.Span, Text: near}
		}
		e.Notes = []string{"the types of inputs are " + strings.Join(InputTypes, ", ")}
	}
	if other := c.inputs[d.Name.Text]; other != nil {
		c.alreadyNamed(d.Name, other.Name.Span)
		return
	}
	if d.Default != nil {
		(&scope{checker: c, names: map[string]source.Span{}, constant: true}).expr(d.Default)
	}
	c.inputs[d.Name.Text] = d
	c.given(d.Name, "the input")
}

// inputsAndLets reports names that are both, and sorts the inputs.
func (c *checker) inputsAndLets() {
	for _, name := range slices.Sorted(maps.Keys(c.inputs)) {
		in := c.inputs[name]
		if l := c.lets[name]; l != nil {
			c.alreadyNamed(l.Name, in.Name.Span)
		}
		c.module.Inputs = append(c.module.Inputs, in)
	}
}

// amend checks the block of an `amend`: a scope of its own, which sees the
// constants of the top level. Which collection it is about is found with the data,
// unless no `sync` can be meant.
func (c *checker) amend(d *ast.AmendDecl) {
	c.collectionName(d.Collection)
	c.topScope().bareName(d.Collection, place{what: "a collection", clause: "amend"})
	c.topScope().bareSource(d.Source)
	environments := c.covered(d.Environments)
	var sync *Sync
	patterns := false
	var known []string
	for _, s := range c.module.Syncs {
		patterns = patterns || s.ByPattern()
		for _, t := range s.Named() {
			known = append(known, t.Collection)
			if t.Collection == d.Collection.Text && (d.Source == nil || slices.Contains(slices.Collect(maps.Values(s.Source)), d.Source.Text)) {
				sync = s
			}
		}
	}
	if sync == nil && !patterns {
		c.unknownAmended(d, known)
	}
	key := d.Collection.Text
	if d.Source != nil {
		key += " from " + d.Source.Text
	}
	shared := c.amended[key]
	if shared == nil {
		shared = newPolicies()
		c.amended[key] = shared
	}
	top := c.topScope()
	if f := c.fanOutAmended(d); f != nil {
		top = top.inner()
		top.names[f.Name.Text] = f.Name.Span
	}
	b := &block{scope: top.inner(), word: "amend", selection: top, environments: environments, policies: shared}
	if d.Body != nil {
		b.stmts(d.Body.Stmts)
		c.emptyDecl("amend", d.Span, len(d.Body.Stmts))
	}
	if sync != nil {
		b.identityKept(sync.By, nil)
	}
	c.module.Amends = append(c.module.Amends, d)
}

func (f *forms) unknownAmended(d *ast.AmendDecl, known []string) {
	slices.Sort(known)
	e := f.report(diag.UnknownCollection, d.Collection.Span, "no `sync` of this weave is about the collection %s", diag.Quote(d.Collection.Text, 64))
	if near := diag.Suggest(d.Collection.Text, known); near != "" {
		e.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
	}
	e.Notes = []string{"`amend` adds to the rules of a collection that is synced, by its name at the source"}
}

// covered are the environments that a list stands for, each once. One that stands
// for none is reported.
func (c *checker) covered(list ast.Environments) []string {
	if len(list.Names) == 0 {
		return c.module.Environments
	}
	var out []string
	for _, n := range list.Names {
		if !c.environmentName(n) {
			continue
		}
		for _, e := range c.members(n.Text) {
			if slices.Contains(out, e) {
				c.report(diag.DuplicateName, n.Span, "the environment %s is named twice", diag.Quote(e, 64)).Notes = []string{"remove one of the two"}
			} else {
				out = append(out, e)
			}
		}
	}
	if !list.Except {
		return out
	}
	rest := slices.DeleteFunc(slices.Clone(c.module.Environments), func(e string) bool { return slices.Contains(out, e) })
	if len(rest) == 0 && len(out) > 0 {
		c.report(diag.NeverApplies, list.Span, "this is for no environment: it excepts all of them").Notes =
			[]string{"declared are " + strings.Join(c.module.Environments, ", ")}
	}
	return rest
}
