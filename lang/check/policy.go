package check

// Policies: which exclude each other, and which paths they may name.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// policies are those of one sync as they apply in each environment.
type policies struct {
	mode, prune map[policyKey]source.Span
	preserved   []preserved
}

// policyKey is where a policy counts: one given in a `for` overrides that of the sync.
type policyKey struct {
	environment string
	depth       int
}

type preserved struct {
	path         *ast.Path
	environments []string
}

func newPolicies() *policies {
	return &policies{mode: map[policyKey]source.Span{}, prune: map[policyKey]source.Span{}}
}

// mode checks `mode NAME`, once for every environment and layer; the parser
// knows the modes of the language.
func (b *block) mode(s *ast.Mode) {
	if !slices.Contains([]string{"replace", "exact", "merge", "insert"}, s.Name.Text) {
		b.notImplemented(s, "mode "+s.Name.Text)
	}
	b.once(b.policies.mode, s, "mode")
}

// once reports a policy that an environment gets twice from one layer.
func (b *block) once(given map[policyKey]source.Span, s ast.Stmt, what string) {
	depth := 0
	if len(b.environments) < len(b.module.Environments) || b.word == "for" {
		depth = 1
	}
	reported := false
	for _, env := range b.environments {
		key := policyKey{env, depth}
		if at, ok := given[key]; ok && !reported {
			e := b.report(diag.DuplicatePolicy, s.Place(), "`%s` is given twice", what)
			if depth > 0 {
				e.Message += " for " + env
			}
			e.Related = []diag.Related{{Span: at, Message: "first here"}}
			reported = true
		}
		given[key] = s.Place()
	}
}

// preserve checks `preserve P, …`; its kin are refused before.
func (b *block) preserve(s *ast.PathPolicy) {
	for _, pattern := range s.Paths {
		p := pattern.Path
		if p == nil {
			b.report(diag.BadPath, pattern.Span, "`*` cannot stand in `%s`", s.Kind)
			continue
		}
		if slices.ContainsFunc(p.Steps, func(s ast.Step) bool { return s.Kind != ast.FieldStep }) {
			e := b.report(diag.PolicyThroughArray, p.Span, "`%s` cannot go into an array", s.Kind)
			e.Notes = []string{"an array is one value at the destination", fmt.Sprintf("write `%s %s`", s.Kind, beforeArray(p))}
			continue
		}
		if !b.fieldPath(p, "`"+string(s.Kind)+"`") {
			continue
		}
		for _, q := range b.policies.preserved {
			if overlap(p, q.path) && slices.ContainsFunc(q.environments, func(e string) bool { return slices.Contains(b.environments, e) }) {
				e := b.report(diag.DuplicatePolicy, p.Span, "%s is already preserved", backquote(p.Span.Text()))
				e.Related = []diag.Related{{Span: q.path.Span, Message: "here"}}
			}
		}
		b.policies.preserved = append(b.policies.preserved, preserved{path: p, environments: b.environments})
	}
}

// beforeArray is the text of a path up to where it enters an array.
func beforeArray(p *ast.Path) string {
	for i, s := range p.Steps {
		if s.Kind != ast.FieldStep {
			end := p.HeadSpan.End
			if i > 0 {
				end = p.Steps[i-1].Span.End
			}
			return diag.Safe(p.Span.File.Text[p.Span.Start:end], 64)
		}
	}
	return diag.Safe(p.Span.Text(), 64)
}

// identityKept reports a preserved path that is part of the identity.
func (b *block) identityKept(s *ast.Sync, defaults []ast.Stmt) {
	paths := slices.Clone(b.policies.preserved)
	for _, d := range defaults {
		if d, ok := d.(*ast.PathPolicy); ok {
			for _, p := range d.Paths {
				if p.Path != nil {
					paths = append(paths, preserved{path: p.Path})
				}
			}
		}
	}
	if len(s.By) == 0 { // identified by `_id`
		for _, q := range paths {
			if q.path.Head == "_id" {
				b.report(diag.PreservedIdentity, q.path.Span, "`_id` identifies the documents, so it is the same at the destination").Notes =
					[]string{"remove it from `preserve`"}
			}
		}
	}
	for _, by := range s.By {
		for _, q := range paths {
			if overlap(by, q.path) {
				e := b.report(diag.PreservedIdentity, q.path.Span, "%s identifies the documents, so it is the same at the destination",
					backquote(q.path.Span.Text()))
				e.Related = []diag.Related{{Span: by.Span, Message: "identity"}}
				e.Notes = []string{"remove it from `preserve`"}
			}
		}
	}
}
