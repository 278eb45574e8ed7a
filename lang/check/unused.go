package check

// Names that are given to values and that nothing reads: mostly a rule that was
// forgotten, or the rest of one that is gone.

import (
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// givenName is a name that stands for a value; what: "the constant".
type givenName struct {
	ast.Name
	what string
}

// given notes a name that was given to a value.
func (c *checker) given(n ast.Name, what string) { c.names = append(c.names, givenName{n, what}) }

// unused hints at every name that nothing reads.
func (c *checker) unused() {
	for _, n := range c.names {
		if c.used[n.Span] {
			continue
		}
		e := c.report(diag.UnusedName, n.Span, "nothing uses %s %s", n.what, diag.Backquote(n.Text))
		e.Severity = diag.Hint
		switch {
		case strings.Contains(n.what, "lookup"):
			e.Notes = []string{"use it, or remove the statement; as it is, it only makes sure that there is such a document"}
		case strings.HasSuffix(n.what, "element"), strings.HasSuffix(n.what, "variable"):
			e.Notes = []string{"what is done here does not depend on the element: " + "`" + diag.Safe(n.Text, 64) + ".…` is a field of it"}
		default:
			e.Notes = []string{"use it, or remove it"}
		}
	}
}
