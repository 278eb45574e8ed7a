package eval

// Checks with aggregates, over all finished documents of a collection.
//
// `count()` is the number of documents and `total(E)` the sum of E over them:
// of the numbers that it gives, one for each element where it gives an array;
// missing and null count as nothing. A check that reads no field besides is
// evaluated once, any other for every document.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// aggregates are those of the check that is compiled.
type aggregates struct {
	allowed bool
	// base is how many names were bound outside of the check.
	base int
	list []aggregate
	// fields and names say whether the document and names outside are read.
	fields, names bool
}

// aggregate is total(of), or count() when of is nil.
type aggregate struct{ of *node }

// collectionCheck is a check with aggregates.
type collectionCheck struct {
	check
	aggregates []aggregate
	each       bool // for every document
}

// aggregate compiles count() or total(E): a value that CheckCollection puts into the frame.
func (c *compiler) aggregate(x *ast.Call) *node {
	if !c.aggregates.allowed {
		return c.fail(&value.Error{Code: diag.MisplacedStatement, Span: x.Span, Message: "`" + x.Func.Text + "` looks at all documents: it can only stand in `check` and `warn`"})
	}
	var of aggregate
	if x.Func.Text == "total" {
		outer := c.aggregates
		c.aggregates = aggregates{base: len(c.bindings)}
		of.of = c.plain(c.expr(x.Args[0]))
		outer.names = outer.names || c.aggregates.names
		c.aggregates = outer
	}
	i := len(c.aggregates.list)
	c.aggregates.list = append(c.aggregates.list, of)
	return &node{span: x.Span, shown: "`" + x.Func.Text + "(…)`", eval: func(f *frame) (value.Value, *value.Error) { return f.aggregates[i], nil }}
}

func (p *programmer) collectionCheck(c check, used aggregates) {
	switch {
	case p.inner > 0:
		p.fail(&value.Error{Code: diag.MisplacedStatement, Span: c.stmt.Span, Message: "a check of the whole collection cannot stand in `where` or `each`",
			Notes: []string{"put it directly into the `sync … { }` or a `for … { }` block of it"}})
	case used.names:
		p.fail(&value.Error{Code: diag.BadPath, Span: c.stmt.Span, Message: "a check with `count()` or `total(…)` sees fields and top-level constants only",
			Notes: []string{"write the expression itself in place of the name"}})
	default:
		p.collection = append(p.collection, collectionCheck{c, used.list, used.fields})
	}
}

// CheckCollection evaluates the checks with aggregates over all finished
// documents of the collection, those of `document` included. secrets has the
// secrets of the document at the same position; it may be nil or shorter.
func (p *Program) CheckCollection(documents []bson.Raw, secrets [][]value.Secret) []CollectionFailure {
	var failures []CollectionFailure
	marked := func(i int) bson.Raw {
		if i < len(secrets) && len(secrets[i]) > 0 {
			return value.WithSecrets(documents[i], secrets[i])
		}
		return documents[i]
	}
	for _, c := range p.collection {
		values, failed := p.evaluate(c.aggregates, len(documents), marked)
		if len(failed) > 0 {
			for _, f := range failed {
				f.Check = c.stmt
				failures = append(failures, f)
			}
			continue
		}
		f := p.env.newFrame(nil, p.slots)
		f.aggregates = values
		judge := func(i int) {
			defer f.work.End()
			failure, err := c.fails(f)
			switch {
			case err != nil:
				failures = append(failures, CollectionFailure{CheckFailure: CheckFailure{Check: c.stmt}, Document: i, Err: err})
			case failure != nil:
				failures = append(failures, CollectionFailure{CheckFailure: *failure, Document: i})
			}
		}
		if !c.each {
			f.doc = bson.Raw{5, 0, 0, 0, 0}
			judge(-1)
			continue
		}
		for i := range documents {
			f.doc = marked(i)
			judge(i)
		}
	}
	return failures
}

// evaluate gives the values of aggregates.
func (p *Program) evaluate(list []aggregate, n int, document func(int) bson.Raw) (values []value.Value, failed []CollectionFailure) {
	for _, a := range list {
		if a.of == nil {
			values = append(values, value.Int(int32(n)))
			continue
		}
		var sum value.Total
		for i := range n {
			f := p.env.newFrame(document(i), p.slots)
			v, err := a.of.eval(f)
			f.work.End()
			if err == nil {
				err = sum.Add(a.of.shown, v, true).At(a.of.span)
			}
			if err != nil {
				failed = append(failed, CollectionFailure{Document: i, Err: err})
			}
		}
		values = append(values, sum.Value())
	}
	return values, failed
}
