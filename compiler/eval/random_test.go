package eval

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/runtime/doc"
)

// writer makes random statements that parse, over the fields of sample.
type writer struct {
	*rand.Rand
	vars []string
}

func (w *writer) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w *writer) path() string {
	if len(w.vars) > 0 && w.IntN(3) == 0 {
		return w.vars[w.IntN(len(w.vars))] + w.pick("", "", ".sku", ".sub", "[0]", ".q", ".k")
	}
	return w.pick("i", "l", "d", "dec", "s", "t", "n", "nope", "tags", "nums", "none", "o", "o.a", "o.b.c", "o.'a.b'", "items", "items[]", "items[].sub[].n", "items[0].sku",
		"tags[1]", "grid[][].v", "this", "_id", "date", "oid", "uuid", "bin", "re", "maxl", "minl", "nan", "inf", "huge", "dec34", "min", "sym")
}

func (w *writer) expr(depth int) string {
	if depth <= 0 {
		return w.pick(w.path(), w.path(), w.path(), "0", "1", "-1", "0.1", "2147483648", "9223372036854775807", "1e400", `"x"`, `"${i}"`, "true", "false", "null", "[]", "{}", `/l+/i`)
	}
	e := func() string { return w.expr(depth - 1 - w.IntN(2)) }
	switch w.IntN(14) {
	case 0, 1:
		return "(" + e() + w.pick(" + ", " - ", " * ", " / ", " % ") + e() + ")"
	case 2, 3:
		return "(" + e() + w.pick(" == ", " != ", " < ", " <= ", " > ", " >= ", " in ", " not in ", " ?? ") + e() + ")"
	case 4:
		return "(" + w.condition(depth-1) + w.pick(" and ", " or ") + w.condition(depth-1) + ")"
	case 5:
		return "(if " + w.condition(depth-1) + " then " + e() + " else " + e() + ")"
	case 6:
		return "[" + e() + ", " + e() + "]"
	case 7:
		return "{a: " + e() + ", " + w.pick("b", "[s]", "["+e()+"]") + ": " + e() + "}"
	case 8:
		in := e()
		w.vars = append(w.vars, "v")
		defer func() { w.vars = w.vars[:len(w.vars)-1] }()
		clauses := w.pick("", " where "+w.condition(depth-1)) + w.pick("", " sort by "+e()+w.pick("", " desc")+w.pick("", ", v"))
		if w.IntN(3) == 0 {
			return "{ [" + w.pick("string(v)", "v.key", "v.sku", e()) + "]: " + e() + " for v in " + w.pick(in, "entries("+in+")") + clauses + " }"
		}
		return "[" + e() + " for v in " + in + clauses + "]"
	case 9:
		return `"a${` + e() + `}b"`
	case 10:
		return "(-" + e() + ")"
	case 11:
		return w.condition(depth)
	default:
		f := function.All()[w.IntN(len(function.All()))]
		n := len(f.Params)
		if n > 0 && f.Params[n-1].Optional && w.IntN(2) == 0 {
			n--
		}
		args := make([]string, n)
		for i := range args {
			args[i] = e()
		}
		return f.Name + "(" + strings.Join(args, ", ") + ")"
	}
}

func (w *writer) condition(depth int) string {
	switch w.IntN(5) {
	case 0:
		return "(" + w.expr(depth-1) + " is " + w.pick("missing", "not null", "number", "array") + ")"
	case 1:
		return "(" + w.expr(depth-1) + " matches /l+(o?)/)"
	case 2:
		in := w.expr(depth - 1)
		w.vars = append(w.vars, "v")
		defer func() { w.vars = w.vars[:len(w.vars)-1] }()
		return "(" + w.pick("any", "every") + " v in " + in + " has " + w.expr(depth-1) + " == 1)"
	case 3:
		return "not (" + w.expr(depth-1) + " == " + w.expr(depth-1) + ")"
	}
	return "(" + w.expr(depth-1) + " between " + w.expr(depth-1) + " and " + w.expr(depth-1) + ")"
}

