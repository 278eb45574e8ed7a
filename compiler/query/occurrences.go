package query

// Every mention of a name in a weave: where it is declared, who refers to it. In: the
// syntax trees; out: mentions in order of files and places.

import (
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/source"
)

// Mention is one place where a name is written.
type Mention struct {
	Name string
	// Kind is let, input, lookup, element, environment, collection, source or function.
	Kind string
	Span source.Span
	// Declared is where it is declared; of a collection, the `sync` that names it. Zero
	// where no file declares it: functions, sources and collections that are only extracted.
	Declared source.Span
	// sources are those that a collection may be of; whole is all of a declaration.
	sources []string
	whole   source.Span
}

// mentioning walks a weave.
type mentioning struct {
	weave *workspace.Parsed
	out   []Mention
	// What the whole weave declares.
	lets, inputs, environments, sources map[string]source.Span
	whole                               map[source.Span]source.Span
	syncs                               map[string]source.Span // by collection
	// names are given where the walk is, innermost last.
	names []Mention
	from  []string // the sources of the `from` that the walk is in
	all   []string // those of all
}

// allMentions are the mentions of a weave.
func allMentions(p *workspace.Parsed) []Mention {
	m := &mentioning{weave: p, lets: map[string]source.Span{}, inputs: map[string]source.Span{}, environments: map[string]source.Span{}, sources: map[string]source.Span{}, syncs: map[string]source.Span{}, whole: map[source.Span]source.Span{}}
	for d := range decls(p) {
		switch d := d.(type) {
		case *ast.Let:
			first(m.lets, d.Name)
			m.whole[d.Name.Span] = d.Span
		case *ast.InputDecl:
			first(m.inputs, d.Name)
		case *ast.SourceDecl:
			first(m.sources, d.Name)
		case *ast.EnvironmentsDecl:
			for _, e := range d.Entries {
				first(m.environments, e.Name)
			}
			for _, e := range d.Entries {
				for _, member := range e.Members {
					first(m.environments, member)
				}
			}
		case *ast.FromDecl:
			m.all = unique(append(m.all, namesOf(d.Source)...))
			for _, s := range d.Body {
				if s, ok := s.(*ast.Sync); ok {
					for _, c := range s.Collections {
						if c.Name != nil {
							first(m.syncs, *c.Name)
						}
					}
				}
			}
		}
	}
	for _, tree := range p.Trees {
		for _, d := range tree.Decls {
			m.decl(d)
		}
	}
	slices.SortStableFunc(m.out, func(a, b Mention) int {
		if a.Span.File.Name != b.Span.File.Name {
			if a.Span.File.Name < b.Span.File.Name {
				return -1
			}
			return 1
		}
		return a.Span.Start - b.Span.Start
	})
	return m.out
}

func first(of map[string]source.Span, n ast.Name) {
	if _, ok := of[n.Text]; !ok {
		of[n.Text] = n.Span
	}
}

func (m *mentioning) add(kind, name string, at, declared source.Span) {
	if at.File != nil {
		m.out = append(m.out, Mention{Name: name, Kind: kind, Span: at, Declared: declared, whole: m.whole[declared]})
	}
}

func (m *mentioning) environment(n ast.Name) {
	m.add("environment", n.Text, n.Span, m.environments[n.Text])
}

func (m *mentioning) sourceName(n *ast.Name) {
	if n != nil {
		m.add("source", n.Text, n.Span, m.sources[n.Text])
	}
}

// collection mentions a collection of the source that is named, else of the `from`.
func (m *mentioning) collection(n ast.Name, from *ast.Name) {
	sources := m.from
	if from != nil {
		sources = []string{from.Text}
	}
	if len(sources) == 0 {
		sources = m.all
	}
	m.add("collection", n.Text, n.Span, m.syncs[n.Text])
	if n.Span.File != nil {
		m.out[len(m.out)-1].sources = sources
	}
}

// give declares a name for what follows in its block.
func (m *mentioning) give(kind string, n ast.Name, whole source.Span) {
	m.whole[n.Span] = whole
	m.add(kind, n.Text, n.Span, n.Span)
	m.names = append(m.names, Mention{Name: n.Text, Kind: kind, Span: n.Span})
}

// scoped runs inside with the names given there gone afterwards.
func (m *mentioning) scoped(inside func()) {
	n := len(m.names)
	inside()
	m.names = m.names[:n]
}

