package check

// Policies: which exclude each other, and which paths they may name.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// policies are those of one sync as they apply in each environment.
type policies struct {
	once  map[policyKey]source.Span
	paths []policyPath
}

// policyKey is where a policy counts: one given in a `for` overrides that of the sync.
type policyKey struct {
	what, environment string
	depth             int
}

// policyPath is a path of `preserve`, `ignore` or `absent`.
type policyPath struct {
	kind         ast.PathPolicyKind
	path         *ast.Path
	environments []string
}

func newPolicies() *policies {
	return &policies{once: map[policyKey]source.Span{}}
}

// policy checks a statement that says how the destination is treated.
func (b *block) policy(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.Mode:
		b.once(s, "mode")
	case *ast.PathPolicy:
		if s.Kind.OfSource() {
			b.leftOut(s)
		} else {
			b.preserve(s)
		}
	case *ast.OwnedPart:
		checkOwnedPart(b, s)
	case *ast.Prune:
		b.once(s, "prune")
		b.prune(s)
	case *ast.Link:
		b.link(s)
	case *ast.Backup:
		b.once(s, "backup keep")
		if s.Keep < 1 {
			b.report(diag.BadNumber, s.Span, "at least one run is kept").Notes = []string{"write `backup keep 1`"}
		}
	case *ast.Drift:
		b.once(s, "drift")
	case *ast.Indexes:
		b.once(s, "indexes")
	case *ast.Index:
		b.index(s)
	case *ast.DropIndex:
		b.once(s, "drop index "+s.Name.Text)
		b.bareName(s.Name, place{what: "an index", clause: "drop index"})
		if s.Name.Text == "_id_" {
			b.report(diag.BadName, s.Name.Span, "the index on `_id` cannot be dropped").Notes = []string{"remove the statement"}
		}
	case *ast.Options:
		b.once(s, "options")
		if s.Object != nil {
			b.constantObject(s.Object)
		}
	case *ast.Hook:
		b.hook(s)
	}
}

// constantObject checks an object of MongoDB's: its values are constants.
func (b *block) constantObject(o *ast.Object) {
	in := *b.selection
	in.constant, in.mongo = true, true
	in.object(o)
}

// constant checks a value that sees no document.
func (b *block) constant(x ast.Expr) {
	in := *b.selection
	in.constant = true
	in.expr(x)
}

// index checks `index on P, … [{ options }]`.
func (b *block) index(s *ast.Index) {
	for i, k := range s.Keys {
		if !isFieldPath(k.Path) {
			var fields []string
			for _, f := range Fields(k.Path) {
				if f != "" {
					fields = append(fields, f)
				}
			}
			b.report(diag.BadPath, k.Path.Span, "an index goes into the elements of arrays by itself").Notes = []string{"write `" + diag.Safe(strings.Join(fields, "."), 64) + "`"}
			continue
		}
		b.fieldPath(k.Path, "`index on`")
		for _, other := range s.Keys[:i] {
			if isFieldPath(k.Path) && isFieldPath(other.Path) && slices.Equal(Fields(k.Path), Fields(other.Path)) {
				b.report(diag.DuplicateName, k.Span, "%s is a key of this index already", diag.Backquote(k.Path.Span.Text())).Notes = []string{"remove one of the two"}
			}
		}
	}
	if s.Options != nil {
		b.constantObject(s.Options)
	}
	b.once(s, strings.Join(strings.Fields(s.Span.Text()), " "))
}

// hook checks `before { … }` and `after { … }`.
func (b *block) hook(s *ast.Hook) {
	b.emptyDecl(Word(s), s.Span, len(s.Runs))
	for _, r := range s.Runs {
		if r.Command != nil {
			b.constantObject(r.Command)
			if len(r.Command.Fields) == 0 {
				b.report(diag.MissingValue, r.Span, "a command is not empty").Notes = []string{"write something like `run { ping: 1 }`"}
			}
		}
		if r.Database != nil && r.Database.Text != "admin" {
			b.databaseName(*r.Database)
			b.bareName(*r.Database, place{what: "a database", clause: "on"})
		}
	}
}

// link checks `link P to C`: P may go into the elements of arrays.
func (b *block) link(s *ast.Link) {
	b.collectionName(s.Collection)
	b.bareName(s.Collection, place{what: "a collection", clause: "to"})
	b.readPath(s.Path)
	for _, step := range s.Path.Steps {
		if step.Kind == ast.PositionStep {
			b.report(diag.BadPath, step.Span, "`link` is about all elements of an array").Notes = []string{"write `[]`"}
		}
	}
	if s.Path.Head == "_id" {
		b.report(diag.BadPath, s.Path.Span, "`_id` is the document's own").Notes = []string{"`link` is for fields that hold the `_id` of another document"}
	}
}

