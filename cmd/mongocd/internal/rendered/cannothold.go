package rendered

// What a target cannot say. In: the states of a workspace; out: messages about the
// documents that a script cannot write byte for byte.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// MongoshCannotHold finds the documents that the mongosh target cannot write
// byte for byte, one diagnostic a collection with up to five of them.
func MongoshCannotHold(w *workspace.Workspace, r *compiler.Result) diag.List {
	var found diag.List
	for _, state := range r.States {
		for _, c := range state.Collections {
			var notes []string
			count := 0
			for _, d := range c.Documents {
				reason, bad := mongosh.CannotHold(d.Raw)
				if !bad {
					continue
				}
				if count++; count <= 5 {
					notes = append(notes, showIdentity(c, d)+": "+reason)
				}
			}
			if count == 0 {
				continue
			}
			if count > 5 {
				notes = append(notes, fmt.Sprintf("and %d more", count-5))
			}
			found = append(found, diag.Diagnostic{
				Code: diag.MongoshCannotHold,
				Span: syncSpan(w, state, c),
				Message: fmt.Sprintf("mongosh cannot write %d document%s of %s byte for byte (environment %s)",
					count, words.Plural(count), diag.Quote(c.Namespace(), 80), state.Environment),
				Notes: append(notes, "compile the Go program alone with `--target go`, or leave these values out with `remove`"),
			})
		}
	}
	return found
}

// showIdentity names a document by its identity: `name "beta"`.
func showIdentity(c *desired.Collection, d desired.Document) string {
	var parts []string
	for _, p := range c.Identity {
		v, _ := doc.Get(d.Raw, p)
		parts = append(parts, p.String()+" "+doc.Show(v, 60))
	}
	return strings.Join(parts, ", ")
}

// syncSpan is the place of the sync that made a collection.
func syncSpan(w *workspace.Workspace, state *desired.State, c *desired.Collection) source.Span {
	for _, weave := range w.Weaves {
		if weave.Module.Name != state.Weave {
			continue
		}
		for _, s := range weave.Module.Syncs {
			if s.Span.String() == c.Origin {
				return s.Span
			}
		}
	}
	return source.Span{}
}
