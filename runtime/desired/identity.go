package desired

// What identifies documents. In: a collection and a document; out: the values of
// its identity. Pure; the rules are docs/enforcement.md, Reading.

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// IdentityOf returns the values of the identity; false when one of them is
// missing, null or an array.
func (c *Collection) IdentityOf(d bson.Raw) ([]bson.RawValue, bool) {
	return c.AppendIdentityOf(make([]bson.RawValue, 0, len(c.Identity)+1), d)
}

// AppendIdentityOf is IdentityOf, behind other values.
func (c *Collection) AppendIdentityOf(values []bson.RawValue, d bson.Raw) ([]bson.RawValue, bool) {
	for _, p := range c.Identity {
		v, ok := doc.Get(d, p)
		if !ok || v.Type == bson.TypeNull || v.Type == bson.TypeArray {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// IdentityDocument is {path text: value, …} of a document's identity.
func (c *Collection) IdentityDocument(d bson.Raw) bson.Raw {
	out := doc.NewBuilder(64)
	for _, p := range c.Identity {
		if v, ok := doc.Get(d, p); ok {
			out.Append(p.String(), v)
		}
	}
	return out.Raw()
}

// IdentityAt is IdentityDocument of the document at a position; where that is stored, it is
// not parsed.
func (c *Collection) IdentityAt(i int) bson.Raw {
	values := c.Key(i)
	if len(values) == 0 { // some are missing, null or an array
		return c.IdentityDocument(c.Raw(i))
	}
	out := doc.NewBuilder(64)
	for n, p := range c.Identity {
		out.Append(p.String(), values[n])
	}
	return out.Raw()
}

// IdentityFrom is IdentityDocument of what a document is moved from.
func (c *Collection) IdentityFrom(m *Move) bson.Raw {
	out := doc.NewBuilder(64)
	for i, p := range c.Identity {
		out.Append(p.String(), m.From[i])
	}
	return out.Raw()
}
