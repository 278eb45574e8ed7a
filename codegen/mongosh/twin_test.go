package mongosh

// The prelude against runtime/doc: the same documents, the same answers.

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// gen makes random documents that are likely to be equal, nearly equal, or odd.
type gen struct{ *rand.Rand }

var names = []string{"a", "b", "10", "2", "", "a.b", "$x", "__proto__", "_bsontype", "é", "\U0001f600", "\uffff", "a'b", "\u202e", "$oid", "$code", "constructor"}

var texts = []string{"", "a", "b", "\x00", "`${x}\"'\\", "\u2028\u2029", "\U0001f600", "\uffff", "</script>", "line\nfeed\ttab\r", "\u007f\u0085\ufeff", strings.Repeat("x", 30) + "é", "1", "\U000e0041"}

var doubles = []float64{0, math.Copysign(0, -1), 1, -1, 1.5, 0.1, 10, 100, 1e21, 1e-7, 123456789012345680000, 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 1 << 53, 1<<53 + 2, 9223372036854775808, 0.5, 1e22, 1e23, 4.35, 2.5e-6}

var longs = []int64{0, 1, -1, 5, 10, 100, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64, 253402300800000, -62167219200001}

var decimals = []string{"0", "-0", "1", "1.0", "1.10", "0.1", "10", "1E+1", "1E+6111", "1E-6176", "0E-6176", "0.5", "NaN", "Infinity", "-Infinity", "9007199254740993", "9999999999999999999999999999999999", "-1.5", "1E+21", "4.35"}

func (g gen) doc(depth int) bson.Raw {
	b := doc.NewBuilder(64)
	for range g.IntN(5) {
		v := g.value(depth)
		b.Append(pick(g, names), v)
	}
	return b.Raw()
}

func pick[T any](g gen, list []T) T { return list[g.IntN(len(list))] }

func (g gen) value(depth int) bson.RawValue {
	types := []bson.Type{1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 17, 18, 18, 19, 19, 19, 255, 127}
	t := pick(g, types)
	if depth > 3 && (t == 3 || t == 4 || t == 15) {
		t = bson.TypeInt32
	}
	v := bson.RawValue{Type: t}
	str := func(s string) []byte {
		return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(s)+1)), s...), 0)
	}
	switch t {
	case bson.TypeDouble:
		bits := math.Float64bits(pick(g, doubles))
		if g.IntN(4) == 0 {
			bits = g.Uint64()
		}
		v.Value = binary.LittleEndian.AppendUint64(nil, bits)
	case bson.TypeString, bson.TypeJavaScript, bson.TypeSymbol:
		v.Value = str(pick(g, texts))
	case bson.TypeEmbeddedDocument:
		v.Value = g.doc(depth + 1)
	case bson.TypeArray:
		var list []bson.RawValue
		for range g.IntN(4) {
			list = append(list, g.value(depth+1))
		}
		v = doc.Array(list...)
	case bson.TypeBinary:
		data := make([]byte, pick(g, []int{0, 1, 2, 3, 16}))
		subtype := pick(g, []byte{0, 1, 2, 3, 4, 5, 9, 128})
		for i := range data {
			data[i] = byte(g.IntN(40))
		}
		if subtype == 2 && g.IntN(3) > 0 {
			data = append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
		}
		v.Value = append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), subtype), data...)
	case bson.TypeObjectID:
		v.Value = []byte("abcdefghijk" + pick(g, []string{"l", "\xff"}))
	case bson.TypeBoolean:
		v.Value = []byte{byte(g.IntN(2))}
	case bson.TypeDateTime, bson.TypeInt64, bson.TypeTimestamp:
		n := pick(g, longs)
		if g.IntN(4) == 0 {
			n = int64(g.Uint64())
		}
		v.Value = binary.LittleEndian.AppendUint64(nil, uint64(n))
	case bson.TypeRegex:
		v.Value = []byte(strings.ReplaceAll(pick(g, texts), "\x00", "") + "\x00" + pick(g, []string{"", "i", "ix", "xi", "g"}) + "\x00")
	case bson.TypeDBPointer:
		v.Value = append(str(pick(g, texts)), "abcdefghijkl"...)
	case bson.TypeCodeWithScope:
		body := append(str(pick(g, texts)), g.doc(depth+1)...)
		v.Value = append(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
	case bson.TypeInt32:
		v.Value = binary.LittleEndian.AppendUint32(nil, uint32(pick(g, []int32{0, 1, -1, 5, 10, 100, math.MinInt32})))
	case bson.TypeDecimal128:
		d, err := bson.ParseDecimal128(pick(g, decimals))
		if err != nil {
			panic(err)
		}
		h, l := d.GetBytes()
		if g.IntN(6) == 0 {
			h, l = g.Uint64(), g.Uint64()
		}
		v.Value = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, l), h)
	}
	return v
}

