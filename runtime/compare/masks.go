package compare

// What nobody may see of the documents of a collection, and values of them in
// messages. In: a document and where a value stands in it; out: the mask, and short
// forms. Pure; the rules are docs/enforcement.md, Secrets.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// mask is what nobody may see of document i (-1: of one that is not desired):
// exact as it is wanted, else as the destination has it.
func (c *Collection) mask(i int, exact bool) *desired.Mask {
	m := c.SecretMask(i)
	m.LeftOut, m.Exact = c.policy.leftOut, exact && m.Exact
	return m
}

// AnyMask is what nobody may see of a document of the destination, whichever it is.
func (c *Collection) AnyMask() *desired.Mask {
	m := &desired.Mask{LeftOut: c.policy.leftOut}
	if c.secrets != nil {
		m.Secrets, m.Names = c.secrets.all, c.secrets.names
	}
	return m
}

// SecretMask hides the secrets of document i alone, exactly where they are wanted; in
// lists owned in part, where the destination's order counts, in any element.
func (c *Collection) SecretMask(i int) *desired.Mask {
	m := c.secrets.mask(i)
	m.Exact = !slices.ContainsFunc(c.secrets.of(i), func(q secretPlace) bool { return c.Shares(q.owner) })
	return m
}

// WrittenMask is what nobody may see of document i before and after it is written; -1
// is one that is not desired, in which any secret may stand.
func (c *Collection) WrittenMask(i int) *desired.Mask {
	if i < 0 {
		return c.AnyMask()
	}
	return c.mask(i, false)
}

// Hides reports whether a value at p is, holds or lies in what nobody may see of
// document i (-1: of one that is not desired).
func (c *Collection) Hides(i int, p doc.Path) bool {
	return i >= 0 && c.secrets.hides(i, p) || touched(c.Redact, p)
}

// NotGiven are the places of a written document that secrets leave open which are not given.
func (c *Collection) NotGiven(w *Write) (paths []doc.Path) {
	for _, q := range w.secrets {
		if len(q.missing) > 0 {
			paths = append(paths, q.path)
		}
	}
	return paths
}

// ShowValue is the short form of a value at a path of document i: exact as it
// is wanted, else as the destination has it.
func (c *Collection) ShowValue(i int, exact bool, p doc.Path, v bson.RawValue) string {
	return change.ShowValue(c.mask(i, exact).Value(p, v))
}

// ShowID is the short form of an `_id` of the destination.
func (c *Collection) ShowID(id bson.RawValue) string { return change.ShowValue(c.idShown(id)) }

// idShown is an `_id` of the destination as far as it may be seen.
func (c *Collection) idShown(id bson.RawValue) bson.RawValue {
	if c.secrets == nil {
		return id
	}
	m := desired.Mask{Secrets: c.secrets.all}
	return m.Value(doc.Path{"_id"}, id)
}

// ShowInside is the short form of a value that a document has or would have, at
// a path that may go into arrays; empty: nobody knows where. Any element may have
// a secret of another one: the document may have kept an array of the destination.
func (c *Collection) ShowInside(i int, d bson.Raw, p doc.Path, v bson.RawValue) string {
	m := c.mask(i, false)
	switch {
	case len(p) == 0 && len(m.Secrets) > 0:
		return desired.MaskedSecret
	case len(p) == 0 && len(m.LeftOut) > 0:
		return desired.MaskedRedacted
	}
	return showMasked(m.Value(steps(d, p), v))
}

// showMasked is the short form of a value, with a word for one that is hidden.
func showMasked(v bson.RawValue) string {
	if s, ok := v.StringValueOK(); ok && (s == desired.MaskedSecret || s == desired.MaskedRedacted) {
		return s
	}
	return change.ShowValue(v)
}
