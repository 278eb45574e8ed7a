package job

// What holding the rules against the shapes of the data found, of all collections
// of a job together. In: what is known of each, and what was found of each alone;
// out: what is said.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// finding is what is said of one place.
type finding struct {
	code diag.Code
	at   source.Span
}

// group is the collections of one `sync` statement.
type group struct {
	// filled is how many of them have documents, count how many have a finding.
	filled int
	count  map[finding]int
}

// groupsOf counts by statement.
func groupsOf(known []infer.Rules, found []diag.List) map[*check.Sync]*group {
	groups := map[*check.Sync]*group{}
	for i, r := range known {
		g := groups[r.Target.Sync]
		if g == nil {
			g = &group{count: map[finding]int{}}
			groups[r.Target.Sync] = g
		}
		if r.Data.Count > 0 {
			g.filled++
		}
		seen := map[finding]bool{}
		for _, d := range found[i] {
			if f := (finding{d.Code, d.Span}); !seen[f] {
				seen[f] = true
				g.count[f]++
			}
		}
	}
	return groups
}

// agreed are the findings about rules. Of a `sync` of several collections, a
// finding counts when it holds for all of them that have documents: a path must
// exist in at least one. It is said once.
func agreed(known []infer.Rules, found []diag.List) diag.List {
	var out diag.List
	found = slips(known, found)
	groups := groupsOf(known, found)
	said := map[*check.Sync]map[finding]bool{}
	for i, r := range known {
		g, sync := groups[r.Target.Sync], r.Target.Sync
		if said[sync] == nil {
			said[sync] = map[finding]bool{}
		}
		for _, d := range found[i] {
			f := finding{d.Code, d.Span}
			switch {
			case g.filled < 2 || d.Code == diag.NoDocuments:
				out = append(out, d)
			case g.count[f] >= g.filled && !said[sync][f]:
				said[sync][f] = true
				out = append(out, inAll(known, found, i, d))
			}
		}
	}
	return out
}

// slips are the findings with a path of a destination statement that is nearly
// known in one of several collections as the error that it is there in the ones
// that have nothing like it, too. Where a pattern of `redact` or `omit` has no
// slip, nothing is said: extracted data that lacks the field is as it should be.
func slips(known []infer.Rules, found []diag.List) []diag.List {
	out := make([]diag.List, len(found))
	for i, r := range known {
		for _, d := range found[i] {
			if d.Code == diag.DestinationOnlyField {
				if near := slipOf(known, found, r, d); near != nil {
					d = *near
				} else if slices.ContainsFunc(r.Policy.LeftOut, func(l policy.LeftOut) bool { return l.Pattern.Path != nil && l.Pattern.Path.Span == d.Span }) {
					continue
				}
			}
			out[i] = append(out[i], d)
		}
	}
	return out
}

// slipOf is the error about the same path in another collection of the statement.
func slipOf(known []infer.Rules, found []diag.List, r infer.Rules, d diag.Diagnostic) *diag.Diagnostic {
	for k, other := range known {
		if other.Target.Sync != r.Target.Sync {
			continue
		}
		for _, near := range found[k] {
			if near.Code == diag.UnknownField && near.Span == d.Span {
				near.Message = fmt.Sprintf("no document of %s has a field %s", r.Data.Name, diag.Quote(d.Span.Text(), 64))
				return &near
			}
		}
	}
	return nil
}

// inAll is a finding that all collections of a statement share. About a field
// that none of them has it names the other ones, and has the suggestion of the
// first that has one.
func inAll(known []infer.Rules, found []diag.List, i int, d diag.Diagnostic) diag.Diagnostic {
	if d.Code != diag.UnknownField {
		return d
	}
	var others []string
	for k, other := range known {
		if other.Target.Sync != known[i].Target.Sync || k == i {
			continue
		}
		for _, o := range found[k] {
			if o.Code != d.Code || o.Span != d.Span {
				continue
			}
			if name := other.Data.Name; name != known[i].Data.Name && !slices.Contains(others, name) {
				others = append(others, name)
			}
			if d.Label == "" && o.Label != "" {
				d.Label, d.Fix, d.Notes = o.Label, o.Fix, slices.Clone(o.Notes)
			}
		}
	}
	if len(others) > 0 {
		d.Notes = append([]string{"no document of " + strings.Join(others, ", ") + " has it either"}, d.Notes...)
	}
	return d
}

// references checks that what `refers to` and `link` name is synced and has the field.
func references(known []infer.Rules, inferred []*infer.Result) diag.List {
	var diags diag.List
	for i, r := range known {
		for _, l := range r.Policy.Links {
			if r.Job.Named(r.Target, l.Collection.Text, nil) < 0 {
				diags = append(diags, notSynced(known, l.Collection, "`link` puts the destination's `_id` of one of its documents in place"))
			}
		}
		if inferred[i] == nil {
			continue
		}
		for _, c := range inferred[i].Checks {
			ref := c.Check.RefersTo
			if ref == nil {
				continue
			}
			other := r.Job.Named(r.Target, ref.Collection.Text, ref.Source)
			if other < 0 {
				diags = append(diags, notSynced(known, ref.Collection, "`refers to` looks at the documents that this weave wants there"))
				continue
			}
			if p, ok := c.Check.Cond.(*ast.Path); ok {
				if inferred[i].Arrays(c, p) {
					diags = append(diags, diag.Diagnostic{Code: diag.ArrayCompared, Span: p.Span, Message: fmt.Sprintf("%s is an array, and `refers to` looks for one value", diag.Backquote(p.Span.Text())),
						Label: fmt.Sprintf("write `%s[]`: each of its elements", diag.Safe(p.Span.Text(), 64)), Fix: &diag.Fix{Span: source.Span{File: p.Span.File, Start: p.Span.End, End: p.Span.End}, Text: "[]"}})
					continue
				}
			}
			if inferred[other] != nil {
				diags = append(diags, inferred[other].UnknownPath(ref.Path)...)
			}
		}
	}
	return diags
}

func notSynced(all []infer.Rules, n ast.Name, why string) diag.Diagnostic {
	var known []string
	for _, u := range all {
		known = append(known, u.Target.Collection)
	}
	slices.Sort(known)
	d := diag.Diagnostic{Code: diag.UnknownCollection, Span: n.Span, Message: fmt.Sprintf("no `sync` of this weave is about the collection %s", diag.Quote(n.Text, 64)),
		Notes: []string{why + "; add a `sync` for it"}}
	if near := diag.Suggest(n.Text, known); near != "" {
		d.Label = fmt.Sprintf("did you mean %s?", diag.Quote(near, 64))
		d.Fix = &diag.Fix{Span: d.Span, Text: ast.WrittenName(near)}
	}
	return d
}
