package limit

// The steps of one document. In: what is gone through, as it is; out: whether more
// may be. Only loops have to ask: what stands between two of their turns is as much
// as the file says.

import (
	"math/bits"
	"regexp"
	"regexp/syntax"
)

// Work is what is left of the steps of one document. It is for one goroutine.
type Work struct {
	left   int
	budget *Budget
}

// NewWork gives a document its steps; they count for the budget.
func NewWork(b *Budget) *Work { return &Work{DocumentSteps, b} }

// Begin gives another document its steps.
func (w *Work) Begin() { w.left = DocumentSteps }

// few steps are not counted for a compilation: they are in proportion to its
// documents, and goroutines would wait for each other.
const few = 256

// End counts what was done for the document.
func (w *Work) End() {
	if used := DocumentSteps - w.left; used > few {
		w.budget.AddSteps(used)
	}
	w.left = DocumentSteps
}

// Spend counts steps.
func (w *Work) Spend(steps int) { w.left -= steps }

// Step counts the turn of a loop; false: too much was done.
func (w *Work) Step() bool { w.left--; return w.left >= 0 }

// Scanned and Handled are the steps for so many bytes: reading them takes less than
// making a text of them.
func Scanned(bytes int) int { return bytes >> 9 }
func Handled(bytes int) int { return bytes >> 4 }

// Decimal are the steps of calculating or comparing with a number that is no machine's.
const Decimal = 16

// Sorting are the steps of sorting n elements.
func Sorting(n int) int { return n * bits.Len(uint(n)) }

// Matching are the steps of a regular expression for 16 bytes: RE2 takes time in
// proportion to the text and to the instructions of the program.
func Matching(re *regexp.Regexp) int {
	const most = 1 << 10 // about as many as RE2 has: it was compiled before
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return most
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return most
	}
	return 1 + len(program.Inst)
}
