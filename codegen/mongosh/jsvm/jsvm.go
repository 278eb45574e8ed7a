// Package jsvm runs the JavaScript engine (runtime/prelude) in goja, for tests
// with many cases: what mongosh gives the engine, in plain JavaScript and Go.
//
// In: a test, and a Server that answers requests. Out: the engine's functions,
// or the reports of runs. Starting mongosh takes a second; starting this takes
// milliseconds. What only mongosh can show, the values that its driver makes and
// sends, is left to the tests that run the real one.
package jsvm

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/prelude"
)

// hostText is what the shell part gives the pure part in mongosh, in plain JavaScript.
const hostText = `({
  decode(b, s, e) {
    let text = '';
    for (let i = s; i < e;) {
      const c = b[i];
      let n = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
      let r = n === 0 ? c : n > 0 ? c & 0x3f >> n : 0xfffd, k = 0;
      for (; k < n && i + 1 + k < e; k++) {
        const d = b[i + 1 + k];
        const low = k > 0 ? 0x80 : c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80;
        const high = k > 0 ? 0xbf : c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf;
        if (d < low || d > high) break;
        r = r << 6 | d & 0x3f;
      }
      if (n < 0 || k < n) r = 0xfffd;
      i += 1 + Math.max(0, k);
      text += String.fromCodePoint(r);
    }
    return text;
  },
  encode(text) {
    const out = [];
    for (const ch of text) {
      let c = ch.codePointAt(0);
      if (c >= 0xd800 && c < 0xe000) c = 0xfffd;
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63);
      else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
      else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    }
    return Uint8Array.from(out);
  },
  readFile: () => ({missing: true}),
  now: () => Date.now() + slept,
  token: () => [...Array(16)].map(() => Math.floor(Math.random() * 16).toString(16)).join(''),
  stopping: () => false,
  hashing() {
    const all = [];
    return {update: b => { for (const x of b) all.push(x); }, digest: () => new Uint8Array(sha256(Uint8Array.from(all).buffer))};
  },
  sha256: b => new Uint8Array(sha256(b.slice().buffer)),
  digest: b => String.fromCharCode(...new Uint8Array(sha256(b.slice().buffer))),
  encrypt: (key, data, more) => new Uint8Array(encrypt(key.slice().buffer, data.slice().buffer, more.slice().buffer)),
  decrypt(key, data, more) {
    const plain = decrypt(key.slice().buffer, data.slice().buffer, more.slice().buffer);
    return plain === null ? undefined : new Uint8Array(plain);
  },
  buffer: b => b.slice(),
  types: {},
})`

