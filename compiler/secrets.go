package compiler

// Extracted data that looks like a secret: in git it is already, and an artefact
// would carry it further. The rule is that of extract, which refuses to write it.

import (
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/compiler/redact"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// LikelySecret is the error about a field of a collection that looks like one; do
// says what to do with the lines to paste, %s being where they go.
func LikelySecret(s redact.Suspect, from string, c Wanted, at source.Span, do string) diag.Diagnostic {
	where := "the `sync`"
	if c.Span.File == nil { // looked up only
		where = fmt.Sprintf("the block `source %s { }` of a weave (it may be new)", diag.Safe(from, 64))
	}
	return diag.Diagnostic{
		Code: diag.LikelySecret, Span: at,
		Message: fmt.Sprintf("`%s` of %s looks like a secret: %s, in %d document%s", diag.Safe(s.Field, 120), diag.Quote(from+"."+c.Collection, 120), s.Why, s.Documents, words.Plural(s.Documents)),
		Notes:   []string{fmt.Sprintf(do, where), diag.Safe(s.Redact, 160), diag.Safe(s.NotSecret, 160)},
	}
}

// likelySecrets judges each collection that the jobs, which are prepared, read:
// once, by what the statements of all weaves and environments say of it, as
// extract does.
func likelySecrets(w *Workspace, jobs []*job, data *snapshot) diag.List {
	var out diag.List
	seen := map[collectionKey]bool{}
	for _, j := range jobs {
		for _, n := range j.needs() {
			c := data.collections[n.key]
			if c == nil || seen[n.key] {
				continue
			}
			seen[n.key] = true
			known := wantedOf(w, n.key)
			patterns := slices.Concat(known.Redact, known.Omit, known.NotSecret)
			for _, s := range redact.Secrets(c.documents, patterns, secretsWritten(jobs, n.key)) {
				out = append(out, LikelySecret(s, n.key.source, known, n.at,
					"a secret: add the first line to %s, run `mongocd extract` again, and give it another value, since git keeps this one; no secret: add the second line"))
			}
		}
	}
	return out
}

// wantedOf is what extract would read of a collection.
func wantedOf(w *Workspace, k collectionKey) Wanted {
	for _, f := range WantedOf(w, k.source, []string{k.name}) {
		if f.Collection == k.name {
			return f
		}
	}
	return Wanted{Collection: k.name}
}

// secretsWritten are the paths where the rules of every job that promotes a
// collection write a secret in place of what it has.
func secretsWritten(jobs []*job, k collectionKey) [][]string {
	var out [][]string
	first := true
	for _, j := range jobs {
		for _, u := range j.units {
			switch {
			case u.key() != k || u.static == nil:
			case first:
				out, first = slices.Clone(u.static.secrets), false
			default:
				out = slices.DeleteFunc(out, func(path []string) bool {
					return !slices.ContainsFunc(u.static.secrets, func(q []string) bool { return slices.Equal(path, q) })
				})
			}
		}
	}
	return out
}
