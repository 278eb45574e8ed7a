package parallel

// Panics in words. In: what recover gave, and the stack; out: text for a report.

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Describe says what a panic was about and where it happened: the functions from
// the panic on, the innermost first, with file and line and without the
// directories of who built the program. The stack is that of
// runtime/debug.Stack; of a Panic it is its own. The first text is not safe to print.
func Describe(value any, stack []byte) (what, where string) {
	var p *Panic
	if err, ok := value.(error); ok && errors.As(err, &p) {
		value, stack = p.Value, p.Stack
	}
	return fmt.Sprint(value), frames(stack)
}

// arguments are those of a function in a stack; `(*T)` is part of its name.
var arguments = regexp.MustCompile(`\([^*].*$`)

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
