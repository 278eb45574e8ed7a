package compiler

// One collection of one environment: every extracted document is selected,
// changed and checked, in parallel; what happened is counted.

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// unit is one sync in one environment, ready to run.
type unit struct {
	job  *job
	sync *workspace.Target
	data *workspace.Collection
	// snapshot has the data of the other collections.
	snapshot *workspace.Snapshot
	policy   *policy.Policy
	env      *eval.Env
	by       []doc.Path
	filters  []filter
	program  *eval.Program
	// prune is the scope of `prune where`, to warn of documents outside of it.
	prune       *eval.Condition
	wantedPrune *desired.Prune
	inferred    *infer.Result
	structure   *policy.Structure
	// literal are the documents of `document`, judge the checks over them.
	literal []literal
	judge   *eval.Program
	// done is what executing the rules gave; nil: they were not.
	done *outcome
	// frozen are the finished documents, links what `link` says of them.
	frozen []desired.Document
	links  []desired.Link
}

// filter is a compiled `only where` or `except where`.
type filter struct {
	stmt *ast.Filter
	cond *eval.Condition
}

// outcome is what running a unit gave.
type outcome struct {
	// documents has the result of each extracted document, then the literals;
	// nil: not selected or in error. secrets and references go with them.
	documents  []bson.Raw
	secrets    [][]value.Secret
	references [][]eval.Reference
	// names are the fields of changed documents.
	names []*shape.Names
	// order has the positions of the frozen documents.
	order    []int
	matched  []int // documents for which each filter holds
	selected int
	kept     int
	stats    []eval.Stat
	errors   tally // of documents
	checks   tally // of `check`
	warned   tally // of `warn`
	// outside counts documents that their own `prune where` does not cover.
	outside tally
	// reidentified counts documents whose `_id`, their identity, a rule changed.
	reidentified tally
}

// part is what one goroutine does: the documents from..to.
type part struct {
	outcome
	from, to int
	run      *eval.Run
}

// execute runs the unit over all documents, on as many goroutines as there are
// processors; the result does not depend on how many.
func (u *unit) execute(ctx context.Context) (*outcome, error) {
	documents := u.data.Documents
	workers := max(1, min(runtime.GOMAXPROCS(0), len(documents)/500))
	total := len(documents) + len(u.literal)
	out := &outcome{documents: make([]bson.Raw, total), secrets: make([][]value.Secret, total), references: make([][]eval.Reference, total), matched: make([]int, len(u.filters))}
	parts := make([]*part, workers)
	for w := range workers {
		p := &part{from: len(documents) * w / workers, to: len(documents) * (w + 1) / workers}
		p.documents, p.secrets, p.references, p.matched = out.documents, out.secrets, out.references, make([]int, len(u.filters))
		p.names = []*shape.Names{{}}
		p.run = u.program.NewRun()
		parts[w] = p
	}
	parallel.Run(workers, func(w int) { u.work(ctx, parts[w], out) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, p := range parts {
		if i > 0 {
			parts[0].run.Add(p.run)
		}
		out.names = append(out.names, p.names...)
		out.selected += p.selected
		out.kept += p.kept
		for f, n := range p.matched {
			out.matched[f] += n
		}
		out.errors.merge(&p.errors)
		out.checks.merge(&p.checks)
		out.warned.merge(&p.warned)
		out.outside.merge(&p.outside)
		out.reidentified.merge(&p.reidentified)
	}
	out.stats = parts[0].run.Stats()
	u.workLiterals(out)
	return out, nil
}

// work goes through the documents of one part. Totals of messages are those of
// out, filled in when all parts are done.
func (u *unit) work(ctx context.Context, p *part, out *outcome) {
	for i := p.from; i < p.to; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return
		}
		extracted := u.data.Documents[i]
		if !u.selects(p, i, extracted) {
			continue
		}
		p.selected++
		result, err := p.run.Apply(extracted)
		if err != nil {
			p.errors.add(err, i, &out.selected)
			continue
		}
		if !u.checked(&p.outcome, p.run, i, result, &out.selected) {
			continue
		}
		changed := len(result) != len(extracted) || &result[0] != &extracted[0]
		if !u.sound(&p.outcome, i, extracted, result, p.run.Secrets(), &out.selected) {
			continue
		}
		if changed {
			p.names[0].Add(result)
		}
		p.kept++
		p.documents[i], p.secrets[i] = result, p.run.Secrets()
	}
}

// checked evaluates the checks that a document came past; false: they cannot be evaluated.
func (u *unit) checked(p *outcome, run *eval.Run, i int, result bson.Raw, total *int) bool {
	failures, err := run.Check(result)
	if err == nil {
		p.references[i], err = run.References(result)
	}
	if err != nil {
		p.errors.add(err, i, total)
		return false
	}
	for _, f := range failures {
		p.fail(f, i, total)
	}
	return true
}

// fail counts a check or warning that does not hold for a document.
func (p *outcome) fail(f eval.CheckFailure, i int, total *int) {
	at, to := f.Check.Span, &p.checks
	if f.Check.Cond != nil {
		at = f.Check.Cond.Place()
	}
	e := &value.Error{Code: diag.CheckFailed, Span: at, Message: "this check does not hold", Evidence: f.Message}
	if f.Check.Warn {
		to, e.Message = &p.warned, "this does not hold"
	}
	to.add(e, i, total)
}

// selects evaluates every filter on the document as extracted.
func (u *unit) selects(p *part, i int, d bson.Raw) bool {
	selected := true
	for f, filter := range u.filters {
		holds, err := filter.cond.Test(d)
		if err != nil {
			p.errors.add(err, i, &u.data.Count)
			selected = false
			continue
		}
		if holds {
			p.matched[f]++
		}
		if holds == filter.stmt.Except {
			selected = false
		}
	}
	return selected
}

