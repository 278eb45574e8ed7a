package view

// A page as Markdown for pull requests and step summaries, on GitHub and GitLab. In: a
// page; out: Markdown, the same from both engines. What is most important stands first,
// details are folded; what does not fit is counted. Pure.

import (
	"slices"
	"strings"
)

//js:table
const openLines = 25 // a part of so many lines or less is not folded

// markdown is the page as Markdown.
func (p *page) markdown(f Form) string {
	w := &markdownWriter{max: f.MaxSize, last: p.last()}
	if p.marker != "" {
		w.must(p.marker + "\n")
	}
	if len(p.title) > 0 {
		w.must("### " + markdown(p.title) + "\n")
	}
	if len(p.filtered) > 0 {
		w.must("\n" + markdown(p.filtered) + "\n")
	}
	for _, c := range append(p.conflicts[:len(p.conflicts):len(p.conflicts)], p.failures...) {
		w.may("\n#### " + markdown(c.title()) + "\n\n" + fenced("text", strings.Join(cleanLines(c.message), "\n")))
		if len(c.more) > 0 {
			w.may("\n" + markdown(c.more) + "\n")
		}
	}
	w.table(p)
	if len(p.quiet) > 0 {
		w.may("\n" + markdown(p.quiet) + "\n")
	}
	parts := 0
	for _, o := range p.outlines {
		parts += len(o.parts)
	}
	for _, o := range p.outlines {
		if len(o.of) > 0 {
			w.may("\n#### " + markdown(o.of) + "\n")
		}
		together := func(c part) bool { return len(o.parts) == 1 || c.made }
		for _, c := range o.parts {
			if !together(c) {
				w.policies(c)
			}
		}
		for _, c := range o.parts {
			w.part(c, p.verbs, together(c), parts)
			parts--
		}
		for _, l := range o.lists {
			w.list(l.name, l.lines)
		}
		for _, n := range o.notes {
			w.may("\n" + markdown(n) + "\n")
		}
	}
	if w.left > 0 {
		w.must("\n**Left out here, for its size: " + count(w.left) + " " + plural(w.left, "change", "changes") + ".** The report as JSON or HTML has all of them.\n")
	}
	w.must(w.last)
	return strings.TrimPrefix(w.b.String(), "\n")
}

// last is what stands at the end.
func (p *page) last() string {
	var b strings.Builder
	for i, l := range p.tail {
		before := "\n"
		if i > 0 {
			before = "\\\n"
		}
		b.WriteString(before + markdown(l))
	}
	if len(p.tail) > 0 {
		b.WriteString("\n")
	}
	for i, l := range p.results {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString("**" + markdown(l) + "**\n")
	}
	return b.String()
}

// markdownWriter writes within a number of bytes.
type markdownWriter struct {
	b    strings.Builder
	max  int    // 0: any
	last string // is to fit, too
	left int    // changes that did not fit
}

// reserve is what is kept for what says that changes are left out.
//
//js:table
const reserve = 200

// room is how many bytes may still be written.
func (w *markdownWriter) room() int {
	if w.max == 0 {
		return int(^uint(0) >> 1)
	}
	return w.max - w.b.Len() - len(w.last) - reserve
}

// must writes what is never left out.
func (w *markdownWriter) must(text string) { w.b.WriteString(text) }

// may writes what fits, and reports whether it did.
func (w *markdownWriter) may(text string) bool {
	if len(text) > w.room() {
		return false
	}
	w.b.WriteString(text)
	return true
}