// within writes statements that see a name more.
func (w *writer) within(name string, n int) string {
	w.vars = append(w.vars, name)
	defer func() { w.vars = w.vars[:len(w.vars)-1] }()
	return w.statements(n)
}

func (w *writer) statements(n int) string {
	var b strings.Builder
	for range n {
		target := w.pick("i", "s", "o.a", "o.new.x", "fresh", "items[0].sku", "o", "_id", "this.'a.b'", "tags[1]", "n.x")
		if len(w.vars) > 0 && w.IntN(2) == 0 {
			target = w.vars[w.IntN(len(w.vars))] + w.pick("", "", ".sku", ".new", ".sub[0].n", ".sub")
		}
		switch w.IntN(13) {
		case 0, 1:
			fmt.Fprintf(&b, "set %s = %s\n", target, w.expr(3))
		case 2:
			fmt.Fprintf(&b, "create %s = %s\n", target, w.expr(2))
		case 3:
			fmt.Fprintf(&b, "remove %s, %s\n", target, w.pick("d", "items[1]", "o.b.c"))
		case 4:
			fmt.Fprintf(&b, "rename %s to %s\n", w.pick("i", "o.a", "o.b", "items"), w.pick("j", "o.c", "o.b.z", "_id", "x.y"))
		case 5:
			fmt.Fprintf(&b, "where %s { %s }%s\n", w.condition(2), w.statements(2), w.pick("", "", " else { "+w.statements(1)+" }", " else where "+w.condition(1)+" expect any { "+w.statements(1)+" } else expect any { "+w.statements(1)+" }"))
		case 7, 8:
			name := fmt.Sprintf("e%d", len(w.vars))
			array := w.pick("items", "items", "tags", "nums", "grid", "none", "nope", "s", "o.list", "grid[0]", "items[0].sub")
			if len(w.vars) > 0 && w.IntN(2) == 0 {
				array = w.vars[len(w.vars)-1] + w.pick("", ".sub", ".sub", ".q")
			}
			w.vars = append(w.vars, name)
			where := w.pick("", "", " where "+w.condition(1), " where "+name+" is object", " where "+name+".sub is array expect any")
			w.vars = w.vars[:len(w.vars)-1]
			body := ""
			if len(w.vars) < 3 {
				body = w.within(name, 1+w.IntN(2))
			}
			form := w.pick("each %s in %s%s { %s }\n", "each %s in %s%s { %s }\n", "each k, %s in %s%s { %s }\n", "each %s at any depth of %s%s { %s }\n", "each k, %s at any depth of %s%s { %s }\n")
			array = w.pick(array, array, "o", "this", "items", "z")
			fmt.Fprintf(&b, form, name, array, where, body)
		case 9:
			fmt.Fprintf(&b, "add %s to %s\n", w.expr(2), w.pick("tags", "nums", "none", "o.list", target))
		case 10:
			if len(w.vars) > 0 {
				fmt.Fprintf(&b, "where %s { remove %s }\n", w.condition(1), w.vars[w.IntN(len(w.vars))])
			}
		case 11:
			name := fmt.Sprintf("k%d", len(w.vars))
			fmt.Fprintf(&b, "lookup %s in c where %s.k == %s expect 0 to 1\n", name, name, w.expr(1))
			b.WriteString(w.within(name, 1))
		case 12:
			fmt.Fprintf(&b, "set %s = %s\n", target, w.pick(`secret("A")`, `"x${secret("B")}y${i}"`, `[secret("C"), {k: secret("D")}]`))
		case 6:
			fmt.Fprintf(&b, "let z = %s\ncreate fresh%d = z\ncheck %s\n", w.expr(2), w.IntN(9), w.condition(2))
		}
	}
	return b.String()
}

