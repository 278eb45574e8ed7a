package compiler

// Policies of one collection in one environment. Of those that count once
// (`mode`, `prune`, `indexes`, …) the narrowest layer wins: a `for` block over
// the sync, the sync over its `from` block, an amendment over all. What the
// declaration of the source leaves out comes first. Filters,
// paths, indexes, links and commands add up.

import (
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

type policy struct {
	filters []*ast.Filter
	mode    desired.Mode
	modeAt  *ast.Mode // nil: not given
	// paths are those of `preserve`, `ignore` and `absent`.
	paths   []policyPath
	leftOut []leftOut
	// notSecret are the patterns of `not secret`.
	notSecret []leftOut
	links     []*ast.Link
	prune     *ast.Prune // nil: nothing is deleted
	// ownPrune: prune does not come from the `from` block.
	ownPrune bool
	backup   *ast.Backup
	indexes  *ast.Indexes
	index    []*ast.Index
	drop     []*ast.DropIndex
	options  *ast.Options
	hooks    []*ast.Hook
}

// policyPath is a path that is treated specially. own: it does not come from
// the `from` block, which need not be close to what each of its collections has.
type policyPath struct {
	kind ast.PathPolicyKind
	path *ast.Path
	own  bool
}

// leftOut is a pattern of `redact`, `omit` or `not secret`.
type leftOut struct {
	kind    ast.PathPolicyKind
	pattern ast.PathPattern
	own     bool
}

// policyOf collects the policies of a target in an environment.
func policyOf(m *check.Module, t *workspace.Target, environment string) *policy {
	p := &policy{mode: desired.Replace}
	p.defaults(m, t, environment)
	defaultPrune := p.prune
	for _, block := range t.Blocks {
		p.layer(m, block, environment, true)
	}
	p.ownPrune = p.prune != defaultPrune
	return p
}

// defaults takes in what is said of the target's source, and in its `from` block.
func (p *policy) defaults(m *check.Module, t *workspace.Target, environment string) {
	if d := m.Sources[t.Source[environment]]; d != nil {
		for _, s := range d.Policies {
			p.addPaths(s, false)
		}
	}
	p.layer(m, t.Defaults, environment, false)
}

// layer takes in the statements of a block, then those of its `for` blocks.
func (p *policy) layer(m *check.Module, stmts []ast.Stmt, environment string, own bool) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.Filter:
			p.filters = append(p.filters, s)
		case *ast.Mode:
			p.mode, p.modeAt = desired.Mode(s.Name.Text), s
		case *ast.PathPolicy:
			p.addPaths(s, own)
		case *ast.Link:
			p.links = append(p.links, s)
		case *ast.Prune:
			p.prune = s
		case *ast.Backup:
			p.backup = s
		case *ast.Indexes:
			p.indexes = s
		case *ast.Index:
			p.index = append(p.index, s)
		case *ast.DropIndex:
			p.drop = append(p.drop, s)
		case *ast.Options:
			p.options = s
		case *ast.Hook:
			p.hooks = append(p.hooks, s)
		}
	}
	for _, s := range stmts {
		if f, ok := s.(*ast.For); ok && m.Applies(f, environment) {
			p.layer(m, f.Body.Stmts, environment, own)
		}
	}
}

// addPaths takes in the paths of a statement. What a sync says of a path
// overrides what its `from` block says of it.
func (p *policy) addPaths(s *ast.PathPolicy, own bool) {
	for _, pattern := range s.Paths {
		if s.Kind == ast.NotSecret {
			p.notSecret = append(p.notSecret, leftOut{s.Kind, pattern, own})
			continue
		}
		if s.Kind.OfSource() {
			p.leftOut = append(p.leftOut, leftOut{s.Kind, pattern, own})
			continue
		}
		p.paths = slices.DeleteFunc(p.paths, func(q policyPath) bool {
			return own && !q.own && related(check.Fields(pattern.Path), check.Fields(q.path))
		})
		p.paths = append(p.paths, policyPath{s.Kind, pattern.Path, own})
	}
}

// related reports whether one of two paths is, or is part of, the other.
func related(a, b []string) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// of are the paths of one kind.
func (p *policy) of(kind ast.PathPolicyKind) []policyPath {
	var out []policyPath
	for _, q := range p.paths {
		if q.kind == kind {
			out = append(out, q)
		}
	}
	return out
}

// structureOnly: no documents are promoted.
func (p *policy) structureOnly() bool { return p.mode == desired.Structure }