func (m *mentioning) decl(d ast.Decl) {
	m.from = nil
	switch d := d.(type) {
	case *ast.EnvironmentsDecl:
		for _, e := range d.Entries {
			m.environment(e.Name)
			for _, member := range e.Members {
				m.environment(member)
			}
		}
	case *ast.ClusterDecl:
		m.environment(d.Environment)
	case *ast.SourceDecl:
		m.sourceName(&d.Name)
	case *ast.InputDecl:
		m.add("input", d.Name.Text, d.Name.Span, m.inputs[d.Name.Text])
		m.expr(d.Default)
	case *ast.Let:
		m.add("let", d.Name.Text, d.Name.Span, m.lets[d.Name.Text])
		m.expr(d.Value)
	case *ast.FromDecl:
		m.from = namesOf(d.Source)
		m.nameOrPerEnv(d.Source, true)
		m.scoped(func() {
			if f := d.FanOut; f != nil {
				m.collection(f.Collection, f.Source)
				m.sourceName(f.Source)
				m.give("element", f.Name, f.Span)
				m.expr(f.Cond)
			}
			m.nameOrPerEnv(d.Into, false)
			m.stmts(d.Body)
		})
	case *ast.DefaultsDecl:
		m.block(d.Body)
	case *ast.AmendDecl:
		m.collection(d.Collection, d.Source)
		m.sourceName(d.Source)
		m.list(d.Environments)
		m.block(d.Body)
	case *ast.TestDecl:
		m.list(d.Environments)
		m.block(d.Body)
	}
}

func (m *mentioning) list(e ast.Environments) {
	for _, n := range e.Names {
		m.environment(n)
	}
}

// nameOrPerEnv mentions what a source or database is written as.
func (m *mentioning) nameOrPerEnv(n ast.NameOrPerEnv, isSource bool) {
	if n.Name != nil && isSource {
		m.sourceName(n.Name)
	}
	if n.PerEnv != nil {
		for _, e := range n.PerEnv.Entries {
			if !e.Else {
				m.environment(e.Env)
			}
		}
	}
	m.expr(n.Computed)
}

func (m *mentioning) block(b *ast.Block) {
	if b != nil {
		m.scoped(func() { m.stmts(b.Stmts) })
	}
}

func (m *mentioning) stmts(list []ast.Stmt) {
	for _, s := range list {
		m.stmt(s)
	}
}

func (m *mentioning) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.Sync:
		for _, c := range slices.Concat(s.Collections, s.Except) {
			if c.Name != nil {
				m.collection(*c.Name, nil)
			}
		}
		m.block(s.Body)
	case *ast.Lookup:
		m.collection(s.Collection, s.Source)
		m.sourceName(s.Source)
		m.give("lookup", s.Name, s.Span)
		m.expr(s.Cond)
	case *ast.Let:
		m.expr(s.Value)
		m.give("let", s.Name, s.Span)
	case *ast.Each:
		m.path(s.Path)
		m.scoped(func() {
			if s.Key != nil {
				m.give("element", *s.Key, s.Span)
			}
			m.give("element", s.Name, s.Span)
			m.expr(s.Cond)
			m.block(s.Body)
		})
	case *ast.Where:
		m.expr(s.Cond)
		m.block(s.Body)
		if s.Else != nil {
			m.stmt(s.Else)
		}
	case *ast.Else:
		if s.Where != nil {
			m.stmt(s.Where)
		}
		m.block(s.Body)
	case *ast.For:
		m.list(s.Environments)
		m.block(s.Body)
	case *ast.Link:
		m.path(s.Path)
		m.collection(s.Collection, nil)
	case *ast.Check:
		m.expr(s.Cond)
		for _, p := range s.Unique {
			m.path(p)
		}
		if s.RefersTo != nil {
			m.collection(s.RefersTo.Collection, s.RefersTo.Source)
			m.sourceName(s.RefersTo.Source)
		}
		m.expr(s.Else)
	case *ast.Prune:
		m.expr(s.Cond)
		for _, b := range s.Bounds.Entries {
			if !b.Else {
				m.environment(b.Env)
			}
		}
	case *ast.Given:
		m.collection(s.Collection, s.Source)
		m.sourceName(s.Source)
		m.expr(s.Document)
	case *ast.Expected:
		if s.Message != nil {
			return
		}
		m.collection(s.Collection, s.Source)
		m.sourceName(s.Source)
		if s.Document != nil {
			m.expr(s.Document)
		}
	default:
		ast.Walk(s, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok {
				m.expr(x)
				return false
			}
			return true
		})
	}
}