// wrap puts a value into a document, so that it has its type with it.
func wrap(v bson.RawValue) string {
	return base64.StdEncoding.EncodeToString(doc.NewBuilder(0).Append("v", v).Raw())
}

func TestDocumentsTwin(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(line, b64) => {
	  const d = engine.parseLine(line), e = engine.document(engine.fromBase64(b64));
	  const reason = engine.unsendable(e, '');
	  const back = engine.toBase64(d.b, 0, d.b.length);
	  return [back, engine.canonical(e), reason === undefined ? '' : reason.path + ' is ' + reason.why];
	}`)
	g := gen{rand.New(rand.NewPCG(1, 2))}
	for i := range 4000 {
		d := g.doc(0)
		line, b64 := string(doc.Line(d)), base64.StdEncoding.EncodeToString(d)
		got := f(line, b64).Export().([]any)
		reason, _ := CannotHold(d)
		for k, want := range []string{b64, string(doc.AppendCanonical(nil, d)), reason} {
			if got[k] != want {
				t.Fatalf("document %d, answer %d\n%s\ngot  %s\nwant %s", i, k, line, got[k], want)
			}
		}
	}
}

// TestPatchesTwin: both engines make the same patch of two documents, and the document again of it.
func TestPatchesTwin(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(d64, of64) => {
	  const [d, of] = [d64, of64].map(text => engine.document(engine.fromBase64(text))), text = v => engine.toBase64(v.b, v.s, v.e);
	  const patch = engine.patchOf(d, of, new engine.Writer());
	  return [text(patch), text(engine.patched(of, patch))];
	}`)
	g := gen{rand.New(rand.NewPCG(5, 6))}
	for i := range 1500 {
		d, of := g.doc(0), g.doc(0)
		if i%2 == 0 { // alike
			of = doc.With(d, "b", g.value(1))
		}
		d64 := base64.StdEncoding.EncodeToString(d)
		got := f(d64, base64.StdEncoding.EncodeToString(of)).Export().([]any)
		if want := base64.StdEncoding.EncodeToString(doc.AppendPatch(nil, d, of)); got[0] != want || got[1] != d64 {
			t.Fatalf("pair %d: %s, want %s, and %s back\n%s\n%s", i, got[0], want, got[1], doc.Line(d), doc.Line(of))
		}
	}
}

