package eval

// Compiled expressions: what they see, and what their value must be where it is used.

import (
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// frame is what an expression sees while it runs.
type frame struct {
	doc  bson.Raw
	vars []value.Value
	// writes are the states of the Program's write sites in this document; nil outside of a Run.
	writes []writeState
	// aggregates are the values of count() and total(…) in the check at hand.
	aggregates []value.Value
	work       *limit.Work
}

// newFrame is what an expression sees of a document outside of a Run.
func (e *Env) newFrame(d bson.Raw, slots int) *frame {
	return &frame{doc: d, vars: make([]value.Value, slots), work: limit.NewWork(e.Budget)}
}

// step counts the turn of a loop, and ends it when too much was done.
func (f *frame) step(at source.Span) *value.Error {
	if f.work.Step() {
		return nil
	}
	return &value.Error{Code: diag.TooManySteps, Span: at, Message: "the rules take more than " + strconv.Itoa(limit.DocumentSteps) + " steps",
		Notes: []string{"a step goes through one element of a list, or looks at one document: look for lists within lists, and for a `lookup` without `==`"}}
}

// node is a compiled expression.
type node struct {
	span     source.Span
	constant bool
	// shown is what messages call it: "`limits.users`" or "this value".
	shown string
	eval  func(f *frame) (value.Value, *value.Error)
	// walked: it is an element that a list or a question goes through, or within one.
	walked bool
	// visited: it is a value at any depth, which may be an array without anybody meaning its elements.
	visited bool
	// strict is set where the value is that of another node: it evaluates to a
	// value that is not missing, and its error is about that node.
	strict func(f *frame) (value.Value, *value.Error)
}

// present evaluates to a value that is not missing.
func (n *node) present(f *frame) (value.Value, *value.Error) {
	if n.strict != nil {
		return n.strict(f)
	}
	v, err := n.eval(f)
	if err == nil && v.Missing() {
		err = n.missing()
	}
	return v, err
}

func (n *node) missing() *value.Error {
	e := &value.Error{Code: diag.FieldMissing, Span: n.span, Message: n.shown + " is missing"}
	if path := n.written(); path != "…" {
		e.Notes = []string{"give a default, `" + path + " ?? …`, or take only the documents that have it, `where " + path + " is present { … }`"}
		if n.walked {
			e.Notes = []string{"give a default, `" + path + " ?? …`, or go through the elements that have it alone, `for " + n.element() + " in … where " + path + " is present`"}
		}
	}
	return e
}

// written is a name or path as it is written, … for all else.
func (n *node) written() string {
	if !strings.HasPrefix(n.shown, "`") {
		return "…"
	}
	return strings.Trim(n.shown, "`")
}

// element is the name of the element that a path begins with.
func (n *node) element() string {
	path := n.written()
	return path[:strings.IndexAny(path+".", ".[")]
}

// solid evaluates to a value that is neither missing nor null.
func (n *node) solid(f *frame) (value.Value, *value.Error) {
	v, err := n.present(f)
	if err == nil && v.IsNull() {
		err = &value.Error{Code: diag.NullValue, Span: n.span, Message: n.shown + " is null"}
		if path := n.written(); path != "…" {
			err.Notes = []string{"give a default, `" + path + " ?? …`, or take only the other documents, `where " + path + " is not null { … }`"}
			if n.walked {
				err.Notes = []string{"give a default, `" + path + " ?? …`, or go through the other elements alone, `for " + n.element() + " in … where " + path + " is not null`"}
			}
		}
	}
	return v, err
}

// test evaluates to true or false.
func (n *node) test(f *frame) (bool, *value.Error) {
	v, err := n.eval(f)
	if err != nil {
		return false, err
	}
	if v.BSON.Type == bson.TypeBoolean {
		return v.BSON.Value[0] != 0, nil
	}
	if v.IsSecret() {
		return false, value.SecretUsed(n.shown, n.span)
	}
	what := "is " + value.WithArticle(v.TypeName())
	if v.Missing() || v.IsNull() {
		what = "is " + v.TypeName()
	}
	e := &value.Error{Code: diag.NotBoolean, Span: n.span, Message: n.shown + " " + what + ", not true or false", Notes: []string{"compare it: `… == true`"}}
	if strings.HasPrefix(n.shown, "`") {
		e.Notes = []string{"write `" + n.written() + " == true`"}
	}
	if !v.Missing() && !v.IsNull() {
		e.Evidence = v.Evidence()
		e.Notes = []string{"compare it with a value, or ask whether it is there: `… is present`"}
	}
	return false, e
}
