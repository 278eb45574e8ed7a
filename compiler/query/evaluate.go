package query

// What an expression or a collection gives, in one environment or in each. In: a place,
// and a document where one is asked about; out: the values as they are where the
// expression stands, with how many documents give them, or finished documents. Rules that
// refuse some documents tell what they give all the same.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/weavetest"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Asked says what is to be shown.
type Asked struct {
	// File is the name of a file; Start and End are a place in it, or a part of it that is
	// chosen: the expression that it stands in, or the `sync`.
	File       string
	Start, End int
	// Environment is one of the weave; empty: each of them.
	Environment string
	// Document is COLLECTION[field=value,…]; empty: all documents.
	Document string
}

// Result is what a place gives.
type Result struct {
	// Of is the expression, or the head of the `sync`.
	Of source.Span
	// In are the environments, in the order of the declaration.
	In []string
	// Text is for people: values with counts, or documents, a line each.
	Text string
}

const (
	shownResults     = 50 // values or documents of a Result
	shownCollections = 8  // collections that one expression is about
)

// Environments are those of the weave of a file, in the order they are declared.
func Environments(s *Snapshot, name string) []string {
	p, _ := s.parsed(name)
	names, _ := environments(p)
	return names
}

// Evaluate is what the expression at a place gives, with the names of its blocks and what
// the statements before it have written; or what the `sync` there makes of its documents.
// The error says why there is nothing.
func Evaluate(ctx context.Context, s *Snapshot, asked Asked) (*Result, error) {
	p, _ := s.parsed(asked.File)
	if p == nil {
		return nil, fmt.Errorf("%q is no file of the workspace", asked.File)
	}
	q := &question{asked: asked}
	if asked.Document != "" {
		chosen, err := describe.ParseSelector(asked.Document)
		if err != nil {
			return nil, err
		}
		q.document = &chosen
	}
	wide, narrow, in := expressions(s, asked.File, asked.Start, asked.End)
	if q.expr, q.in = wide, in; asked.Start < asked.End {
		q.expr = narrow
	}
	for _, n := range s.path(asked.File, asked.Start) {
		if block, ok := n.(*ast.For); ok {
			q.fors = append(q.fors, block)
		}
	}
	out := &Result{}
	switch {
	case q.expr != nil:
		out.Of = q.expr.Place()
	case q.in != nil:
		out.Of = source.Span{File: q.in.Span.File, Start: q.in.Span.Start, End: q.in.Span.Start + len(head(q.in.Span.Text()))}
	default:
		return nil, errors.New("there is no expression and no `sync` here")
	}
	var texts []string
	of := map[string][]string{} // the environments of each text
	jobs, err := jobsAt(ctx, s, p, asked.Environment)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		text, err := q.answer(ctx, s, j)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && len(jobs) == 1:
			return nil, err
		case err != nil:
			text = err.Error() + "\n"
		}
		if of[text] == nil {
			texts = append(texts, text)
		}
		of[text] = append(of[text], j.Environment)
		out.In = append(out.In, j.Environment)
	}
	for _, text := range texts {
		if len(texts) > 1 {
			out.Text += strings.Join(of[text], ", ") + ":\n"
		}
		out.Text += text
	}
	return out, nil
}

// question is what is asked of each environment.
type question struct {
	asked    Asked
	document *describe.Selector
	expr     ast.Expr
	in       *ast.Sync
	fors     []*ast.For // around it
}

// elsewhere is a `for` around the place that does not hold for an environment; nil: none.
func (q *question) elsewhere(env *eval.Env) *ast.For {
	for _, f := range q.fors {
		if slices.ContainsFunc(f.Environments.Names, func(n ast.Name) bool { return env.Is(n.Text) }) == f.Environments.Except {
			return f
		}
	}
	return nil
}

// jobsAt prepares the jobs of a weave, in the order of its environments.
func jobsAt(ctx context.Context, s *Snapshot, p *workspace.Parsed, environment string) ([]*job.Prepared, error) {
	w, found := s.Checked()
	if p.Module == nil || !slices.ContainsFunc(w.Weaves, func(weave *workspace.Weave) bool { return weave.Dir == p.Dir }) {
		return nil, wrongWith(append(found, p.Syntax...))
	}
	names, _ := environments(p)
	o := s.options
	o.Weaves, o.Environments = []string{p.Module.Name}, names
	if environment != "" {
		if !slices.Contains(names, environment) {
			return nil, fmt.Errorf("the weave has no environment %q", environment)
		}
		o.Environments = []string{environment}
	}
	chosen, found := w.Jobs(o)
	if found.HasErrors() {
		return nil, wrongWith(found)
	}
	data, found := w.Read(ctx, chosen, o)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if found.HasErrors() {
		return nil, wrongWith(found)
	}
	var out []*job.Prepared
	for _, c := range chosen {
		j, found := weavetest.Prepare(c, data, nil)
		if found.HasErrors() {
			return nil, wrongWith(found)
		}
		out = append(out, j)
	}
	slices.SortFunc(out, func(a, b *job.Prepared) int {
		return cmp.Compare(slices.Index(names, a.Environment), slices.Index(names, b.Environment))
	})
	return out, nil
}

