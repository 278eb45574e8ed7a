package undo

// What a unique index refused. In: documents that are written when all else is; out: they
// are written then, or left.

import (
	"cmp"
	"context"

	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/order"
	"github.com/hayone1/mongocd/runtime/stores"
)

// postponed are documents that a unique index refused.
type postponed struct {
	ns        stores.Namespace
	documents []*reversal
	reason    string // what the server said
}

// writePostponed writes what a unique index has refused, when all else is
// written: once more as it is, then, for values that change places, all of a
// collection in one transaction.
func (u *run) writePostponed(ctx context.Context) error {
	byPlace := map[stores.Namespace][]postponed{}
	var places []stores.Namespace
	for _, p := range u.postponed {
		if byPlace[p.ns] == nil {
			places = append(places, p.ns)
		}
		byPlace[p.ns] = append(byPlace[p.ns], p)
	}
	for _, ns := range places {
		var all []*reversal
		reason := ""
		for _, p := range byPlace[ns] {
			pending, duplicate, err := u.once(ctx, ns, p.documents, u.at.store.Write)
			if err != nil {
				return err
			}
			all, reason = append(all, pending...), cmp.Or(duplicate, p.reason)
		}
		place, err := u.at.placeOf(ctx, ns)
		if err != nil {
			return err
		}
		if size := 0; len(all) > 0 && u.transacts(place) {
			for _, v := range all {
				op := v.transacted()
				w := compare.Write{Op: op}
				v.op, size = &op, size+w.Size()
			}
			if len(all) <= order.TransactionDocuments && size <= order.TransactionBytes {
				if all, _, err = u.once(ctx, ns, all, u.at.store.Transact); err != nil {
					return err
				}
			}
		}
		leaveAll(all, reason)
		for _, p := range byPlace[ns] {
			for _, v := range p.documents {
				v.postponed = false
			}
			u.forget(ns, p.documents)
		}
	}
	return nil
}
