package view

// Changes that several documents have in common, said once. In: the entries of a
// collection; out: the same, with an entry for each change that is common before those
// that have something of their own. Pure.

import (
	"slices"
	"strings"
)

//js:table
const (
	alikeFrom     = 3 // how many documents must have a change in common
	alikeExamples = 3 // how many of them are named
)

// common is a change that documents have in common.
type common struct {
	fact      fact
	entry     entry
	documents int
	places    int
	examples  [][]span
	last      int  // the entry that was seen last
	paths     bool // it has several
	values    bool // it has several
}

// alike takes what updates and unknown documents have in common out of them. What is
// common stands first, by number of documents, the first seen first.
func alike(entries []entry) []entry {
	found := map[string]*common{}
	var order []*common
	for i, e := range entries {
		if e.action != "update" && e.action != "unknown" {
			continue
		}
		for _, f := range e.lines {
			key := e.action + "\x00" + likeKey(f)
			c := found[key]
			if c == nil {
				c = &common{fact: f, entry: e, last: -1}
				found[key], order = c, append(order, c)
			}
			c.places++
			c.paths = c.paths || f.path != c.fact.path
			c.values = c.values || plain(f.said) != plain(c.fact.said)
			if c.last != i {
				c.last = i
				if c.documents++; c.documents <= alikeExamples {
					c.examples = append(c.examples, e.head)
				}
			}
		}
	}
	order = slices.DeleteFunc(order, func(c *common) bool { return c.documents < alikeFrom })
	if len(order) == 0 {
		return entries
	}
	slices.SortStableFunc(order, func(a, b *common) int { return b.documents - a.documents })
	var out []entry
	at := map[string]int{} // where the common ones of an action go
	for _, e := range entries {
		if _, done := at[e.action]; !done {
			at[e.action] = len(out)
			for _, c := range order {
				if c.entry.action == e.action {
					out = append(out, c.said())
				}
			}
		}
		if e.action != "update" && e.action != "unknown" || len(e.lines) == 0 {
			out = append(out, e)
			continue
		}
		e.lines = slices.DeleteFunc(slices.Clone(e.lines), func(f fact) bool {
			return found[e.action+"\x00"+likeKey(f)].documents >= alikeFrom
		})
		if len(e.lines) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// said is the entry of a change that is common.
func (c *common) said() entry {
	path, said := c.fact.path, c.fact.said
	if c.paths {
		path = anyElement(path)
	}
	if c.values {
		said = line("…")
	}
	head := line(count(c.documents)+" documents: ", name(path), ": ", said)
	if c.fact.sign != "" {
		head = line(count(c.documents)+" documents: "+c.fact.sign+" ", name(path), ": ", said)
	}
	if c.places > c.documents {
		head = line(head, " ("+count(c.places)+" places)")
	}
	var examples []span
	for i, e := range c.examples {
		if i > 0 {
			examples = line(examples, ", ")
		}
		examples = line(examples, e)
	}
	if c.documents > len(c.examples) {
		examples = line(examples, ", …")
	}
	return entry{action: c.entry.action, sign: c.entry.sign, key: c.entry.action + " common " + likeKey(c.fact), head: head,
		lines: []fact{{said: examples, rows: c.fact.rows}}}
}

// likeKey is the same for changes that are said together: of one path, whichever the
// elements, with the same values, or whatever is removed there.
func likeKey(f fact) string {
	if f.sign == "-" && len(f.rows) == 0 {
		return anyElement(f.path) + "\x00-"
	}
	return anyElement(f.path) + "\x00" + f.text()
}

// anyElement is a path with [] for each element.
func anyElement(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var b strings.Builder
	quote, escaped, within := rune(0), false, false
	for _, r := range path {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			escaped = r == '\\' && quote == '"'
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '[':
			within = true
			b.WriteRune(r)
		case r == ']':
			within = false
		}
		if !within {
			b.WriteRune(r)
		}
	}
	return b.String()
}