// wrongWith is why rules are not run: what is wrong with them.
func wrongWith(found diag.List) error {
	for _, d := range found.Errors() {
		return fmt.Errorf("the weave has errors: %s", diag.Safe(firstLine(d.Message), 300))
	}
	return errors.New("the weave has errors")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// expressions are the widest and the narrowest expression of a statement that hold a part
// of a file, nil when there is none, and the `sync` that holds it.
func expressions(s *Snapshot, name string, start, end int) (wide, narrow ast.Expr, in *ast.Sync) {
	for _, n := range s.path(name, start) {
		if n.Place().End < end {
			continue
		}
		switch n := n.(type) {
		case *ast.TestDecl:
			return nil, nil, nil
		case *ast.Sync:
			in = n
		case ast.Stmt, *ast.Block:
			wide, narrow = nil, nil
		case ast.Expr:
			if wide == nil {
				wide = n
			}
			if narrow == nil || n.Place() != narrow.Place() {
				narrow = n
			}
		}
	}
	return wide, narrow, in
}

// answer is what is to be said of one environment.
func (q *question) answer(ctx context.Context, s *Snapshot, j *job.Prepared) (string, error) {
	if q.expr == nil {
		return q.documents(ctx, s, j)
	}
	var out []string
	units := 0
	for _, u := range j.Units {
		if block := q.elsewhere(u.Env); block != nil {
			return "", fmt.Errorf("nothing here is evaluated in %s: it stands in `%s`", j.Environment, diag.Safe(strings.TrimSpace(block.Span.File.Text[block.Span.Start:block.Body.Span.Start]), 80))
		}
		text, err := q.watched(ctx, u)
		if err != nil {
			return "", err
		}
		if text == "" {
			continue
		}
		if units++; units <= shownCollections {
			out = append(out, text)
		}
	}
	if units > shownCollections {
		out = append(out, fmt.Sprintf("… and %d more collections\n", units-shownCollections))
	}
	switch {
	case len(out) > 0:
		return strings.Join(slices.Compact(out), ""), nil
	case q.in != nil:
		return "", errors.New("what stands here has no value of its own")
	}
	return constant(j, q.expr)
}

// documents are what a `sync` comes to: those of each of its collections, or what becomes
// of the one that is asked about. Where something is wrong with documents they are those
// that have no error, without their links.
func (q *question) documents(ctx context.Context, s *Snapshot, j *job.Prepared) (string, error) {
	a, err := s.Analyse(ctx)
	if err != nil {
		return "", err
	}
	done := map[source.Span][]*rules.Outcome{}
	for f, o := range outcomes(a.jobs) {
		if f.Environment == j.Environment {
			done[o.Target.Span] = append(done[o.Target.Span], o)
		}
	}
	var b strings.Builder
	for _, u := range j.Units {
		if !u.Target.Span.Within(q.in.Span) {
			continue
		}
		i := slices.IndexFunc(done[u.Target.Span], func(o *rules.Outcome) bool {
			return o.Key() == u.Key() && o.Target.Database(j.Environment) == u.Target.Database(j.Environment)
		})
		var o *rules.Outcome
		if i >= 0 {
			o = done[u.Target.Span][i]
		} else if o, err = u.Run(ctx); err != nil {
			return "", err
		}
		if q.document == nil {
			collection(&b, o)
			continue
		}
		for _, i := range q.positions(u) {
			fmt.Fprintf(&b, "%s\n  extracted  %s\n  wanted     ", u.DocumentName(i), doc.Show(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: u.Data.Documents[i]}, 2000))
			if d := o.Results[i]; d != nil {
				b.WriteString(doc.Show(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, 2000) + "\n")
			} else {
				b.WriteString("nothing: it is left out, or has an error\n")
			}
		}
	}
	switch {
	case b.Len() > 0:
		return b.String(), nil
	case q.document != nil:
		return "", fmt.Errorf("no document here is like %s", diag.Safe(q.asked.Document, 80))
	}
	return "", errors.New("nothing is made here")
}

// collection are the documents that a collection comes to.
func collection(b *strings.Builder, o *rules.Outcome) {
	database, name := o.Destination()
	fmt.Fprintf(b, "%d document%s of %s.%s\n", len(o.Documents), words.Plural(len(o.Documents)), database, name)
	for i, d := range o.Documents {
		if i == shownResults {
			fmt.Fprintf(b, "… and %d more\n", len(o.Documents)-i)
			break
		}
		b.WriteString(doc.Show(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, 2000) + "\n")
	}
}