// table is a row for each collection.
func (w *markdownWriter) table(p *page) {
	several := slices.ContainsFunc(p.totals, func(t total) bool { return len(t.of) > 0 })
	if len(p.totals) < 2 && !several {
		return // the title has them
	}
	head, rule := "\n| collection |", "|---|"
	if several {
		head, rule = head+" environments |", rule+"---|"
	}
	w.may(head + " " + p.verbs.insert + " | " + p.verbs.update + " | " + p.verbs.delete + " | also |\n" + rule + "--:|--:|--:|---|\n")
	budget, left := w.room()/2, 0
	for _, t := range p.totals {
		row := "| " + cell(t.name) + " |"
		if several {
			row += " " + cell(t.of) + " |"
		}
		for _, n := range []int{t.tally.Insert, t.tally.Update, t.tally.Delete} {
			row += " "
			if n > 0 {
				row += count(n)
			}
			row += " |"
		}
		row += " " + present(append([]number{{t.tally.moved, p.verbs.move}, {t.tally.Unknown, "unknown"}, {t.tally.Absent, "absent"}, {t.tally.Kept, "kept"}}, t.tally.also()...)...) + " |\n"
		if budget -= len(row); budget < 0 || !w.may(row) {
			left++
		}
	}
	if left > 0 {
		w.may("| … and " + count(left) + " more |\n")
	}
}

// Cell is a text as the cell of a table or a line of a list, with nothing in it markup.
func Cell(text string) string { return cell([]span{name(text)}) }

// cell is a line in a table: a bar in it would end the cell, in code, too.
func cell(l []span) string { return strings.ReplaceAll(markdown(l), "|", `\|`) }

// policies are those of a collection, before all documents.
func (w *markdownWriter) policies(c part) {
	if len(c.policies) == 0 {
		return
	}
	w.may("\n" + markdown(line(c.name, c.about)) + "\n\n")
	w.entries(c.policies, w.room())
}

// part writes a collection, folded where it is long. It may have its share of what is
// left for so many parts.
func (w *markdownWriter) part(c part, v verbs, together bool, parts int) {
	entries := c.documents
	if together {
		entries = append(c.policies[:len(c.policies):len(c.policies)], entries...)
	}
	if len(entries)+len(c.notes) == 0 {
		return
	}
	lines := len(c.notes)
	for _, e := range entries {
		lines += 1 + len(e.lines)
		for _, f := range e.lines {
			lines += len(f.rows)
		}
	}
	open := ""
	if lines <= openLines {
		open = " open"
	}
	text := c.tally.text(v)
	if text != "" {
		text = ": " + text
	}
	const end = "\n</details>\n"
	budget := w.room()/max(1, parts) - len(end)
	begin := "\n<details" + open + "><summary>" + html(c.name) + html(c.about) + text + "</summary>\n\n"
	if len(begin) > budget || !w.may(begin) {
		w.left += len(entries)
		return
	}
	w.entries(entries, budget-len(begin))
	for _, n := range c.notes {
		w.may("- " + markdown(n) + "\n")
	}
	w.must(end)
}

// entries writes a list within a number of bytes.
func (w *markdownWriter) entries(entries []entry, budget int) {
	for i, e := range entries {
		text := entryMarkdown(e)
		if len(text) > min(budget, w.room()) {
			w.left += len(entries) - i
			w.may("- … and " + count(len(entries)-i) + " more\n")
			return
		}
		budget -= len(text)
		w.must(text)
	}
}

// entryMarkdown is an item of a list with those below it.
func entryMarkdown(e entry) string {
	var b strings.Builder
	b.WriteString("- " + signCode(e.sign) + markdown(e.head) + "\n")
	for _, f := range e.lines {
		b.WriteString("  - " + signCode(f.sign) + markdown(f.line()) + "\n")
		if len(f.rows) > 0 {
			var text []string
			for _, r := range f.rows {
				text = append(text, strings.TrimRight(orSpace(r.sign)+" "+r.text, " "))
			}
			b.WriteString("\n    " + strings.ReplaceAll(strings.TrimSuffix(fenced("diff", strings.Join(text, "\n")), "\n"), "\n", "\n    ") + "\n\n")
		}
	}
	return b.String()
}

func orSpace(sign string) string {
	if sign == "" {
		return " "
	}
	return sign
}

// signCode is a sign with a space behind it, or nothing.
func signCode(sign string) string {
	if sign == "" {
		return ""
	}
	return "`" + sign + "` "
}

// list is a part without a collection.
func (w *markdownWriter) list(name string, lines [][]span) {
	if len(lines) > 0 {
		w.may("\n#### " + name + "\n\n")
	}
	for _, l := range lines {
		w.may("- " + markdown(l) + "\n")
	}
}