func (m *mentioning) path(p *ast.Path) {
	if p != nil {
		m.expr(p)
	}
}

func (m *mentioning) expr(x ast.Expr) {
	switch x := x.(type) {
	case nil:
	case *ast.Path:
		if x == nil || x.Head == "this" {
			return
		}
		for i := len(m.names) - 1; i >= 0; i-- {
			if n := m.names[i]; n.Name == x.Head {
				m.add(n.Kind, n.Name, x.HeadSpan, n.Span)
				return
			}
		}
		if at, ok := m.lets[x.Head]; ok {
			m.add("let", x.Head, x.HeadSpan, at)
		} else if at, ok := m.inputs[x.Head]; ok {
			m.add("input", x.Head, x.HeadSpan, at)
		}
	case *ast.Quantified:
		m.expr(x.In)
		m.scoped(func() {
			m.give("element", x.Name, x.Span)
			m.expr(x.Cond)
			m.expr(x.Has)
		})
	case *ast.Comprehension:
		m.expr(x.In)
		m.scoped(func() {
			m.give("element", x.Name, x.Span)
			m.expr(x.Key)
			m.expr(x.Elem)
			m.expr(x.Cond)
			for _, k := range x.Sort {
				m.expr(k.X)
			}
		})
	case *ast.PerEnv:
		for _, e := range x.Entries {
			if !e.Else {
				m.environment(e.Env)
			}
			m.expr(e.Value)
		}
	case *ast.Call:
		m.add("function", x.Func.Text, x.Func.Span, source.Span{})
		for _, a := range x.Args {
			m.expr(a)
		}
	case *ast.Object:
		if x == nil {
			return
		}
		for _, f := range x.Fields {
			m.expr(f.Key)
			m.expr(f.Value)
		}
	default:
		for _, sub := range ast.Subexpressions(x) {
			m.expr(sub)
		}
	}
}

// mentions are those of a file that hold an offset, with those of the whole weave.
func (s *Snapshot) mentions(name string, offset int) []Mention {
	p, _ := s.parsed(name)
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(allMentions(p), func(m Mention) bool {
		return m.Span.File.Name != name || offset < m.Span.Start || m.Span.End < offset
	})
}

// Definition are the places where the name at an offset is declared; none where it
// is no name, or nothing declares it.
func (s *Snapshot) Definition(name string, offset int) []source.Span {
	var out []source.Span
	for _, m := range s.mentions(name, offset) {
		if m.Declared.File != nil && !slices.Contains(out, m.Declared) {
			out = append(out, m.Declared)
		}
	}
	if len(out) == 0 {
		out = made(s, name, offset)
	}
	return out
}

// made are the `create` statements and renames that make the field at an offset.
func made(s *Snapshot, name string, offset int) []source.Span {
	var sync *ast.Sync
	var at *ast.Path
	for _, n := range s.path(name, offset) {
		switch n := n.(type) {
		case *ast.Sync:
			sync = n
		case *ast.Path:
			at = n
		}
	}
	if sync == nil || at == nil {
		return nil
	}
	var out []source.Span
	ast.Walk(sync, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Assign:
			if n.Create && slices.Equal(check.Fields(n.Path), check.Fields(at)) {
				out = append(out, n.Path.Span)
			}
		case *ast.Rename:
			if slices.Equal(check.Fields(n.To), check.Fields(at)) {
				out = append(out, n.To.Span)
			}
		}
		return true
	})
	return out
}

// References are the mentions of the name at an offset in its weave; declaration:
// with the place where it is declared.
func (s *Snapshot) References(name string, offset int, declaration bool) []Mention {
	p, _ := s.parsed(name)
	here := s.mentions(name, offset)
	if len(here) == 0 {
		return nil
	}
	of := here[len(here)-1]
	return slices.DeleteFunc(allMentions(p), func(m Mention) bool {
		return m.Kind != of.Kind || m.Name != of.Name || m.Declared != of.Declared || !declaration && m.Span == m.Declared
	})
}
