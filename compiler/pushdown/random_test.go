package pushdown_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler/eval"
)

// writer makes random expressions over the fields of the sample of compiler/eval, of
// what is pushed down: mostly of fitting types, so that many give a value.
type writer struct {
	*rand.Rand
	names []string
}

func (w *writer) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w *writer) anything(depth int) string {
	switch w.IntN(9) {
	case 0:
		return w.number(depth)
	case 1:
		return w.text(depth)
	case 2:
		return w.condition(depth)
	case 3:
		return w.list(depth)
	case 4:
		return w.pick("{a: ", "{b: 1, a: ") + w.anything(depth-1) + "}"
	case 5:
		return "(" + w.anything(depth-1) + " ?? " + w.anything(depth-1) + ")"
	case 6:
		return "(if " + w.condition(depth-1) + " then " + w.anything(depth-1) + " else " + w.anything(depth-1) + ")"
	case 7:
		return w.pick("first", "last") + "(" + w.list(depth-1) + ")"
	}
	return w.path()
}

func (w *writer) path() string {
	if len(w.names) > 0 && w.IntN(2) == 0 {
		return w.pick(w.names...) + w.pick("", "", ".sku", ".q", ".sub", "[0]", ".k", ".key", ".value")
	}
	return w.pick("i", "l", "d", "dec", "s", "t", "n", "nope", "tags", "nums", "none", "o", "o.a", "o.b.c", "o.'a.b'", "o.'$x'", "items", "items[].sku", "items[0].sku", "items[].sub",
		"tags[1]", "tags[9]", "grid[0]", "_id", "date", "old", "oid", "uuid", "bin", "re", "ts", "maxl", "minl", "big", "nan", "inf", "negzero", "tenth", "huge", "dec34", "money", "empty", "min", "o.nope.x", "s.x")
}

func (w *writer) number(depth int) string {
	if depth <= 0 {
		return w.pick("i", "l", "d", "dec", "big", "maxl", "minl", "tenth", "negzero", "money", "huge", "0", "1", "-1", "2.5", "0.1", "100", "nums[0]", "o.a", w.path())
	}
	a, b := w.number(depth-1), w.number(depth-1-w.IntN(2))
	switch w.IntN(9) {
	case 0, 1, 2:
		return "(" + a + w.pick(" + ", " - ", " * ") + b + ")"
	case 3:
		return "(" + a + w.pick(" / ", " % ") + b + ")"
	case 4:
		return "(-" + a + ")"
	case 5:
		return "div(" + a + ", " + b + ")"
	case 6:
		return w.pick("abs", "floor", "ceil", "int", "long", "double", "decimal") + "(" + a + ")"
	case 7:
		return "length(" + w.pick(w.list(depth-1), w.text(depth-1)) + ")"
	}
	return w.pick("year", "month", "dayOfMonth") + "(" + w.date(depth-1) + ", \"UTC\")"
}

func (w *writer) date(depth int) string {
	if depth <= 0 {
		return w.pick("date", "date", "old", w.path())
	}
	return w.pick("addDays", "addHours", "addMonths") + "(" + w.date(depth-1) + ", " + w.pick("1", "-40", "13", "0") + ")"
}

func (w *writer) text(depth int) string {
	if depth <= 0 {
		return w.pick("s", "s", `"x"`, `"lo"`, "empty", "_id", "o.b.c", "tags[0]", `" \u{a0}é x "`, w.path())
	}
	a := w.text(depth - 1)
	switch w.IntN(8) {
	case 0:
		return `"<${` + w.pick(a, w.number(depth-1), w.path(), "oid", "date", "t") + `}>"`
	case 1:
		return w.pick("lower", "upper", "trim", "trimStart", "trimEnd", "string") + "(" + a + ")"
	case 2:
		return "replace(" + a + ", " + w.pick(`"l"`, `"lo"`, `"x"`) + ", " + w.pick(`""`, `"é"`, "s") + ")"
	case 3:
		return "slice(" + a + ", " + w.pick("0", "1", "3") + w.pick("", ", 3", ", 9") + ")"
	case 4:
		return "join(" + w.list(depth-1) + `, ", ")`
	case 5:
		return "(" + a + ` ?? "none")`
	}
	return a
}

