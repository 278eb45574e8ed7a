// Numbers, and the dates that are mistaken for them.
package token

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hayone1/mongocd/lang/diag"
)

// Dates are what a date or a time looks like without its quotes.
var Dates = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]?\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?\b`)

func (s *scanner) number(rest string) {
	if date := Dates.FindString(rest); date != "" {
		s.date(date)
		return
	}
	n := digits(rest)
	if n < len(rest)-1 && rest[n] == '.' && isDigit(rest[n+1]) {
		n += 1 + digits(rest[n+1:])
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		i := n + 1
		if i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if d := digits(rest[min(i, len(rest)):]); d > 0 {
			n = i + d
		}
	}
	tail := NameLength(rest[n:])
	whole, integer := rest[:n+tail], rest[:digits(rest)]
	if tail == 0 && (integer == "0" || integer[0] != '0') {
		s.emit(Number, s.pos+n)
		return
	}
	label, notes := "", []string(nil)
	var fix string
	switch lower := strings.ToLower(whole); {
	case tail == 0:
		fix = strings.TrimLeft(integer, "0") + rest[len(integer):n]
		if fix == "" || !isDigit(fix[0]) {
			fix = "0" + fix
		}
		label = fmt.Sprintf("write `%s`", fix)
	case strings.HasPrefix(lower, "0x"), strings.HasPrefix(lower, "0b"), strings.HasPrefix(lower, "0o"):
		label = "numbers are decimal"
		if n, err := strconv.ParseInt(strings.ToLower(whole), 0, 64); err == nil {
			fix = strconv.FormatInt(n, 10)
			label = fmt.Sprintf("numbers are decimal: write `%s`", fix)
		}
	case strings.HasPrefix(rest[n:], "_"):
		if fix = strings.ReplaceAll(whole, "_", ""); digits(fix) == len(fix) {
			label = fmt.Sprintf("write `%s`", fix)
		} else {
			fix = ""
		}
	default:
		label = "numbers have no suffix"
		notes = []string{fmt.Sprintf("the type comes from the field; to choose one, write `long(%[1]s)`, `double(%[1]s)` or `decimal(%[1]s)`", rest[:n])}
	}
	d := s.report(diag.BadNumber, s.pos, s.pos+len(whole), fmt.Sprintf("`%s` is not a number", whole), label, notes...)
	if fix != "" {
		d.Fix = &diag.Fix{Span: d.Span, Text: fix}
	}
	s.emit(Number, s.pos+len(whole)).Bad = true
}

// date reports a date that is no text; it is taken as one number.
func (s *scanner) date(text string) {
	whole := text
	if !strings.Contains(whole, ":") {
		whole = whole[:len("2026-01-01")] + "T00:00:00Z"
	} else if !strings.HasSuffix(whole, "Z") && !strings.ContainsAny(whole[len("2026-01-01"):], "+-") {
		whole += "Z"
	}
	d := s.report(diag.BadNumber, s.pos, s.pos+len(text), "a date stands in quotes", fmt.Sprintf("write `date(\"%s\")`", whole))
	fix := "date(\"" + whole + "\")"
	if strings.HasSuffix(s.text[:s.pos], "date(") || strings.HasSuffix(s.text[:s.pos], "timestamp(") {
		fix = "\"" + whole + "\""
		d.Label = fmt.Sprintf("write `%s`", fix)
	}
	d.Fix = &diag.Fix{Span: d.Span, Text: fix}
	s.emit(Number, s.pos+len(text)).Bad = true
}
