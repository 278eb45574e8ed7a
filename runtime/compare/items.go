package compare

// What the report has of a document. In: a planned write, or a document of which
// nothing is written; out: an item, with nothing in it that nobody may see. Pure.

import (
	"cmp"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Item is that of a write.
func (c *Collection) Item(w *Write) change.DocumentItem {
	switch {
	case w.Wanted < 0:
		item := change.DocumentItem{
			Action: "delete", Identity: change.DocumentValue(c.IdentityDocument(w.Before)), ID: change.Value{RawValue: c.idShown(w.ID())},
			Origin: c.Prune.Origin, Changes: []change.Change{},
		}
		c.putDocument(&item, w.Before, c.AnyMask())
		return item
	case w.Before == nil:
		item := c.desiredItem("insert", w.Wanted)
		item.ID = change.Value{RawValue: c.mask(w.Wanted, true).Value(doc.Path{"_id"}, w.ID())}
		item.Changes = openPlaces(w.After, c.secrets.of(w.Wanted))
		c.putDocument(&item, w.After, c.mask(w.Wanted, true))
		return item
	}
	item := c.desiredItem("update", w.Wanted)
	if w.Move != nil {
		item.Action, item.From = "move", change.DocumentValue(c.IdentityFrom(w.Move))
	}
	item.ID, item.Changes = change.Value{RawValue: c.idShown(w.ID())}, c.changes(w)
	return item
}

// UnknownItem is that of a document of which only secrets may differ.
func (c *Collection) UnknownItem(u *UnknownItem) change.DocumentItem {
	item := c.desiredItem("unknown", u.wanted)
	item.ID, item.Changes = change.Value{RawValue: c.idShown(u.live.Lookup("_id"))}, openPlaces(u.live, u.fields)
	return item
}

// AbsentItem is that of a document that the destination lacks and that is not inserted.
func (c *Collection) AbsentItem(i int) change.DocumentItem { return c.desiredItem("absent", i) }

func (c *Collection) desiredItem(action string, i int) change.DocumentItem {
	d := c.Documents[i]
	return change.DocumentItem{
		Action: action, Identity: change.DocumentValue(c.IdentityDocument(c.Raw(i))), Origin: cmp.Or(d.Origin, c.Origin), Changes: []change.Change{},
	}
}
