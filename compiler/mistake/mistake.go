// Package mistake reports mistakes of this program. In: a panic of any phase; out: one diagnostic that
// says what was being done and what to report. Nothing is written by a compiler
// that panics: it never writes.
package mistake

import (
	"fmt"
	"runtime/debug"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// Recovered, deferred by the functions that others call, makes a panic the one
// diagnostic of the list. doing says what was done, such as "compiling shop for prod".
func Recovered(doing *string, diags *diag.List) {
	if value := recover(); value != nil {
		*diags = diag.List{Diagnostic(*doing, value, debug.Stack())}
	}
}

// Diagnostic is the diagnostic for a panic. The stack is that of
// runtime/debug.Stack, of the goroutine that panicked.
func Diagnostic(doing string, value any, stack []byte) diag.Diagnostic {
	what, where := parallel.Describe(value, stack)
	return diag.Diagnostic{Code: diag.InternalError,
		Message: fmt.Sprintf("mongocd made a mistake while %s: %s", doing, diag.Safe(what, 200)),
		Notes: []string{
			"nothing was written",
			"please report it with `mongocd version`, the command, the statement or file that brings it out, and this: " + where,
		},
	}
}
