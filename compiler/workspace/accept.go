package workspace

// `accept`: messages that the weaves say are as they should be, and those that
// say so of a message that does not come.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Accept makes each message that the weave accepts an accepted one, with the
// reason. Of several that fit, the closest one counts.
func (w *Weave) Accept(found diag.List) diag.List {
	for i := range found {
		d := &found[i]
		// An error of these codes is one by a judgement; the others are facts.
		if d.Severity == diag.Accepted || d.Severity == diag.Error && d.Code != diag.LinkNeeded {
			continue
		}
		var closest *check.Accept
		for n := range w.Module.Accepts {
			a := &w.Module.Accepts[n]
			if a.Stmt.Code.Text == string(d.Code) && d.Span.Within(a.About) && (closest == nil || a.About.Within(closest.About)) {
				closest = a
			}
		}
		if closest != nil {
			d.Severity = diag.Accepted
			d.Related = append(slices.Clone(d.Related), diag.Related{Span: closest.Stmt.Span, Message: "accepted: " + diag.Safe(closest.Stmt.Reason.Text, 300)})
		}
	}
	return found
}

// Accept makes each message that the weaves accept an accepted one.
func (w *Workspace) Accept(found diag.List) diag.List {
	for _, weave := range w.Weaves {
		found = weave.Accept(found)
	}
	return found
}

// Needless warns of what accepts nothing in weaves that were gone through for
// all their environments; found is everything that was found.
func (w *Workspace) Needless(jobs []*Job, found diag.List) diag.List {
	used := map[source.Span]bool{}
	for _, d := range slices.Concat(w.accepted, found) {
		if d.Severity == diag.Accepted {
			used[d.Related[len(d.Related)-1].Span] = true
		}
	}
	var out diag.List
	for _, weave := range w.Weaves {
		gone := 0
		for _, j := range jobs {
			if j.Weave == weave {
				gone++
			}
		}
		if gone < len(weave.Module.Environments) {
			continue
		}
		for _, a := range weave.Module.Accepts {
			if used[a.Stmt.Span] {
				continue
			}
			d := diag.Diagnostic{Severity: diag.Warning, Code: diag.AcceptNeedless, Span: a.Stmt.Span,
				Message: fmt.Sprintf("there is no %s here to accept", diag.Backquote(a.Stmt.Code.Text)),
				Related: []diag.Related{{Span: firstLine(a.About), Message: about(a.Stmt)}},
				Notes:   []string{"remove it, or put it at the statement whose message it means"}}
			for _, other := range found {
				if other.Severity != diag.Accepted && string(other.Code) == a.Stmt.Code.Text && weave.has(other.Span) {
					d.Related = append(d.Related, diag.Related{Span: other.Span, Message: "this one is not part of that"})
				}
			}
			out = append(out, d)
		}
	}
	return out
}

func about(a *ast.Accept) string {
	if a.About == nil {
		return "first in a block, it is about all of this"
	}
	return "it is about this"
}

// has reports whether a place is in the weave's files.
func (w *Weave) has(at source.Span) bool { return at.File != nil && slices.Contains(w.Files, at.File) }

// firstLine is a place up to the end of its first line.
func firstLine(s source.Span) source.Span {
	if n := strings.IndexByte(s.Text(), '\n'); n >= 0 {
		s.End = s.Start + len(strings.TrimRight(s.Text()[:n], " {\t\r"))
	}
	return s
}
