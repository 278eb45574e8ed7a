// Package eval gives expressions their values and applies changes to one
// document, purely: no clock, no I/O, no other documents.
//
// In: lang/ast nodes and what is known before any document is seen (Env). They
// are compiled once for an environment: names resolved, `per environment`
// chosen, constants folded, regular expressions compiled. Out: Expression,
// Condition and Program values, immutable and safe for concurrent use, that
// are then run over any number of raw BSON documents.
//
//	env := &eval.Env{Name: "prod", Groups: []string{"live"}, NumericTypes: shape.NumericTypes}
//	env.Lets = map[string]value.Value{"vat": v}         // from env.Constant, in order of declaration
//	only, errs := env.Condition(filter.Cond)           // errs: wrong for every document
//	ok, err := only.Test(document)                     // err: wrong for this document
//	program, errs := env.Program(sync.Body.Stmts)
//	run := program.NewRun()                            // one a goroutine
//	result, err := run.Apply(document)
//	failures, err := run.Check(result)                 // the checks that Apply came past
//	secrets := run.Secrets()                           // where secret(…) goes in result
//	references, err := run.References(result)          // what `refers to` must find
//	stats := run.Stats()                               // matched, written, overwritten unread
//	failures := program.CheckCollection(results, nil)  // checks with count() and total(…)
//
// Files: compile.go names and paths, node.go what they become, operators.go, compound.go,
// text.go and call.go the expressions, branch.go the types of choices · change.go
// statements, write.go, each.go and lookup.go what they do, place.go where · program.go
// running them · checks.go, collection.go · trace.go what each changed, watch.go what an expression gave · edit.go reading
// and writing raw documents. Values and their numbers are in value, what the functions do in builtin.
package eval

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
)

// Env is what is known of an environment and a collection before any document
// is seen. It is not changed by this package.
type Env struct {
	// Name is the environment, the value of environment().
	Name string
	// Groups are the groups that Name is a member of: `for` and `per environment` may name them.
	Groups []string
	// Covered gives the environments that a list behind `for` stands for: a `for` of
	// fewer is there to override one of more. nil: nobody knows.
	Covered func(ast.Environments) []string
	// Lets are the constants in scope by name: top-level lets (and later inputs).
	Lets map[string]value.Value
	// NumericTypes gives the numeric types (int, long, double, decimal) that a
	// field has in the collection at that moment, none when it has none or is
	// unknown. It decides what an untyped constant becomes when it is written.
	// at is the target as written in the statement; steps is the whole path of
	// the constant from the document's root: the target's head and steps (without
	// `this`), then the fields of object literals; positions and elements of
	// lists are AllStep. It is called while documents are changed as well, from
	// all goroutines at once. nil: no types are known.
	//
	// Inside `each item in items`, the steps of `item.price` are items[].price. For
	// the fields of `document { … }` at is nil.
	NumericTypes func(at *ast.Path, steps []ast.Step) []string
	// Link gives what link(COLLECTION, IDENTITY …) stands for where a test expects
	// one: a key that is the same for the same document, and the call for people.
	// nil: there are no such values here.
	Link func(collection string, identity []bson.RawValue) (key, shown string, err *value.Error)
	// BranchType gives the numeric type that constants among the branches of an
	// `if` or `??` take: that of the others. Empty: none. nil: no types are known.
	BranchType func(x ast.Expr) string
	// Documents gives the documents of the collection that a `lookup` names, as
	// extracted, and what messages call it ("geo.regions"). It is called once for
	// each lookup of a Program, while that is compiled.
	Documents func(s *ast.Lookup) (documents []bson.Raw, name string)
	// Budget counts what is done; nil: nobody does.
	Budget *limit.Budget
	// Trace is called with the document before and after every statement that
	// changes documents. A Program that is compiled with it is for one goroutine.
	Trace func(s ast.Stmt, before, after bson.Raw)
	// Watch is told what an expression gives; nil: nothing is. What is compiled with it
	// is for one goroutine.
	Watch *Watch
}

// Is reports whether name is this environment or a group it is a member of.
func (e *Env) Is(name string) bool {
	if name == e.Name {
		return true
	}
	for _, g := range e.Groups {
		if g == name {
			return true
		}
	}
	return false
}

// CheckFailure is a check that does not hold for a document.
type CheckFailure struct {
	Check *ast.Check
	// Message is the text of `else`; empty without one.
	Message string
}

// Reference is a check with RefersTo that Apply came past.
type Reference struct {
	Check *ast.Check
	// Values are what must exist in the other collection: the value of the path,
	// one for each element where it has `[]`, none where it is missing or null.
	Values []bson.RawValue
	// Message evaluates the text of `else`; nil without one or without Values.
	Message func() (string, *value.Error)
}

// CollectionFailure is a check with aggregates that does not hold.
type CollectionFailure struct {
	CheckFailure
	// Document is the position of the document for which it fails, -1 for a
	// check that is of the collection as a whole.
	Document int
	// Err is set when the check cannot be evaluated for this document.
	Err *value.Error
}
