// Package policy is what a weave wants of a destination collection beside its
// documents: what becomes of those that are there, of its indexes and its options.
//
// In: the statements that concern a collection in an environment, and its options
// and indexes as they were extracted. Out: a Policy, the Structure that is wanted,
// the scope of deletions as plain data; and diagnostics.
package policy

// Policies of one collection in one environment. Of those that count once
// (`mode`, `prune`, `indexes`, …) the narrowest layer wins: a `for` block over
// the sync, the sync over its `from` block, that over `defaults`, an amendment over all. What the
// declaration of the source leaves out comes first. Filters,
// paths, indexes, links and commands add up.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Policy is what the statements of a collection say, apart from its rules.
type Policy struct {
	Filters []*ast.Filter
	Mode    desired.Mode
	modeAt  *ast.Mode // nil: not given
	// Paths are those of `preserve`, `ignore`, `absent`, `elements` and `ensure`, LeftOut the patterns of
	// `redact` and `omit`, NotSecret those of `not secret`.
	Paths     []Path
	LeftOut   []LeftOut
	NotSecret []LeftOut
	Links     []*ast.Link
	Moves     []*ast.Moved
	Prune     *ast.Prune // nil: nothing is deleted
	// OwnPrune: Prune is no default.
	OwnPrune bool
	Backup   *ast.Backup
	Drift    *ast.Drift // nil: it is repaired
	Options  *ast.Options
	// Index are `index on`; indexes is `indexes exact` and the like, drop `drop index`.
	Index   []*ast.Index
	indexes *ast.Indexes
	drop    []*ast.DropIndex
	hooks   []*ast.Hook
	// byDefault are the statements that were taken from defaults, is tells the
	// names of the environment and its groups.
	byDefault []ast.Stmt
	is        func(name string) bool
}

// Path is a path that is treated specially. Own: it is no default, which need not
// be close to what each collection has.
type Path struct {
	Kind ast.PathPolicyKind
	Path *ast.Path
	// Part is the statement about a list owned in part; nil: it is another one.
	Part  *ast.OwnedPart
	Own   bool
	layer int
}

// LeftOut is a pattern of `redact`, `omit` or `not secret`.
type LeftOut struct {
	Kind    ast.PathPolicyKind
	Pattern ast.PathPattern
	Own     bool
}

// Of collects the policies of a target in an environment.
func Of(m *check.Module, t *workspace.Target, environment string) *Policy {
	p := &Policy{Mode: desired.Replace, is: func(name string) bool {
		return m.In(ast.Environments{Names: []ast.Name{{Text: name}}}, environment)
	}}
	p.defaults(m, t, environment)
	defaultPrune := p.Prune
	for _, block := range t.Blocks {
		p.layer(m, block, environment, 0)
	}
	p.OwnPrune = p.Prune != defaultPrune
	p.withoutIdle()
	return p
}

// withoutIdle leaves out defaults that have no meaning in the mode.
func (p *Policy) withoutIdle() {
	if (p.StructureOnly() || p.Mode == desired.Update) && !p.OwnPrune {
		p.Prune = nil
	}
	if p.StructureOnly() && p.Drift != nil && p.fromDefaults(p.Drift) {
		p.Drift = nil
	}
	if p.Mode != desired.Merge && p.Mode != desired.Update {
		p.Paths = slices.DeleteFunc(p.Paths, func(q Path) bool { return q.Kind == ast.Absent && !q.Own })
	}
}

// For is Of where the data of the target is known: a view that a
// pattern matches is promoted as one. It reports collections that cannot be
// synced in the wanted mode (docs/language.md, options).
func For(m *check.Module, t *workspace.Target, environment string, data *workspace.Collection) (*Policy, diag.List) {
	p := Of(m, t, environment)
	if data.Kind == "view" && t.Matched && p.modeAt == nil {
		p.Mode = desired.Structure // its definition is all that there is to promote
	}
	return p, p.wrongKind(t, data)
}

func (p *Policy) wrongKind(t *workspace.Target, data *workspace.Collection) diag.List {
	mode, kind, only := p.Mode, data.Kind, "write `mode insert`, or `mode structure` for the collection alone"
	switch {
	case mode == desired.Structure:
		return nil
	case kind == "view":
		only = "write `mode structure`: its definition is promoted"
	case kind == "timeseries" && mode != desired.Insert:
		kind = "time series collection"
	case data.Capped && mode != desired.Insert:
		kind = "capped collection"
	default:
		return nil
	}
	return diag.List{{Code: diag.WrongKind, Span: t.NameSpan, Message: fmt.Sprintf("%s is a %s: its documents cannot be updated", data.Name, kind), Notes: []string{only}}}
}