// runAll compiles and runs; it reports whether the document got through.
func runAll(t *testing.T, text string, d bson.Raw) bool {
	t.Helper()
	stmts, err := parseStatements(text)
	if err != nil {
		return false
	}
	others := []bson.Raw{document(t, `{"k":1,"sku":"A"}`), document(t, `{"k":"x","sub":[{"n":1}]}`), document(t, `{"k":["x"]}`), document(t, `{"k":true}`)}
	env := &Env{Name: "prod", Documents: func(*ast.Lookup) ([]bson.Raw, string) { return others, "a.c" }, NumericTypes: numericTypes(map[string][]string{"i": {"int"}, "o.a": {"int", "double"}, "fresh": {"decimal"}})}
	p, errs := env.Program(stmts)
	for _, e := range errs {
		if e.Code == "" || e.Message == "" {
			t.Errorf("an error without code or message: %+v", e)
		}
	}
	if errs != nil {
		return false
	}
	r := p.NewRun()
	out, fault := r.Apply(d)
	if fault == nil {
		if err := doc.ValidateStructure(out); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
		for _, s := range r.Secrets() {
			v := bson.Raw(out).Lookup(s.Path...)
			if v.Type != bson.TypeNull || len(s.Parts) == 0 {
				t.Errorf("%s: %v holds %v", text, s, v)
			}
		}
		if _, err := r.References(out); err != nil && (err.Code == "" || err.Span.IsZero()) {
			t.Errorf("%s: %+v", text, err)
		}
		for _, f := range p.CheckCollection([]bson.Raw{out, d}, [][]value.Secret{r.Secrets()}) {
			if f.Err != nil && (f.Err.Code == "" || f.Err.Span.IsZero()) {
				t.Errorf("%s: %+v", text, f.Err)
			}
		}
		again, fault := p.NewRun().Apply(d)
		if fault != nil || string(again) != string(out) {
			t.Errorf("%s: the second run differs (%v)", text, fault)
		}
		_, fault = r.Check(out)
		if fault != nil && (fault.Code == "" || fault.Span.IsZero()) {
			t.Errorf("%s: %+v", text, fault)
		}
		return true
	}
	if fault.Code == "" || fault.Span.IsZero() || fault.Message == "" {
		t.Errorf("%s: %+v", text, fault)
	}
	return false
}

// Random statements over a document with every type never panic, end, and
// leave a well-formed document or an error with a place.
func TestRandomStatements(t *testing.T) {
	const seed = 20261122
	d := document(t, sample)
	through, parsed := 0, 0
	for i := range 5000 {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		text := w.statements(1 + w.IntN(3))
		if _, err := parseStatements(text); err == nil {
			parsed++
		} else if i < 20 {
			t.Log(err)
		}
		if runAll(t, text, d) {
			through++
		}
	}
	t.Logf("seed %d: %d parsed, %d got through", seed, parsed, through)
	if parsed < 4500 || through < 200 {
		t.Errorf("of 5000 programs only %d parsed and %d got through", parsed, through)
	}
}

func FuzzApply(f *testing.F) {
	d := document(f, sample)
	for _, s := range []string{`set i = i + 1`, `where s matches /l+/ { remove o.b rename i to o.j }`, `create x = [v * 2 for v in nums where v > 1]`,
		`let a = merge(o, {z: 1.5}) set o = a check a.z == 1.5 else "no ${i}"`, `set items[0].sub[1].n = round(dec * 3, 1)`, `set s = "${upper(s)} ${date}"`,
		`set i = if any x in items[].sub[] has x.n == 3 then 1 else -1`, `set dec = decimal(1) / 3 % 0.1`,
		`each e in items where e is object { each f in e.sub where f.n > 1 { remove f } create e.n = length(items) add e.sku to tags }`,
		`each k, v at any depth of this where v is empty or k == "b" { remove v } each k, v in o { set v = k } where i not between 1 and 2 { set i = 2 } else { remove i }`,
		`let l = [k.key for k in entries(o) sort by k.key desc] each x in l { add x to tags } create m = { [x]: 1 for x in l }`,
		`lookup k in c where k.k == i expect any add k to nums set o.p = "${secret("A")}" rename o to p`,
		`check total(i) > count() set s = formatDate(addMonths(date, i), "%Y-%m", "Europe/Paris")`} {
		f.Add(s, []byte(d))
	}
	f.Fuzz(func(t *testing.T, text string, d []byte) {
		if len(text) > 500 || len(d) > 4000 || doc.Validate(d) != nil {
			return
		}
		runAll(t, text, d)
	})
}
