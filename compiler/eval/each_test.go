package eval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// order has an array of objects with arrays inside, and one of texts.
const order = `{"_id":"k","items":[{"sku":"a","n":1,"sub":[{"v":1},{"v":2}]},{"sku":"b","n":2},{"sku":"c","n":3,"sub":[{"v":3}]}],"tags":["x","y","x"],"s":"text","n":null}`

func TestEach(t *testing.T) {
	only := func(items string) string {
		return `{"_id":"k","items":[` + items + `],"tags":["x","y","x"],"s":"text","n":null}`
	}
	const a, b, c = `{"sku":"a","n":1,"sub":[{"v":1},{"v":2}]}`, `{"sku":"b","n":2}`, `{"sku":"c","n":3,"sub":[{"v":3}]}`
	tests := []struct{ row, stmts, in, want string }{
		{"edits", `each item in items { set item.n = item.n * 10 }`, order, only(`{"sku":"a","n":10,"sub":[{"v":1},{"v":2}]},{"sku":"b","n":20},{"sku":"c","n":30,"sub":[{"v":3}]}`)},
		{"filter", `each item in items where item.n > 1 { create item.big = true }`, order, only(a + `,{"sku":"b","n":2,"big":true},{"sku":"c","n":3,"sub":[{"v":3}],"big":true}`)},
		{"several edits", `each item in items where item.sku == "b" { create item.x.y = item.n set item.x.z = "q" rename item.n to item.m remove item.sku create item._id = 1 }`, order,
			only(a + `,{"m":2,"x":{"y":2,"z":"q"},"_id":1},` + c)},
		{"an edit is seen", `each item in items { set item.n = item.n + 1 set item.n = item.n * item.n }`, order,
			only(`{"sku":"a","n":4,"sub":[{"v":1},{"v":2}]},{"sku":"b","n":9},{"sku":"c","n":16,"sub":[{"v":3}]}`)},
		{"remove", `each item in items where item.n == 2 { remove item }`, order, only(a + `,` + c)},
		{"remove all", `each item in items { remove item }`, order, only(``)},
		{"remove does not disturb the visit", `each item in items where item.n != 3 { remove item }`, order, only(c)},
		{"remove ends the visit", `each item in items { where item.n == 1 { remove item } set item.n = 0 }`, order, only(`{"sku":"b","n":0},{"sku":"c","n":0,"sub":[{"v":3}]}`)},
		{"remove with more paths", `each item in items where item.n == 1 { remove item.sku, item, item.n }`, order, only(b + `,` + c)},
		{"elements that are no objects", `each tag in tags where tag == "x" { set tag = upper("${tag}!") }`, order,
			`{"_id":"k","items":[` + a + `,` + b + `,` + c + `],"tags":["X!","y","X!"],"s":"text","n":null}`},
		{"remove texts", `each tag in tags where tag == "x" { remove tag }`, order, `{"_id":"k","items":[` + a + `,` + b + `,` + c + `],"tags":["y"],"s":"text","n":null}`},
		{"an element becomes another type", `each tag in tags { set tag = {t: tag} }`, `{"tags":["x",null]}`, `{"tags":[{"t":"x"},{"t":null}]}`},
		{"nested", `each item in items { each sub in item.sub where sub.v != 2 { set sub.v = sub.v + item.n } }`, order,
			only(`{"sku":"a","n":1,"sub":[{"v":2},{"v":2}]},` + b + `,{"sku":"c","n":3,"sub":[{"v":6}]}`)},
		{"nested remove", `each item in items { each sub in item.sub where sub.v == 1 { remove sub } }`, order, only(`{"sku":"a","n":1,"sub":[{"v":2}]},` + b + `,` + c)},
		{"remove the outer one inside", `each item in items { each sub in item.sub { where sub.v == 1 { remove item } set sub.v = 0 } set item.n = 9 }`, order,
			only(`{"sku":"b","n":9},{"sku":"c","n":9,"sub":[{"v":0}]}`)},
		{"the outer one edited inside", `each item in items { each sub in item.sub { set item.n = item.n + sub.v } }`, order,
			only(`{"sku":"a","n":4,"sub":[{"v":1},{"v":2}]},` + b + `,{"sku":"c","n":6,"sub":[{"v":3}]}`)},
		{"arrays in arrays", `each row in grid { each cell in row { set cell = cell * 2 } }`, `{"grid":[[1,2],[],[3]]}`, `{"grid":[[2,4],[],[6]]}`},
		{"positions inside an element", `each row in grid where length(row) > 1 { set row[1] = 9 remove row[0] }`, `{"grid":[[1,2],[],[3]]}`, `{"grid":[[9],[],[3]]}`},
		{"names beside", `each item in items where item.n == 1 { let twice = item.n * 2 set s = "${item.sku}${twice}" create first = item }`, order,
			`{"_id":"k","items":[` + a + `,` + b + `,` + c + `],"tags":["x","y","x"],"s":"a2","n":null,"first":` + a + `}`},
		{"an element kept by let is not written over", `each item in items where item.n == 1 { let before = item set item.n = 5 create item.before = before }`, `{"items":[{"n":1}]}`, `{"items":[{"n":5,"before":{"n":1}}]}`},
		{"rename out of an element", `each item in items where item.sku == "b" { rename item.n to found }`, `{"items":[{"sku":"a","n":1},{"sku":"b","n":2}]}`,
			`{"items":[{"sku":"a","n":1},{"sku":"b"}],"found":2}`},
		{"rename into an element", `each item in items where item.sku == "b" { rename s to item.s }`, `{"s":"q","items":[{"sku":"b"}]}`, `{"items":[{"sku":"b","s":"q"}]}`},
		{"add", `each item in items { add item.sku to seen add "t" to item.tags }`, `{"items":[{"sku":"a"},{"sku":"b"},{"sku":"a"}]}`,
			`{"items":[{"sku":"a","tags":["t"]},{"sku":"b","tags":["t"]},{"sku":"a","tags":["t"]}],"seen":["a","b"]}`},
		{"the array is read as it is by now", `each item in items { set item.n = sum(items[].n) }`, `{"items":[{"n":1},{"n":2},{"n":3}]}`, `{"items":[{"n":6},{"n":11},{"n":20}]}`},
		{"in the condition too", `each item in items where item.n < max(items[].n) { set item.n = 10 }`, `{"items":[{"n":1},{"n":2},{"n":3}]}`, `{"items":[{"n":10},{"n":10},{"n":10}]}`},
		{"in that of a let inside, too", `let twice = [1, 2] each item in items { each i in twice where items[0].n < 3 { set item.n = item.n + 3 } }`, `{"items":[{"n":1}]}`, `{"items":[{"n":4}]}`},
		{"in that of fields inside, too", `each item in items { each k, v in item.o where items[0].n < 3 { set item.n = item.n + 3 } }`, `{"items":[{"n":1,"o":{"a":1,"b":2}}]}`, `{"items":[{"n":4,"o":{"a":1,"b":2}}]}`},
		{"removed ones are gone", `each item in items { where item.n == 1 { remove item } set item.left = length(items) }`, `{"items":[{"n":1},{"n":2}]}`, `{"items":[{"n":2,"left":1}]}`},
		{"the document is read", `each item in items { set item.all = this }`, `{"items":[{"n":1},{"n":2}]}`, `{"items":[{"n":1,"all":{"items":[{"n":1},{"n":2}]}},{"n":2,"all":{"items":[{"n":1,"all":{"items":[{"n":1},{"n":2}]}},{"n":2}]}}]}`},
		{"the outer element is read", `each item in items { each sub in item.sub { set sub.v = sum(item.sub[].v) } }`, `{"items":[{"sub":[{"v":1},{"v":2}]}]}`, `{"items":[{"sub":[{"v":3},{"v":5}]}]}`},
		{"no element matches", `each item in items where item.n == 9 { set item.n = 0 }`, order, order},
		{"empty", `each item in items { remove item }`, `{"items":[]}`, `{"items":[]}`},
		{"missing", `each item in items { set item.n = 0 }`, `{"a":1}`, `{"a":1}`},
		{"missing inside", `each item in o.items { set item.n = 0 }`, `{"o":1}`, `{"o":1}`},
		{"null", `each x in n { remove x }`, order, `error not-an-array`},
		{"text", `each x in s { remove x }`, order, `error not-an-array`},
		{"through an array", `each x in items.sub { remove x }`, order, `error path-through-array`},
		{"an element is no object", `each tag in tags { set tag.x = 1 }`, order, `error parent-not-object`},
		{"removing in what is no object", `each tag in tags { remove tag.x }`, order, order},
		{"create on a present field", `each item in items { create item.n = 1 }`, order, `error field-exists`},
		{"create the element", `each item in items { create item = 1 }`, order, `error field-exists`},
		{"where of no bool", `each item in items where item.n { remove item }`, order, `error not-boolean`},

		// expect
		{"expect 1", `each item in items where item.n == 2 expect 1 { set item.n = 5 }`, order, only(a + `,{"sku":"b","n":5},` + c)},
		{"expect 1, two", `each item in items where item.n >= 2 expect 1 { set item.n = 5 }`, order, `error wrong-count`},
		{"expect 1, none", `each item in items where item.n == 7 expect 1 { set item.n = 5 }`, order, `error wrong-count`},
		{"expect 1, missing", `each item in nope expect 1 { set item.n = 5 }`, order, `error wrong-count`},
		{"expect 1 to 2", `each item in items where item.n >= 2 expect 1 to 2 { remove item }`, order, only(a)},
		{"expect 2 or more", `each item in items expect 2 or more { remove item }`, order, only(``)},
		{"expect any", `each item in items where item.n == 7 expect any { remove item }`, order, order},
		{"nested expect counts for every outer element", `each item in items where item.sub is present { each sub in item.sub where sub.v in [1, 3] expect 1 { set sub.v = 0 } }`, order,
			only(`{"sku":"a","n":1,"sub":[{"v":0},{"v":2}]},` + b + `,{"sku":"c","n":3,"sub":[{"v":0}]}`)},

		// what is refused for every document
		{"all elements", `each x in items[].sub { remove x }`, order, `compile error bad-path`},
		{"a value", `let l = [1] each x in l { remove x }`, order, `compile error bad-path`},
		{"the array inside", `each item in items { set items = [] }`, order, `compile error bad-path`},
		{"the array's parent inside", `each item in o.items { remove o }`, order, `compile error bad-path`},
		{"another element inside", `each item in items { set items[0].n = 1 }`, order, `compile error bad-path`},
		{"the outer element's array inside", `each item in items { each sub in item.sub { set item.sub = [] } }`, order, `compile error bad-path`},
		{"the outer element inside", `each item in items { each sub in item.sub { set item = {} } }`, order, `compile error bad-path`},
		{"the array again", `each a in items { each b in items { remove b } }`, order, `compile error bad-path`},
		{"add to the array inside", `each item in items { add 1 to items }`, order, `compile error bad-path`},
		{"rename the element", `each item in items { rename item to x }`, order, `compile error bad-path`},
		{"the name ends with the block", `each item in items { let x = 1 } set s = item.n`, `{"s":"q"}`, `error field-missing`},
	}
	env := &Env{Name: "prod"}
	for _, tt := range tests {
		got, err := apply(t, env, tt.stmts, tt.in)
		want := tt.want
		if strings.HasPrefix(want, "{") {
			want = documentText(t, document(t, want))
		}
		if got != want {
			t.Errorf("%s: %s\n got %s\nwant %s\n(%v)", tt.row, tt.stmts, got, want, err)
		}
	}
}