// driverText stands for mongosh's driver: values with a type, and their BSON.
const driverText = `
for (const name of ['Double', 'Int32', 'Long', 'Decimal128', 'Binary', 'ObjectId', 'Timestamp', 'BSONRegExp', 'Code', 'BSONSymbol', 'MinKey', 'MaxKey']) {
  host.types[name] = class { constructor(...args) { this.kind = name; this.args = args; } };
}
function putString(w, s) { w.string(s); return 2; }
function putDocument(w, pairs) {
  const at = w.open();
  for (const [name, v] of pairs) {
    const t = w.n;
    w.byte(0);
    w.cstring(name);
    const type = put(w, v);
    w.b[t] = type;
  }
  w.close(at);
  return 3;
}
function put(w, v) {
  if (v === null) return 10;
  if (typeof v === 'string') return putString(w, v);
  if (typeof v === 'boolean') { w.byte(v ? 1 : 0); return 8; }
  if (typeof v === 'number') { w.int32(v); return 16; }
  if (Array.isArray(v)) { putDocument(w, v.map((x, i) => [String(i), x])); return 4; }
  if (v instanceof Map) return putDocument(w, v);
  if (v instanceof Date) { w.int64(BigInt(v.getTime())); return 9; }
  const a = v.args;
  switch (v.kind) {
    // goja has a NaN of its own; mongosh keeps the bits (TestTypes).
    case 'Double': a[0] !== a[0] ? w.int64(0x7ff8000000000000n) : w.double(a[0]); return 1;
    case 'Int32': w.int32(a[0]); return 16;
    case 'Long': w.int32(a[0]); w.int32(a[1]); return 18;
    case 'Decimal128': w.raw(a[0], 0, 16); return 19;
    case 'Binary': {
      const old = a[1] === 2 ? 4 : 0;
      w.int32(a[0].length + old); w.byte(a[1]); if (old) w.int32(a[0].length); w.raw(a[0], 0, a[0].length); return 5;
    }
    case 'ObjectId': for (let i = 0; i < 24; i += 2) w.byte(parseInt(a[0].slice(i, i + 2), 16)); return 7;
    case 'Timestamp': w.int32(a[0].i | 0); w.int32(a[0].t | 0); return 17;
    case 'BSONRegExp': w.cstring(a[0]); w.cstring(a[1]); return 11;
    case 'Code': {
      if (a.length === 1) { w.string(a[0]); return 13; }
      const at = w.open(); w.string(a[0]); putDocument(w, a[1]); w.put32(at, w.n - at); return 15;
    }
    case 'BSONSymbol': w.string(a[0]); return 14;
    case 'MinKey': return 255;
    case 'MaxKey': return 127;
  }
  if (v.kind !== undefined) throw new Error('cannot send ' + v.kind);
  return putDocument(w, Object.entries(v));
}
function bytesOf(v) {
  const w = new engine.Writer(256);
  putDocument(w, v instanceof Map ? v : Object.entries(v));
  return w.b.slice(0, w.n).buffer;
}
function answer(request) {
  const found = carryOut(request);
  if (request.each === undefined || found.error) return found;
  request.begin();
  found.value.forEach(request.each);
  return {value: undefined};
}
function carryOut(request) {
  if (request.kind === 'sleep') {
    slept += request.ms;
    return {value: undefined};
  }
  const session = request.session === true;
  if (request.kind === 'transaction') {
    const r = goTransaction(request.action);
    return r.error ? {error: r.error} : {value: undefined};
  }
  if (request.kind === 'find' && request.options.collation !== undefined && request.options.collation.locale !== 'simple') {
    const {filter, options: {collation}} = request;
    const r = goCommand(request.database, bytesOf({find: request.collection, filter, collation, batchSize: 10000}), session);
    const list = r.error ? [] : engine.fields(engine.field(engine.document(new Uint8Array(r.cursor)), 'firstBatch'));
    return r.error ? {error: r.error} : {value: list.map(f => f.v.b.slice(f.v.s, f.v.e))};
  }
  if (request.kind === 'find') {
    const r = goFind(request.database, request.collection, bytesOf(request.filter), request.options.collation !== undefined, session);
    return r.error ? {error: r.error} : {value: r.documents.map(b => new Uint8Array(b))};
  }
  const r = goCommand(request.database, bytesOf(request.command), session);
  if (r.error) return {error: r.error};
  const value = {...r.value}; // an object of JavaScript's, not one that Go keeps
  if (request.raw) {
    value.cursor = r.cursor && new Uint8Array(r.cursor);
    value.writeErrors = r.writeErrors && new Uint8Array(r.writeErrors);
  }
  if (r.authInfo) value.authInfo = JSON.parse(r.authInfo);
  return {value};
}
function start(data) { return engine.readState(data); }
function reportOf(state, settings) {
  if (forgetful) settings.stateDatabase = '';
  const run = engine.run(state, settings);
  let step = run.next();
  while (!step.done) {
    const r = hook(step.value) || answer(step.value);
    step = run.next(r);
  }
  return step.value;
}
function drive(state, settings) {
  settings.items = 0; // the report is shown in every form
  const report = reportOf(state, settings);
  return [engine.reportJSON(report), engine.reportText(report, {}), String(report.exit),
    engine.reportText(report, {markdown: true}), engine.reportText(report, {quiet: true}),
    engine.reportText(report, {verbose: true}), engine.reportText(report, {markdown: true, maxSize: 2500, path: 'a'}),
    report.collections === undefined ? '' : [...engine.reportLines(report)].join('')];
}
function reportTextOf(settings) { return engine.reportText(reportOf(start(mongocdState), settings), settings); }
let hook = () => undefined;
`

// VM is one JavaScript engine with the prelude loaded as `engine`.
type VM struct {
	*goja.Runtime
	t testing.TB
}