// defaults takes in what is said of the target's source, in `defaults`, and in its `from` block.
func (p *Policy) defaults(m *check.Module, t *workspace.Target, environment string) {
	if d := m.Sources[t.Source[environment]]; d != nil {
		for _, s := range d.Policies {
			p.addPaths(s, -len(t.Defaults)-1)
		}
	}
	for i, layer := range t.Defaults {
		p.layer(m, layer, environment, i-len(t.Defaults))
	}
}

// layer takes in the statements of a block that apply; n counts up to 0, that of the
// target itself.
func (p *Policy) layer(m *check.Module, stmts []ast.Stmt, environment string, n int) {
	for s := range m.InForce(stmts, environment) {
		if n < 0 {
			p.byDefault = append(p.byDefault, s)
		}
		switch s := s.(type) {
		case *ast.Filter:
			p.Filters = append(p.Filters, s)
		case *ast.Mode:
			p.Mode, p.modeAt = desired.Mode(s.Name.Text), s
		case *ast.PathPolicy:
			p.addPaths(s, n)
		case *ast.OwnedPart:
			p.addPath(Path{Kind: s.Kind, Path: s.Path, Part: s, Own: n == 0, layer: n})
		case *ast.Moved:
			p.Moves = append(p.Moves, s)
		case *ast.Link:
			p.Links = append(p.Links, s)
		case *ast.Prune:
			p.Prune = s
		case *ast.Backup:
			p.Backup = s
		case *ast.Drift:
			p.Drift = s
		case *ast.Indexes:
			p.indexes = s
		case *ast.Index:
			p.Index = append(p.Index, s)
		case *ast.DropIndex:
			p.drop = append(p.drop, s)
		case *ast.Options:
			p.Options = s
		case *ast.Hook:
			if n == 0 { // those of a `from` block are the run's
				p.hooks = append(p.hooks, s)
			}
		}
	}
}

// addPaths takes in the paths of a statement of a layer. What a narrower layer says
// of a path overrides what a wider one says of it.
func (p *Policy) addPaths(s *ast.PathPolicy, layer int) {
	own := layer == 0
	for _, pattern := range s.Paths {
		if s.Kind == ast.NotSecret {
			p.NotSecret = append(p.NotSecret, LeftOut{s.Kind, pattern, own})
			continue
		}
		if s.Kind.OfSource() {
			p.LeftOut = append(p.LeftOut, LeftOut{s.Kind, pattern, own})
			continue
		}
		p.addPath(Path{Kind: s.Kind, Path: pattern.Path, Own: own, layer: layer})
	}
}

// addPath takes in a path, in place of what wider layers say of it.
func (p *Policy) addPath(path Path) {
	p.Paths = slices.DeleteFunc(p.Paths, func(q Path) bool {
		return q.layer < path.layer && doc.Path(check.Fields(path.Path)).Overlaps(check.Fields(q.Path))
	})
	p.Paths = append(p.Paths, path)
}

// PathsOf are the paths of one kind.
func (p *Policy) PathsOf(kind ast.PathPolicyKind) []Path {
	var out []Path
	for _, q := range p.Paths {
		if q.Kind == kind {
			out = append(out, q)
		}
	}
	return out
}

// StructureOnly: no documents are promoted.
func (p *Policy) StructureOnly() bool { return p.Mode == desired.Structure }

// Conflicts reports policies that exclude each other, which only shows when
// those of all blocks are together.
func (p *Policy) Conflicts() diag.List {
	var out diag.List
	report := func(d diag.Diagnostic) { out = append(out, d) }
	if p.Mode != desired.Merge && p.Mode != desired.Update {
		for _, q := range p.PathsOf(ast.Absent) {
			d := diag.Diagnostic{Code: diag.PolicyNotInMode, Span: q.Path.Span, Message: "`absent` has no meaning in `mode " + string(p.Mode) + "`",
				Notes: []string{"leave the field out of the wanted document: `remove " + diag.Safe(q.Path.Span.Text(), 64) + "`", "or write `mode merge`"}}
			if p.modeAt != nil {
				d.Related = []diag.Related{{Span: p.modeAt.Span, Message: "the mode"}}
			}
			report(d)
		}
	}
	if p.Prune != nil && (p.StructureOnly() || p.Mode == desired.Update) && p.OwnPrune {
		report(diag.Diagnostic{Code: diag.PolicyNotInMode, Span: p.Prune.Span, Message: "`prune` has no meaning in `mode " + string(p.Mode) + "`",
			Notes: []string{"remove it, or choose another mode"}})
	}
	for i, q := range p.Paths {
		for _, l := range p.LeftOut {
			if path := l.Desired().Path; q.Part != nil && path != nil && path.Overlaps(check.Fields(q.Path)) {
				report(diag.Diagnostic{Code: diag.DuplicatePolicy, Span: q.Path.Span, Message: diag.Backquote(q.Path.Span.Text()) + " is in `" + string(q.Kind) + "` and `" + string(l.Kind) + "`",
					Related: []diag.Related{{Span: l.Pattern.Span, Message: "here"}}, Notes: []string{"what is left out is the destination's as a whole: keep one of the two"}})
			}
		}
		for _, r := range p.Paths[:i] {
			if q.Kind != r.Kind && q.layer == r.layer && doc.Path(check.Fields(q.Path)).Overlaps(check.Fields(r.Path)) {
				report(diag.Diagnostic{Code: diag.DuplicatePolicy, Span: q.Path.Span, Message: diag.Backquote(q.Path.Span.Text()) + " is in `" + string(q.Kind) + "` and `" + string(r.Kind) + "`",
					Related: []diag.Related{{Span: r.Path.Span, Message: "here"}}, Notes: []string{"keep one of the two"}})
			}
		}
	}
	return out
}

