package rules

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Fields that must not be in extracted documents, and are.

// LeaveOut takes the fields of `redact` and `omit` out of documents that were
// extracted before the statement was written: the rules must not see them, and
// nobody may own them. A value that is a secret should not be in git at all.
func LeaveOut(known infer.Rules) (*workspace.Collection, diag.List) {
	all := slices.Concat(known.Policy.LeftOutPatterns())
	if len(all) == 0 || len(known.Data.Documents) == 0 {
		return known.Data, nil
	}
	type result struct {
		data  *workspace.Collection
		found diag.List
	}
	purpose := fmt.Sprintf("left out %q %q %q", known.Job.Weave.Dir, known.Job.Environment, known.Target.NameSpan)
	var key strings.Builder
	for _, l := range known.Policy.LeftOut {
		fmt.Fprintf(&key, "%p %q %d %q ", l.Pattern.Span.File, l.Kind, l.Pattern.Span.Start, l.Desired())
	}
	r := workspace.Once(known.Data, purpose, key.String(), func() result {
		data, found := leaveOut(known, all)
		return result{data, found}
	})
	return r.data, slices.Clone(r.found)
}

func leaveOut(known infer.Rules, all []desired.Pattern) (*workspace.Collection, diag.List) {
	less := *known.Data
	less.Parts = nil // they are not what their files say
	less.Documents = slices.Clone(known.Data.Documents)
	var held tally
	for i, d := range known.Data.Documents {
		less.Documents[i] = redact.LeaveOut(d, all)
		if len(less.Documents[i]) == len(d) {
			continue
		}
		for _, l := range known.Policy.LeftOut {
			if len(redact.LeaveOut(d, []desired.Pattern{l.Desired()})) == len(d) {
				continue
			}
			e := &value.Error{Code: diag.RedactedValue, Span: l.Pattern.Span, Message: fmt.Sprintf("%s is in `%s`, and the extracted file still has a value of it", diag.Backquote(l.Pattern.Span.Text()), l.Kind),
				Notes: []string{"run `mongocd extract` again: it leaves the field out"}}
			if l.Kind == ast.Redact {
				e.Notes = append(e.Notes, "what was committed stays in git's history: if it is a secret, give it another value at the source")
			}
			held.add(e, i, &less.Count)
		}
	}
	if len(held.groups) == 0 {
		return known.Data, nil
	}
	known.Job.Space.Keep(len(less.Documents), func(i int) *[]byte { return (*[]byte)(&less.Documents[i]) })
	less.Shape = shape.Infer(less.Documents, runtime.GOMAXPROCS(0))
	known.Data = &less // messages must not show such values either
	return &less, held.diagnostics((&Unit{Rules: known, By: identity(known.Target)}).DocumentName)
}
