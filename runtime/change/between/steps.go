package between

// Places as text: prices[currency="EUR", interval="month"].amount, hooks[0].url. In: steps; out: text
// that is safe on a terminal.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Text is a place for people. An element without a key has its position after the
// change, or before it where it goes.
func Text(at []change.Step) string {
	var b strings.Builder
	for i, step := range at {
		e := step.Element
		switch {
		case e == nil:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(doc.Path{step.Field}.String())
		case e.Key != "":
			b.WriteString("[" + doc.Path{e.Key}.String() + "=" + change.ShowValue(e.Value.RawValue))
			for _, f := range e.And {
				b.WriteString(", " + doc.Path{f.Key}.String() + "=" + change.ShowValue(f.Value.RawValue))
			}
			b.WriteByte(']')
		case e.After != nil:
			b.WriteString("[" + strconv.Itoa(*e.After) + "]")
		case e.Before != nil:
			b.WriteString("[" + strconv.Itoa(*e.Before) + "]")
		}
	}
	return b.String()
}

// Steps are a place that is the same on both sides: names of fields, and elements
// (desired.Element).
func Steps(at []string) []change.Step {
	out := make([]change.Step, len(at))
	for i, step := range at {
		name, element := desired.IsElement(step)
		if !element {
			out[i].Field = step
			continue
		}
		n, err := strconv.Atoi(name)
		if err != nil { // an array of a hostile client
			n = 0
		}
		out[i].Element = &change.Element{Before: &n, After: &n}
	}
	return out
}

// Unknown is the change of a place that was not compared, as secrets are not given.
func Unknown(at []string, names []string) change.Change {
	steps := Steps(at)
	return change.Change{Kind: change.KindOpen, Path: Text(steps), At: steps, Unknown: slices.Clone(names), Fields: fieldPath(at)}
}

// Lost is how many of the changes take an element of an array away.
func Lost(changes []change.Change) (n int) {
	for _, c := range changes {
		if c.Kind == change.KindRemoved && len(c.At) > 0 && c.At[len(c.At)-1].Element != nil {
			n++
		}
	}
	return n
}
