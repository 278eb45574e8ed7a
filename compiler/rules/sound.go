package rules

// What every finished document must be: no larger than the server takes, with an
// identity, within the scope of its own `prune where`.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// maxDocument is the largest document that MongoDB takes, in bytes
// (manual: reference/limits, BSON Document Size).
const maxDocument = 16 << 20

// removesID is the place where a rule removes `_id`; nil: none does.
func (u *Unit) removesID() *ast.Path {
	var found *ast.Path
	for _, block := range u.Target.Blocks {
		for _, s := range block {
			ast.Walk(s, func(n ast.Node) bool {
				if r, ok := n.(*ast.Remove); ok && found == nil {
					if i := slices.IndexFunc(r.Paths, func(p *ast.Path) bool { return slices.Equal(check.Fields(p), []string{"_id"}) }); i >= 0 {
						found = r.Paths[i]
					}
				}
				return true
			})
		}
	}
	return found
}

// sound checks a finished document: its size, `_id`, identity and prune scope.
func (u *Unit) sound(p *Outcome, i int, extracted, d bson.Raw, secrets []value.Secret, total *int) bool {
	at := u.Target.NameSpan
	if len(d) > maxDocument {
		p.errors.add(&value.Error{Code: diag.DocumentTooLarge, Span: at, Message: "the result is larger than 16 MiB",
			Evidence: fmt.Sprintf("%d bytes", len(d))}, i, total)
		return false
	}
	id, hasID := doc.Get(d, doc.Path{"_id"})
	if hasID {
		if problem := badID(id); problem != "" {
			p.errors.add(&value.Error{Code: diag.BadID, Span: at, Message: "`_id` " + problem, Evidence: doc.Show(id, 60),
				Notes: []string{"write `remove _id` and identify the documents by another field: `sync … by name`"}}, i, total)
			return false
		}
	}
	sound := true
	for k, path := range u.By {
		v, ok := doc.Get(d, path)
		problem := badIdentity(v, ok)
		if slices.ContainsFunc(secrets, func(s value.Secret) bool { return doc.Path(s.Path).Overlaps(path) }) {
			problem = "is a secret"
		}
		if problem != "" {
			e := &value.Error{Code: diag.BadIdentity, Span: at, Message: fmt.Sprintf("%s identifies the documents and %s", diag.Backquote(path.String()), problem)}
			if k < len(u.Target.By) {
				e.Span = u.Target.By[k].Span
				e.Notes = []string{"give it a value, leave such documents out with `only where`, or name other fields behind `by`"}
			} else {
				e.Notes = []string{"keep `_id`, or identify the documents by another field: `sync … by name`"}
				if removed := u.removesID(); removed != nil && !ok {
					e.Notes = []string{fmt.Sprintf("`remove _id` at %s takes it away: the destination's documents then have ids of their own, and another field must identify them: `sync … by name`", removed.Span)}
				}
			}
			p.errors.add(e, i, total)
			sound = false
		}
	}
	for _, q := range u.Policy.PathsOf(ast.Absent) {
		path := doc.Path(check.Fields(q.Path))
		if v, ok := doc.Get(d, path); ok {
			text := diag.Safe(path.String(), 64)
			p.errors.add(&value.Error{Code: diag.WantedAbsent, Span: q.Path.Span, Message: fmt.Sprintf("`absent %s` takes the field away, and the wanted document has it", text),
				Evidence: doc.Show(v, 60), Notes: []string{fmt.Sprintf("write `remove %s` as well, or leave out `absent %s`", text, text)}}, i, total)
			sound = false
		}
	}
	if u.byID() && hasID {
		if before, ok := doc.Get(extracted, doc.Path{"_id"}); ok && !doc.Same(before, id) {
			p.reidentified.add(&value.Error{Code: diag.IdentityChanged, Span: at, Message: "a rule changes `_id`, which identifies the documents,",
				Evidence: doc.Show(before, 40) + " becomes " + doc.Show(id, 40)}, i, total)
		}
	}
	if u.scope != nil && sound {
		holds, err := u.scope.Test(d)
		if err != nil {
			p.errors.add(err, i, total)
			return false
		}
		if !holds {
			p.outside.add(&value.Error{Code: diag.OutsidePrune, Span: u.Policy.Prune.Cond.Place(), Message: "the condition of `prune where` does not cover what is promoted",
				Notes: []string{"when such a document is no longer wanted, it stays at the destination"}}, i, total)
		}
	}
	return sound
}

// badID says why MongoDB refuses an `_id` (manual: core/document, The _id Field).
func badID(v bson.RawValue) string {
	switch v.Type {
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		return "cannot be of type " + doc.TypeName(v)
	case bson.TypeEmbeddedDocument:
		for name := range doc.Fields(v.Document()) {
			if name != "" && name[0] == '$' {
				return "cannot have a field that begins with `$`"
			}
		}
	}
	return ""
}

// badIdentity says why a value identifies nothing (docs/language.md, Identity).
func badIdentity(v bson.RawValue, present bool) string {
	if !present {
		return "is missing"
	}
	switch v.Type {
	case bson.TypeNull:
		return "is null"
	case bson.TypeArray, bson.TypeRegex, bson.TypeUndefined:
		return "is " + words.Article([]string{doc.TypeName(v)})
	case bson.TypeDouble:
		if f := v.Double(); f != f {
			return "is NaN"
		}
	case bson.TypeDecimal128:
		if v.Decimal128().IsNaN() {
			return "is NaN"
		}
	}
	return ""
}
