package compiler

// Mistakes of this program. In: a panic of any phase; out: one diagnostic that
// says what was being done and what to report. Nothing is written by a compiler
// that panics: it never writes.

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// recovered, deferred by the functions that others call, makes a panic the one
// diagnostic of the list. doing says what was done, such as "compiling shop for prod".
func recovered(doing *string, diags *diag.List) {
	if value := recover(); value != nil {
		*diags = diag.List{InternalError(*doing, value, debug.Stack())}
	}
}

// InternalError is the diagnostic for a panic. The stack is that of
// runtime/debug.Stack, of the goroutine that panicked.
func InternalError(doing string, value any, stack []byte) diag.Diagnostic {
	var p *parallel.Panic
	if err, ok := value.(error); ok && errors.As(err, &p) {
		value, stack = p.Value, p.Stack
	}
	return diag.Diagnostic{Code: diag.InternalError,
		Message: fmt.Sprintf("mongocd made a mistake while %s: %s", doing, diag.Safe(fmt.Sprint(value), 200)),
		Notes: []string{
			"nothing was written",
			"please report it with `mongocd version`, the command, the statement or file that brings it out, and this: " + frames(stack),
		},
	}
}

// arguments are those of a function in a stack; `(*T)` is part of its name.
var arguments = regexp.MustCompile(`\([^*].*$`)

// frames are the functions of a stack from the panic on, the innermost first,
// with file and line and without the directories of who built the program.
func frames(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	first := 0
	for i, line := range lines { // what recovers comes before the panic
		if strings.HasPrefix(line, "panic(") {
			first = i + 2
		}
	}
	const most = 8
	var out []string
	for i := first; i+1 < len(lines) && len(out) < most; i += 2 {
		if strings.HasPrefix(lines[i], "created by ") {
			break
		}
		name := arguments.ReplaceAllString(lines[i], "")
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
		out = append(out, path.Base(name)+" "+path.Base(strings.ReplaceAll(place, `\`, "/")))
	}
	return strings.Join(out, " < ")
}