// New makes a VM; what it throws fails the test.
func New(t testing.TB) VM {
	t.Helper()
	r := goja.New()
	v := VM{Runtime: r, t: t}
	v.set("sha256", func(b goja.ArrayBuffer) goja.ArrayBuffer {
		sum := sha256.Sum256(b.Bytes())
		return r.NewArrayBuffer(sum[:])
	})
	v.set("encrypt", func(key, data, more goja.ArrayBuffer) goja.ArrayBuffer {
		nonce := make([]byte, 12)
		if _, err := rand.Read(nonce); err != nil {
			t.Fatal(err)
		}
		return r.NewArrayBuffer(v.gcm(key).Seal(nonce, nonce, data.Bytes(), more.Bytes()))
	})
	v.set("decrypt", func(key, data, more goja.ArrayBuffer) any {
		if len(data.Bytes()) < 12 {
			return nil
		}
		plain, err := v.gcm(key).Open(nil, data.Bytes()[:12], data.Bytes()[12:], more.Bytes())
		if err != nil {
			return nil
		}
		return r.NewArrayBuffer(plain)
	})
	v.Run("let slept = 0;\nconst host = " + hostText)
	v.set("source", prelude.Pure())
	v.Run(`const engine = new Function('host', '"use strict";\n' + source)(host)`)
	return v
}

// gcm is AES-256-GCM, as the crypto of Node.js has it.
func (v VM) gcm(key goja.ArrayBuffer) cipher.AEAD {
	v.t.Helper()
	block, err := aes.NewCipher(key.Bytes())
	if err != nil {
		v.t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		v.t.Fatal(err)
	}
	return aead
}

func (v VM) set(name string, value any) {
	v.t.Helper()
	if err := v.Set(name, value); err != nil {
		v.t.Fatal(err)
	}
}

// Run evaluates a text.
func (v VM) Run(text string) goja.Value {
	v.t.Helper()
	got, err := v.RunString(text)
	if err != nil {
		v.t.Fatal(err)
	}
	return got
}

// Function returns a JavaScript function.
func (v VM) Function(text string) func(args ...any) goja.Value {
	v.t.Helper()
	f, ok := goja.AssertFunction(v.Run(text))
	if !ok {
		v.t.Fatalf("not a function: %s", text)
	}
	return func(args ...any) goja.Value {
		v.t.Helper()
		values := make([]goja.Value, len(args))
		for i, a := range args {
			values[i] = v.ToValue(a)
		}
		got, err := f(goja.Undefined(), values...)
		if err != nil {
			v.t.Fatalf("%s%v: %v", text, args, err)
		}
		return got
	}
}

// Server is the destination of a VM.
type Server interface {
	// Command carries a command out and gives the reply. A mongo.CommandError is
	// the server's answer, any other error that of the connection.
	Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error)
	// Find gives all documents of a query; simple asks for the simple collation.
	Find(ctx context.Context, database, collection string, filter bson.Raw, simple bool) ([]bson.Raw, error)
}

// Forgetful is a Server on which runs remember nothing, as in a directory.
type Forgetful interface{ Forgets() }

// Transactional is a Server that has transactions.
type Transactional interface {
	// Begin starts one.
	Begin() (Transaction, error)
}

// Transaction is one that was started.
type Transaction interface {
	// Within makes the context of what goes in it.
	Within(context.Context) context.Context
	// End commits or aborts.
	End(ctx context.Context, commit bool) error
}

const answerTimeout = time.Minute