// TestPacked: items come back as they were and in their order, held or not, with others in places.
func TestPacked(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(a64, b64) => {
	  const [a, b] = [a64, b64].map(text => engine.document(engine.fromBase64(text))), packed = new engine.Packed(), want = [];
	  const text = item => JSON.stringify(item, (name, x) => x === undefined ? 'nothing' : x !== null && x.b !== undefined && x.s !== undefined ? engine.canonical(engine.build([{name: 'v', v: x}])) : x);
	  const item = (n, changes) => ({action: 'update', identity: a, id: engine.fields(a).map(f => f.v)[0], origin: 'w.weave:' + n + ':1 ö', document: undefined, hidden: [{at: ['a', 'b']}], links: [], changes, open: n % 2 === 0, position: n - 3});
	  for (let n = 0; n < 8; n++) {
	    const one = item(n, n % 3 === 0 ? [] : engine.documentChanges(a, b, {}));
	    want.push(one);
	    if (n === 2) packed.hold(undefined);
	    else if (n % 4 === 1) packed.hold(one);
	    else packed.add(one);
	  }
	  const length = packed.list.length;
	  packed.add(want[2]);
	  packed.fill(2, length);
	  const place = packed.hold(undefined);
	  packed.fill(place, packed.list.length);
	  packed.change(x => { x.since = 'run'; });
	  want.forEach((x, n) => { if (n % 4 !== 1) x.since = 'run'; });
	  const other = new engine.Packed();
	  other.join(packed, 3);
	  return [want, [...packed.all()], [...packed.all()], want.slice(0, 3).concat([...other.all()])].map(list => list.map(text).join('\n'));
	}`)
	g := gen{rand.New(rand.NewPCG(7, 8))}
	for range 200 {
		got := f(base64.StdEncoding.EncodeToString(g.doc(0)), base64.StdEncoding.EncodeToString(g.doc(0))).Export().([]any)
		for _, other := range got[1:] {
			if other != got[0] {
				t.Fatalf("got\n%s\nwant\n%s", other, got[0])
			}
		}
	}
}

// TestTellingUpdates: a report of undo has all updates in the same order, where only some have an item, too,
// however the run ends and whatever is written last.
func TestTellingUpdates(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(reached) => {
	  const value = n => ({t: 16, b: Uint8Array.of(n, 0, 0, 0), s: 0, e: 4}), number = n => engine.build([{name: 'v', v: value(n)}]);
	  const update = n => ({id: value(n), identity: undefined, op: {}, before: number(0), after: number(n + 1), reason: '', done: false, postponed: false,
	    hidesID: false, hidesAll: false, hidden: [], links: [], mask: new engine.Mask([], [], false)});
	  const steps = () => ['a', 'b', 'a', 'a'].map((collection, n) => ({database: 'd', collection, created: false, index: undefined, options: undefined, done: {}, documents: [3 * n, 3 * n + 1, 3 * n + 2].map(update)}));
	  return [0, 2].map(items => {
	    const planned = new engine.Telling(false, items), told = new engine.Telling(true, items), now = steps();
	    for (const s of now) planned.tell(s);
	    const late = [now[0].documents[1], now[2].documents[0], now[2].documents[2]];
	    for (const v of late) v.postponed = true;
	    for (const s of now.slice(0, reached)) told.tell(s);
	    Object.assign(late[1], {op: undefined, after: late[1].before, reason: 'for a reason'});
	    told.rest(planned);
	    told.close();
	    const shown = told.collections.map(c => {
	      const updates = items === 0 ? c.documents.filter(d => d.action === 'update') : [...c.updates.all()], held = c.documents.filter(d => d.action === 'update').length;
	      return c.collection + ' ' + (held + c.untold.update) + ' of ' + c.counts.update + ': ' + updates.map(d => engine.short(d.id) + ' ' + d.changes.map(x => engine.short(x.after))).join(', ') +
	        '; left ' + c.documents.filter(d => d.action === 'left').map(d => engine.short(d.id)).join(', ');
	    });
	    return shown.join('\n') + (items === 0 || told.collections[0].documents.length <= 4 ? '' : ' too many');
	  });
	}`)
	for reached := range 5 {
		got := f(reached).Export().([]any)
		if got[0] != got[1] || !strings.Contains(got[0].(string), ": 0 1, 1 2, 2 3, ") {
			t.Errorf("with %d steps done all are\n%s\nwhere some have an item\n%s", reached, got[0], got[1])
		}
	}
}

