package eval

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/runtime/doc"
)

// apply runs statements over one document: the result as Extended JSON, or
// "error CODE" and the error.
func apply(t testing.TB, env *Env, text, d string) (string, *value.Error) {
	t.Helper()
	p, errs := env.Program(statements(t, text))
	if errs != nil {
		return "compile error " + string(errs[0].Code), errs[0]
	}
	in := document(t, d)
	before := slices.Clone(in)
	r := p.NewRun()
	var out bson.Raw
	for range 2 { // what one document leaves behind does not reach the next
		var err *value.Error
		if out, err = r.Apply(in); err != nil {
			return "error " + string(err.Code), err
		}
	}
	if !slices.Equal(before, in) {
		t.Errorf("%s: the document given was changed", text)
	}
	if err := doc.Validate(out); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return documentText(t, out), nil
}

func TestChanges(t *testing.T) {
	const d = `{"_id":"k","a":"x","o":{"p":"y","q":{"r":"z"}},"l":["0","1","2"],"e":[{"k":"v"},{"k":"w"}],"n":null}`
	tests := []struct{ row, stmts, in, want string }{
		// write creates parents
		{"set keeps position", `set a = "new"`, d, `{"_id":"k","a":"new","o":{"p":"y","q":{"r":"z"}},"l":["0","1","2"],"e":[{"k":"v"},{"k":"w"}],"n":null}`},
		{"set keeps position inside", `set o.p = [1]`, `{"o":{"p":"y","q":1}}`, `{"o":{"p":[{"$numberInt":"1"}],"q":{"$numberInt":"1"}}}`},
		{"set creates where missing", `set b = true`, `{"a":1}`, `{"a":{"$numberInt":"1"},"b":true}`},
		{"set null", `set a = null`, `{"a":1}`, `{"a":null}`},
		{"create appends", `create b = "x" create c.d.e = "y"`, `{"a":"1"}`, `{"a":"1","b":"x","c":{"d":{"e":"y"}}}`},
		{"parents", `set o.q.s = "t"`, `{"o":{"p":"y"}}`, `{"o":{"p":"y","q":{"s":"t"}}}`},
		{"null parent", `set n.x = 1`, d, `error parent-not-object`},
		{"scalar parent", `set a.x = 1`, d, `error parent-not-object`},
		{"array parent", `set e.k = 1`, d, `error path-through-array`},
		{"_id first", `create _id = "i"`, `{"a":"1"}`, `{"_id":"i","a":"1"}`},
		{"nested _id is no _id", `create o._id = "i"`, `{"o":{"a":"1"}}`, `{"o":{"a":"1","_id":"i"}}`},
		{"create on a present field", `create a = 1`, d, `error field-exists`},
		{"create on null", `create n = 1`, d, `error field-exists`},
		{"create twice", `create b = 1 create b = 2`, d, `error field-exists`},
		{"set after create", `create b = 1 set b = 2`, `{}`, `{"b":{"$numberInt":"2"}}`},
		// dots, dollars and digits are plain names
		{"quoted segments", `set o.'a.b' = 1 set this.'$x' = 2 set o.'0' = 3`, `{"o":{"a":{"b":"keep"}}}`, `{"o":{"a":{"b":"keep"},"a.b":{"$numberInt":"1"},"0":{"$numberInt":"3"}},"$x":{"$numberInt":"2"}}`},
		{"name that is a word", `set this.in = "x"`, `{}`, `{"in":"x"}`},
		// positions
		{"position", `set l[1] = "new"`, `{"l":["0","1","2"]}`, `{"l":["0","new","2"]}`},
		{"position inside", `set e[1].k = "new" set e[0].z = "1"`, `{"e":[{"k":"v"},{"k":"w"}]}`, `{"e":[{"k":"v","z":"1"},{"k":"new"}]}`},
		{"position beyond the end", `set l[3] = "x"`, d, `error position-out-of-range`},
		{"position in a missing array", `set m[0] = "x"`, d, `error position-out-of-range`},
		{"position under a missing parent", `set m.n[0] = "x"`, d, `error position-out-of-range`},
		{"position in a scalar", `set a[0] = "x"`, d, `error not-an-array`},
		{"all elements", `set e[].k = 1`, d, `compile error bad-path`},
		{"the whole document", `set this = 1`, d, `compile error bad-path`},
		// remove
		{"remove", `remove a, o.q, n, nope, o.x.y`, d, `{"_id":"k","o":{"p":"y"},"l":["0","1","2"],"e":[{"k":"v"},{"k":"w"}]}`},
		{"remove through a scalar", `remove a.b`, `{"a":"x"}`, `{"a":"x"}`},
		{"remove an element", `remove l[0]`, `{"l":["0","1","2"]}`, `{"l":["1","2"]}`},
		{"remove in an element", `remove e[0].k, e[7].k`, `{"e":[{"k":"v"},{"k":"w"}]}`, `{"e":[{},{"k":"w"}]}`},
		{"remove through an array", `remove e.k`, d, `error path-through-array`},
		{"positions after removal", `remove l[0] set l[0] = "new"`, `{"l":["0","1","2"]}`, `{"l":["new","2"]}`},
		// rename
		{"rename keeps position", `rename a to b`, `{"x":1,"a":"v","y":"1"}`, `{"x":{"$numberInt":"1"},"b":"v","y":"1"}`},
		{"rename inside", `rename o.p to o.'x.y'`, `{"o":{"p":"y","q":"1"}}`, `{"o":{"x.y":"y","q":"1"}}`},
		{"rename to another parent", `rename o.p to p rename a to o.z.y`, `{"a":"1","o":{"p":{"k":"v"},"q":"2"}}`, `{"o":{"q":"2","z":{"y":"1"}},"p":{"k":"v"}}`},
		{"rename of a missing field", `rename nope to b`, `{"a":"1"}`, `{"a":"1"}`},
		{"rename onto a present field", `rename a to n`, d, `error field-exists`},
		{"rename into itself", `rename o to o.x`, d, `compile error bad-path`},
		{"rename to _id", `rename code to _id`, `{"a":"1","code":"c"}`, `{"_id":"c","a":"1"}`},
		{"rename of an element", `rename l[0] to x`, d, `compile error bad-path`},
		// where, for, let, order
		{"where", `where a == "x" { set a = "y" } where a == "x" { set a = "z" }`, `{"a":"x"}`, `{"a":"y"}`},
		{"where is strict", `where nope { set a = "y" }`, d, `error not-boolean`},
		{"for this environment", `for prod { set a = "prod" }`, `{"a":"x"}`, `{"a":"prod"}`},
		{"for its group", `for live, test { set a = "live" }`, `{"a":"x"}`, `{"a":"live"}`},
		{"for another", `for test { set a = upper(nope) }`, `{"a":"x"}`, `{"a":"x"}`},
		{"let is evaluated once, there", `let old = a set a = "new" create b = old`, `{"a":"x"}`, `{"a":"new","b":"x"}`},
		{"let survives later edits", `let old = o set o.p = "longer than before" remove a set o.q = old create c = old.p`, `{"a":"x","o":{"p":"y"}}`, `{"o":{"p":"longer than before","q":{"p":"y"}},"c":"y"}`},
		{"let in a block ends with it", `where true { let x = 1 } create y = x ?? "field"`, `{"a":"x"}`, `{"a":"x","y":"field"}`},
		{"let of a constant", `let x = 2 * 3 create y = x`, `{}`, `{"y":{"$numberInt":"6"}}`},
		{"let cannot be written", `let x = a set x = 1`, `{"a":"x"}`, `compile error bad-path`},
		{"each sees the one before", `set a = "${a}1" set a = "${a}2"`, `{"a":"x"}`, `{"a":"x12"}`},
		{"missing value", `set a = nope`, d, `error field-missing`},
		{"other statements are skipped", `only where a == 1 preserve a mode merge`, `{"a":"x"}`, `{"a":"x"}`},
		{"a field twice: the first counts", `set a = "new"`, `{"a":"1"}`, `{"a":"new"}`},
	}
	env := &Env{Name: "prod", Groups: []string{"live"}}
	for _, tt := range tests {
		got, err := apply(t, env, tt.stmts, tt.in)
		if got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s\n(%v)", tt.row, tt.stmts, got, tt.want, err)
		}
		if err != nil && (err.Span.IsZero() || err.Message == "") {
			t.Errorf("%s: the error has no place or no message: %+v", tt.stmts, err)
		}
	}
}