func (w *writer) list(depth int) string {
	if depth <= 0 {
		return w.pick("tags", "nums", "none", "items", "items[].sku", "grid", "grid[0]", "[]", `["x", "z"]`, w.path())
	}
	a := w.list(depth - 1)
	switch w.IntN(8) {
	case 0:
		return "[" + w.anything(depth-1) + ", " + w.anything(depth-1) + "]"
	case 1:
		return w.pick("reverse", "distinct", "flatten") + "(" + a + ")"
	case 2:
		return "concat(" + a + ", " + w.list(depth-1) + ")"
	case 3:
		return "split(" + w.text(depth-1) + ", " + w.pick(`"l"`, `" "`) + ")"
	case 4:
		return w.pick("keys", "values", "entries") + "(" + w.pick("o", "items[0]", "this", w.path()) + ")"
	case 5:
		return "slice(" + a + ", " + w.pick("0", "1") + w.pick("", ", 1", ", 2") + ")"
	}
	return "[" + w.within(func() string { return w.anything(depth - 1) }) + " for v in " + a + w.pick("", " where "+w.within(func() string { return w.condition(depth - 1) })) + "]"
}

func (w *writer) within(body func() string) string {
	w.names = append(w.names, "v")
	defer func() { w.names = w.names[:len(w.names)-1] }()
	return body()
}

func (w *writer) condition(depth int) string {
	if depth <= 0 {
		return w.pick("t", "t", "true", "false", "i == 7", `s == "Hello"`, "nope == 1", "n is null", w.path())
	}
	a, b := w.anything(depth-1), w.anything(depth-1)
	switch w.IntN(11) {
	case 0:
		return "(" + a + w.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") + b + ")"
	case 1:
		return "(" + w.number(depth-1) + w.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") + w.number(depth-1) + ")"
	case 2:
		return "(" + w.text(depth-1) + w.pick(" == ", " < ", " >= ") + w.text(depth-1) + ")"
	case 3:
		return "(" + w.condition(depth-1) + w.pick(" and ", " or ") + w.condition(depth-1) + ")"
	case 4:
		return "(not " + w.condition(depth-1) + ")"
	case 5:
		return "(" + a + " is " + w.pick("", "not ") + w.pick("missing", "present", "null", "number", "empty", "string", "array", "object", "int", "date", "bool") + ")"
	case 6:
		return "(" + w.pick(a, w.text(depth-1)) + " matches " + w.pick("/l+(o?)/", "/^H/", "/o$/", "/^[a-zé]+$/i", "/a|e.l/s", "/^$/m", `/\d+/`, `/\S\s/`, "/[^lo]{2,3}/") + ")"
	case 7:
		return "(" + a + w.pick(" in ", " not in ") + w.pick("[1, \"x\", null]", "["+b+", 1.5]", w.list(depth-1)) + ")"
	case 8:
		return "(" + w.pick(w.number(depth-1), a) + w.pick(" between ", " not between ") + w.number(depth-1) + " and " + w.number(depth-1) + ")"
	case 9:
		return w.pick("startsWith", "endsWith", "contains") + "(" + w.text(depth-1) + ", " + w.text(depth-1) + ")"
	}
	return "(" + w.pick("any", "every") + " v in " + w.list(depth-1) + w.pick("", " where "+w.within(func() string { return w.condition(depth - 1) })) + " has " + w.within(func() string { return w.condition(depth - 1) }) + ")"
}

// Random expressions give the same bytes in the evaluator and on the server, or are at
// fault in both. In a soak there are five times as many as MONGOCD_SOAK says.
func TestRandomExpressions(t *testing.T) {
	const seed = 140401
	n := 400
	if soaked := soak(t, 0); soaked > 0 {
		n = 5 * soaked
	}
	_, sample := evalTests(t)
	d := document(t, strings.Replace(sample, `, "sym": {"$symbol": "s"}`, "", 1))
	s := newServer(t, d)
	env := &eval.Env{Name: "prod"}
	counts := map[string]int{}
	refusedBy := map[string]int{}
	var list []pushedText
	for i := range n {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		text := w.anything(1 + w.IntN(4))
		p, refused, err := compile(env, text)
		switch {
		case err != nil:
			counts["wrong for every document"]++
		case refused != "":
			counts["refused"]++
			refusedBy[refused]++
		default:
			list = append(list, p)
		}
	}
	compare(t, s, list, d, counts)
	t.Logf("seed %d, %d expressions: %v; refused %v", seed, n, counts, refusedBy)
	if counts["same bytes"] < n/5 {
		t.Errorf("of %d expressions only %d gave a value on both", n, counts["same bytes"])
	}
}

// soak is how many random cases there are: MONGOCD_SOAK, else the sample.
func soak(t *testing.T, sample int) int {
	t.Helper()
	text := os.Getenv("MONGOCD_SOAK")
	if text == "" {
		return sample
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