func TestValuesTwin(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(a64, b64) => {
	  const v = t => engine.get(engine.document(engine.fromBase64(t)), ['v']);
	  const a = v(a64), b = v(b64), family = engine.compareFamily(a, b);
	  return [engine.same(a, b), engine.key([a]) === engine.key([b]), engine.identical(a, b), engine.compare(a, b),
	    family === undefined ? 9 : family, engine.typeName(a)];
	}`)
	g := gen{rand.New(rand.NewPCG(3, 4))}
	for i := range 12000 {
		a, b := g.value(2), g.value(2)
		for i%2 == 0 && !bracketed(a, b) { // half of the pairs are of one kind
			b = g.value(2)
		}
		family, ok := doc.CompareFamily(a, b)
		if !ok {
			family = 9
		}
		want := []any{doc.Same(a, b), doc.Key(a) == doc.Key(b), doc.Identical(a, b), int64(doc.Compare(a, b)), int64(family), doc.TypeName(a)}
		got := f(wrap(a), wrap(b)).Export().([]any)
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("pair %d, answer %d: got %v, want %v\n%s\n%s", i, k, got[k], want[k],
					doc.AppendCanonicalValue(nil, a), doc.AppendCanonicalValue(nil, b))
			}
		}
	}
}

func bracketed(a, b bson.RawValue) bool {
	number := func(t bson.Type) bool { return t == 1 || t == 16 || t == 18 || t == 19 }
	return a.Type == b.Type || number(a.Type) && number(b.Type)
}

func TestPathsTwin(t *testing.T) {
	js := newVM(t)
	text := js.Function(`path => engine.pathText(path)`)
	order := js.Function(`(a, b) => engine.comparePaths(a, b)`)
	g := gen{rand.New(rand.NewPCG(5, 6))}
	for range 2000 {
		var p, q doc.Path
		for range 1 + g.IntN(3) {
			p = append(p, pick(g, names))
		}
		for range 1 + g.IntN(3) {
			q = append(q, pick(g, names))
		}
		if got := text([]string(p)).String(); got != p.String() {
			t.Fatalf("%q: got %s, want %s", p, got, p)
		}
		if got := order([]string(p), []string(q)).ToInteger(); got != int64(doc.ComparePaths(p, q)) {
			t.Fatalf("%q %q: got %d", p, q, got)
		}
	}
}

// TestUpdatesTwin: the order of fields in updates, and which documents replace others as
// they are.
func TestUpdatesTwin(t *testing.T) {
	js := newVM(t)
	order := js.Function(`paths => engine.inTurn(paths.map(path => ({path}))).map(f => f.path.join('\0')).join('\0\0')`)
	whole := js.Function(`b64 => engine.replaceable(engine.document(engine.fromBase64(b64)))`)
	g := gen{rand.New(rand.NewPCG(9, 10))}
	numbered := append([]string{"0", "00", "01", "100", "-1", "1a", "a-b", "2a", " "}, names...)
	takes := 0
	for range 4000 {
		var set []stores.Field
		var paths [][]string
		for range 2 + g.IntN(6) {
			p := doc.Path{pick(g, numbered)}
			for g.IntN(3) == 0 {
				p = append(p, pick(g, numbered))
			}
			set, paths = append(set, stores.Field{Path: p}), append(paths, p)
		}
		var want []string
		for _, f := range stores.InTurn(set) {
			want = append(want, strings.Join(f.Path, "\x00"))
		}
		if got := order(paths).String(); got != strings.Join(want, "\x00\x00") {
			t.Fatalf("%q: got %q, want %q", paths, got, want)
		}
		d := g.doc(2)
		if got, want := whole(base64.StdEncoding.EncodeToString(d)).ToBoolean(), stores.Replaceable(d); got != want {
			t.Fatalf("%s: got %v, want %v", d, got, want)
		} else if want {
			takes++
		}
	}
	if takes == 0 || takes == 4000 {
		t.Errorf("%d of 4000 documents replace others as they are", takes)
	}
}

// TestPartialTwin: filters of partial indexes over random documents.
func TestPartialTwin(t *testing.T) {
	js := newVM(t)
	f := js.Function(`(filter, d) => {
	  const parsed = engine.parsePartial(engine.parseLine(filter));
	  return parsed === undefined ? 'server' : String(engine.partialHolds(parsed, engine.document(engine.fromBase64(d)))) + parsed.text;
	}`)
	filters := []string{
		`{"a": 1}`, `{"a": null}`, `{"a.b": null}`, `{"a": {"$exists": true}}`, `{"a": {"$exists": 0}}`, `{"a.b": {"$exists": {"$numberDecimal": "2"}}}`,
		`{"a": {"$gt": 0}}`, `{"a": {"$lte": {"$numberDouble": "NaN"}}}`, `{"a": {"$gte": "a", "$lt": "b"}}`, `{"a": {"$gt": [1]}}`, `{"a": {"$type": "number"}}`,
		`{"a": {"$type": "constructor"}}`, `{"a.0": {"$type": "string"}}`, `{"$or": [{"a": {"$in": [1, "a", null]}}, {"b": true}]}`, `{"$and": [{"a": {"$lt": {"$date": "2026-01-01T00:00:00Z"}}}, {"a": {"$ne": 1}}]}`,
		`{"": {"$exists": true}}`, `{"a": {"$in": 5}}`, `{"a": {"$eq": {"b": 1}}}`, `{"$or": []}`, `{"$nor": [{"a": 1}]}`,
	}
	g := gen{rand.New(rand.NewPCG(5, 6))}
	said := map[string]int{}
	for i := range 4000 {
		filter, err := doc.ParseExtJSON([]byte(filters[i%len(filters)]))
		if err != nil {
			t.Fatal(err)
		}
		d := doc.NewBuilder(64).Append("a", g.value(2)).Append("b", g.value(2)).Raw()
		want := "server"
		if parsed, ok := stores.ParsePartial(filter); ok {
			want = fmt.Sprint(parsed.Holds(d), parsed.Text)
			want = strings.ReplaceAll(want, " ", "")
		}
		said[want]++
		if got := f(string(doc.Line(filter)), base64.StdEncoding.EncodeToString(d)).String(); got != want {
			t.Fatalf("%s of %s: the prelude says %s, want %s", filter, d, got, want)
		}
	}
	if len(said) != 5 {
		t.Errorf("not all answers came: %v", said)
	}
}
