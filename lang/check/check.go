package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Check checks the files of one weave. The module is nil exactly when there
// are errors.
func Check(files []*ast.File) (*Module, diag.List) {
	c := &checker{
		module:  &Module{Groups: map[string][]string{}, Clusters: map[string]*ast.ClusterDecl{}, Sources: map[string]*ast.SourceDecl{}},
		lets:    map[string]*ast.Let{},
		inputs:  map[string]*ast.InputDecl{},
		amended: map[string]*policies{},
		used:    map[source.Span]bool{},
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *ast.File) int { return cmp.Compare(a.Source.Name, b.Source.Name) })
	c.run(files)
	if !c.diags.HasErrors() {
		c.unused()
	}
	c.diags.Sort()
	if c.diags.HasErrors() {
		return nil, c.diags
	}
	return c.module, c.diags
}

// checker collects what is found while walking the files.
type checker struct {
	forms
	module *Module

	weave        *ast.WeaveDecl
	defaults     *ast.DefaultsDecl
	environments *ast.EnvironmentsDecl
	lets         map[string]*ast.Let // of the top level
	inputs       map[string]*ast.InputDecl
	// amended has the policies that amendments of a collection give.
	amended map[string]*policies
	// names are all that are given to values, used those that something reads.
	names []givenName
	used  map[source.Span]bool
}

// run makes the checks in the order a reader would: what the weave is called,
// which environments there are, constants, then the blocks. File names have no
// meaning, so each kind of declaration is gone through in all files first.
func (c *checker) run(files []*ast.File) {
	var defaults []*ast.DefaultsDecl
	var froms []*ast.FromDecl
	var tests []*ast.TestDecl
	var amends []*ast.AmendDecl
	var clusters []*ast.ClusterDecl
	for d := range decls(files) {
		switch d := d.(type) {
		case *ast.WeaveDecl:
			c.weaveDecl(d)
		case *ast.EnvironmentsDecl:
			c.environmentsDecl(d)
		case *ast.Let:
			c.topLet(d)
		case *ast.DefaultsDecl:
			defaults = append(defaults, d)
		case *ast.FromDecl:
			froms = append(froms, d)
		case *ast.TestDecl:
			tests = append(tests, d)
		case *ast.ClusterDecl:
			clusters = append(clusters, d)
		case *ast.SourceDecl:
			c.source(d)
		case *ast.InputDecl:
			c.input(d)
		case *ast.AmendDecl:
			amends = append(amends, d)
		}
	}
	for _, d := range clusters {
		c.cluster(d)
	}
	c.required(files)
	c.inputsAndLets()
	c.sortLets()
	for _, l := range c.module.Lets {
		c.letValue(l)
	}
	for _, d := range defaults {
		c.defaultsDecl(d)
	}
	for _, f := range froms {
		c.from(f)
	}
	if !c.diags.HasErrors() {
		c.diags = append(c.diags, idleDefaults(c.module, c.defaults, froms)...)
	}
	for _, d := range amends {
		c.amend(d)
	}
	c.overlaps()
	named := map[string]source.Span{}
	for _, d := range tests {
		c.test(d, named)
	}
	for _, f := range files {
		c.accepts(f)
	}
}

// decls yields the declarations of all files in order.
func decls(files []*ast.File) func(func(ast.Decl) bool) {
	return func(yield func(ast.Decl) bool) {
		for _, f := range files {
			for _, d := range f.Decls {
				if !yield(d) {
					return
				}
			}
		}
	}
}

// forms checks the form of single names, paths, regular expressions and numbers,
// which needs nothing else of the weave, and collects all messages.
type forms struct{ diags diag.List }

// report adds an error and returns it for notes to be added.
func (f *forms) report(code diag.Code, at source.Span, format string, args ...any) *diag.Diagnostic {
	f.diags = append(f.diags, diag.Diagnostic{Code: code, Span: at, Message: fmt.Sprintf(format, args...)})
	return &f.diags[len(f.diags)-1]
}

