package main

// The same over a collection that lies in several files of the output: documents that come, go,
// change and get other identities, so that files of the output get others, come and go, and a
// collection that shrinks until it lies in one.

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

const largeWeave = `weave large
environments prod

from src into dst {
  sync items by sku {
    set text = "${text}!"
    except where left == true expect any
    index on sku { unique: true }
    index on n
  }
}
`

func TestRandomEditsOfLargeOutput(t *testing.T) {
	w, edits := newTwins(t, 8)
	filler, made := strings.Repeat("0123456789abcdef", 6<<10), 0 // 96 KiB
	document := func() []byte {
		made++
		return fmt.Appendf(nil, `{"_id": %d, "sku": "s%d", "n": 1, "left": false, "text": %q}`, made, made*7919%1000, filler)
	}
	lines := func(n int) []byte {
		var text []byte
		for range n {
			text = append(append(text, document()...), '\n')
		}
		return text
	}
	extracted := func(name string) bool { return strings.HasPrefix(name, "extracted/") }
	built := func(name string) bool { return strings.HasPrefix(name, "build/") && path.Ext(name) == ".jsonl" }
	back := func() {
		for name := range filesBelow(t, w.plain) {
			if extracted(name) {
				w.both(name, func([]byte) []byte { return nil })
			}
		}
		made = 0
		for n := range 4 {
			text := lines(26)
			w.both(fmt.Sprintf("extracted/src/items/documents/%x.jsonl", n), func([]byte) []byte { return text })
		}
	}
	w.both("large.weave", func([]byte) []byte { return []byte(largeWeave) })
	back()
	several := 0
	for i := range edits {
		name, what := w.one(extracted), "a document"
		inOne := func(change func(line []byte) []byte) { // nil removes it
			at := w.random.IntN(1 << 20)
			w.both(name, func(text []byte) []byte {
				all := bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
				if at %= len(all); len(text) == 0 {
					return []byte{}
				}
				if all[at] = change(all[at]); len(all[at]) == 0 {
					all = slices.Delete(all, at, at+1)
				}
				return append(bytes.TrimSuffix(bytes.Join(all, nil), []byte("\n")), '\n')
			})
		}
		switch n := w.random.IntN(14); {
		case n < 1:
			what = "nothing"
		case n < 4:
			value := w.random.IntN(9)
			inOne(func(line []byte) []byte {
				return bytes.Replace(line, []byte(`"n": 1`), fmt.Appendf(nil, `"n": 1%d`, value), 1)
			})
		case n < 5:
			what = "a document that is left out"
			inOne(func(line []byte) []byte { return bytes.Replace(line, []byte("false"), []byte("true"), 1) })
		case n < 6:
			what = "a document that goes"
			inOne(func([]byte) []byte { return nil })
		case n < 7:
			what = "a document that comes"
			text := lines(1)
			w.both(name, func(old []byte) []byte { return append(slices.Clone(text), old...) })
		case n < 9:
			what = "another identity"
			to := fmt.Sprintf(`"sku": "%c`, 'a'+w.random.IntN(26))
			inOne(func(line []byte) []byte { return bytes.Replace(line, []byte(`"sku": "`), []byte(to), 1) })
		case n < 10:
			what = "a file of the source goes, and comes under another name"
			to := fmt.Sprintf("extracted/src/items/documents/%x.jsonl", 4+w.random.IntN(12))
			if to != name {
				text := []byte(filesBelow(t, w.plain)[name])
				w.both(name, func([]byte) []byte { return nil })
				w.both(to, func(old []byte) []byte { return append(slices.Clone(old), text...) })
			}
		case n < 11:
			what = "a collection of few"
			for name := range filesBelow(t, w.plain) {
				if extracted(name) {
					w.both(name, func(text []byte) []byte {
						return bytes.Join(bytes.SplitAfterN(text, []byte("\n"), 4)[:min(3, bytes.Count(text, []byte("\n")))], nil)
					})
				}
			}
		case n < 12 && w.one(built) != "":
			name := w.one(built)
			what = "remove " + name
			w.both(name, func([]byte) []byte { return nil })
		case n < 13 && w.one(built) != "":
			name := w.one(built)
			what = "edit " + name
			w.both(name, func(text []byte) []byte { return append(text, ' ') })
		default:
			what = "back"
			back()
		}
		args := [][]string{{"compile"}, {"compile", "--force", "--target", "go"}, {"compile", "--force"}, {"compile", "--check"}, {"compile", "--force", "--target", "mongosh"}, {"check"}}[w.random.IntN(6)]
		w.compare(fmt.Sprintf("edit %d, %s", i, what), append(args, "--with-edits"))
		if w.one(func(name string) bool { return built(name) && path.Base(name) == "0002.jsonl" }) != "" {
			several++
		}
	}
	if several < edits/4 {
		t.Errorf("%d of %d have several files", several, edits)
	}
}
