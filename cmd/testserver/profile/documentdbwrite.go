package profile

// What DocumentDB makes of an update, as documentdb.go says. In: one statement; out: its
// reply, and what is kept.

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// documentDBErrors: a duplicate key names the index alone, and what a validator forbids
// has a code of its own.
func documentDBErrors(reply bson.Raw) (bson.Raw, error) {
	list, has := reply.Lookup("writeErrors").ArrayOK()
	if !has {
		return reply, nil
	}
	errors := bson.A{}
	each(bson.Raw(list), func(_ string, v bson.RawValue) {
		e := v.Document()
		code, _ := e.Lookup("code").AsInt64OK()
		said, _ := e.Lookup("errmsg").StringValueOK()
		out := bson.D{{Key: "index", Value: e.Lookup("index")}, {Key: "code", Value: e.Lookup("code")}, {Key: "errmsg", Value: said}}
		switch code {
		case 11000:
			_, index, _ := strings.Cut(said, " index: ")
			index, _, _ = strings.Cut(index, " dup key")
			out[2].Value = "Duplicate key violation on the requested collection: Index '" + index + "'"
		case 121:
			out[1].Value, out[2].Value = int32(525074461), "Document failed validation"
		}
		errors = append(errors, out)
	})
	return edit(reply, func(name string, v bson.RawValue) (any, bool) {
		if name == "writeErrors" {
			return errors, true
		}
		return v, true
	})
}

// update carries out one statement.
func (s *documentDB) update(c wire.Command, pass pass, one statement, send func(bson.Raw) (bson.Raw, error)) (bson.Raw, error) {
	if mentions(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: one.raw}, "$$NOW") {
		return wrong(9, noNow)
	}
	replaces := one.update.Type == bson.TypeArray && (mentions(one.update, "$replaceWith") || mentions(one.update, "$replaceRoot"))
	update, _ := one.update.DocumentOK()
	first, err := update.IndexErr(0)
	if replaces || one.update.Type == bson.TypeEmbeddedDocument && (err != nil || !strings.HasPrefix(first.Key(), "$")) {
		reply, err := send(one.raw)
		if err != nil {
			return nil, err
		}
		if n, _ := reply.Lookup("n").AsInt64OK(); n > 0 {
			s.mark(c, idOf(one.filter), replaces && !literalWithoutID(one.update))
		}
		return reply, nil
	}
	return setting(c, pass, one, update, send)
}

// literalWithoutID: `[{$replaceWith: {$literal: d}}]` where d has no `_id`. The document keeps its own then, once;
// what any other $replaceWith writes has its `_id` twice.
func literalWithoutID(pipeline bson.RawValue) bool {
	document, is := pipeline.Array().Index(0).Document().Lookup("$replaceWith", "$literal").DocumentOK()
	return is && document.Lookup("_id").IsZero()
}

// setting carries out a statement of operators.
func setting(c wire.Command, pass pass, s statement, update bson.Raw, send func(bson.Raw) (bson.Raw, error)) (bson.Raw, error) {
	set, has := update.Lookup("$set").DocumentOK()
	if !has || s.multi {
		return send(s.raw)
	}
	document, err := found(c, pass, s.filter)
	if err != nil {
		return nil, err
	}
	if document == nil {
		return send(s.raw)
	}
	// A value of the same type that compares as equal is no change.
	var kept, added bson.D
	each(set, func(path string, v bson.RawValue) {
		before, there := at(document, path)
		switch {
		case there && before.Type == v.Type && !identical(before, v) && equal(before, v):
		case !there && !strings.Contains(path, "."):
			added = append(added, bson.E{Key: path, Value: v})
		default:
			kept = append(kept, bson.E{Key: path, Value: v})
		}
	})
	// New fields arrive in the order given, not sorted: one after the other, where that tells.
	var later bson.D
	if sorted := func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) }; slices.IsSortedFunc(added, sorted) {
		kept = append(kept, added...)
	} else {
		kept, later = append(kept, added[0]), added[1:]
	}
	changed := bson.D{}
	each(update, func(name string, v bson.RawValue) {
		if name != "$set" {
			changed = append(changed, bson.E{Key: name, Value: v})
		}
	})
	if len(kept) > 0 {
		changed = append(bson.D{{Key: "$set", Value: kept}}, changed...)
	}
	if len(changed) == 0 { // it matches, and changes nothing
		changed = bson.D{{Key: "$unset", Value: bson.D{{Key: "\x01no such field", Value: ""}}}}
	}
	one, err := s.replaced(s.filter, changed)
	if err != nil {
		return nil, err
	}
	reply, err := send(one)
	if err != nil {
		return nil, err
	}
	if n, _ := reply.Lookup("n").AsInt64OK(); n == 0 {
		return reply, nil
	}
	id, err := bson.Marshal(bson.D{{Key: "_id", Value: document.Lookup("_id")}})
	if err != nil {
		return nil, err
	}
	for _, field := range later {
		one, err := s.replaced(id, bson.D{{Key: "$set", Value: bson.D{field}}})
		if err != nil {
			return nil, err
		}
		if _, err := send(one); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// equal compares numbers across their types, and documents and arrays field by field.
func equal(a, b bson.RawValue) bool {
	x, isNumber := number(a)
	y, isNumberToo := number(b)
	if isNumber && isNumberToo {
		return x.Cmp(y) == 0
	}
	if identical(a, b) || a.Type == bson.TypeDouble && b.Type == bson.TypeDouble && math.IsNaN(a.Double()) && math.IsNaN(b.Double()) {
		return true
	}
	if a.Type == bson.TypeCodeWithScope && b.Type == a.Type {
		code, scope := a.CodeWithScope()
		other, scopeToo := b.CodeWithScope()
		return code == other && equal(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: scope}, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: scopeToo})
	}
	if a.Type != b.Type || a.Type != bson.TypeEmbeddedDocument && a.Type != bson.TypeArray {
		return false
	}
	left, err := bson.Raw(a.Value).Elements()
	right, failed := bson.Raw(b.Value).Elements()
	if err != nil || failed != nil || len(left) != len(right) {
		return false
	}
	for i := range left {
		if left[i].Key() != right[i].Key() || !equal(left[i].Value(), right[i].Value()) {
			return false
		}
	}
	return true
}

// number is a finite number exactly.
func number(v bson.RawValue) (*big.Rat, bool) {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64:
		return new(big.Rat).SetInt64(v.AsInt64()), true
	case bson.TypeDouble:
		if f := v.Double(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return new(big.Rat).SetFloat64(f), true
		}
	case bson.TypeDecimal128:
		digits, exponent, err := v.Decimal128().BigInt()
		if err != nil {
			return nil, false
		}
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
		r := new(big.Rat).SetInt(digits)
		if exponent < 0 {
			return r.Quo(r, new(big.Rat).SetInt(power)), true
		}
		return r.Mul(r, new(big.Rat).SetInt(power)), true
	}
	return nil, false
}
