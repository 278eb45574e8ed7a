package view

// Parts of reports below headings. In: reports of some items; out: a page without
// numbers and results. Pure.

import "github.com/hayone1/mongocd/runtime/change"

// Section is what a report has, below a heading, which is text of this program.
type Section struct {
	Heading string
	Report  *change.Report
}

// Sections returns sections of one weave, one or more, for people; title are words of this
// program, behind which the weave is named.
func Sections(title string, sections []Section, f Form) string {
	of := sections[0].Report
	p := &page{title: line(title+" ", name(of.Weave), " for ", name(of.Environment))}
	for _, s := range sections {
		o := outlineOf(s.Report, f)
		if p.verbs = verbsOf(s.Report); !f.Verbose {
			o.brief(p.verbs)
		}
		o.of = line(s.Heading)
		p.outlines = append(p.outlines, o)
	}
	return p.write(f)
}
