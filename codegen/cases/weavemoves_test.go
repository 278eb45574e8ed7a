package cases

// `moved` in random weaves. In: a sync's wanted documents; out: statements, right and
// wrong ones, and what the model makes of them.

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// moved is one statement.
type moved struct{ from, to any }

// moves are single ones and chains, the last statement of a sync.
func (w *weaver) moves() (statement, bool) {
	if !w.chance(30) || w.said("mode structure") {
		return statement{}, false
	}
	wrong := w.wrong
	var wanted []any
	for _, d := range w.results() {
		if v, there := model.Get(d, w.by[0]...); model.Identifies(v, there) {
			wanted = append(wanted, v)
		}
	}
	w.wrong = wrong // what is found here is found again
	w.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
	for i := 0; len(wanted) > 0 && (i == 0 || w.chance(40)); i++ {
		from := any(int32(900 + i))
		if w.by[0][0] == "_id" && w.name == "others" {
			from = fmt.Sprint("old-", i)
		}
		for n := 1 + w.IntN(3); n > 0 && len(wanted) > 0; n-- {
			w.moved = append(w.moved, moved{from, wanted[0]})
			from, wanted = wanted[0], wanted[1:]
		}
	}
	if w.chance(8) && len(w.moved) > 0 {
		m := pick(w.generator, w.moved)
		w.moved = append(w.moved, pick(w.generator, []moved{{m.to, m.from}, {int32(990), int32(991)}, {m.from, m.from}, {m.to, m.to}, {int32(990), m.to}}))
	}
	w.Shuffle(len(w.moved), func(i, j int) { w.moved[i], w.moved[j] = w.moved[j], w.moved[i] })
	var lines []string
	for _, m := range w.moved {
		lines = append(lines, fmt.Sprintf("moved %s to %s", w.literalText(m.from), w.literalText(m.to)))
	}
	return statement{text: strings.Join(lines, "\n")}, len(lines) > 0
}

func (w *weaver) literalText(v any) string {
	if text, is := v.(string); is {
		return fmt.Sprintf("'%s'", text)
	}
	return fmt.Sprint(v)
}

// chains are the moves of a database, each behind the one that moves to its place; what
// no document can follow is wrong.
func (w *weaver) chains(documents []bson.D) []desired.Move {
	value := func(v any) bson.RawValue { return w.raw(bson.D{{Key: "v", Value: v}}).Lookup("v") }
	key := func(v any) string { return doc.Key(value(v)) }
	wanted := map[string]bool{}
	for _, d := range documents {
		if v, there := model.Get(d, w.by[0]...); there {
			wanted[key(v)] = true
		}
	}
	bad := func() { w.wrong = append(w.wrong, "bad-move") }
	starts := map[string]moved{} // by where they start
	ends := map[string]bool{}
	for _, m := range w.moved {
		if _, twice := starts[key(m.from)]; twice || ends[key(m.to)] || key(m.from) == key(m.to) || !wanted[key(m.to)] {
			bad()
		}
		starts[key(m.from)], ends[key(m.to)] = m, true
	}
	var out []desired.Move
	for _, head := range w.moved {
		if ends[key(head.from)] {
			continue
		}
		if wanted[key(head.from)] {
			bad()
		}
		for m, more := head, true; more && len(out) < len(w.moved); m, more = starts[key(m.to)] {
			out = append(out, desired.Move{From: []bson.RawValue{value(m.from)}, To: []bson.RawValue{value(m.to)}})
		}
	}
	if len(out) < len(w.moved) {
		bad() // in a circle
	}
	return out
}

// before is the destination's document before its move, most of the time.
func (g *generator) before(c *desired.Collection, d bson.D) bson.D {
	at := strings.Split(c.Identity[0].String(), ".")
	v, there := model.Get(d, at...)
	i := slices.IndexFunc(c.Moves, func(m desired.Move) bool {
		return there && doc.Key(m.To[0]) == doc.Key(g.raw(bson.D{{Key: "v", Value: v}}).Lookup("v"))
	})
	if i < 0 || g.chance(30) {
		return d
	}
	var from any
	if err := c.Moves[i].From[0].Unmarshal(&from); err != nil {
		g.t.Fatal(err)
	}
	return model.Set(d, from, at...)
}