// docs/language-values.md, Values and types, untyped constants: they take the single numeric type of the
// field they are written to.
func TestConstantsTakeTheFieldsType(t *testing.T) {
	env := &Env{Name: "prod", NumericTypes: numericTypes(map[string][]string{
		"i": {"int"}, "l": {"long"}, "d": {"double"}, "dec": {"decimal"}, "mixed": {"int", "double"}, "o.l": {"long"}, "list[]": {"double"}, "e[].x": {"decimal"},
	})}
	env.Lets = map[string]value.Value{}
	for name, text := range map[string]string{"c": `9.90`, "obj": `{l: 5, other: 5}`} {
		v, errs := env.Constant(expression(t, text))
		if errs != nil {
			t.Fatal(errs)
		}
		env.Lets[name] = v
	}
	tests := []struct{ stmts, want string }{
		{`set i = 5`, `{"i":{"$numberInt":"5"}}`},
		{`set l = 5`, `{"l":{"$numberLong":"5"}}`},
		{`set d = 5`, `{"d":{"$numberDouble":"5.0"}}`},
		{`set d = 0.1`, `{"d":{"$numberDouble":"0.1"}}`},
		{`set dec = 9.90`, `{"dec":{"$numberDecimal":"9.90"}}`},
		{`set dec = c`, `{"dec":{"$numberDecimal":"9.90"}}`},
		{`set dec = c + 0.10`, `{"dec":{"$numberDecimal":"10.00"}}`},
		{`set l = per environment { prod: 7, else: 8 }`, `{"l":{"$numberLong":"7"}}`},
		{`set l = if nope is missing then 7 else 8`, `{"l":{"$numberLong":"7"}}`},
		{`set l = nope ?? 7`, `{"l":{"$numberLong":"7"}}`},
		{`set l = int(7)`, `{"l":{"$numberInt":"7"}}`},
		{`set o.l = 7`, `{"o":{"l":{"$numberLong":"7"}}}`},
		{`set o = {l: 7, n: 7}`, `{"o":{"l":{"$numberLong":"7"},"n":{"$numberInt":"7"}}}`},
		{`set o = obj`, `{"o":{"l":{"$numberLong":"5"},"other":{"$numberInt":"5"}}}`},
		{`set o = merge(obj, {l: 6})`, `{"o":{"l":{"$numberLong":"6"},"other":{"$numberInt":"5"}}}`},
		{`set list = [1, 2.5]`, `{"list":[{"$numberDouble":"1.0"},{"$numberDouble":"2.5"}]}`},
		{`set e = [{x: 1.0}]`, `{"e":[{"x":{"$numberDecimal":"1.0"}}]}`},
		{`create fresh = 3000000000`, `{"fresh":{"$numberLong":"3000000000"}}`},
		{`set i = 9.5`, `compile error not-representable`},
		{`set i = 3000000000`, `compile error not-representable`},
		{`set l = 9223372036854775808`, `compile error not-representable`},
		{`set d = 9007199254740993`, `compile error not-representable`},
		{`set mixed = 5`, `compile error ambiguous-number-type`},
		{`set mixed = int(5)`, `{"mixed":{"$numberInt":"5"}}`},
		{`set mixed = if nope is missing then 5 else 6`, `error ambiguous-number-type`},
	}
	for _, tt := range tests {
		got, err := apply(t, env, tt.stmts, `{}`)
		if got != tt.want {
			t.Errorf("%s\n got %s\nwant %s\n(%v)", tt.stmts, got, tt.want, err)
		}
	}
	_, err := apply(t, env, `set i = 9.5`, `{}`)
	if err == nil || !strings.Contains(err.Message, "`i` is int in the collection") || err.Span.Text() != "9.5" {
		t.Errorf("%+v", err)
	}
	_, err = apply(t, env, `set mixed = 5`, `{}`)
	if err == nil || !strings.Contains(strings.Join(err.Notes, ""), "`int(5)` or `double(5)`") {
		t.Errorf("%+v", err)
	}
}