// leftOut checks `redact P, …`, `omit P, …` and `not secret P, …`.
func (b *block) leftOut(s *ast.PathPolicy) {
	for _, pattern := range s.Paths {
		p := pattern.Path
		switch {
		case p == nil:
		case !isFieldPath(p):
			last := p.Steps[len(p.Steps)-1].Name
			e := b.report(diag.PolicyThroughArray, p.Span, "`%s` cannot go into an array by a path", s.Kind)
			e.Notes = []string{fmt.Sprintf("write `%s *.%s`: every field of that name, in arrays as well", s.Kind, diag.Safe(last, 64))}
			if last == "" {
				e.Notes = []string{fmt.Sprintf("write `%s %s`", s.Kind, beforeArray(p))}
			}
		default:
			b.fieldPath(p, "`"+string(s.Kind)+"`")
		}
	}
}

// once reports a policy that an environment gets twice from one layer.
func (b *block) once(s ast.Stmt, what string) {
	given, depth := b.policies.once, 0
	if len(b.environments) < len(b.module.Environments) || b.word == "for" {
		depth = 1
	}
	reported := false
	for _, env := range b.environments {
		key := policyKey{what, env, depth}
		if at, ok := given[key]; ok && !reported {
			e := b.report(diag.DuplicatePolicy, s.Place(), "`%s` is given twice", diag.Safe(what, 64))
			if depth > 0 {
				e.Message += " for " + env
			}
			e.Related = []diag.Related{{Span: at, Message: "first here"}}
			e.Notes = []string{"keep one of the two"}
			reported = true
		}
		given[key] = s.Place()
	}
}

// preserve checks `preserve P, …`, `ignore P, …` and `absent P, …`.
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
			if around := ownedAround(b, p); around != nil && s.Kind == ast.Preserve {
				e.Notes = []string{"an element of it is owned as the document is", "take it out: in `mode merge` the destination keeps the fields that the weave's element lacks"}
				e.Related = []diag.Related{{Span: around.Span, Message: "owned by its elements"}}
			}
			continue
		}
		if b.fieldPath(p, "`"+string(s.Kind)+"`") {
			treat(b, s.Kind, p)
		}
	}
}

// treat notes how a path is treated, and reports one that is treated otherwise, too.
func treat(b *block, kind ast.PathPolicyKind, p *ast.Path) {
	for _, q := range b.policies.paths {
		if !overlap(p, q.path) || !slices.ContainsFunc(q.environments, func(e string) bool { return slices.Contains(b.environments, e) }) {
			continue
		}
		if kind == ast.Ensure && q.kind == kind && slices.Equal(Fields(p), Fields(q.path)) {
			continue // what they say adds up
		}
		e := b.report(diag.DuplicatePolicy, p.Span, "%s is already %s", diag.Backquote(p.Span.Text()), done[q.kind])
		e.Related = []diag.Related{{Span: q.path.Span, Message: "here"}}
		if q.kind != kind {
			e.Message = fmt.Sprintf("%s is %s and %s", diag.Backquote(p.Span.Text()), done[q.kind], done[kind])
		}
		e.Notes = []string{"keep one of the two"}
		if kind == ast.Ensure && q.kind == ast.Elements || kind == ast.Elements && q.kind == ast.Ensure {
			e.Notes = []string{"`elements` owns all that the documents have in it, `ensure` the named values alone: keep the one that is meant"}
		}
	}
	b.policies.paths = append(b.policies.paths, policyPath{kind: kind, path: p, environments: b.environments})
}

// done words what a policy makes of a path.
var done = map[ast.PathPolicyKind]string{
	ast.Preserve: "preserved", ast.Ignore: "ignored", ast.Absent: "absent", ast.Elements: "owned by its elements", ast.Ensure: "owned by named values",
}

