package rendered

// What a target cannot say. In: the states of a workspace, or a collection; out: messages about the
// documents that a script cannot write byte for byte.

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/paged"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// MongoshCannotHold finds the documents that the mongosh target cannot write
// byte for byte, one diagnostic a collection with up to five of them. What was found before
// is in the store, which may be nil. false: the documents are needed, and the result is bare.
func MongoshCannotHold(w *workspace.Workspace, r *compiler.Result, store *cache.Store) (diag.List, bool) {
	var out diag.List
	for n, state := range r.States {
		key := cache.KeyOf("mongosh", r.Keys[n])
		all, known := cache.Value[[]refused](store, key)
		if known = known && r.Keys[n] != "" && len(all) == len(state.Collections); !known {
			if r.Bare {
				return nil, false
			}
			all = make([]refused, len(state.Collections))
			for i, c := range state.Collections {
				all[i] = refusedIn(c, store, r.Space)
			}
			if r.Keys[n] != "" {
				cache.PutValue(store, key, all)
			}
		}
		for i, c := range state.Collections {
			found := all[i].diagnostic(syncSpan(w, state, c), c.Namespace())
			for i := range found {
				found[i].Message += " (environment " + state.Environment + ")"
			}
			out = append(out, found...)
		}
	}
	return out, true
}

// Warning is the same of one collection while rules are written, when nobody knows the
// target yet.
func Warning(o *rules.Outcome) diag.List {
	database, name := o.Destination()
	found := refusedOf(o.By, o.Documents, nil).diagnostic(o.Target.Span, database+"."+name)
	for i := range found {
		found[i].Severity = diag.Warning
	}
	return found
}

// refused are the documents of a collection that mongosh cannot write: how many, and the
// first five in words.
type refused struct {
	Count int
	First []string
}

// refusedIn are those of a collection. What was found in the files of a large one is in the store.
func refusedIn(c *desired.Collection, store *cache.Store, space *paged.Space) refused {
	files := c.Several(space.Touched)
	if store == nil || len(files) == 0 {
		return refusedOf(c.Identity, c.Documents, space)
	}
	parts := make([]refused, len(files))
	parallel.Each(runtime.GOMAXPROCS(0), len(files), func(n int) {
		from, to := files[n][0], files[n][1]
		sum := c.DigestOf(from, to, space.Touched)
		key := cache.KeyOf("mongosh documents", hex.EncodeToString(sum[:]), fmt.Sprintf("%q", c.Identity))
		var known bool
		if parts[n], known = cache.Value[refused](store, key); !known {
			parts[n] = refusedOf(c.Identity, c.Documents[from:to], space)
			cache.PutValue(store, key, parts[n])
		}
	})
	return joined(parts)
}

func refusedOf(identity []doc.Path, documents []desired.Document, space *paged.Space) refused {
	parts := make([]refused, max(1, min(runtime.GOMAXPROCS(0), len(documents)/500)))
	parallel.Run(len(parts), func(n int) {
		for _, d := range documents[len(documents)*n/len(parts) : len(documents)*(n+1)/len(parts)] {
			space.Touched(len(d.Raw))
			if reason, bad := mongosh.CannotHold(d.Raw); bad {
				parts[n].add(1, showIdentity(identity, d)+": "+reason)
			}
		}
	})
	return joined(parts)
}

func joined(parts []refused) (all refused) {
	for _, p := range parts {
		all.add(p.Count, p.First...)
	}
	return all
}

func (r *refused) add(count int, first ...string) {
	r.Count += count
	r.First = append(r.First, first[:min(len(first), 5-min(5, len(r.First)))]...)
}

// diagnostic is that of a collection whose `sync` is at a place; none when mongosh can
// write all of it.
func (r refused) diagnostic(at source.Span, namespace string) diag.List {
	if r.Count == 0 {
		return nil
	}
	count, notes := r.Count, slices.Clone(r.First)
	if more := count - len(notes); more > 0 {
		notes = append(notes, fmt.Sprintf("and %d more", more))
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
