package view

// What the report's text and its Markdown write in different ways. In: lines
// and names; out: both forms. In Markdown every name, value and message stands
// in a code span or a fenced block, where nothing in it is markup
// (https://spec.commonmark.org/0.31.2/#code-spans, #fenced-code-blocks). Pure.

import (
	"fmt"
	"github.com/hayone1/mongocd/runtime/change"
	"strings"
)

// Form is how a report is written for people.
type Form struct {
	Markdown bool // for step summaries and pull requests; else plain text
	Quiet    bool // conflicts, the failure and the result alone
	Verbose  bool // every document and conflict is listed
	// Group says changes that documents have in common once, in collections with
	// at least so many updates; 0: never, as the artefacts do.
	Group int
}

type texter struct {
	b        strings.Builder
	markdown bool
	group    int
	limit    int // documents of one action, conflicts of one code
}

// line appends a line: what goes before and after it in the form that is written.
func (t *texter) line(text, markdown [2]string, format string, args ...any) {
	around := text
	if t.markdown {
		around = markdown
	}
	t.b.WriteString(around[0])
	fmt.Fprintf(&t.b, format, args...)
	t.b.WriteString(around[1])
}

// title is the first line.
func (t *texter) title(format string, args ...any) {
	t.line([2]string{"", "\n"}, [2]string{"### ", "\n"}, format, args...)
}

// head begins a part.
func (t *texter) head(format string, args ...any) {
	t.line([2]string{"\n", "\n"}, [2]string{"\n#### ", "\n\n"}, format, args...)
}

// part begins a part that has no head as text.
func (t *texter) part(name string) {
	if !t.markdown {
		name = ""
	}
	t.line([2]string{"", "\n"}, [2]string{"\n#### ", "\n\n"}, "%s", name)
}

// item is one of a list; sign says what is done with it.
func (t *texter) item(sign, format string, args ...any) {
	t.line([2]string{"  " + sign + " ", "\n"}, [2]string{"- `" + sign + "` ", "\n"}, format, args...)
}

// below belongs to the item before it.
func (t *texter) below(format string, args ...any) {
	t.line([2]string{"      ", "\n"}, [2]string{"  - ", "\n"}, format, args...)
}

// note is an item without a sign.
func (t *texter) note(format string, args ...any) {
	t.line([2]string{"  ", "\n"}, [2]string{"- ", "\n"}, format, args...)
}

// entry is an item of a part that has no head as text.
func (t *texter) entry(format string, args ...any) {
	t.line([2]string{"", "\n"}, [2]string{"- ", "\n"}, format, args...)
}

// alone is a line of its own, result the last one.
func (t *texter) alone(format string, args ...any) {
	t.line([2]string{"\n", "\n"}, [2]string{"\n", "\n"}, format, args...)
}

func (t *texter) result(format string, args ...any) {
	t.line([2]string{"\n", "\n"}, [2]string{"\n**", "**\n"}, format, args...)
}

// block is a message of one or several lines.
func (t *texter) block(message string) {
	lines := strings.Split(message, "\n")
	for i := range lines {
		lines[i] = change.Clean(lines[i])
	}
	if !t.markdown {
		t.b.WriteString("  " + strings.Join(lines, "\n  ") + "\n")
		return
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, backticks(text)+1))
	t.b.WriteString(fence + "text\n" + text + "\n" + fence + "\n")
}

// name writes a name, value the short form of a value, names a list.
func (t *texter) name(name string) string     { return t.code(change.Clean(name)) }
func (t *texter) value(v change.Value) string { return t.code(change.ShowValue(v.RawValue)) }

func (t *texter) names(names []string) string {
	codes := make([]string, len(names))
	for i, name := range names {
		codes[i] = t.name(name)
	}
	return strings.Join(codes, ", ")
}

// code writes a text of one line so that nothing in it is markup.
func (t *texter) code(text string) string {
	if !t.markdown {
		return text
	}
	pad := ""
	if text == "" || strings.Trim(text, " ") != text || strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		pad = " " // one on each side is not shown
	}
	fence := strings.Repeat("`", backticks(text)+1)
	return fence + pad + text + pad + fence
}

// backticks is the length of the longest run of backticks.
func backticks(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		run++
		if text[i] != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