func TestAdd(t *testing.T) {
	tests := []struct{ row, stmts, in, want string }{
		{"appends", `add "z" to l`, `{"l":["x"]}`, `{"l":["x","z"]}`},
		{"an equal element is there", `add "x" to l`, `{"l":["x"]}`, `{"l":["x"]}`},
		{"numbers are equal across types", `add 1 to l`, `{"l":[{"$numberDouble":"1.0"}]}`, `{"l":[{"$numberDouble":"1.0"}]}`},
		{"objects in the same order", `add {a: 1, b: 2} to l add {b: 2, a: 1} to l`, `{"l":[{"a":1,"b":2}]}`, `{"l":[{"a":1,"b":2},{"b":2,"a":1}]}`},
		{"twice", `add "z" to l add "z" to l`, `{"l":[]}`, `{"l":["z"]}`},
		{"missing", `add "z" to o.l`, `{}`, `{"o":{"l":["z"]}}`},
		{"null element", `add null to l add null to l`, `{"l":[]}`, `{"l":[null]}`},
		{"array element", `add ["x"] to l`, `{"l":["x"]}`, `{"l":["x",["x"]]}`},
		{"position", `add "z" to l[0]`, `{"l":[["x"]]}`, `{"l":[["x","z"]]}`},
		{"null", `add "z" to l`, `{"l":null}`, `error not-an-array`},
		{"text", `add "z" to l`, `{"l":"x"}`, `error not-an-array`},
		{"missing value", `add nope to l`, `{"l":[]}`, `error field-missing`},
		{"field type", `add 5 to typed`, `{"typed":[]}`, `{"typed":[{"$numberLong":"5"}]}`},
		{"not representable", `add 5.5 to typed`, `{"typed":[]}`, `compile error not-representable`},
		{"all elements", `add 1 to l[]`, `{"l":[]}`, `compile error bad-path`},
	}
	env := &Env{Name: "prod", NumericTypes: numericTypes(map[string][]string{"typed[]": {"long"}, "items[].n": {"decimal"}, "items[].o.k": {"long"}})}
	for _, tt := range tests {
		got, err := apply(t, env, tt.stmts, tt.in)
		want := tt.want
		if strings.HasPrefix(want, "{") {
			want = documentText(t, document(t, want))
		}
		if got != want {
			t.Errorf("%s: %s\n got %s\nwant %s\n(%v)", tt.row, tt.stmts, got, want, err)
		}
	}
	if got, _ := apply(t, env, `each item in items { set item.n = 5 create item.o = {k: 1} }`, `{"items":[{"n":1}]}`); got != `{"items":[{"n":{"$numberDecimal":"5"},"o":{"k":{"$numberLong":"1"}}}]}` {
		t.Error(got)
	}
}