func TestStats(t *testing.T) {
	// reached/matched/overwritten of each statement over the three documents
	const docs = `[{"k":"a","v":{"$numberInt":"1"}},{"k":"b","v":{"$numberInt":"2"}},{"k":"c","w":"x"}]`
	tests := []struct{ stmts, want string }{
		{`where k == "a" { set v = 5 }`, `3/1/0 1/1/0`},
		{`where k == "z" { set v = 5 }`, `3/0/0 0/0/0`},
		{`set k = "1" set k = "2"`, `3/3/3 3/3/0`},
		{`set k = "1" set k = "${k}2"`, `3/3/0 3/3/0`},
		{`set k = "1" create z = k set k = "2"`, `3/3/0 3/3/0 3/3/0`},
		{`set k = "1" where v is present { set k = "2" }`, `3/3/2 3/2/0 2/2/0`},
		{`set k = "1" for prod { set k = "2" }`, `3/3/0 3/3/0`},
		{`for prod { set k = "1" } set k = "2"`, `3/3/3 3/3/0`},
		{`for prod { set k = "1" set k = "2" }`, `3/3/3 3/3/0`},
		{`set o.x = 1 set o = {y: 1}`, `3/3/3 3/3/0`},
		{`set o = {y: 1} set o.x = 1`, `3/3/0 3/3/0`},
		{`set k = "1" remove k`, `3/3/3 3/3/0[3]`},
		{`set k = "1" rename k to j set k = "2"`, `3/3/0 3/3/0 3/3/0`},
		{`set k = "1" let all = this set k = "2"`, `3/3/0 3/3/0`},
		{`remove v, w, nope`, `3/3/0[2 1 0]`},
		{`rename v to u`, `3/2/0`},
		{`set v = "text"`, `3/3/0{int>string:2}`},
		{`set v = null`, `3/3/0`},
		{`for test { set v = 1 }`, ``},
	}
	env := &Env{Name: "prod"}
	for _, tt := range tests {
		p, errs := env.Program(statements(t, tt.stmts))
		if errs != nil {
			t.Fatal(errs)
		}
		// two runs, added up
		runs := []*Run{p.NewRun(), p.NewRun()}
		i := 0
		for v := range value.Of(mustGet(t, document(t, `{"d":`+docs+`}`), "d")).Elements {
			if _, err := runs[i%2].Apply(v.BSON.Value); err != nil {
				t.Fatal(err)
			}
			i++
		}
		runs[0].Add(runs[1])
		var got []string
		for _, s := range runs[0].Stats() {
			line := fmt.Sprintf("%d/%d/%d", s.Reached, s.Matched, s.Overwritten)
			if s.Paths != nil {
				line += fmt.Sprint(s.Paths)
			}
			for c, n := range s.TypeChanges {
				line += fmt.Sprintf("{%s>%s:%d}", c.From, c.To, n)
			}
			if (s.By != nil) != (s.Overwritten > 0) {
				t.Errorf("%s: overwritten by %v", tt.stmts, s.By)
			}
			got = append(got, line)
		}
		if g := strings.Join(got, " "); g != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.stmts, g, tt.want)
		}
	}
}