// maxDocument is the largest document that MongoDB takes, in bytes
// (manual: reference/limits, BSON Document Size).
const maxDocument = 16 << 20

// removesID is the place where a rule removes `_id`; nil: none does.
func (u *unit) removesID() *ast.Path {
	var found *ast.Path
	for _, block := range u.sync.Blocks {
		for _, s := range block {
			ast.Walk(s, func(n ast.Node) bool {
				if r, ok := n.(*ast.Remove); ok && found == nil {
					if i := slices.IndexFunc(r.Paths, func(p *ast.Path) bool { return slices.Equal(check.Fields(p), []string{"_id"}) }); i >= 0 {
						found = r.Paths[i]
					}
				}
				return true
			})
		}
	}
	return found
}

// sound checks a finished document: its size, `_id`, identity and prune scope.
func (u *unit) sound(p *outcome, i int, extracted, d bson.Raw, secrets []value.Secret, total *int) bool {
	at := u.sync.NameSpan
	if len(d) > maxDocument {
		p.errors.add(&value.Error{Code: diag.DocumentTooLarge, Span: at, Message: "the result is larger than 16 MiB",
			Evidence: fmt.Sprintf("%d bytes", len(d))}, i, total)
		return false
	}
	id, hasID := doc.Get(d, doc.Path{"_id"})
	if hasID {
		if problem := badID(id); problem != "" {
			p.errors.add(&value.Error{Code: diag.BadID, Span: at, Message: "`_id` " + problem, Evidence: doc.Show(id, 60),
				Notes: []string{"write `remove _id` and identify the documents by another field: `sync … by name`"}}, i, total)
			return false
		}
	}
	sound := true
	for k, path := range u.by {
		v, ok := doc.Get(d, path)
		problem := badIdentity(v, ok)
		if slices.ContainsFunc(secrets, func(s value.Secret) bool { return doc.Path(s.Path).Overlaps(path) }) {
			problem = "is a secret"
		}
		if problem != "" {
			e := &value.Error{Code: diag.BadIdentity, Span: at, Message: fmt.Sprintf("%s identifies the documents and %s", diag.Backquote(path.String()), problem)}
			if k < len(u.sync.By) {
				e.Span = u.sync.By[k].Span
				e.Notes = []string{"give it a value, leave such documents out with `only where`, or name other fields behind `by`"}
			} else {
				e.Notes = []string{"keep `_id`, or identify the documents by another field: `sync … by name`"}
				if removed := u.removesID(); removed != nil && !ok {
					e.Notes = []string{fmt.Sprintf("`remove _id` at %s takes it away: the destination's documents then have ids of their own, and another field must identify them: `sync … by name`", removed.Span)}
				}
			}
			p.errors.add(e, i, total)
			sound = false
		}
	}
	for _, q := range u.policy.PathsOf(ast.Absent) {
		path := doc.Path(check.Fields(q.Path))
		if v, ok := doc.Get(d, path); ok {
			text := diag.Safe(path.String(), 64)
			p.errors.add(&value.Error{Code: diag.WantedAbsent, Span: q.Path.Span, Message: fmt.Sprintf("`absent %s` takes the field away, and the wanted document has it", text),
				Evidence: doc.Show(v, 60), Notes: []string{fmt.Sprintf("write `remove %s` as well, or leave out `absent %s`", text, text)}}, i, total)
			sound = false
		}
	}
	if u.byID() && hasID {
		if before, ok := doc.Get(extracted, doc.Path{"_id"}); ok && !doc.Same(before, id) {
			p.reidentified.add(&value.Error{Code: diag.IdentityChanged, Span: at, Message: "a rule changes `_id`, which identifies the documents,",
				Evidence: doc.Show(before, 40) + " becomes " + doc.Show(id, 40)}, i, total)
		}
	}
	if u.prune != nil && sound {
		holds, err := u.prune.Test(d)
		if err != nil {
			p.errors.add(err, i, total)
			return false
		}
		if !holds {
			p.outside.add(&value.Error{Code: diag.OutsidePrune, Span: u.policy.Prune.Cond.Place(), Message: "the condition of `prune where` does not cover what is promoted",
				Notes: []string{"when such a document is no longer wanted, it stays at the destination"}}, i, total)
		}
	}
	return sound
}

// byID reports whether documents are identified by `_id`.
func (u *unit) byID() bool { return len(u.by) == 1 && len(u.by[0]) == 1 && u.by[0][0] == "_id" }

// badID says why MongoDB refuses an `_id` (manual: core/document, The _id Field).
func badID(v bson.RawValue) string {
	switch v.Type {
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		return "cannot be of type " + doc.TypeName(v)
	case bson.TypeEmbeddedDocument:
		for name := range doc.Fields(v.Document()) {
			if name != "" && name[0] == '$' {
				return "cannot have a field that begins with `$`"
			}
		}
	}
	return ""
}

// badIdentity says why a value identifies nothing (docs/language.md, Identity).
func badIdentity(v bson.RawValue, present bool) string {
	if !present {
		return "is missing"
	}
	switch v.Type {
	case bson.TypeNull:
		return "is null"
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		return "is " + words.Article([]string{doc.TypeName(v)})
	case bson.TypeDouble:
		if f := v.Double(); f != f {
			return "is NaN"
		}
	case bson.TypeDecimal128:
		if v.Decimal128().IsNaN() {
			return "is NaN"
		}
	}
	return ""
}