// weaveDecl is `weave NAME [language N]`, once in all files.
func (c *checker) weaveDecl(d *ast.WeaveDecl) {
	if c.weave != nil {
		e := c.report(diag.DuplicateDeclaration, d.Span, "a directory is one weave, and this one already has a name")
		e.Related = []diag.Related{{Span: c.weave.Span, Message: "named here"}}
		e.Notes = []string{"remove one of the two, or move this file to a directory of its own"}
		return
	}
	c.weave = d
	c.module.Name, c.module.Span = d.Name.Text, d.Span
	c.plainName(d.Name, "a weave")
	if d.Language != nil && d.Language.Text != "1" {
		e := c.report(diag.LanguageVersion, d.Language.Span, "this mongocd reads version 1 of the language, not %s", d.Language.Text)
		e.Notes = []string{"use a newer mongocd, or write `language 1`"}
	}
}

// environmentsDecl is `environments a, b = (c, d)`, once in all files. A group's
// members are environments, named here or elsewhere in the list.
func (c *checker) environmentsDecl(d *ast.EnvironmentsDecl) {
	if c.environments != nil {
		e := c.report(diag.DuplicateDeclaration, d.Span, "the environments are already declared")
		e.Related = []diag.Related{{Span: c.environments.Span, Message: "declared here"}}
		e.Notes = []string{"write all of them in one list"}
		return
	}
	c.environments = d
	first := map[string]source.Span{}
	twice := func(n ast.Name) bool {
		at, ok := first[n.Text]
		if ok {
			e := c.report(diag.DuplicateName, n.Span, "the environment %s is named twice", diag.Quote(n.Text, 64))
			e.Related = []diag.Related{{Span: at, Message: "first here"}}
		}
		first[n.Text] = n.Span
		return ok
	}
	for _, entry := range d.Entries {
		c.plainName(entry.Name, "an environment")
		if !twice(entry.Name) && len(entry.Members) == 0 {
			c.module.Environments = append(c.module.Environments, entry.Name.Text)
		}
	}
	for _, entry := range d.Entries {
		seen := map[string]bool{}
		for _, m := range entry.Members {
			if isGroup(d, m.Text) {
				c.report(diag.GroupOfGroups, m.Span, "%s is a group: a group's members are environments", diag.Quote(m.Text, 64)).Notes =
					[]string{"name its members instead"}
				continue
			}
			if seen[m.Text] {
				c.report(diag.DuplicateName, m.Span, "the environment %s is named twice in this group", diag.Quote(m.Text, 64))
				continue
			}
			seen[m.Text] = true
			if _, known := first[m.Text]; !known {
				c.plainName(m, "an environment")
				first[m.Text] = m.Span
				c.module.Environments = append(c.module.Environments, m.Text)
			}
			c.module.Groups[entry.Name.Text] = append(c.module.Groups[entry.Name.Text], m.Text)
		}
	}
}

func isGroup(d *ast.EnvironmentsDecl, name string) bool {
	return slices.ContainsFunc(d.Entries, func(e ast.EnvironmentEntry) bool {
		return e.Name.Text == name && len(e.Members) > 0
	})
}

// required reports what every weave must declare.
func (c *checker) required(files []*ast.File) {
	if len(files) == 0 {
		return
	}
	start := source.Span{File: files[0].Source}
	if c.weave == nil {
		e := c.report(diag.MissingDeclaration, start, "no file of this directory names the weave")
		e.Notes = []string{"write a line like `weave shop-flags` in one of them"}
	}
	if c.environments == nil {
		e := c.report(diag.MissingDeclaration, start, "no file of this directory declares the environments")
		e.Notes = []string{"write a line like `environments preprod, prod` in one of them"}
	}
}

// topLet is a constant of the top level.
func (c *checker) topLet(d *ast.Let) {
	c.bindable(d.Name)
	if other := c.lets[d.Name.Text]; other != nil {
		c.alreadyNamed(d.Name, other.Name.Span)
		return
	}
	c.lets[d.Name.Text] = d
	c.given(d.Name, "the constant")
}

