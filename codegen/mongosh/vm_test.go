package mongosh

// The pure part of the prelude in goja, for tests with many cases.

import (
	"crypto/sha256"
	"testing"

	"github.com/dop251/goja"

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
  sha256: b => new Uint8Array(sha256(b.slice().buffer)),
  buffer: b => b.slice(),
  types: {},
})`

// vm is one JavaScript engine with the prelude loaded.
type vm struct {
	*goja.Runtime
	t testing.TB
}

func newVM(t testing.TB) vm {
	t.Helper()
	r := goja.New()
	v := vm{Runtime: r, t: t}
	if err := r.Set("sha256", func(b goja.ArrayBuffer) goja.ArrayBuffer {
		sum := sha256.Sum256(b.Bytes())
		return r.NewArrayBuffer(sum[:])
	}); err != nil {
		t.Fatal(err)
	}
	v.run("const host = " + hostText)
	if err := r.Set("source", prelude.Pure()); err != nil {
		t.Fatal(err)
	}
	v.run(`const engine = new Function('host', '"use strict";\n' + source)(host)`)
	return v
}

// run evaluates a text and fails the test when it throws.
func (v vm) run(text string) goja.Value {
	v.t.Helper()
	got, err := v.RunString(text)
	if err != nil {
		v.t.Fatal(err)
	}
	return got
}

// function returns a JavaScript function as one that fails the test when it throws.
func (v vm) function(text string) func(args ...any) goja.Value {
	v.t.Helper()
	f, ok := goja.AssertFunction(v.run(text))
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
