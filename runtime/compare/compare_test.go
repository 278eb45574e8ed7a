package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

var parse = doctest.Parse

// paths splits "a.b c" into paths.
func paths(text string) []doc.Path {
	var out []doc.Path
	for _, p := range strings.Fields(text) {
		out = append(out, strings.Split(p, "/"))
	}
	return out
}

// describe writes a difference in one line: =path value for a set, -path for
// an unset, then what refuses it.
func describe(d *difference) string {
	var parts []string
	for _, f := range d.set {
		parts = append(parts, fmt.Sprintf("=%s %s", f.Path, change.ShowValue(f.Value)))
	}
	for _, p := range d.unset {
		parts = append(parts, "-"+p.String())
	}
	if !d.reason && len(parts) > 0 {
		parts = append(parts, "(in sync)")
	}
	if d.idChange {
		parts = append(parts, "id-change")
	}
	if len(d.onlyAt) > 0 {
		parts = append(parts, "only at destination: "+change.PathTexts(d.onlyAt, 10))
	}
	if d.twice != nil {
		parts = append(parts, "twice: "+d.twice.String())
	}
	if b := d.blocked; b != nil {
		parts = append(parts, fmt.Sprintf("blocked: %s by %s", b.path, b.inside))
	}
	return strings.Join(parts, "; ")
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name                    string
		mode                    desired.Mode
		preserve, ignore        string
		leftOut                 string
		absent, known, identity string
		wanted, live            string
		want                    string
	}{
		{name: "identical", mode: "replace", wanted: `{"_id": 1, "a": 1}`, live: `{"_id": 1, "a": 1}`},
		{name: "the destination's _id stays", mode: "replace", identity: "a", wanted: `{"a": 1, "_id": 5}`, live: `{"_id": 1, "a": 1}`},
		{name: "top-level order does not count", mode: "exact", wanted: `{"_id": 1, "a": 1, "b": 2}`, live: `{"_id": 1, "b": 2, "a": 1}`},
		{name: "embedded order does", mode: "exact", wanted: `{"_id": 1, "m": {"a": 1, "b": 2}}`, live: `{"_id": 1, "m": {"b": 2, "a": 1}}`, want: `=m {a: 1, b: 2}`},
		{name: "type counts", mode: "replace", wanted: `{"_id": 1, "a": 1}`, live: `{"_id": 1, "a": {"$numberLong": "1"}}`, want: `=a 1`},
		{name: "-0.0 is not 0.0", mode: "merge", wanted: `{"_id": 1, "a": -0.0}`, live: `{"_id": 1, "a": 0.0}`, want: `=a -0.0`},
		{name: "decimal zeros count", mode: "merge", wanted: `{"_id": 1, "a": {"$numberDecimal": "1.10"}}`, live: `{"_id": 1, "a": {"$numberDecimal": "1.1"}}`, want: `=a decimal(1.10)`},
		{name: "a known field goes", mode: "replace", known: "old", wanted: `{"_id": 1}`, live: `{"_id": 1, "old": 1}`, want: `-old`},
		{name: "an unknown one stops", mode: "replace", wanted: `{"_id": 1}`, live: `{"_id": 1, "mine": 1}`, want: `-mine; only at destination: mine`},
		{name: "exact takes it", mode: "exact", wanted: `{"_id": 1}`, live: `{"_id": 1, "mine": 1}`, want: `-mine`},
		{name: "merge keeps it", mode: "merge", wanted: `{"_id": 1, "a": 1}`, live: `{"_id": 1, "a": 1, "mine": 1}`},
		{name: "unknown ones inside", mode: "replace", known: "m m/a gone gone/x", wanted: `{"_id": 1, "m": {"a": 1}}`, live: `{"_id": 1, "m": {"a": 1, "b": {"c": 1}}, "gone": {"x": 1, "y": 2}}`,
			want: `=m {a: 1}; -gone; only at destination: m.b, gone.y`},
		{name: "a scalar wanted where there is a document is no unknown field", mode: "replace", known: "m", wanted: `{"_id": 1, "m": 5}`, live: `{"_id": 1, "m": {"b": 1}}`, want: `=m 5`},
		{name: "insert leaves it", mode: "insert", wanted: `{"_id": 1, "a": 1}`, live: `{"_id": 1, "a": 2}`},
		{name: "id of another type", mode: "merge", wanted: `{"_id": 1}`, live: `{"_id": 1.0}`, want: "id-change"},

		{name: "preserved", mode: "exact", preserve: "on", wanted: `{"_id": 1, "on": true, "a": 1}`, live: `{"_id": 1, "on": false, "a": 2}`, want: `=a 1`},
		{name: "preserved and absent", mode: "exact", preserve: "on", wanted: `{"_id": 1, "on": true}`, live: `{"_id": 1}`},
		{name: "preserved and unknown", mode: "replace", preserve: "on", wanted: `{"_id": 1}`, live: `{"_id": 1, "on": false}`},
		{name: "preserved inside: by field, in any order", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": {"a": 1, "p": 1, "b": 2}}`, live: `{"_id": 1, "m": {"b": 3, "p": 9, "a": 1, "c": 4}}`, want: `=m.b 2; -m.c`},
		{name: "preserved inside a missing parent", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": {"a": 1, "p": 1}}`, live: `{"_id": 1}`, want: `=m {a: 1}`},
		{name: "nothing but preserved, missing parent", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": {"p": 1}}`, live: `{"_id": 1}`},
		{name: "nothing but preserved over a scalar", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": {"p": 1}}`, live: `{"_id": 1, "m": 5}`, want: `=m {}`},
		{name: "only the destination has it", mode: "exact", preserve: "m/p", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"p": 1, "q": 2}}`, want: `-m.q`},
		{name: "a scalar over a preserved part", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": 5}`, live: `{"_id": 1, "m": {"p": 1}}`, want: `blocked: m by m.p`},
		{name: "a scalar where the preserved part is absent", mode: "exact", preserve: "m/p", wanted: `{"_id": 1, "m": 5}`, live: `{"_id": 1, "m": {"q": 1}}`, want: `=m 5`},
		{name: "unknown parent of a preserved path", mode: "replace", preserve: "m/p", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"p": 1, "q": 2}}`, want: `-m.q; only at destination: m.q`},

		{name: "ignored alone", mode: "exact", ignore: "at", wanted: `{"_id": 1, "at": 1}`, live: `{"_id": 1, "at": 2}`, want: `=at 1; (in sync)`},
		{name: "ignored goes along", mode: "exact", ignore: "at", wanted: `{"_id": 1, "at": 1, "a": 1}`, live: `{"_id": 1, "at": 2, "a": 2}`, want: `=at 1; =a 1`},
		{name: "ignored and unknown", mode: "replace", ignore: "at", wanted: `{"_id": 1}`, live: `{"_id": 1, "at": 2}`, want: `-at; (in sync)`},
		{name: "nothing but ignored at the destination", mode: "exact", ignore: "m/at", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"at": 2}}`, want: `-m; (in sync)`},
		{name: "more than ignored at the destination", mode: "exact", ignore: "m/at", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"at": 2, "b": 1}}`, want: `-m`},
		{name: "nothing but ignored wanted", mode: "merge", ignore: "m/at", wanted: `{"_id": 1, "m": {"at": 2}}`, live: `{"_id": 1}`, want: `=m {at: 2}; (in sync)`},

		{name: "merge: leaves", mode: "merge", wanted: `{"_id": 1, "m": {"a": 1, "n": {"b": 2}}}`, live: `{"_id": 1, "m": {"x": 1, "n": {"b": 3, "c": 4}}}`, want: `=m.a 1; =m.n.b 2`},
		{name: "merge: missing parent is set whole", mode: "merge", wanted: `{"_id": 1, "m": {"n": {"b": 2}}}`, live: `{"_id": 1, "m": {}}`, want: `=m.n {b: 2}`},
		{name: "merge: null parent is set whole", mode: "merge", wanted: `{"_id": 1, "m": {"n": 2}}`, live: `{"_id": 1, "m": null}`, want: `=m {n: 2}`},
		{name: "merge: empty document wants a document", mode: "merge", wanted: `{"_id": 1, "m": {}}`, live: `{"_id": 1, "m": {"x": 1}}`},
		{name: "merge: empty document over a scalar", mode: "merge", wanted: `{"_id": 1, "m": {}}`, live: `{"_id": 1, "m": 4}`, want: `=m {}`},
		{name: "merge: arrays are one value", mode: "merge", wanted: `{"_id": 1, "l": [1, 2]}`, live: `{"_id": 1, "l": [1, 2, 3]}`, want: `=l [1, 2]`},
		{name: "merge: absent", mode: "merge", absent: "old m/x", wanted: `{"_id": 1, "m": {"a": 1}}`, live: `{"_id": 1, "m": {"a": 1, "x": 2}, "old": 1}`, want: `-old; -m.x`},
		{name: "merge: absent below what is written", mode: "merge", absent: "m/x", wanted: `{"_id": 1, "m": 1}`, live: `{"_id": 1, "m": {"x": 2}}`, want: `=m 1`},
		{name: "merge: absent around a preserved path", mode: "merge", absent: "m", preserve: "m/x", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"x": 2}}`, want: `blocked: m by m.x`},

		{name: "left out: the destination's", mode: "replace", leftOut: "*t m/n", wanted: `{"_id": 1, "m": {"a": 1}}`, live: `{"_id": 1, "t": 5, "m": {"n": 1, "a": 2, "t": 3}}`, want: `=m.a 1`},
		{name: "left out: exact takes only the rest", mode: "exact", leftOut: "m/n", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"n": 1, "a": 2}}`, want: `-m.a`},
		{name: "left out: a scalar in its place", mode: "merge", leftOut: "m/n", wanted: `{"_id": 1, "m": 5}`, live: `{"_id": 1, "m": {"n": 1}}`, want: `blocked: m by m.n`},
		{name: "left out: wanted, a secret", mode: "merge", leftOut: "*t", wanted: `{"_id": 1, "t": "s"}`, live: `{"_id": 1, "t": "old"}`, want: `=t "s"`},
		{name: "left out: in an array that is the same", mode: "exact", leftOut: "*t", wanted: `{"_id": 1, "l": [{"a": 1}, [{}]]}`, live: `{"_id": 1, "l": [{"a": 1, "t": 2}, [{"t": {"x": 1}}]]}`},
		{name: "left out: in an array that differs", mode: "exact", leftOut: "*t", wanted: `{"_id": 1, "l": [{"a": 2}]}`, live: `{"_id": 1, "l": [{"a": 1, "t": 2}]}`, want: `=l [{a: 2}]; blocked: l by l.'0'.t`},
		{name: "left out: in an array, a secret", mode: "exact", leftOut: "*t", wanted: `{"_id": 1, "l": [{"t": "s"}]}`, live: `{"_id": 1, "l": [{"t": "old"}]}`, want: `=l [{t: "s"}]`},
		{name: "left out: in an array that goes", mode: "exact", leftOut: "*t", wanted: `{"_id": 1}`, live: `{"_id": 1, "m": {"l": [{"t": 2}]}}`, want: `-m; blocked: m by m.l.'0'.t`},
		{name: "left out: a path enters no array", mode: "exact", leftOut: "l/t", wanted: `{"_id": 1, "l": []}`, live: `{"_id": 1, "l": [{"t": 2}]}`, want: `=l []`},
		{name: "left out: never the _id", mode: "exact", leftOut: "*_id", wanted: `{"_id": 1, "m": {}}`, live: `{"_id": 1, "m": {"_id": 2}}`},

		{name: "two fields of one name", mode: "exact", wanted: `{"_id": 1, "a": 1}`, live: `{"_id": 1, "a": 1, "a": 2}`, want: `twice: a`},
		{name: "the same two fields of one name", mode: "exact", identity: "k", wanted: `{"k": 1, "a": 1, "a": 2}`, live: `{"_id": 1, "k": 1, "a": 1, "a": 2}`},
		{name: "merge: two of a name it does not own", mode: "merge", wanted: `{"_id": 1, "b": 1}`, live: `{"_id": 1, "a": 1, "a": 2}`, want: `=b 1`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &desired.Collection{Mode: test.mode, Preserve: paths(test.preserve), Ignore: paths(test.ignore), Absent: paths(test.absent), Known: paths(test.known)}
			for _, text := range strings.Fields(test.leftOut) {
				pattern := desired.Pattern{Path: strings.Split(text, "/")}
				if text[0] == '*' {
					pattern = desired.Pattern{Leaf: text[1:]}
				}
				c.Redact = append(c.Redact, pattern)
			}
			diff := newPolicy(c).compare(parse(t, test.wanted), parse(t, test.live), test.identity == "", false)
			if got := describe(diff); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if diff.refused() {
				return
			}
			// What is written must converge: comparing the final value finds nothing.
			final := stores.Changed(parse(t, test.live), diff.set, diff.unset)
			if again := newPolicy(c).compare(parse(t, test.wanted), final, test.identity == "", false); describe(again) != "" {
				t.Errorf("a second comparison finds %s in %s", describe(again), doc.Canonical(final))
			}
		})
	}
}

func TestUpdating(t *testing.T) {
	tests := []struct {
		name, wanted, live string
		op, guard, changes string
	}{
		{
			name: "set, unset, and what was read", wanted: `{"_id": 1, "a": 1, "n": 2}`, live: `{"_id": 1, "a": 5, "z": null}`,
			op: "update set a=1 n=2 unset z", guard: "present a=5 z=null absent n", changes: "a 5>1, n >2, z null>",
		},
		{
			name: "leaves of a document set whole", wanted: `{"_id": 1, "m": {"a": 1, "b": {"c": 2}}}`, live: `{"_id": 1, "m": {"a": 1, "b": {"c": 3, "d": 4}}}`,
			op: "update set m={a: 1, b: {c: 2}} unset", guard: "present m={a: 1, b: {c: 3, d: 4}} absent", changes: "m.b.c 3>2, m.b.d 4>",
		},
		{
			name: "order alone is one change", wanted: `{"_id": 1, "m": {"a": 1, "b": 2}}`, live: `{"_id": 1, "m": {"b": 2, "a": 1}}`,
			op: "update set m={a: 1, b: 2} unset", guard: "present m={b: 2, a: 1} absent", changes: "m {b: 2, a: 1}>{a: 1, b: 2}",
		},
		{
			name: "a top-level name with a dot", wanted: `{"_id": 1, "a.b": 1, "c": 1}`, live: `{"_id": 1, "c": 1, "a.b": 2}`,
			op: "replace {_id: 1, c: 1, 'a.b': 1}", guard: "whole {_id: 1, c: 1, 'a.b': 2}", changes: "'a.b' 2>1",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			live := parse(t, test.live)
			diff := newPolicy(&desired.Collection{Mode: desired.Exact}).compare(parse(t, test.wanted), live, true, false)
			w := Updating(live, 0, diff.set, diff.unset)
			if got := describeOp(w.Op); got != test.op {
				t.Errorf("operation\ngot  %s\nwant %s", got, test.op)
			}
			if got := describeGuard(w.Op.Guard); got != test.guard {
				t.Errorf("guard\ngot  %s\nwant %s", got, test.guard)
			}
			var changes []string
			c := &Collection{Collection: &desired.Collection{}, policy: &policy{}}
			w.Leaves = leafChanges(w.Before, w.After)
			w.Spots = c.spots(&w)
			for _, one := range c.changes(&w) {
				text := func(v change.Value) string {
					if v.Missing() {
						return ""
					}
					return change.ShowOr(v)
				}
				changes = append(changes, fmt.Sprintf("%s %s>%s", one.Path, text(one.Before), text(one.After)))
			}
			if got := strings.Join(changes, ", "); got != test.changes {
				t.Errorf("changes\ngot  %s\nwant %s", got, test.changes)
			}
			if !w.Op.Guard.Holds(live) {
				t.Error("the guard does not hold for what was read")
			}
		})
	}
}

// A name that cannot be addressed below a preserved path's parent: the nearest
// addressable parent is set whole, with the preserved value that was read.
func TestUpdatingUnaddressableBelow(t *testing.T) {
	c := &desired.Collection{Mode: desired.Exact, Preserve: paths("m/p")}
	live := parse(t, `{"_id": 1, "m": {"p": 7, "$x": 1, "b": 1}}`)
	diff := newPolicy(c).compare(parse(t, `{"_id": 1, "m": {"$x": 2, "b": 3}}`), live, true, false)
	if got, want := describeOp(Updating(live, 0, diff.set, diff.unset).Op), "update set m={p: 7, $x: 2, b: 3} unset"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func describeOp(op stores.Op) string {
	switch op.Action {
	case stores.Replace:
		return "replace " + change.ShowDocument(op.Document)
	case stores.Update:
		parts := []string{"update set"}
		for _, f := range op.Set {
			parts = append(parts, f.Path.String()+"="+change.ShowValue(f.Value))
		}
		parts = append(parts, "unset")
		for _, p := range op.Unset {
			parts = append(parts, p.String())
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(op.Action)
}

func describeGuard(g stores.Guard) string {
	if g.Whole != nil {
		return "whole " + change.ShowDocument(g.Whole)
	}
	parts := []string{"present"}
	for _, f := range g.Present {
		parts = append(parts, f.Path.String()+"="+change.ShowValue(f.Value))
	}
	parts = append(parts, "absent")
	for _, p := range g.Absent {
		parts = append(parts, p.String())
	}
	return strings.Join(parts, " ")
}