func mustGet(t testing.TB, d bson.Raw, path ...string) bson.RawValue {
	t.Helper()
	v, ok := doc.Get(d, path)
	if !ok {
		t.Fatalf("no %v", path)
	}
	return v
}

func TestChecksSeeTheResultAndTheLetsOfTheirBlock(t *testing.T) {
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `
		let before = v
		check v > before else "was ${before}, is ${v}"
		where k == "a" {
			let twice = before * 2
			check v == twice
			check unique k
		}
		let other = "x"
		warn any t in tags has t == other
		set v = v + 1`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	tests := []struct{ in, want string }{
		{`{"k":"a","v":1,"tags":["x"]}`, "check/ reached 4"},
		{`{"k":"b","v":1,"tags":["y"]}`, "warn/ reached 2"},
		{`{"k":"a","v":2,"tags":["x"]}`, "check/ check/ reached 4"},
	}
	tests[0].want = "reached 4"
	tests[2].want = "check/ reached 4"
	for _, tt := range tests {
		out, err := r.Apply(document(t, tt.in))
		if err != nil {
			t.Fatal(err)
		}
		failures, err := r.Check(out)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range failures {
			word := "check"
			if f.Check.Warn {
				word = "warn"
			}
			got += word + "/" + f.Message + " "
		}
		if got += fmt.Sprintf("reached %d", len(r.Reached())); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.in, got, tt.want)
		}
	}
	p, errs = (&Env{Name: "prod"}).Program(statements(t, `check v < 2 else "v of ${k} is ${v}" set v = 5`))
	if errs != nil {
		t.Fatal(errs)
	}
	r = p.NewRun()
	out, _ := r.Apply(document(t, `{"k":"a","v":1}`))
	failures, err := r.Check(out)
	if err != nil || len(failures) != 1 || failures[0].Message != "v of a is 5" {
		t.Errorf("%v %v", failures, err)
	}
}