// LeftOutPatterns are the patterns of `redact` and of `omit`.
func (p *Policy) LeftOutPatterns() (redact, omit []desired.Pattern) {
	for _, l := range p.LeftOut {
		if l.Kind == ast.Redact {
			redact = append(redact, l.Desired())
		} else {
			omit = append(omit, l.Desired())
		}
	}
	return redact, omit
}

// NotSecretPatterns are the patterns of `not secret`.
func (p *Policy) NotSecretPatterns() []desired.Pattern {
	var out []desired.Pattern
	for _, l := range p.NotSecret {
		out = append(out, l.Desired())
	}
	return out
}

// Desired is the pattern as the state and extraction have it.
func (l LeftOut) Desired() desired.Pattern {
	if l.Pattern.Leaf != nil {
		return desired.Pattern{Leaf: l.Pattern.Leaf.Text}
	}
	return desired.Pattern{Path: check.Fields(l.Pattern.Path)}
}

// LeftOutOf reports which paths `redact` and `omit` keep out of the extracted
// documents of a collection.
func LeftOutOf(j *workspace.Job, k workspace.Key) func(steps []ast.Step) bool {
	var policies []*Policy
	for _, t := range j.Targets {
		if t.Collection == k.Name && t.Source[j.Environment] == k.Source {
			policies = append(policies, Of(j.Weave.Module, t, j.Environment))
		}
	}
	return func(steps []ast.Step) bool {
		return slices.ContainsFunc(policies, func(p *Policy) bool { return p.LeavesOut(steps) != nil })
	}
}

// LeavesOut is the pattern of `redact` or `omit` by which extracted documents lack a path; nil: none.
func (p *Policy) LeavesOut(steps []ast.Step) *LeftOut {
	fields := ast.FieldNames(steps)
	for i, l := range p.LeftOut {
		if path := l.Desired().Path; path != nil && len(path) <= len(fields) && doc.Path(path).Overlaps(fields) {
			return &p.LeftOut[i]
		}
		if leaf := l.Pattern.Leaf; leaf != nil && slices.ContainsFunc(steps, func(s ast.Step) bool { return s.Kind == ast.FieldStep && s.Name == leaf.Text }) {
			return &p.LeftOut[i]
		}
	}
	return nil
}

// Rules are the places of the destination statements in force, for the messages
// of the engines: those about a path with the path.
func (p *Policy) Rules() []desired.Rule {
	var out []desired.Rule
	add := func(name string, s ast.Stmt) { out = append(out, desired.Rule{Name: name, Origin: s.Place().String()}) }
	if p.modeAt != nil {
		add("mode "+string(p.Mode), p.modeAt)
	}
	for _, l := range p.LeftOut {
		out = append(out, desired.Rule{Name: string(l.Kind), Origin: l.Pattern.Span.String()})
	}
	for _, q := range p.PathsOf(ast.Preserve) {
		out = append(out, desired.Rule{Name: desired.PreserveRule(check.Fields(q.Path)), Origin: q.Path.Span.String()})
	}
	for _, q := range p.Paths {
		if q.Part != nil {
			add(desired.ListRule(check.Fields(q.Path)), q.Part)
		}
	}
	for _, l := range p.Links {
		add(desired.LinkRule(LinkSteps(l.Path)), l)
	}
	if p.Backup != nil {
		add("backup keep", p.Backup)
	}
	if p.Drift != nil {
		add(desired.DriftRule, p.Drift)
	}
	if p.indexes != nil {
		add("indexes "+p.indexes.Policy, p.indexes)
	}
	for _, i := range p.Index {
		add("index on", i)
	}
	for _, d := range p.drop {
		add("drop index", d)
	}
	if p.Options != nil {
		add("options", p.Options)
	}
	return out
}

// LinkSteps are the steps of the path of a link as the state has them.
func LinkSteps(path *ast.Path) []string {
	steps := path.FromRoot()
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = desired.AnyElement
		if s.Kind == ast.FieldStep {
			out[i] = s.Name
		}
	}
	return out
}
