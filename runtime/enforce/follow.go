package enforce

// Documents that get another identity. In: an observation whose documents are matched
// by their identities; out: the twins that move, chains that stand, and deletes of what
// gets another `_id`; and notes about a delete and an insert that look like a move.
// Reads nothing; the rules are docs/enforcement.md, Moves.

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/structure"
)

// follow gives desired documents the twins that move to their identities.
func (l *observation) follow() {
	if len(l.c.Collection.Moves) == 0 || l.c.Mode == desired.Structure {
		return
	}
	old := map[string][]bson.Raw{} // by the key of an identity that no desired document has
	for _, d := range l.others {
		if key, ok := l.c.IdentityOf(d); ok {
			old[doc.Key(key...)] = append(old[doc.Key(key...)], d)
		}
	}
	of := func(values []bson.RawValue) []bson.Raw {
		if i, ok := l.keys.Find(values...); ok {
			return l.twins.Of(i)
		}
		return old[doc.Key(values...)]
	}
	target := func(move int) int {
		i, _ := l.keys.Find(l.c.Collection.Moves[move].To...)
		return i
	}
	found := compare.Moves{Collection: l.c}.Find(func(values []bson.RawValue) bool { return len(of(values)) > 0 })
	l.moved, l.stuck = map[int]*desired.Move{}, map[int]bool{}
	for _, first := range append(slices.Clone(found.Both), found.Unclear...) {
		stopChain(l, first, slices.Contains(found.Unclear, first), of)
	}
	going := map[int][]bson.Raw{}
	for _, n := range found.Now {
		going[n] = of(l.c.Collection.Moves[n].From)
	}
	leaving := map[string]bool{}
	for _, n := range found.Now { // a chain from its end on, so that none is given away twice
		if i, ok := l.keys.Find(l.c.Collection.Moves[n].From...); ok {
			l.twins.Set(i, nil)
		}
	}
	for _, n := range found.Now {
		l.twins.Set(target(n), going[n])
		l.moved[target(n)] = &l.c.Collection.Moves[n]
		for _, d := range going[n] {
			leaving[doc.Key(d.Lookup("_id"))] = true
		}
	}
	l.others = slices.DeleteFunc(l.others, func(d bson.Raw) bool { return leaving[doc.Key(d.Lookup("_id"))] })
}

// stopChain sees to a chain of moves that cannot be told. Where a single document was
// inserted with its new `_id` and its old one was not deleted any more, that is done now.
func stopChain(l *observation, first int, unclear bool, of func([]bson.RawValue) []bson.Raw) {
	m := &l.c.Collection.Moves[first]
	i, _ := l.keys.Find(m.To...)
	old, now := of(m.From), of(m.To)
	end := first + 1
	for end < len(l.c.Collection.Moves) && doc.Key(l.c.Collection.Moves[end].From...) == doc.Key(l.c.Collection.Moves[end-1].To...) {
		end++
	}
	if !unclear && end == first+1 && len(old) == 1 && len(now) == 1 && (compare.Moves{Collection: l.c}).Followed(i, old[0], now[0]) {
		l.followed = append(l.followed, old[0])
		l.others = slices.DeleteFunc(l.others, func(d bson.Raw) bool { return doc.Same(d.Lookup("_id"), old[0].Lookup("_id")) })
		return
	}
	t, pairs := change.MoveBoth, []string{"from", change.ShowDocument(l.c.IdentityFrom(m)), "to", l.identity(i), "ids", idTexts(l.c, slices.Concat(old, now))}
	if unclear {
		t = change.MoveUnclear
	}
	l.conflict(t, i, nil, pairs...)
	l.conflicts[len(l.conflicts)-1].Origin = m.Origin
	for _, m := range l.c.Collection.Moves[first:end] { // nothing is done about a chain that stands
		stuck, _ := l.keys.Find(m.To...)
		l.stuck[stuck] = true
	}
}

// leave plans to delete a document that is inserted with another `_id`.
func (l *observation) leave(d bson.Raw) {
	w := compare.Deletion(d)
	structure.AddShardKey(&w.Op.Guard, l.shardKey, w.Before)
	l.checkSize(&w, -1, func() string { return change.ShowDocument(l.c.IdentityDocument(d)) })
	l.deletes = append(l.deletes, compare.Plan(&w, nil))
	l.leaving++
}

// pruned are the deletes of what nobody wants.
func (l *observation) pruned() []compare.Planned { return l.deletes[l.leaving:] }

// pairs of inserts and deletes that are looked at, and notes of a collection.
//
//js:table
const (
	lookAlikePairs = 400
	lookAlikeNotes = 3
	noteLookAlike  = "in {namespace} {from} is deleted and {to} inserted, which is the same but for that: to keep the document with what is its own, write `moved {old} to {new}` in its `sync`"
)

// lookAlikes are the notes about an observation: about an insert and a delete that look
// like each other and like nothing else.
func lookAlikes(l *observation) (notes []string) {
	var inserts []int // desired documents
	for i := range l.writes {
		if l.writes[i].New() {
			inserts = append(inserts, l.writes[i].Wanted)
		}
	}
	gone := l.pruned()
	if len(inserts)*len(gone) > lookAlikePairs || l.c.Mode == desired.Insert {
		return nil
	}
	like, times := make([][]int, len(inserts)), make([]int, len(gone))
	for i, wanted := range inserts {
		for n := range gone {
			if (compare.Moves{Collection: l.c}).LooksLike(wanted, gone[n].Live(l.c)) {
				like[i], times[n] = append(like[i], n), times[n]+1
			}
		}
	}
	for i, wanted := range inserts {
		if len(like[i]) != 1 || times[like[i][0]] != 1 || len(notes) == lookAlikeNotes {
			continue
		}
		d, to := gone[like[i][0]].Live(l.c), l.c.Raw(wanted)
		notes = append(notes, change.Fill(noteLookAlike, "namespace", change.Clean(l.ns.String()),
			"from", change.ShowDocument(l.c.IdentityDocument(d)), "to", l.identity(wanted), "old", identityLiteral(l, d), "new", identityLiteral(l, to)))
	}
	return notes
}

// identityLiteral is an identity as `moved` has it.
func identityLiteral(l *observation, d []byte) string {
	values, _ := l.c.IdentityOf(d)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = change.ShowValue(v)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
