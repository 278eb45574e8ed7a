package changeset

// What Extended JSON cannot hand on. In: the steps of a plan; out: nothing, or why the tool that
// reads the text would write another document: a text that is not UTF-8, a field called as a
// wrapper is ({"$numberInt": "7"} is read as 7), names that JavaScript sorts.

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/doc"
)

// readable holds what the texts of a form are read as against what they are of. A mongosh
// script has no way back in it.
func (p Plan) readable(form string) error {
	for _, s := range p.Steps {
		documents := []bson.Raw{s.Command.Document}
		if look := s.Look.command(); look != nil {
			documents = append(documents, look)
		}
		if form != "mongosh" {
			documents = append(documents, s.Back...)
		}
		for _, d := range documents {
			if form == "mongosh" {
				reason, bad := mongosh.CannotHold(d)
				if !bad {
					reason = misread(d, nil)
				}
				if reason != "" {
					return fmt.Errorf("%s: %s", s.Title, reason)
				}
			}
			if read, err := doc.ParseExtJSON([]byte(text(d))); err != nil || !bytes.Equal(read, d) {
				return fmt.Errorf("%s: it has a text that is not UTF-8, or a field with a name such as $oid or $date, which Extended JSON takes for a value", s.Title)
			}
		}
	}
	return nil
}

// misread says which field of a document JavaScript would take for something else, or move; empty: none.
func misread(d bson.Raw, at doc.Path) string {
	order := newOrder()
	for name, v := range doc.Fields(d) {
		path := append(at[:len(at):len(at)], name)
		reason := order.add(name, path)
		switch v.Type {
		case bson.TypeEmbeddedDocument, bson.TypeArray: // the names of elements are in order: CannotHold
			if reason == "" {
				reason = misread(v.Value, path)
			}
		}
		if reason != "" {
			return reason
		}
	}
	return ""
}

// order is where the names of an object are in JavaScript's order.
type order struct {
	last int64 // the number that the field before is named by; -2: it has another name
}

func newOrder() order { return order{last: -1} }

// add takes the next name; the reason says why an object would not have it, or not there.
func (o *order) add(name string, path doc.Path) (reason string) {
	switch n, numbered := arrayIndex(name); {
	case name == "__proto__" || name == "_bsontype":
		return fmt.Sprintf("the name of %s means something else to mongosh", path)
	case numbered && n <= o.last || numbered && o.last == -2:
		return fmt.Sprintf("%s is named by a number and stands after others, where JavaScript would not leave it", path)
	case numbered:
		o.last = n
	default:
		o.last = -2
	}
	return ""
}

// arrayIndex is the number of a name that JavaScript puts in front of others: an array
// index, 0 to 2^32-2 (ECMAScript, OrdinaryOwnPropertyKeys).
func arrayIndex(name string) (int64, bool) {
	n, err := strconv.ParseInt(name, 10, 64)
	return n, err == nil && n >= 0 && n < math.MaxUint32 && strconv.FormatInt(n, 10) == name
}
