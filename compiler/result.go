package compiler

// What came out of a unit: warnings, names for its documents, and the desired
// collection.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// warnings are what is legal and probably not meant.
func (u *unit) warnings() diag.List {
	o, name := u.done, u.documentName
	var out diag.List
	for _, d := range o.warned.diagnostics(name) {
		d.Severity = diag.Warning
		out = append(out, d)
	}
	for _, d := range o.outside.diagnostics(name) {
		d.Severity = diag.Warning
		out = append(out, d)
	}
	for _, d := range o.reidentified.diagnostics(name) {
		d.Severity = diag.Hint
		out = append(out, d)
	}
	for _, l := range u.literal {
		out = append(out, u.inferred.LiteralTypes(l.stmt.Object, l.raw)...)
	}
	for _, field := range u.expiring(o.documents) {
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.ExpiringDocuments, Span: u.sync.NameSpan,
			Message: fmt.Sprintf("%s has a TTL index on %s: the server deletes promoted documents, and every run brings them back", u.data.Name, diag.Backquote(field)),
			Notes:   []string{"leave such documents out, or remove the field: `remove " + diag.Safe(field, 64) + "`"}})
	}
	if u.policy.Mode != desired.Insert && !u.coversIdentity() {
		by := u.sync.By[0].Span.To(u.sync.By[len(u.sync.By)-1].Span)
		edit := "create one at the source and extract again"
		if text := by.Text(); !strings.ContainsAny(text, "\n") {
			edit = "write `index on " + diag.Safe(text, 64) + " { unique: true }`, or " + edit
		}
		out = append(out, diag.Diagnostic{Severity: diag.Warning, Code: diag.NoUniqueIndex, Span: by,
			Message: fmt.Sprintf("no unique index of %s covers %s", u.data.Name, u.byText()),
			Notes:   []string{"two runs at once could insert a document twice", edit}})
	}
	return out
}

// documentName names an extracted document, by its identity as extracted, else
// by `_id`; those after them are the literals.
func (u *unit) documentName(i int) string {
	if n := i - len(u.data.Documents); n >= 0 {
		if text := u.resultName(u.literal[n].raw); text != "" {
			return text
		}
		return "the `document` at " + u.literal[n].stmt.Span.String()
	}
	d := u.data.Documents[i]
	text := u.resultName(d)
	if text == "" {
		if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
			return "_id " + doc.Show(id, 60)
		}
		if i < len(u.data.Read) {
			return fmt.Sprintf("the one in %s", u.data.Place(i))
		}
		return fmt.Sprintf("document %d", i+1) // of a test
	}
	return text
}

// collection puts together what is wanted of the destination collection.
func (u *unit) collection() *desired.Collection {
	env, s := u.job.Environment, u.structure
	c := &desired.Collection{
		Database: u.sync.Database[env], Name: u.sync.Destination, Origin: u.sync.Span.String(),
		Options: s.Options, Indexes: s.Indexes, Identity: u.by, Mode: u.policy.Mode,
		IndexesExact: s.Exact, Declared: s.Declared, DropIndexes: s.Dropped, SetOptions: s.SetOptions, Reads: s.Reads,
		Before: s.Before, After: s.After, Rules: append(u.policy.Rules(), u.secretRules()...), Documents: u.frozen,
	}
	if u.done != nil {
		c.Known, c.Prune, c.Links = shape.Paths(u.data.Shape, u.done.names...), u.wantedPrune, u.links
	}
	for _, q := range u.policy.Paths {
		path := doc.Path(check.Fields(q.Path))
		switch q.Kind {
		case ast.Preserve:
			c.Preserve = append(c.Preserve, path)
		case ast.Ignore:
			c.Ignore = append(c.Ignore, path)
		case ast.Absent:
			c.Absent = append(c.Absent, path)
		}
	}
	c.Redact, c.Omit = u.policy.LeftOutPatterns()
	for _, paths := range []*[]doc.Path{&c.Preserve, &c.Ignore, &c.Absent} {
		slices.SortFunc(*paths, doc.ComparePaths)
		*paths = slices.CompactFunc(*paths, slices.Equal)
	}
	if u.policy.Backup != nil {
		c.BackupKeep = u.policy.Backup.Keep
	}
	return c
}

// mayGive reports whether a computed text may be a name: the written parts of it are there, in order.
func mayGive(x ast.Expr, name string) bool {
	text, ok := x.(*ast.Text)
	if !ok {
		return true
	}
	for i, p := range text.Parts {
		if p.Expr != nil {
			continue
		}
		at := strings.Index(name, p.Literal)
		last := i == len(text.Parts)-1
		if at < 0 || i == 0 && at > 0 || last && !strings.HasSuffix(name, p.Literal) {
			return false
		}
		name = name[at+len(p.Literal):]
	}
	return true
}

// secretRules are the places of `secret(…)` for the secrets that documents have:
// the first of each in the statements of the collection, else in a `let`; that of
// a computed name where no other gives it.
func (u *unit) secretRules() []desired.Rule {
	needed := map[string]bool{}
	for _, d := range u.frozen {
		for _, s := range d.Secrets {
			for _, p := range s.Parts {
				needed[p.Name] = p.Name != ""
			}
		}
	}
	var rules []desired.Rule
	var computed []*ast.Call
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.For:
			return u.job.Weave.Module.Applies(n, u.job.Environment)
		case *ast.Call:
			if n.Func.Text != "secret" || len(n.Args) != 1 {
				return true
			}
			name, ok := n.Args[0].(*ast.Text)
			if !ok || len(name.Parts) != 1 || name.Parts[0].Expr != nil {
				computed = append(computed, n)
			} else if needed[name.Parts[0].Literal] {
				needed[name.Parts[0].Literal] = false // the first is enough
				rules = append(rules, desired.Rule{Name: desired.SecretRule(name.Parts[0].Literal), Origin: n.Span.String()})
			}
		}
		return true
	}
	for _, block := range append(slices.Clone(u.sync.Blocks), u.sync.Defaults) {
		for _, s := range block {
			ast.Walk(s, visit)
		}
	}
	for _, l := range u.job.Weave.Module.Lets {
		ast.Walk(l, visit)
	}
	for _, call := range computed {
		for name := range needed {
			if needed[name] && mayGive(call.Args[0], name) {
				needed[name] = false
				rules = append(rules, desired.Rule{Name: desired.SecretRule(name), Origin: call.Span.String()})
			}
		}
	}
	slices.SortStableFunc(rules, func(a, b desired.Rule) int { return strings.Compare(a.Name, b.Name) })
	return rules
}
