package mongosh

// The prelude in goja on a real server: requests go through the Go driver as
// the bytes that mongosh's driver would make of them.

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

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
  if (request.kind === 'find') {
    const r = goFind(request.database, request.collection, bytesOf(request.filter), request.options.collation !== undefined);
    return r.error ? {error: r.error} : {value: r.documents.map(b => new Uint8Array(b))};
  }
  const r = goCommand(request.database, bytesOf(request.command));
  if (r.error) return {error: r.error};
  if (request.raw) r.value.cursor = new Uint8Array(r.cursor);
  return {value: r.value};
}
function start(data) { return engine.readState(data); }
function drive(state, settings) {
  const run = engine.run(state, settings);
  let step = run.next();
  while (!step.done) {
    const r = hook(step.value) || answer(step.value);
    step = run.next(r);
  }
  return [engine.reportJSON(step.value), engine.reportText(step.value, false), String(step.value.exit)];
}
let hook = () => undefined;
`

// serverVM is a vm with the functions that driverText calls.
func serverVM(t testing.TB, client *mongo.Client) vm {
	v := newVM(t)
	failure := func(err error) map[string]any {
		e := map[string]any{"message": err.Error(), "server": false, "code": goja.Undefined()}
		var command mongo.CommandError
		if errors.As(err, &command) {
			e["message"], e["server"], e["code"] = command.Message, true, command.Code
		}
		return map[string]any{"error": e}
	}
	set := func(name string, f any) {
		if err := v.Set(name, f); err != nil {
			t.Fatal(err)
		}
	}
	set("goCommand", func(database string, command goja.ArrayBuffer) map[string]any {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		raw, err := client.Database(database).RunCommand(ctx, bson.Raw(command.Bytes())).Raw()
		var write mongo.WriteException
		if err != nil && !errors.As(err, &write) {
			return failure(err)
		}
		reply := map[string]any{}
		if n, ok := raw.Lookup("n").AsInt64OK(); ok {
			reply["n"] = n
		}
		if list, ok := raw.Lookup("writeErrors").ArrayOK(); ok {
			var errs []any
			for _, e := range doc.Fields(bson.Raw(list)) {
				errs = append(errs, map[string]any{"index": e.Document().Lookup("index").AsInt64(), "code": e.Document().Lookup("code").AsInt64(), "errmsg": e.Document().Lookup("errmsg").StringValue()})
			}
			reply["writeErrors"] = errs
		}
		out := map[string]any{"value": reply}
		if cursor, ok := raw.Lookup("cursor").DocumentOK(); ok {
			out["cursor"] = v.NewArrayBuffer(cursor)
		}
		return out
	})
	set("goFind", func(database, collection string, filter goja.ArrayBuffer, simple bool) map[string]any {
		opts := options.Find()
		if simple {
			opts.SetCollation(&options.Collation{Locale: "simple"})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cursor, err := client.Database(database).Collection(collection).Find(ctx, bson.Raw(filter.Bytes()), opts)
		if err != nil {
			return failure(err)
		}
		var found []bson.Raw
		if err := cursor.All(ctx, &found); err != nil {
			return failure(err)
		}
		documents := make([]goja.ArrayBuffer, len(found))
		for i, d := range found {
			documents[i] = v.NewArrayBuffer(d)
		}
		return map[string]any{"documents": documents}
	})
	v.run(driverText)
	return v
}

// runState runs a state in a vm and returns the report as JSON and text.
func (v vm) runState(s *desired.State, mode string, secrets map[string]string) (report, text string) {
	v.t.Helper()
	g := &generator{}
	if err := g.state(s); err != nil {
		v.t.Fatal(err)
	}
	v.run("var " + string(g.out)[len("const "):])
	if err := v.Set("secrets", secrets); err != nil {
		v.t.Fatal(err)
	}
	got := v.run(`drive(start(mongocdState), engine.readSettings({MONGOCD_MODE: '` + mode + `', ...secrets}, start(mongocdState)))`).Export().([]any)
	return got[0].(string), got[1].(string)
}

func seed(t testing.TB, c *mongo.Collection, documents []bson.Raw, indexes []bson.Raw) {
	t.Helper()
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(documents) == 0 {
		return
	}
	if len(indexes) > 0 {
		if err := c.Database().RunCommand(t.Context(), bson.D{{Key: "createIndexes", Value: c.Name()}, {Key: "indexes", Value: indexes}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.InsertMany(t.Context(), documents, options.InsertMany().SetOrdered(false)); err != nil {
		var bulk mongo.BulkWriteException
		if !errors.As(err, &bulk) { // documents that break a unique index are left out
			t.Fatal(err)
		}
	}
}

func int32Raw(n int) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}