// NewServed is New with a destination: the function drive(state, settings) runs
// the engine against it and gives the report as JSON, as text, and the exit
// code. The variable hook is a function that may answer a request instead.
func NewServed(t testing.TB, server Server) VM {
	t.Helper()
	v := New(t)
	failure := func(err error) map[string]any {
		e := map[string]any{"message": err.Error(), "server": false, "code": goja.Undefined()}
		var command mongo.CommandError
		if errors.As(err, &command) {
			e["message"], e["server"], e["code"], e["labels"] = command.Message, true, command.Code, command.Labels
		}
		return map[string]any{"error": e}
	}
	var transaction Transaction
	within := func(ctx context.Context, inside bool) context.Context {
		if inside {
			return transaction.Within(ctx)
		}
		return ctx
	}
	v.set("goTransaction", func(action string) map[string]any {
		ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
		defer cancel()
		var err error
		if action == "start" {
			transactional, ok := server.(Transactional)
			if !ok {
				t.Fatal("the server of this test has no transactions")
			}
			transaction, err = transactional.Begin()
		} else {
			err = transaction.End(ctx, action == "commit")
		}
		if err != nil {
			return failure(err)
		}
		return map[string]any{}
	})
	v.set("goCommand", func(database string, command goja.ArrayBuffer, inside bool) map[string]any {
		ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
		defer cancel()
		raw, err := server.Command(within(ctx, inside), database, bson.Raw(command.Bytes()))
		if err != nil {
			return failure(err)
		}
		reply := map[string]any{}
		for _, name := range []string{"setName", "msg", "version", "gitVersion"} {
			if s, ok := raw.Lookup(name).StringValueOK(); ok {
				reply[name] = s
			}
		}
		if said, ok := raw.Lookup("ferretdb", "version").StringValueOK(); ok {
			reply["ferretdb"] = map[string]any{"version": said}
		}
		if n, ok := raw.Lookup("n").AsInt64OK(); ok {
			reply["n"] = n
		}
		if now, ok := raw.Lookup("localTime").DateTimeOK(); ok {
			reply["localTime"] = now // mongosh has a Date, which is a number as well
		}
		if list, ok := raw.Lookup("writeErrors").ArrayOK(); ok {
			var errs []any
			for _, e := range doc.Fields(bson.Raw(list)) {
				errs = append(errs, map[string]any{"index": e.Document().Lookup("index").AsInt64(), "code": e.Document().Lookup("code").AsInt64(), "errmsg": e.Document().Lookup("errmsg").StringValue()})
			}
			reply["writeErrors"] = errs
		}
		if list, ok := raw.Lookup("hosts").ArrayOK(); ok {
			var hosts []any
			for _, host := range doc.Fields(bson.Raw(list)) {
				hosts = append(hosts, host.StringValue())
			}
			reply["hosts"] = hosts
		}
		out := map[string]any{"value": reply}
		if list, ok := raw.Lookup("writeErrors").ArrayOK(); ok {
			out["writeErrors"] = v.NewArrayBuffer(list)
		}
		if d, ok := raw.Lookup("authInfo").DocumentOK(); ok {
			out["authInfo"] = string(doc.AppendReview(nil, d, false)) // texts, documents and arrays alone
		}
		if cursor, ok := raw.Lookup("cursor").DocumentOK(); ok {
			out["cursor"] = v.NewArrayBuffer(cursor)
		}
		return out
	})
	v.set("goFind", func(database, collection string, filter goja.ArrayBuffer, simple, inside bool) map[string]any {
		ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
		defer cancel()
		found, err := server.Find(within(ctx, inside), database, collection, bson.Raw(filter.Bytes()), simple)
		if err != nil {
			return failure(err)
		}
		documents := make([]goja.ArrayBuffer, len(found))
		for i, d := range found {
			documents[i] = v.NewArrayBuffer(d)
		}
		return map[string]any{"documents": documents}
	})
	_, forgetful := server.(Forgetful)
	v.set("forgetful", forgetful)
	v.Run(driverText)
	return v
}

// Result is the report of a run, in every form.
type Result struct{ JSON, Text, Markdown, Quiet, Verbose, Small, Lines string }

// Small is the form of Result.Small.
var Small = view.Form{Markdown: true, MaxSize: 2500, Filter: view.Filter{Path: "a"}}

// RunState runs a state, given as the statement `const mongocdState = …` of a
// generated script, in a mode with secrets.
func (v VM) RunState(data, mode string, secrets map[string]string) Result {
	v.t.Helper()
	v.Run("var " + data[len("const "):])
	v.set("secrets", secrets)
	got := v.Run(`drive(start(mongocdState), engine.readSettings({MONGOCD_MODE: '` + mode + `', ...secrets}, start(mongocdState)))`).Export().([]any)
	return Result{JSON: got[0].(string), Text: got[1].(string), Markdown: got[3].(string), Quiet: got[4].(string), Verbose: got[5].(string), Small: got[6].(string), Lines: got[7].(string)}
}

// RunText is RunState of which the report is shown as text alone, as settings say.
func (v VM) RunText(data, mode string, settings map[string]string) string {
	v.t.Helper()
	v.Run("var " + data[len("const "):])
	v.set("secrets", settings)
	return v.Run(`reportTextOf(engine.readSettings({MONGOCD_MODE: '` + mode + `', ...secrets}, start(mongocdState)))`).String()
}
