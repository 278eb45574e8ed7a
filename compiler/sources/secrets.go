package sources

// Extracted data that looks like a secret: in git it is already, and an artefact
// would carry it further. The rule is that of extract, which refuses to write it.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// LikelySecret is the error about a field of a collection that looks like one; do
// says what to do with the lines to paste, %s being where they go.
func LikelySecret(s redact.Suspect, from string, c Wanted, at source.Span, do string) diag.Diagnostic {
	where, statements := "the `sync`", []string{s.Redact, s.NotSecret}
	if c.Span.File == nil { // looked up only
		where = fmt.Sprintf("the block `source %s { }` of a weave (it may be new)", diag.Safe(from, 64))
		statements = nil
	}
	return diag.Diagnostic{
		Code: diag.LikelySecret, Span: at,
		Message:    fmt.Sprintf("`%s` of %s looks like a secret: %s, in %d document%s", diag.Safe(s.Field, 120), diag.Quote(from+"."+c.Collection, 120), s.Why, s.Documents, words.Plural(s.Documents)),
		Notes:      []string{fmt.Sprintf(do, where), diag.Safe(s.Redact, 160), diag.Safe(s.NotSecret, 160)},
		Statements: statements,
	}
}

// LikelySecrets judges each collection that the jobs read: once, by what the
// statements of all weaves and environments say of it, as extract does. written
// are the paths, through arrays, where the rules of every job that promotes a
// collection write a secret in place of what it has. The store may be nil. false: the
// documents of a collection would be needed, which are not known (Workspace.Survey).
func LikelySecrets(w *workspace.Workspace, jobs []*workspace.Job, data *workspace.Snapshot, written map[workspace.Key][][]string, store *cache.Store) (diag.List, bool) {
	var out diag.List
	seen := map[*workspace.Collection]bool{}
	for _, j := range jobs {
		for _, n := range j.Needs() {
			c := data.For(j.Environment).Collections[n.Key]
			if c == nil || seen[c] {
				continue
			}
			seen[c] = true
			known := wantedOf(w, n.Key)
			patterns := slices.Concat(known.Redact, known.Omit, known.NotSecret)
			suspects, ok := suspectsIn(c, patterns, written[n.Key], store)
			if !ok {
				return nil, false
			}
			for _, s := range suspects {
				out = append(out, LikelySecret(s, n.Key.Source, known, n.At,
					"a secret: add the first line to %s, run `mongocd extract` again, and give it another value, since git keeps this one; no secret: add the second line"))
			}
		}
	}
	return out, true
}

// suspectsIn are those of a collection, as they were found before or now.
func suspectsIn(c *workspace.Collection, patterns []desired.Pattern, written [][]string, store *cache.Store) ([]redact.Suspect, bool) {
	of := fmt.Sprintf("%q %q", patterns, written)
	key := cache.NewKey("secrets")
	key.Add(c.Digest(), of)
	if known, ok := cache.Value[[]redact.Suspect](store, key); ok {
		return known, true
	}
	if c.Surveyed() {
		return nil, false
	}
	found := workspace.Once(c, "secrets", of, func() []redact.Suspect {
		if store != nil && len(c.Parts) > 1 && clean(c, patterns, written, of, store) {
			return nil
		}
		return redact.Secrets(c.Documents, patterns, written)
	})
	cache.PutValue(store, key, found)
	return found, true
}

// clean reports whether no file of a collection has a suspect; those that have none are kept.
func clean(c *workspace.Collection, patterns []desired.Pattern, written [][]string, of string, store *cache.Store) bool {
	for _, p := range c.Parts {
		key := cache.KeyOf("no secrets", p.Digest, of)
		if none, ok := cache.Value[bool](store, key); ok && none {
			continue
		}
		if len(redact.Secrets(c.Documents[p.From:p.To], patterns, written)) > 0 {
			return false // how many, and which ones are shown, depends on all
		}
		cache.PutValue(store, key, true)
	}
	return true
}

// wantedOf is what extract would read of a collection.
func wantedOf(w *workspace.Workspace, k workspace.Key) Wanted {
	for _, f := range Of(w, k.Source, []string{k.Name}) {
		if f.Collection == k.Name {
			return f
		}
	}
	return Wanted{Collection: k.Name}
}
