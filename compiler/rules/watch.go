package rules

// What an expression of the rules gives while they run. In: a unit and an expression of
// its rules; out: a call for each time that it was evaluated, with the document at hand.

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// NoDocument is the position of what was evaluated for no document: a constant, and what
// is total() of the collection.
const NoDocument = -1

// Watched is a unit whose rules tell what an expression gives.
type Watched struct {
	*Unit
	// Compiled: the expression stands where it has a value.
	Compiled bool

	at int
}

// Watch compiles the rules once more. tell is called while they are compiled, for what is
// constant, and while they run, with the position of the document as in Outcome.Results.
func (u *Unit) Watch(x ast.Expr, tell func(at int, v value.Value, err *value.Error)) (*Watched, diag.List) {
	w := &Watched{at: NoDocument}
	watch := &eval.Watch{Of: x, Tell: func(v value.Value, err *value.Error) { tell(w.at, v, err) }}
	known, env := u.Rules, *u.Env
	env.Watch = watch
	known.Env = &env
	again, diags := Compile(known, u.Inferred)
	w.Unit, w.Compiled = again, watch.Compiled
	return w, diags
}

// Run runs the rules over extracted documents by their positions, then over the written
// ones. The error is the context's. What is wrong with documents is told as what the
// expression gives, or not at all: it is what Unit.Run reports.
func (w *Watched) Run(ctx context.Context, positions []int) (*Outcome, error) {
	total := len(w.Data.Documents) + len(w.Literals)
	out := &Outcome{Unit: w.Unit, Results: make([]bson.Raw, total), Secrets: make([][]value.Secret, total), references: make([][]eval.Reference, total), Matched: make([]int, len(w.Filters)), names: []*shape.Names{{}}}
	if w.program == nil {
		return out, nil // structure only
	}
	p := &part{Outcome: *out, run: w.program.NewRun()}
	for _, i := range positions {
		w.at, p.from, p.to = i, i, i+1
		if w.work(ctx, p, out); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	w.at = NoDocument
	w.workLiterals(out)
	var documents []bson.Raw
	var secrets [][]value.Secret
	for i, d := range out.Results {
		if d != nil {
			documents, secrets = append(documents, d), append(secrets, out.Secrets[i])
		}
	}
	w.program.CheckCollection(documents, secrets) // for what it tells
	return out, nil
}