// checkOwnedPart checks `elements P by F, … without E, …` and `ensure P has E, …`.
func checkOwnedPart(b *block, s *ast.OwnedPart) {
	clause := "`" + string(s.Kind) + "`"
	for _, v := range s.Values {
		if !joinedValues(b, s, v) {
			b.constant(v)
		}
	}
	for i, by := range s.By {
		if fields := Fields(by); !isFieldPath(by) || len(fields) != 1 {
			b.report(diag.BadPath, by.Span, "the elements of a list are told apart by fields of their own").Notes =
				[]string{"write the name of a field that each element has, or several: `elements prices by currency, interval`"}
		} else if b.fieldPath(by, "`by`") && slices.ContainsFunc(s.By[:i], func(o *ast.Path) bool { return slices.Equal(Fields(o), fields) }) {
			b.report(diag.DuplicateName, by.Span, "this is already named").Notes = []string{"name it once"}
		}
	}
	if !isFieldPath(s.Path) {
		e := b.report(diag.PolicyThroughArray, s.Path.Span, "%s cannot go into an array", clause)
		e.Notes = []string{"a list inside of an element is one value and belongs to whom the element belongs to", fmt.Sprintf("write `%s %s`, for the list around", s.Kind, beforeArray(s.Path))}
		if around, inside := ownedAround(b, s.Path), behindArray(s.Path); around != nil && inside != "" {
			e.Notes[1] = fmt.Sprintf("take it out: in `mode merge` the destination keeps its own list where the weave's element has none, after `each x in %s { remove x%s }`", beforeArray(s.Path), inside)
			e.Related = []diag.Related{{Span: around.Span, Message: "owned by its elements"}}
		}
		return
	}
	if b.fieldPath(s.Path, clause) {
		treat(b, s.Kind, s.Path)
	}
}

// joinedValues reports values that are joined by a word as conditions are.
func joinedValues(b *block, s *ast.OwnedPart, v ast.Expr) bool {
	switch v := v.(type) {
	case *ast.Binary:
		if v.Op != ast.And && v.Op != ast.Or {
			return false
		}
		e := b.report(diag.MissingComma, v.OpSpan, "the parts of a list have commas between them")
		e.Label = "put a comma in its place: `,`"
		e.Fix = &diag.Fix{Span: source.Span{File: v.Span.File, Start: v.X.Place().End, End: v.OpSpan.End}, Text: ","}
		return true
	case *ast.Unary:
		if v.Op != ast.Not || s.Kind != ast.Ensure {
			return false
		}
		word := source.Span{File: v.Span.File, Start: v.Span.Start, End: v.Span.Start + len("not")}
		e := b.report(diag.ForeignOperator, word, "what is not to be in a list stands behind `has no`")
		e.Label, e.Fix = "write `no`", &diag.Fix{Span: word, Text: "no"}
		return true
	}
	return false
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

// behindArray is the text of a path behind where it enters an array, up to the next one.
func behindArray(p *ast.Path) string {
	first := slices.IndexFunc(p.Steps, func(s ast.Step) bool { return s.Kind != ast.FieldStep })
	end := first
	for end+1 < len(p.Steps) && p.Steps[end+1].Kind == ast.FieldStep {
		end++
	}
	return diag.Safe(p.Span.File.Text[p.Steps[first].Span.End:p.Steps[end].Span.End], 64)
}

// ownedAround is the path of the list around what a path goes into, where an earlier
// statement owns that by its elements; nil: none does.
func ownedAround(b *block, p *ast.Path) *ast.Path {
	for _, q := range b.policies.paths {
		if q.kind == ast.Elements && q.path.Span.Text() == beforeArray(p) && slices.ContainsFunc(q.environments, func(e string) bool { return slices.Contains(b.environments, e) }) {
			return q.path
		}
	}
	return nil
}

// identityKept reports a path that is part of the identity and left to the destination.
func (b *block) identityKept(by []*ast.Path, defaults [][]ast.Stmt) {
	paths := slices.Clone(b.policies.paths)
	for _, d := range slices.Concat(defaults...) {
		ast.Walk(d, func(n ast.Node) bool {
			switch d := n.(type) {
			case *ast.PathPolicy:
				for _, p := range d.Paths {
					if p.Path != nil && done[d.Kind] != "" {
						paths = append(paths, policyPath{kind: d.Kind, path: p.Path})
					}
				}
			case *ast.OwnedPart:
				paths = append(paths, policyPath{kind: d.Kind, path: d.Path})
				return false // `by` is within elements
			}
			return true
		})
	}
	if len(by) == 0 { // identified by `_id`
		for _, q := range paths {
			if q.path.Head == "_id" {
				b.report(diag.PreservedIdentity, q.path.Span, "`_id` identifies the documents, so it is the same at the destination").Notes =
					[]string{fmt.Sprintf("remove it from `%s`", q.kind)}
			}
		}
	}
	for _, by := range by {
		for _, q := range paths {
			if overlap(by, q.path) {
				e := b.report(diag.PreservedIdentity, q.path.Span, "%s identifies the documents, so it is the same at the destination",
					diag.Backquote(q.path.Span.Text()))
				e.Related = []diag.Related{{Span: by.Span, Message: "identity"}}
				e.Notes = []string{fmt.Sprintf("remove it from `%s`", q.kind)}
			}
		}
	}
}
