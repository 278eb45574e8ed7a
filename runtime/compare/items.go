package compare

// What the report has of a document. In: a planned write, or a document of which
// nothing is written; out: an item, with nothing in it that nobody may see. Pure.

import (
	"cmp"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
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

// KeptItem is that of desired document i of which the destination keeps what a write would
// change; nil: that would insert it.
func KeptItem(c *Collection, i int, w *Write) change.DocumentItem {
	item := c.desiredItem("keep", i)
	if w != nil {
		item.ID, item.Changes = change.Value{RawValue: c.idShown(w.ID())}, c.changes(w)
	}
	return item
}

// KeptDocument is that of a document that no rule wants, and that stays.
func KeptDocument(c *Collection, d bson.Raw) change.DocumentItem {
	return change.DocumentItem{
		Action: "keep", Identity: change.DocumentValue(c.IdentityDocument(d)), ID: change.Value{RawValue: c.idShown(d.Lookup("_id"))},
		Origin: c.RuleOrigin(desired.DriftRule, c.Origin), Changes: []change.Change{},
	}
}

func (c *Collection) desiredItem(action string, i int) change.DocumentItem {
	d := c.Documents[i]
	return change.DocumentItem{
		Action: action, Identity: change.DocumentValue(c.IdentityAt(i)), Origin: cmp.Or(d.Origin, c.Origin), Changes: []change.Change{},
	}
}
