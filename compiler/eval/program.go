package eval

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
)

// errSkeleton is returned while the package is being filled in.
var errSkeleton = errors.New("not built yet")

// Value is a BSON value, missing (the zero Value), or an untyped numeric
// constant (also inside a list or object literal) that takes its type where it
// is written.
type Value struct {
	raw bson.RawValue
}

// BSON makes a Value of a BSON value.
func BSON(v bson.RawValue) Value { return Value{raw: v} }

// Missing reports whether there is no value.
func (v Value) Missing() bool { return v.raw.Type == 0 }

// Raw gives the BSON value; untyped constants become int if integral and it
// fits, else long, else double. It is false for a missing value.
func (v Value) Raw() (bson.RawValue, bool) { return v.raw, !v.Missing() }

// Constant evaluates an expression that reads no document: a top-level let or
// an argument of a policy.
func (e *Env) Constant(x ast.Expr) (Value, []*Error) { return Value{}, skeleton(x) }

// Expression compiles an expression over a document.
func (e *Env) Expression(x ast.Expr) (*Expression, []*Error) { return nil, skeleton(x) }

// Condition compiles an expression that must give true or false.
func (e *Env) Condition(x ast.Expr) (*Condition, []*Error) { return nil, skeleton(x) }

// Program compiles statements: the changes (Assign, Remove, Rename, Where, For,
// Let) in order, and the Checks between them. Selection, policies and documents
// are left to the caller and skipped.
func (e *Env) Program(stmts []ast.Stmt) (*Program, []*Error) { return nil, skeleton(stmts[0]) }

func skeleton(n ast.Node) []*Error {
	return []*Error{{Span: n.Place(), Message: errSkeleton.Error()}}
}

// Expression is a compiled expression.
type Expression struct{}

// Eval gives the value for a document; missing is a value here.
func (x *Expression) Eval(d bson.Raw) (Value, *Error) { return Value{}, nil }

// Condition is a compiled condition.
type Condition struct{}

// Test evaluates the condition; anything but true and false is an error.
func (c *Condition) Test(d bson.Raw) (bool, *Error) { return false, nil }

// Program is compiled statements.
type Program struct{}

// NewRun starts a run over documents.
func (p *Program) NewRun() *Run { return &Run{} }

// Run applies a Program to documents one after another and counts what
// happened. It is for one goroutine.
type Run struct{}

// Apply gives the changed document; d itself is never changed.
func (r *Run) Apply(d bson.Raw) (bson.Raw, *Error) { return d, nil }

// Check evaluates the checks that the last Apply came past (those inside a
// `where` only if it held), with the lets as they were there, on result.
// Checks with Unique or RefersTo are the caller's (Reached).
func (r *Run) Check(result bson.Raw) ([]CheckFailure, *Error) { return nil, nil }

// Reached gives all checks that the last Apply came past, in order.
func (r *Run) Reached() []*ast.Check { return nil }

// Stats gives the counts of every change statement, nested ones included, in order of the text.
func (r *Run) Stats() []Stat { return nil }

// Add adds the counts of another run of the same program.
func (r *Run) Add(other *Run) {}
