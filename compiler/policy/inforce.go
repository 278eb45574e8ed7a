package policy

// The statements about a destination collection that count, for people: what
// `explain --document` and --verbose say of them.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// InForce is a statement that counts, or one path of it.
type InForce struct {
	Span source.Span
	// Word is how it begins, Rest what it says: "prune", "all at most 5". Safe to print.
	Word, Rest string
	// Path is the path that it is about; nil where it is about the collection.
	Path *ast.Path
	// Default: it stands in `defaults` or in a `from` block.
	Default bool
}

// InForce are those of the policy but `redact` and its kin, in order of the language's reference.
func (p *Policy) InForce() []InForce {
	var out []InForce
	add := func(s ast.Stmt, rest string) {
		out = append(out, InForce{Span: s.Place(), Word: check.Word(s), Rest: rest, Default: p.fromDefaults(s)})
	}
	if p.modeAt != nil {
		add(p.modeAt, string(p.Mode))
	}
	for _, q := range p.Paths {
		f := InForce{Span: q.Path.Span, Word: string(q.Kind), Rest: diag.Safe(q.Path.Span.Text(), 80), Path: q.Path, Default: !q.Own}
		if q.Part != nil {
			f.Span, f.Rest = q.Part.Span, strings.TrimPrefix(inLine(q.Part.Span), string(q.Kind)+" ")
		}
		out = append(out, f)
	}
	if p.Prune != nil {
		scope := "all"
		if p.Prune.Cond != nil {
			scope = "where " + inLine(p.Prune.Cond.Place())
		}
		add(p.Prune, scope+" at most "+p.boundText())
	}
	if p.Backup != nil {
		add(p.Backup, fmt.Sprintf("keep %d", p.Backup.Keep))
	}
	if p.Drift != nil {
		add(p.Drift, p.Drift.Name.Text)
	}
	if p.indexes != nil {
		add(p.indexes, p.indexes.Policy)
	}
	for _, i := range p.Index {
		add(i, strings.TrimPrefix(inLine(i.Span), "index on "))
	}
	for _, d := range p.drop {
		add(d, diag.Safe(d.Name.Text, 80))
	}
	if p.Options != nil {
		add(p.Options, strings.TrimPrefix(inLine(p.Options.Span), "options "))
	}
	return out
}

// fromDefaults reports whether a statement came from a default layer.
func (p *Policy) fromDefaults(s ast.Stmt) bool { return slices.Contains(p.byDefault, s) }

// boundText is the bound of `prune` in the environment.
func (p *Policy) boundText() string {
	b := bound(p.Prune.Bounds, p.is)
	switch {
	case b.Any:
		return "any"
	case b.Percent:
		return fmt.Sprintf("%d%%", b.AtMost)
	}
	return fmt.Sprint(b.AtMost)
}

// inLine is source text on one line.
func inLine(s source.Span) string {
	return diag.Safe(strings.Join(strings.Fields(s.Text()), " "), 80)
}
