package capture

// The files as they become. In: items, each with the form that is tried; out: texts of
// files, and where in them each item stands.

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/source"
)

// mark is where in a text items stand. soft: each of them is only a part of it.
type mark struct {
	from, to int
	items    []*item
	soft     bool
}

// edit replaces a part of a file.
type edit struct {
	file       *source.File
	start, end int
	text       string
	marks      []mark
}

// block is statements that are being written.
type block struct {
	b     strings.Builder
	marks []mark
}

func (b *block) write(text string, soft bool, items ...*item) {
	from := b.b.Len()
	b.b.WriteString(text)
	if len(items) > 0 {
		b.marks = append(b.marks, mark{from, b.b.Len(), items, soft})
	}
}

// assembler puts statements into the files of the environment.
type assembler struct{ environment string }

// place is a block that statements go to.
type place struct {
	of   *target
	host *ast.AmendDecl
}

// edits are those of all items; clashing ones cannot be made beside one that comes before.
func (w assembler) edits(items []*item) (edits []edit, clashing []*item) {
	var places []place
	statements := map[place][]*item{}
	for _, i := range items {
		f := &i.forms[0]
		if !f.edit.IsZero() {
			e := edit{file: f.edit.File, start: f.edit.Start, end: f.edit.End, text: f.text}
			e.marks = []mark{{0, len(f.text), []*item{i}, false}}
			at := slices.IndexFunc(edits, func(o edit) bool { return o.file == e.file && o.start < e.end && e.start < o.end })
			switch {
			case at < 0:
				edits = append(edits, e)
			case edits[at].start == e.start && edits[at].end == e.end && edits[at].text == e.text:
				edits[at].marks[0].items = append(edits[at].marks[0].items, i)
			default:
				clashing = append(clashing, i)
			}
			continue
		}
		p := place{i.of, f.host}
		if p.host == nil {
			p.host = w.ownBlock(i.of)
		}
		// Collections of several databases that one amendment is about share its block.
		if at := slices.IndexFunc(places, func(q place) bool { return q.host == p.host && q.of.same(p.of) }); at >= 0 {
			p = places[at]
		} else {
			places = append(places, p)
		}
		statements[p] = append(statements[p], i)
	}
	for _, p := range places {
		b := &block{}
		w.block(b, p.of, statements[p])
		edits = append(edits, w.placed(p, b))
	}
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(strings.Compare(a.file.Name, b.file.Name), a.start-b.start)
	})
	return edits, clashing
}

// ownBlock is the last `amend` that is about the collection in the environment alone.
func (w assembler) ownBlock(t *target) *ast.AmendDecl {
	var found *ast.AmendDecl
	for _, a := range t.module.Amends {
		if t.amendedBy(a) && only(a.Environments, w.environment) {
			found = a
		}
	}
	return found
}

// only reports whether a list is of one environment, by its name.
func only(list ast.Environments, environment string) bool {
	return !list.Except && len(list.Names) == 1 && list.Names[0].Text == environment
}

// amendedBy reports whether a declaration is about the target, wherever it is for.
func (t *target) amendedBy(a *ast.AmendDecl) bool {
	return a.Collection.Text == t.unit.Target.Collection && (a.Source == nil || a.Source.Text == t.unit.Key().Source)
}

// same reports whether `amend` names two targets by the same words.
func (t *target) same(other *target) bool {
	return t.module == other.module && t.unit.Key() == other.unit.Key()
}

// placed is the edit that puts a block into its file.
func (w assembler) placed(p place, b *block) edit {
	environment := ast.WrittenName(w.environment)
	open, end := "", ""
	var e edit
	if h := p.host; h != nil {
		e = edit{file: h.Body.Span.File, start: h.Body.Span.End - 1, end: h.Body.Span.End - 1}
		if !only(h.Environments, w.environment) {
			open, end = "for "+environment+" {\n", "}\n"
		}
		if at := e.start; at > 0 && e.file.Text[at-1] != '\n' {
			open = "\n" + open
		}
	} else {
		e.file = p.of.unit.Target.Span.File
		e.start = len(e.file.Text)
		e.end = e.start
		name := "amend " + ast.WrittenName(p.of.unit.Target.Collection)
		if p.of.ambiguous {
			name += " from " + ast.WrittenName(p.of.unit.Key().Source)
		}
		open, end = "\n"+name+" for "+environment+" {\n", "}\n"
		if !strings.HasSuffix(e.file.Text, "\n") {
			open = "\n" + open
		}
	}
	e.text = open + b.b.String() + end
	for _, m := range b.marks {
		m.from, m.to = m.from+len(open), m.to+len(open)
		e.marks = append(e.marks, m)
	}
	return e
}

