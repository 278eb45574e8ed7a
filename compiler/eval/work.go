package eval

// How much is done for one document: what is gone through is counted, and is an
// error beyond limit.DocumentSteps. Only loops look at the count: what stands between
// two of their turns is as much as the file says.

import (
	"math/bits"
	"regexp"
	"regexp/syntax"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// work is what is left of the steps of one document.
type work struct {
	left   int
	budget *limit.Budget
}

// newFrame is what an expression sees of a document outside of a Run.
func (e *Env) newFrame(d bson.Raw, slots int) *frame {
	return &frame{doc: d, vars: make([]value.Value, slots), work: &work{left: limit.DocumentSteps, budget: e.Budget}}
}

// begin gives a document its steps.
func (w *work) begin() { w.left = limit.DocumentSteps }

// end counts what was done for the document.
func (w *work) end() {
	w.budget.AddSteps(limit.DocumentSteps - w.left)
	w.left = limit.DocumentSteps
}

// spend counts steps.
func (f *frame) spend(steps int) { f.work.left -= steps }

// step counts the turn of a loop, and ends it when too much was done.
func (f *frame) step(at source.Span) *value.Error {
	if f.work.left--; f.work.left >= 0 {
		return nil
	}
	return &value.Error{Code: diag.TooManySteps, Span: at, Message: "the rules take more than " + strconv.Itoa(limit.DocumentSteps) + " steps",
		Notes: []string{"a step goes through one element of a list, or looks at one document: look for lists within lists, and for a `lookup` without `==`"}}
}

// Steps for so many bytes: reading takes less than making texts of them.
func scanned(bytes int) int { return bytes >> 9 }
func handled(bytes int) int { return bytes >> 4 }

// calculating are the steps of comparing or calculating with a value: numbers that
// are no machine's are dear.
func calculating(v value.Value) int {
	if v.IsConstant() || v.BSON.Type == bson.TypeDecimal128 {
		return 16
	}
	return 0
}

// sorting are the steps of sorting n elements.
func sorting(n int) int { return n * bits.Len(uint(n)) }

// matching are the steps of a regular expression for 16 bytes: RE2 takes time in
// proportion to the text and to the instructions of the program.
func matching(re *regexp.Regexp) int {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return 1 << 10 // as many as there can be: it was compiled before
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 1 << 10
	}
	return 1 + len(program.Inst)
}
