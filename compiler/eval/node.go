package eval

// Compiled expressions: what they see, and what their value must be where it is used.

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// frame is what an expression sees while it runs.
type frame struct {
	doc  bson.Raw
	vars []Value
	// writes are the states of the Program's write sites in this document; nil outside of a Run.
	writes []writeState
	// aggregates are the values of count() and total(…) in the check at hand.
	aggregates []Value
}

// node is a compiled expression.
type node struct {
	span     source.Span
	constant bool
	// shown is what messages call it: "`limits.users`" or "this value".
	shown string
	eval  func(f *frame) (Value, *Error)
	// strict is set where the value is that of another node: it evaluates to a
	// value that is not missing, and its error is about that node.
	strict func(f *frame) (Value, *Error)
}

// present evaluates to a value that is not missing.
func (n *node) present(f *frame) (Value, *Error) {
	if n.strict != nil {
		return n.strict(f)
	}
	v, err := n.eval(f)
	if err == nil && v.Missing() {
		err = n.missing()
	}
	return v, err
}

func (n *node) missing() *Error {
	e := &Error{Code: diag.FieldMissing, Span: n.span, Message: n.shown + " is missing"}
	if strings.HasPrefix(n.shown, "`") {
		path := strings.Trim(n.shown, "`")
		e.Notes = []string{"give a default, `" + path + " ?? …`, or take only the documents that have it, `where " + path + " is present { … }`"}
	}
	return e
}

// solid evaluates to a value that is neither missing nor null.
func (n *node) solid(f *frame) (Value, *Error) {
	v, err := n.present(f)
	if err == nil && v.isNull() {
		err = &Error{Code: diag.NullValue, Span: n.span, Message: n.shown + " is null"}
		if strings.HasPrefix(n.shown, "`") {
			path := strings.Trim(n.shown, "`")
			err.Notes = []string{"give a default, `" + path + " ?? …`, or take only the other documents, `where " + path + " is not null { … }`"}
		}
	}
	return v, err
}

// test evaluates to true or false.
func (n *node) test(f *frame) (bool, *Error) {
	v, err := n.eval(f)
	if err != nil {
		return false, err
	}
	if v.raw.Type == bson.TypeBoolean {
		return v.raw.Value[0] != 0, nil
	}
	if v.raw.Type == secretType {
		return false, secretUsed(n.shown, n.span)
	}
	what := "is " + withArticle(v.typeName())
	if v.Missing() || v.isNull() {
		what = "is " + v.typeName()
	}
	e := &Error{Code: diag.NotBoolean, Span: n.span, Message: n.shown + " " + what + ", not true or false", Notes: []string{"compare it: `… == true`"}}
	if strings.HasPrefix(n.shown, "`") {
		e.Notes = []string{"write `" + strings.Trim(n.shown, "`") + " == true`"}
	}
	if !v.Missing() && !v.isNull() {
		e.Evidence = v.show()
		e.Notes = []string{"compare it with a value, or ask whether it is there: `… is present`"}
	}
	return false, e
}

// at gives an error its place unless it has one.
func (e *Error) at(span source.Span) *Error {
	if e != nil && e.Span.IsZero() {
		e.Span = span
	}
	return e
}

func withArticle(typeName string) string {
	switch typeName {
	case "missing", "null":
		return typeName
	case "int", "array", "object", "objectId", "undefined":
		return "an " + typeName
	}
	return "a " + typeName
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
