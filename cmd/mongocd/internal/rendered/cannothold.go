package rendered

// What a target cannot say. In: the states of a workspace, or a collection; out: messages about the
// documents that a script cannot write byte for byte.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/rules"
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
	var out diag.List
	for _, state := range r.States {
		for _, c := range state.Collections {
			found := cannotHold(syncSpan(w, state, c), c.Namespace(), c.Identity, c.Documents, r.Space)
			for i := range found {
				found[i].Message += " (environment " + state.Environment + ")"
			}
			out = append(out, found...)
		}
	}
	return out
}

// Warning is the same of one collection while rules are written, when nobody knows the
// target yet.
func Warning(o *rules.Outcome) diag.List {
	database, name := o.Destination()
	found := cannotHold(o.Target.Span, database+"."+name, o.By, o.Documents, nil)
	for i := range found {
		found[i].Severity = diag.Warning
	}
	return found
}

// cannotHold is the diagnostic of a collection whose `sync` is at a place; none when
// mongosh can write all of it.
func cannotHold(at source.Span, namespace string, identity []doc.Path, documents []desired.Document, space *paged.Space) diag.List {
	var notes []string
	count := 0
	for _, d := range documents {
		space.Touched(len(d.Raw))
		reason, bad := mongosh.CannotHold(d.Raw)
		if !bad {
			continue
		}
		if count++; count <= 5 {
			notes = append(notes, showIdentity(identity, d)+": "+reason)
		}
	}
	if count == 0 {
		return nil
	}
	if count > 5 {
		notes = append(notes, fmt.Sprintf("and %d more", count-5))
	}
	return diag.List{{
		Code:    diag.MongoshCannotHold,
		Span:    at,
		Message: fmt.Sprintf("mongosh cannot write %d document%s of %s byte for byte", count, words.Plural(count), diag.Quote(namespace, 80)),
		Notes:   append(notes, "compile the Go program alone with `--target go`, or leave these values out with `remove`"),
	}}
}

// showIdentity names a document by its identity: `name "beta"`.
func showIdentity(identity []doc.Path, d desired.Document) string {
	var parts []string
	for _, p := range identity {
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