// conflicts reports policies that exclude each other, which only shows when
// those of all blocks are together.
func (p *policy) conflicts() diag.List {
	var out diag.List
	report := func(d diag.Diagnostic) { out = append(out, d) }
	if p.mode != desired.Merge && p.mode != desired.Update {
		for _, q := range p.of(ast.Absent) {
			d := diag.Diagnostic{Code: diag.PolicyNotInMode, Span: q.path.Span, Message: "`absent` has no meaning in `mode " + string(p.mode) + "`",
				Notes: []string{"leave the field out of the wanted document: `remove " + diag.Safe(q.path.Span.Text(), 64) + "`", "or write `mode merge`"}}
			if p.modeAt != nil {
				d.Related = []diag.Related{{Span: p.modeAt.Span, Message: "the mode"}}
			}
			report(d)
		}
	}
	if p.prune != nil && (p.structureOnly() || p.mode == desired.Update) && p.ownPrune {
		report(diag.Diagnostic{Code: diag.PolicyNotInMode, Span: p.prune.Span, Message: "`prune` has no meaning in `mode " + string(p.mode) + "`",
			Notes: []string{"remove it, or choose another mode"}})
	}
	for i, q := range p.paths {
		for _, r := range p.paths[:i] {
			if q.kind != r.kind && q.own == r.own && related(check.Fields(q.path), check.Fields(r.path)) {
				report(diag.Diagnostic{Code: diag.DuplicatePolicy, Span: q.path.Span, Message: diag.Backquote(q.path.Span.Text()) + " is in `" + string(q.kind) + "` and `" + string(r.kind) + "`",
					Related: []diag.Related{{Span: r.path.Span, Message: "here"}}, Notes: []string{"keep one of the two"}})
			}
		}
	}
	return out
}

// leftOutPatterns are the patterns of `redact` and of `omit`.
func (p *policy) leftOutPatterns() (redact, omit []desired.Pattern) {
	for _, l := range p.leftOut {
		if l.kind == ast.Redact {
			redact = append(redact, l.desired())
		} else {
			omit = append(omit, l.desired())
		}
	}
	return redact, omit
}

func (p *policy) notSecretPatterns() []desired.Pattern {
	var out []desired.Pattern
	for _, l := range p.notSecret {
		out = append(out, l.desired())
	}
	return out
}

// desired is the pattern as the state and extraction have it.
func (l leftOut) desired() desired.Pattern {
	if l.pattern.Leaf != nil {
		return desired.Pattern{Leaf: l.pattern.Leaf.Text}
	}
	return desired.Pattern{Path: check.Fields(l.pattern.Path)}
}

// leavesOut is the pattern of `redact` or `omit` by which extracted documents lack a path; nil: none.
func (p *policy) leavesOut(steps []ast.Step) *leftOut {
	fields := ast.FieldNames(steps)
	for i, l := range p.leftOut {
		if path := l.desired().Path; path != nil && len(path) <= len(fields) && related(path, fields) {
			return &p.leftOut[i]
		}
		if leaf := l.pattern.Leaf; leaf != nil && slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.FieldStep && s.Name == leaf.Text }) {
			return &p.leftOut[i]
		}
	}
	return nil
}

// rules are the places of the destination statements in force, for the messages
// of the engines: those about a path with the path.
func (p *policy) rules() []desired.Rule {
	var out []desired.Rule
	add := func(name string, s ast.Stmt) { out = append(out, desired.Rule{Name: name, Origin: s.Place().String()}) }
	if p.modeAt != nil {
		add("mode "+string(p.mode), p.modeAt)
	}
	for _, l := range p.leftOut {
		out = append(out, desired.Rule{Name: string(l.kind), Origin: l.pattern.Span.String()})
	}
	for _, q := range p.of(ast.Preserve) {
		out = append(out, desired.Rule{Name: desired.PreserveRule(check.Fields(q.path)), Origin: q.path.Span.String()})
	}
	for _, l := range p.links {
		steps := l.Path.FromRoot()
		add(desired.LinkRule(linkSteps(steps)), l)
	}
	if p.backup != nil {
		add("backup keep", p.backup)
	}
	if p.indexes != nil {
		add("indexes "+p.indexes.Policy, p.indexes)
	}
	for _, i := range p.index {
		add("index on", i)
	}
	for _, d := range p.drop {
		add("drop index", d)
	}
	if p.options != nil {
		add("options", p.options)
	}
	return out
}
