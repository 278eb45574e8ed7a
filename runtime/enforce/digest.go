package enforce

// The digest of a plan: what a person, a pipeline or a saved plan approves. In:
// what was observed; out: "sha256:…". Pure but for the artefact's own digest;
// the rules are docs/state.md, The plan's digest.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// planDigest is the digest of what would be written of what was observed.
func (e *enforcer) planDigest(seen *observed) (string, error) {
	artefact, err := e.artefact()
	if err != nil {
		return "", err
	}
	content, err := e.content()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(doc.NewBuilder(128).AppendString("artefact", artefact).Append("content", doc.Binary(content)).Raw())
	for _, o := range seen.all {
		addDigest(h, o)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// artefactDigest is the digest of what was compiled.
func artefactDigest(state *desired.State) (string, error) {
	digest, err := state.Digest()
	if err != nil {
		return "", fmt.Errorf("the digest of the state cannot be calculated: %w", err)
	}
	return digest, nil
}

// addDigest adds a collection: BSON documents, one after the other.
func addDigest(h hash.Hash, l *observation) {
	head := doc.NewBuilder(128).AppendString("database", l.ns.Database).AppendString("collection", l.ns.Collection)
	if l.missing {
		head.AppendString("action", "create")
	}
	h.Write(head.Raw())
	for _, ix := range l.report.Indexes {
		if ix.Action != "differs" {
			h.Write(doc.NewBuilder(256).AppendString("index", ix.Action).AppendString("name", ix.Name).
				AppendString("spec", ix.Spec.Text()).AppendString("before", ix.Before.Text()).Raw())
		}
	}
	for _, o := range l.report.Options {
		h.Write(doc.NewBuilder(256).AppendString("option", o.Name).AppendString("before", o.Before.Text()).AppendString("after", o.After.Text()).Raw())
	}
	for i := range l.writes {
		p := &l.writes[i]
		item, identity := doc.NewBuilder(256), l.c.IdentityAt(p.Wanted)
		mask := l.c.SecretMask(p.Wanted)
		if p.New() {
			item.AppendDocument("insert", identity).Append("_id", mask.Value(doc.Path{"_id"}, p.ID()))
			if len(l.c.Documents[p.Wanted].Links) > 0 { // the artefact says everything but the links
				item.AppendDocument("document", mask.Document(whole(l, p).After))
			}
			h.Write(item.Raw())
			continue
		}
		w := whole(l, p)
		if w.Move != nil {
			item.AppendDocument("move", l.c.IdentityFrom(w.Move))
		}
		if w.SecretOnly {
			continue // the artefact says which secret is written, and whether it is there already is not what is approved
		}
		fields := doc.NewBuilder(256)
		for _, s := range w.Spots {
			sides := doc.NewBuilder(64)
			if s.Before.Type != 0 {
				sides.Append("before", mask.Value(s.At, s.Before))
			}
			if s.After.Type != 0 {
				sides.Append("after", mask.Value(s.At, s.After))
			}
			fields.AppendDocument(compare.SpotText(s.At), sides.Raw())
		}
		h.Write(item.AppendDocument("update", identity).Append("_id", w.ID()).AppendDocument("changes", fields.Raw()).Raw())
	}
	for i := range l.deletes {
		w := whole(l, &l.deletes[i])
		h.Write(doc.NewBuilder(256).AppendDocument("delete", l.c.IdentityDocument(w.Before)).Append("_id", w.ID()).AppendDocument("read", w.Before).Raw())
	}
}
