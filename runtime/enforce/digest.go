package enforce

// The digest of a plan: what a person, a pipeline or a saved plan approves. In:
// the looks of a run; out: "sha256:…". Pure but for the artefact's own digest;
// the rules are docs/state.md, The plan's digest.

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// planDigest is the digest of what these looks would write.
func (r *run) planDigest(looks []*look) (string, error) {
	artefact, err := r.artefact()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(doc.NewBuilder(128).AppendString("artefact", artefact).Raw())
	for _, l := range looks {
		l.digest(h)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// digest adds a collection: BSON documents, one after the other.
func (l *look) digest(h hash.Hash) {
	head := doc.NewBuilder(128).AppendString("database", l.ns.Database).AppendString("collection", l.ns.Collection)
	if l.missing {
		head.AppendString("action", "create")
	}
	h.Write(head.Raw())
	for _, ix := range l.report.Indexes {
		if ix.Action != "differs" {
			h.Write(doc.NewBuilder(256).AppendString("index", ix.Action).AppendString("name", ix.Name).
				AppendString("spec", string(ix.Spec)).AppendString("before", string(ix.Before)).Raw())
		}
	}
	for _, o := range l.report.Options {
		h.Write(doc.NewBuilder(256).AppendString("option", o.Name).AppendString("before", string(o.Before)).AppendString("after", string(o.After)).Raw())
	}
	for i := range l.writes {
		w := &l.writes[i]
		item, identity := doc.NewBuilder(256), identityDocument(l.c.Identity, l.c.Documents[w.wanted].Raw)
		if w.before == nil {
			item.AppendDocument("insert", identity)
			if !l.secrets.hides(w.wanted, doc.Path{"_id"}) {
				item.Append("_id", w.id())
			}
			if len(l.c.Documents[w.wanted].Links) > 0 { // the artefact says everything but the links
				item.Append("document", strip(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: w.after}, nil, l.secrets.hiddenOf(w.wanted)))
			}
			h.Write(item.Raw())
			continue
		}
		fields := doc.NewBuilder(256)
		for _, f := range w.leaves {
			if l.secrets.hides(w.wanted, f.path) {
				continue // whether it is known and differs is not what is approved
			}
			sides := doc.NewBuilder(64)
			if f.before.Type != 0 {
				sides.Append("before", f.before)
			}
			if f.after.Type != 0 {
				sides.Append("after", f.after)
			}
			fields.AppendDocument(f.path.String(), sides.Raw())
		}
		if changes := fields.Raw(); len(changes) > len(emptyDocument) {
			h.Write(item.AppendDocument("update", identity).Append("_id", w.id()).AppendDocument("changes", changes).Raw())
		}
	}
	for i := range l.deletes {
		w := &l.deletes[i]
		h.Write(doc.NewBuilder(256).AppendDocument("delete", identityDocument(l.c.Identity, w.before)).Append("_id", w.id()).AppendDocument("read", w.before).Raw())
	}
}

// digested puts the digest into a plan that could be approved: one without
// conflicts. With nothing to do that is approved, and nothing else.
func (r *run) digested(looks []*look) error {
	if r.report.Command != "plan" || len(r.report.Conflicts) > 0 {
		return nil
	}
	var err error
	r.report.Digest, err = r.planDigest(looks)
	return err
}

// approved holds looks against what was approved: by its digest, or by a person
// who was asked.
func (r *run) approved(looks []*look) error {
	if r.options.Approved == "" {
		return nil
	}
	found, err := r.planDigest(looks)
	if err != nil || found == r.options.Approved {
		return err
	}
	r.report.Conflicts = append(r.report.Conflicts, Conflict{
		Code: NotApproved, Message: fill(textNotApproved.message, "found", found, "approved", clean(r.options.Approved)), Fix: textNotApproved.fix,
	})
	return errConflict
}
