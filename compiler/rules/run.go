package rules

// The rules of a collection over its documents: every extracted one is selected,
// changed and checked, in parallel; what happened is counted.

import (
	"context"
	"runtime"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// Outcome is what running the rules of a unit gave.
type Outcome struct {
	*Unit
	// Results has the result of each extracted document, then the literals; nil:
	// not selected or in error. Secrets and references go with them.
	Results    []bson.Raw
	Secrets    [][]value.Secret
	references [][]eval.Reference
	// summaries are of the parts that the rules went through.
	summaries []*summary
	// types are those of the values in finished documents, but of `_id`; nil: not known.
	types *[256]bool
	// names are the fields of changed documents.
	names []*shape.Names
	// Matched are the documents for which each filter holds, Selected those that all
	// of them leave, kept those of them that came through all statements.
	Matched  []int
	Selected int
	kept     int
	Stats    []stats.Stat
	// Documents are the finished ones, sorted by identity; Order has their positions
	// in Results. Links are what `link` says of them.
	Documents []desired.Document
	Order     []int
	Links     []desired.Link
	// Moves are those of `moved`.
	Moves []desired.Move

	errors tally // of documents
	checks tally // of `check`
	warned tally // of `warn`
	// outside counts documents that their own `prune where` does not cover.
	outside tally
	// reidentified counts documents whose `_id`, their identity, a rule changed.
	reidentified tally
	// ambiguous reports identities that several documents have.
	ambiguous diag.List
	// cached is what a cache has of it; nil: it is in none. Then keys are those of
	// referable, once they were asked for.
	cached *kept
	keys   *keySet
}

// Paths are the paths that documents have before or after the rules.
func (o *Outcome) Paths() []doc.Path { return shape.Paths(o.Data.Shape, o.names...) }

// part is what one goroutine does: the documents from..to.
type part struct {
	Outcome
	from, to int
	run      *eval.Run
	// key is that of the part in the job's cache; nil: it is in none. before is what that had.
	key     *cache.Key
	before  *keptPart
	summary *summary
	// types are those of typesIn, of which the summary is, too.
	types [256]bool
}

// Run runs the rules over all documents, on as many goroutines as there are
// processors; the result does not depend on how many. The error is the context's.
func (u *Unit) Run(ctx context.Context) (*Outcome, error) {
	documents := u.Data.Documents
	u.Job.Budget.AddDocuments(len(documents))
	total := len(documents) + len(u.Literals)
	out := &Outcome{Unit: u, Results: make([]bson.Raw, total), Secrets: make([][]value.Secret, total), references: make([][]eval.Reference, total), Matched: make([]int, len(u.Filters))}
	workers := max(1, min(runtime.GOMAXPROCS(0), len(documents)/500))
	parts := u.keptParts()
	if parts == nil {
		for w := range workers {
			parts = append(parts, &part{from: len(documents) * w / workers, to: len(documents) * (w + 1) / workers})
		}
	}
	for _, p := range parts {
		p.Results, p.Secrets, p.references, p.Matched = out.Results, out.Secrets, out.references, make([]int, len(u.Filters))
		p.names = []*shape.Names{{}}
		p.run = u.program.NewRun()
	}
	steps := u.Job.Budget.Used().Steps
	each := func(do func(p *part)) {
		parallel.Each(workers, len(parts), func(i int) { do(parts[i]) })
	}
	each(func(p *part) {
		if !u.recall(p) {
			u.work(ctx, p, out)
		}
	})
	u.Job.Space.LetGo()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if u.Job.Budget.Used().Steps == steps && !u.Job.Budget.Spent() { // else a part has steps, nobody knows how many
		each(u.keep)
	}
	each(func(p *part) {
		if p.summary == nil {
			p.summary = summarize(u, p, false)
		}
	})
	counts := u.program.NewRun()
	for _, p := range parts {
		counts.Add(p.run)
		out.names, out.summaries = append(out.names, p.names...), append(out.summaries, p.summary)
		out.Selected += p.Selected
		out.kept += p.kept
		for f, n := range p.Matched {
			out.Matched[f] += n
		}
		out.errors.merge(&p.errors)
		out.checks.merge(&p.checks)
		out.warned.merge(&p.warned)
		out.outside.merge(&p.outside)
		out.reidentified.merge(&p.reidentified)
	}
	out.Stats = counts.Stats()
	u.workLiterals(out)
	out.types = typesOf(out, parts)
	out.freeze(parts)
	return out, nil
}

// keptFrom is how many bytes of documents, before and after the rules, are in memory before
// they go into the job's space, where 1,024 documents are not fewer.
const keptFrom = 8 << 20

// work goes through the documents of one part. Totals of messages are those of
// out, filled in when all parts are done.
func (u *Unit) work(ctx context.Context, p *part, out *Outcome) {
	bytes, read := 0, 0
	var made []int // since they were put into the job's space
	keep := func() {
		u.Job.Budget.AddBytes(bytes)
		u.Job.Space.Keep(len(made), func(i int) *[]byte { return (*[]byte)(&p.Results[made[i]]) })
		u.Job.Space.Touched(read)
		bytes, read, made = 0, 0, made[:0]
	}
	defer keep()
	for i := p.from; i < p.to; i++ {
		if i%1024 == 0 || bytes+read >= keptFrom {
			keep()
			if ctx.Err() != nil || u.Job.Budget.Spent() {
				return
			}
		}
		extracted := u.Data.Documents[i]
		read += len(extracted)
		if !u.selects(p, i, extracted) {
			continue
		}
		p.Selected++
		result, err := p.run.Apply(extracted)
		if err != nil {
			p.errors.add(err, i, &out.Selected)
			continue
		}
		result, secrets, ok := u.ownLists(&p.Outcome, i, result, p.run.Secrets(), &out.Selected)
		if !ok || !u.checked(&p.Outcome, p.run, i, result, &out.Selected) {
			continue
		}
		changed := len(result) != len(extracted) || &result[0] != &extracted[0]
		if !u.sound(&p.Outcome, i, extracted, result, secrets, &out.Selected) {
			continue
		}
		if changed {
			p.names[0].Add(result)
		}
		p.kept++
		bytes += len(result)
		if p.Results[i], p.Secrets[i] = result, secrets; &result[0] != &extracted[0] {
			made = append(made, i)
		}
	}
}

// checked evaluates the checks that a document came past; false: they cannot be evaluated.
func (u *Unit) checked(p *Outcome, run *eval.Run, i int, result bson.Raw, total *int) bool {
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
func (p *Outcome) fail(f eval.CheckFailure, i int, total *int) {
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