func TestDepthIsLimited(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	env := &Env{Name: "prod"}
	if got, _ := apply(t, env, `set b = a`, deep(100)); strings.HasPrefix(got, "error") {
		t.Errorf("a sibling at the same depth: %s", got)
	}
	for _, stmts := range []string{`set b.c = a`, `set b = [a]`, `rename a to b.c`, `create c = {d: {e: a}}`} {
		if got, _ := apply(t, env, stmts, deep(100)); got != "error result-too-deep" {
			t.Errorf("%s: %.60s", stmts, got)
		}
	}
}

// A document that grows by every statement ends in an error, not in all memory.
func TestSizeIsLimited(t *testing.T) {
	var b strings.Builder
	b.WriteString("set a0 = padStart(\"\", 1000000)\n")
	for i := range 40 {
		fmt.Fprintf(&b, "set a%d = [this, this]\n", i+1)
	}
	if got, _ := apply(t, &Env{Name: "prod"}, b.String(), `{}`); got != "error document-too-large" {
		t.Errorf("%.80s", got)
	}
}

// One Program runs on several goroutines; meant for the race detector.
func TestRunsAtOnce(t *testing.T) {
	p, errs := (&Env{Name: "prod", NumericTypes: numericTypes(map[string][]string{"rollout": {"long"}})}).Program(statements(t, fiveRules))
	if errs != nil {
		t.Fatal(errs)
	}
	d := kibibyte(t)
	want, err := p.NewRun().Apply(d)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			r := p.NewRun()
			for range 50 {
				if got, err := r.Apply(d); err != nil || !slices.Equal(got, want) {
					t.Error("another result")
				}
			}
		})
	}
	wait.Wait()
	if got := documentText(t, want); strings.Contains(got, "createdBy") || !strings.Contains(got, `"rollout":{"$numberLong":"5"}`) || !strings.Contains(got, `"users":{"$numberInt":"100"}`) {
		t.Error(got)
	}
}
