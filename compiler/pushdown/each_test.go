package pushdown_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// visits is what is done with the elements of a list, which have the name e.
func (w *writer) visits(n, depth int) string {
	outer := w.names
	defer func() { w.names = outer }()
	e := fmt.Sprintf("e%d", depth)
	w.names = append(append([]string{}, w.names...), e)
	var b strings.Builder
	for i := range n {
		to := w.pick(e, e+".sku", e+".q", e+".sub", e+".new", e+".new.x", e+".'a.b'")
		switch w.IntN(10) {
		case 0, 1, 2:
			fmt.Fprintf(&b, "set %s = %s\n", to, w.anything(1))
		case 3:
			fmt.Fprintf(&b, "create %s = %s\n", w.pick(e+".fresh", e+".fresh", to), w.anything(1))
		case 4:
			fmt.Fprintf(&b, "remove %s\n", w.pick(e, e+".q", e+".sub", e+".nope.x"))
		case 5:
			fmt.Fprintf(&b, "rename %s to %s\n", w.pick(e+".sku", e+".q", e+".nope"), w.pick(e+".code", e+".new.y", e+".sub"))
		case 6:
			fmt.Fprintf(&b, "where %s { %s }%s\n", w.condition(1), w.visits(1, depth), w.pick("", " else { "+w.visits(1, depth)+" }"))
		case 7:
			fmt.Fprintf(&b, "add %s to %s\n", w.anything(1), w.pick(e, e+".sub", e+".list"))
		case 8:
			fmt.Fprintf(&b, "let y%d%d%d = %s\nset %s = y%d%d%d\n", depth, n, i, w.anything(1), to, depth, n, i)
		case 9:
			if depth < 2 {
				b.WriteString(w.each(w.pick(e+".sub", e+".sub", e, e+".q"), depth+1))
			}
		}
	}
	return b.String()
}

func (w *writer) each(list string, depth int) string {
	e := fmt.Sprintf("e%d", depth)
	var cond string
	w.names = append(w.names, e)
	if w.IntN(3) == 0 {
		cond = " where " + w.pick(w.condition(1), e+" is object", e+".sku is present", e+` != "z"`)
	}
	w.names = w.names[:len(w.names)-1]
	return fmt.Sprintf("each %s in %s%s%s {\n%s}\n", e, list, cond, w.pick("", "", " expect any", " expect 1", " expect 1 to 2", " expect 0 to 9"), w.visits(1+w.IntN(3), depth))
}

// What becomes of the elements of lists is as in the evaluator.
func TestRandomVisits(t *testing.T) {
	n, seed := soak(t, 16), uint64(140404)
	_, sample := evalTests(t)
	sample = strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1)
	d := document(t, sample)
	s := newServer(t, d)
	counts, refusedBy := map[string]int{}, map[string]int{}
	for i := range n {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		text := w.each(w.pick("items", "items", "items", "tags", "nums", "grid", "nope", "none", "o.list", "n", "items.x", "s", "empty"), 1)
		if w.IntN(3) == 0 {
			text = "where " + w.condition(1) + " {\n" + text + "}\n"
		}
		s.judge(t, testEnv(), text+w.pick("", "set i = length(items)\n"), d, counts, refusedBy)
	}
	t.Logf("seed %d, %d programs: %v; refused %v", seed, n, counts, refusedBy)
	if counts["same bytes"] < n/8 {
		t.Errorf("of %d programs only %d gave a document on both", n, counts["same bytes"])
	}
}