// What several documents leave in the counts.
func TestEachCounts(t *testing.T) {
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `
		each item in items where item.n > 1 {
			set item.n = "t"
			where item.k == 1 { remove item.k }
			add item.k ?? 0 to ks
		}
		set items = []`))
	if errs != nil {
		t.Fatal(errs)
	}
	r, other := p.NewRun(), p.NewRun()
	for i, d := range []string{`{"items":[{"n":2,"k":1},{"n":3,"k":1},{"n":0}]}`, `{"items":[{"n":1}]}`, `{}`, `{"items":[{"n":5}]}`} {
		run := r
		if i == 3 {
			run = other
		}
		if _, err := run.Apply(document(t, d)); err != nil {
			t.Fatal(err)
		}
	}
	r.Add(other)
	var got []string
	for _, s := range r.Stats() {
		got = append(got, fmt.Sprintf("%T %d/%d %v %v over %d", s.Stmt, s.Matched, s.Reached, s.Paths, s.TypeChanges, s.Overwritten))
	}
	want := []string{
		"*ast.Each 2/4 [] map[] over 0",
		"*ast.Assign 2/2 [] map[{ int string}:2] over 0",
		"*ast.Where 1/2 [] map[] over 0",
		"*ast.Remove 1/1 [1] map[] over 0",
		"*ast.Add 2/2 [] map[] over 0",
		"*ast.Assign 4/4 [] map[] over 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A write is without effect only if it is overwritten in every element.
func TestEachOverwritten(t *testing.T) {
	for stmts, want := range map[string]int{
		`each x in l { set x.a = 1 set x.a = 2 }`:                       1,
		`each x in l { set x.a = 1 where x.k == 1 { set x.a = 2 } }`:    0,
		`each x in l { set x.a = 1 where x.k == 2 { set x.a = 2 } }`:    0,
		`each x in l { set x.a = 1 set x.b = x.a set x.a = 2 }`:         0,
		`each x in l { set x.a = 1 set s = length(l) set x.a = 2 }`:     0,
		`each x in l { set x.a = 1 set s = length(other) set x.a = 2 }`: 1,
	} {
		p, errs := (&Env{Name: "prod"}).Program(statements(t, stmts))
		if errs != nil {
			t.Fatal(errs)
		}
		r := p.NewRun()
		if _, err := r.Apply(document(t, `{"l":[{"k":1},{"k":2}],"other":[]}`)); err != nil {
			t.Fatal(err)
		}
		if got := r.Stats()[1].Overwritten; got != want {
			t.Errorf("%s: overwritten in %d documents, want %d", stmts, got, want)
		}
	}
}

// Checks inside an `each` see every matching element as the `each` leaves it.
func TestEachChecks(t *testing.T) {
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `
		each item in items where item.n != 0 {
			let before = item.n
			check item.n < 5 else "${item.sku} of ${name} was ${before}"
			set item.n = item.n * 2
			each sub in item.sub { check sub < item.n else "${sub} in ${item.sku}, ${item.n}" set sub = sub + 1 }
			where item.n == 14 { remove item }
			set item.n = item.n + 1
		}
		set name = upper(name)`))
	if errs != nil {
		t.Fatal(errs)
	}
	r := p.NewRun()
	out, err := r.Apply(document(t, `{"name":"o","items":[{"sku":"a","n":1,"sub":[1,2,3]},{"sku":"b","n":2},{"sku":"c","n":0},{"sku":"d","n":7,"sub":[99]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	failures, err := r.Check(out)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range failures {
		got = append(got, f.Message)
	}
	if want := []string{"3 in a, 3", "4 in a, 3", "b of O was 2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An array of many elements is edited in time that grows with its size.
func TestEachOverManyElements(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"s%d","n":%d}`, i, i)
	}
	d := document(t, `{"items":[`+b.String()+`]}`)
	p, errs := (&Env{Name: "prod"}).Program(statements(t, `each item in items { where item.n % 2 == 0 { remove item } set item.n = item.n + 1 create item.x = "y" }`))
	if errs != nil {
		t.Fatal(errs)
	}
	out, err := p.NewRun().Apply(d)
	if err != nil {
		t.Fatal(err)
	}
	items, _ := bson.Raw(out).Lookup("items").Array().Values()
	if len(items) != 50_000 || items[49_999].String() != `{"sku": "s99999","n": {"$numberInt":"100000"},"x": "y"}` {
		t.Errorf("%d elements, the last %s", len(items), items[len(items)-1])
	}
}