// sortLets orders the constants so that each one comes after those it uses:
// file names must not matter.
func (c *checker) sortLets() {
	const (
		waiting = iota
		open
		done
	)
	state := map[string]int{}
	var visit func(l *ast.Let)
	visit = func(l *ast.Let) {
		state[l.Name.Text] = open
		for p := range Paths(l.Value) {
			used := c.lets[p.Head]
			if used == nil {
				continue
			}
			switch state[p.Head] {
			case open:
				e := c.report(diag.CircularLet, p.Span, "the constants %s and %s need each other", diag.Quote(l.Name.Text, 64), diag.Quote(p.Head, 64))
				e.Related = []diag.Related{{Span: used.Name.Span, Message: diag.Quote(p.Head, 64) + " is here"}}
				e.Notes = []string{"give one of them a value that needs no other"}
			case waiting:
				visit(used)
			}
		}
		state[l.Name.Text] = done
		c.module.Lets = append(c.module.Lets, l)
	}
	names := slices.Collect(maps.Keys(c.lets))
	slices.SortFunc(names, func(a, b string) int {
		x, y := c.lets[a].Span, c.lets[b].Span
		return cmp.Or(cmp.Compare(x.File.Name, y.File.Name), cmp.Compare(x.Start, y.Start))
	})
	for _, n := range names {
		if state[n] == waiting {
			visit(c.lets[n])
		}
	}
}

// letValue checks the value of a top-level constant: it sees other constants, no fields.
func (c *checker) letValue(l *ast.Let) {
	s := &scope{checker: c, names: map[string]source.Span{}, constant: true}
	for _, other := range c.module.Lets {
		s.names[other.Name.Text] = other.Name.Span
	}
	for name, in := range c.inputs {
		s.names[name] = in.Name.Span
	}
	s.expr(l.Value)
}

// overlaps reports two syncs that write one destination collection, or that
// read one source collection for one database, in some environment.
func (c *checker) overlaps() {
	type key struct{ kind, into, source, name string }
	for _, env := range c.module.Environments {
		seen := map[key]*Target{}
		for _, s := range c.named() {
			to := key{"to", s.into(env), "", s.Destination}
			from := key{"from", s.into(env), s.Source[env], s.Collection}
			if other := seen[to]; other != nil {
				into := s.Database[env]
				if s.FanOut != nil {
					into = diag.Safe(s.Into.Span.Text(), 64)
				}
				e := c.report(diag.OverlappingSync, s.NameSpan, "two `sync` statements write %s.%s", into, s.Destination)
				e.Related = []diag.Related{{Span: other.NameSpan, Message: "the other one"}}
				e.Notes = []string{"write one of them elsewhere: `sync " + s.Collection + " as …`"}
				if other.Collection == s.Collection && other.Source[env] == s.Source[env] {
					e.Notes = []string{"put the rules into one `sync` block"}
				}
			} else if other := seen[from]; other != nil {
				e := c.report(diag.OverlappingSync, s.NameSpan, "the collection %s of %s is already synced", diag.Quote(s.Collection, 64), diag.Quote(s.Source[env], 64))
				e.Related = []diag.Related{{Span: other.NameSpan, Message: "synced here"}}
				e.Notes = []string{"put the rules into one `sync` block"}
			}
			seen[to], seen[from] = s, s
		}
	}
}

// named are the collections that syncs name.
func (c *checker) named() []*Target {
	var out []*Target
	for _, s := range c.module.Syncs {
		out = append(out, s.Named()...)
	}
	return out
}

// plainName refuses names of weaves and environments that cannot be used on a
// command line, in an environment variable's name or as a folder.
func (f *forms) plainName(n ast.Name, what string) {
	ok := n.Text != "" && len(n.Text) <= 64 && strings.IndexFunc(n.Text, func(r rune) bool {
		return !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) < 0 && n.Text[0] != '-'
	if !ok {
		f.report(diag.BadName, n.Span, "%s is no name for %s", diag.Quote(n.Text, 64), what).Notes =
			[]string{"use 1 to 64 letters, digits, `-` and `_`, not beginning with a dash"}
	}
}