// block writes the statements of items: what is about the collection first, then the
// changes, documents with the same ones together.
func (w assembler) block(b *block, t *target, items []*item) {
	var preserved, excluded []*item
	for _, i := range items {
		switch f := &i.forms[0]; {
		case f.where:
		case f.how == ByPreserve:
			preserved = append(preserved, i)
		case f.how == ByExclude:
			excluded = append(excluded, i)
		default:
			if f.comment != "" {
				b.write("# "+f.comment+"\n", false)
			}
			b.write(f.text+"\n", false, i)
		}
	}
	w.excluded(b, t, excluded)
	seen := map[string]bool{}
	first := true
	for _, i := range preserved {
		if path := strings.TrimPrefix(i.forms[0].text, "preserve "); !seen[path] {
			seen[path] = true
			b.write(map[bool]string{true: "preserve ", false: ", "}[first], false)
			b.write(path, false, sharing(preserved, i)...)
			first = false
		}
	}
	if !first {
		b.write("\n", false)
	}
	w.wheres(b, items)
}

// sharing are the items whose form says the same.
func sharing(items []*item, as *item) []*item {
	var out []*item
	for _, i := range items {
		if i.forms[0].text == as.forms[0].text {
			out = append(out, i)
		}
	}
	return out
}

// excluded writes `except where`: one for all of a database.
func (w assembler) excluded(b *block, t *target, items []*item) {
	for len(items) > 0 {
		group := []*item{items[0]}
		rest := items[:0:0]
		for _, i := range items[1:] {
			if i.of == group[0].of && i.forms[0].by == group[0].forms[0].by {
				group = append(group, i)
			} else {
				rest = append(rest, i)
			}
		}
		items = rest
		if path := group[0].forms[0].by; path != "" && len(group) > 1 { // one path tells them
			values := make([]string, len(group))
			for n, i := range group {
				values[n] = i.forms[0].text
			}
			b.write("except where "+group[0].of.member(path+" in ["+strings.Join(values, ", ")+"]")+"\n", true, group...)
			continue
		}
		for _, i := range group {
			text := i.forms[0].text
			if path := i.forms[0].by; path != "" {
				text = path + " == " + text
			}
			b.write("except where "+i.of.member(text)+"\n", false, i)
		}
	}
}

// wheres writes `where` with what it is about.
func (w assembler) wheres(b *block, items []*item) {
	type group struct {
		of        *target
		says      string
		documents [][]*item
	}
	var groups []*group
	for _, d := range byDocument(items) {
		texts := make([]string, len(d))
		for n, i := range d {
			texts[n] = i.forms[0].text
		}
		says := strings.Join(texts, "\n")
		at := slices.IndexFunc(groups, func(g *group) bool { return g.of == d[0].of && g.says == says })
		if at < 0 {
			groups, at = append(groups, &group{of: d[0].of, says: says}), len(groups)
		}
		groups[at].documents = append(groups[at].documents, d)
	}
	for _, g := range groups {
		var all []*item
		for _, d := range g.documents {
			all = append(all, d...)
		}
		condition := g.of.condition(g.documents)
		if condition != "" {
			b.write("where "+condition+" {\n", len(g.documents) > 1, all...)
		}
		for n, i := range g.documents[0] {
			var same []*item
			for _, d := range g.documents {
				same = append(same, d[n])
			}
			b.write(i.forms[0].text+"\n", false, same...)
		}
		if condition != "" {
			b.write("}\n", false)
		}
	}
}

// byDocument are the items that are said for their document alone, document by document.
func byDocument(items []*item) [][]*item {
	var out [][]*item
	at := map[string]int{}
	for _, i := range items {
		if !i.forms[0].where {
			continue
		}
		key := i.of.ns.String() + "\x00" + i.key
		n, ok := at[key]
		if !ok {
			n = len(out)
			out, at[key] = append(out, nil), n
		}
		out[n] = append(out[n], i)
	}
	for _, d := range out { // what is removed first: a field may take the place of one that holds it
		slices.SortStableFunc(d, func(a, b *item) int { return slices.Compare(a.path, b.path) })
	}
	return out
}

// text is a file that is edited, with the marks.
type text struct {
	file  *source.File
	after string
	marks []mark
}

// texts are the files that the edits change.
func texts(edits []edit) []text {
	var out []text
	for len(edits) > 0 {
		t := text{file: edits[0].file}
		var b strings.Builder
		at := 0
		for len(edits) > 0 && edits[0].file == t.file {
			e := edits[0]
			edits = edits[1:]
			b.WriteString(t.file.Text[at:e.start])
			for _, m := range e.marks {
				m.from, m.to = m.from+b.Len(), m.to+b.Len()
				t.marks = append(t.marks, m)
			}
			b.WriteString(e.text)
			at = e.end
		}
		b.WriteString(t.file.Text[at:])
		t.after = b.String()
		out = append(out, t)
	}
	return out
}

// names are those that have another meaning in a weave than a field's.
func names(m *check.Module) map[string]bool {
	out := map[string]bool{}
	for _, l := range m.Lets {
		out[l.Name.Text] = true
	}
	for _, i := range m.Inputs {
		out[i.Name.Text] = true
	}
	for _, e := range m.Environments {
		out[e] = true
	}
	for g := range m.Groups {
		out[g] = true
	}
	return out
}
