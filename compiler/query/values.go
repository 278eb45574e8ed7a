package query

// The values of one expression over the documents of a collection. In: the rules of a
// collection in an environment; out: a line for each value, or for each document.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// constant is the value of an expression of the top of a file.
func constant(j *job.Prepared, x ast.Expr) (string, error) {
	lets, errs := j.Lets()
	if len(errs) > 0 {
		return "", fmt.Errorf("%s", errs[0].Message)
	}
	v, errs := j.Env(lets).Constant(x)
	if len(errs) > 0 {
		return "", fmt.Errorf("%s", errs[0].Message)
	}
	return shown(v, nil, 2000) + "\n", nil
}

// shown is a value for people, at most so long.
func shown(v value.Value, wrong *value.Error, most int) string {
	switch {
	case wrong != nil:
		return "error: " + firstLine(wrong.Message)
	case v.Missing():
		return "missing"
	}
	raw, err := v.Raw()
	if err != nil {
		return "a secret, which nobody knows here"
	}
	return doc.Show(raw, most)
}

// gave is a value with the documents that gave it.
type gave struct {
	text      string
	times     int
	documents []int // the first ones, by position
}

// watched is what the expression gives in a collection; nothing where the collection does
// not have it.
func (q *question) watched(ctx context.Context, u *rules.Unit) (string, error) {
	var constant string // the last value that is of no document
	var list []*gave
	at, reached := map[string]*gave{}, map[int]bool{}
	tell := func(position int, v value.Value, wrong *value.Error) {
		text := shown(v, wrong, 200)
		g := at[text]
		if g == nil {
			g = &gave{text: text}
			at[text] = g
			list = append(list, g)
		}
		if g.times++; position != rules.NoDocument && (q.document != nil || len(g.documents) == 0) {
			g.documents = append(g.documents, position)
		}
		switch {
		case position == rules.NoDocument:
			constant = shown(v, wrong, 2000)
		case position < len(u.Data.Documents):
			reached[position] = true
		}
	}
	w, diags := u.Watch(q.expr, tell)
	path, written := q.expr.(*ast.Path)
	if written = written && !w.Compiled && q.in != nil && u.Target.Span.Within(q.in.Span); !w.Compiled && !written {
		return "", nil
	}
	if diags.HasErrors() {
		return "", wrongWith(diags)
	}
	if constant != "" {
		return constant + "\n", nil
	}
	positions := q.positions(u)
	if q.document != nil && len(positions) == 0 {
		return "", fmt.Errorf("no document of %s is like %s", u.Data.Name, diag.Safe(q.asked.Document, 80))
	}
	o, err := w.Run(ctx, positions)
	if err != nil {
		return "", err
	}
	if written { // a place that is written, or that a policy is about: what is there in the end
		value, errs := u.Env.Expression(path)
		if len(errs) > 0 {
			return "", fmt.Errorf("%s", errs[0].Message)
		}
		for _, i := range positions {
			if d := o.Results[i]; d != nil {
				v, err := value.Eval(d)
				tell(i, v, err)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *gave) int {
		return cmp.Or(cmp.Compare(b.times, a.times), cmp.Compare(a.text, b.text))
	})
	if q.document != nil {
		return byDocument(u, list), nil
	}
	return tallied(u, list, len(reached)), nil
}

// positions are those of the extracted documents that are asked about.
func (q *question) positions(u *rules.Unit) []int {
	var out []int
	for i, d := range u.Data.Documents {
		if q.document == nil || q.document.Matches(d) {
			out = append(out, i)
		}
	}
	return out
}

// tallied is a line for each value, with the number of times and a document that gives it.
func tallied(u *rules.Unit, list []*gave, reached int) string {
	var b strings.Builder
	of := fmt.Sprintf("the %d", len(u.Data.Documents))
	if reached != len(u.Data.Documents) && reached > 0 {
		of = fmt.Sprintf("%d of the %d", reached, len(u.Data.Documents))
	}
	if reached == 0 && len(list) == 0 {
		return fmt.Sprintf("none of the %d extracted documents of %s comes here\n", len(u.Data.Documents), u.Data.Name)
	}
	fmt.Fprintf(&b, "%d value%s over %s extracted documents of %s\n", len(list), words.Plural(len(list)), of, u.Data.Name)
	for i, g := range list {
		if i == shownResults {
			fmt.Fprintf(&b, "… and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "%6d × %s", g.times, g.text)
		if len(g.documents) > 0 {
			fmt.Fprintf(&b, "  (%s)", u.DocumentName(g.documents[0]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// byDocument is a line for each document that was asked about and each value that it gives.
func byDocument(u *rules.Unit, list []*gave) string {
	var rows []string
	for _, g := range list {
		if len(g.documents) == 0 {
			rows = append(rows, g.text)
		}
		for _, i := range g.documents {
			rows = append(rows, u.DocumentName(i)+": "+g.text)
		}
	}
	if len(rows) == 0 {
		return "the document does not come here\n"
	}
	if len(rows) > shownResults {
		rows = append(rows[:shownResults], fmt.Sprintf("… and %d more", len(rows)-shownResults))
	}
	return strings.Join(rows, "\n") + "\n"
}

// Expressions are the values of the statements of a file, in order of the text: what
// they write, ask, keep or say, and the documents that are written out. Places that are
// written are none, and literals, which give what they are.
func Expressions(s *Snapshot, name string) []source.Span {
	p, i := s.parsed(name)
	if p == nil {
		return nil
	}
	var out []source.Span
	take := func(x ast.Expr) {
		switch x.(type) {
		case nil, *ast.Number, *ast.Bool, *ast.Null, *ast.Regex:
		default:
			out = append(out, x.Place())
		}
	}
	visit := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Let:
			take(n.Value)
		case *ast.Assign:
			take(n.Value)
		case *ast.Add:
			take(n.Value)
		case *ast.Where:
			take(n.Cond)
		case *ast.Each:
			take(n.Cond)
		case *ast.Lookup:
			take(n.Cond)
		case *ast.Check:
			take(n.Cond)
		case *ast.Filter:
			take(n.Cond)
		case *ast.Document:
			take(n.Object)
		}
		return true
	}
	for _, d := range p.Trees[i].Decls {
		if _, test := d.(*ast.TestDecl); !test { // a test has documents of its own
			ast.Walk(d, visit)
		}
	}
	return out
}

// ExpressionsAt are those that hold a part of a file: the widest one of its statement,
// then the narrowest where that is another one. None in tests, which have documents of their own.
func ExpressionsAt(s *Snapshot, name string, start, end int) []source.Span {
	var out []source.Span
	wide, narrow, _ := expressions(s, name, start, end)
	for _, x := range []ast.Expr{wide, narrow} {
		if x != nil && !slices.Contains(out, x.Place()) {
			out = append(out, x.Place())
		}
	}
	return out
}
