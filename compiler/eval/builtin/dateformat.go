package builtin

// Formats of dates: letters after % as in strftime and MongoDB's $dateToString.
//
// In: a format, a local time or a text. Out: a text or an instant. Names are English.

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/eval/zone"
	"github.com/hayone1/mongocd/lang/diag"
)

// DateLetter is a letter of date formats, for the reference.
type DateLetter struct {
	Letter  byte
	Meaning string
	// Parse: parseDate takes it as well.
	Parse bool
}

// DateLetters are the letters of formatDate and parseDate.
var DateLetters = []DateLetter{
	{'Y', "the year, four digits; outside of 0 to 9999 a sign and at least six", true},
	{'m', "the month, 01 to 12", true},
	{'d', "the day of the month, 01 to 31", true},
	{'H', "the hour, 00 to 23", true},
	{'M', "the minute, 00 to 59", true},
	{'S', "the second, 00 to 59", true},
	{'L', "the milliseconds, 000 to 999", true},
	{'j', "the day of the year, 001 to 366", true},
	{'b', "the month, Jan to Dec", true},
	{'B', "the month, January to December", true},
	{'z', "the offset from UTC, +0100; parseDate also takes +01:00 and Z, and goes by it instead of the zone", true},
	{'a', "the day of the week, Mon to Sun", false},
	{'A', "the day of the week, Monday to Sunday", false},
	{'u', "the day of the week, 1 (Monday) to 7", false},
	{'G', "the year that the ISO week is of", false},
	{'V', "the ISO week, 01 to 53", false},
	{'%', "a percent sign", true},
}

var formatLetters, parseLetters = letters(false), letters(true)

func letters(parse bool) string {
	var b strings.Builder
	for _, l := range DateLetters {
		if l.Parse || !parse {
			b.WriteByte(l.Letter)
		}
	}
	return b.String()
}

// datePiece is a letter, or literal text when letter is 0.
type datePiece struct {
	letter byte
	text   string
}

// dateFormat reads a format of which the letters are known.
func dateFormat(format, known string) ([]datePiece, *value.Error) {
	var pieces []datePiece
	for rest := format; rest != ""; {
		text, after, found := strings.Cut(rest, "%")
		if text != "" {
			pieces = append(pieces, datePiece{text: text})
		}
		if !found {
			break
		}
		bad := &value.Error{Code: diag.BadDateFormat, Message: "the format ends with `%`", Notes: []string{"a percent sign is written `%%`"}}
		if after == "" {
			return nil, bad
		}
		switch {
		case after[0] == '%':
			pieces = append(pieces, datePiece{text: "%"})
		case strings.IndexByte(known, after[0]) >= 0:
			pieces = append(pieces, datePiece{letter: after[0]})
		default:
			r := []rune(after)[0]
			bad.Message = "the format has no letter " + diag.Quote("%"+string(r), 10)
			bad.Notes = []string{"the letters are %" + strings.Join(strings.Split(known, ""), " %")}
			if strings.ContainsRune(formatLetters, r) {
				bad.Message = "`%" + string(r) + "` cannot be read back"
			}
			return nil, bad
		}
		rest = after[1:]
	}
	return pieces, nil
}

// writtenFormat reads a format of formatDate. One without a letter would give
// the same text for every date.
func writtenFormat(format string) ([]datePiece, *value.Error) {
	pieces, err := dateFormat(format, formatLetters)
	if err == nil && !slices.ContainsFunc(pieces, func(p datePiece) bool { return p.letter != 0 }) {
		err = &value.Error{Code: diag.BadDateFormat, Message: "the format has nothing of the date, so every date gives " + diag.Quote(strings.ReplaceAll(format, "%%", "%"), 40),
			Notes: []string{"letters stand behind a percent sign: `\"%Y-%m-%d\"`"}}
		if usual := usualFormat(format); usual != "" {
			err.Notes = []string{"letters stand behind a percent sign: write `\"" + usual + "\"`"}
		}
	}
	return pieces, err
}

// usualFormat is a format of other languages, "yyyy-MM-dd", in letters; empty
// when it has anything else.
func usualFormat(format string) string {
	out := strings.NewReplacer("yyyy", "%Y", "YYYY", "%Y", "MM", "%m", "dd", "%d", "DD", "%d", "HH", "%H", "hh", "%H", "mm", "%M", "ss", "%S", "SSS", "%L").Replace(format)
	rest := dateLetter.ReplaceAllString(out, "")
	if out == format || strings.ContainsFunc(rest, unicode.IsLetter) {
		return ""
	}
	return diag.Safe(out, 60)
}

var dateLetter = regexp.MustCompile("%[A-Za-z]")

// checkFormat checks the format of a function.
func checkFormat(function, format string) *value.Error {
	read := writtenFormat
	if function == "parseDate" {
		read = parseFormat
	}
	_, err := read(format)
	return err
}

// parseFormat reads a format that says which day is meant, each part of it once.
func parseFormat(format string) ([]datePiece, *value.Error) {
	pieces, err := dateFormat(format, parseLetters)
	if err != nil {
		return nil, err
	}
	has := map[byte]int{}
	for _, p := range pieces {
		l := p.letter
		if l == 'b' || l == 'B' {
			l = 'm'
		}
		has[l]++
		if l != 0 && has[l] > 1 {
			return nil, &value.Error{Code: diag.BadDateFormat, Message: "the format has `%" + string(rune(p.letter)) + "` twice, or the month in two forms"}
		}
	}
	if has['Y'] == 0 || has['j'] == 0 && (has['m'] == 0 || has['d'] == 0) || has['j'] > 0 && has['m']+has['d'] > 0 {
		return nil, &value.Error{Code: diag.BadDateFormat, Message: "the format does not say which day is meant", Notes: []string{"it needs %Y, %m (or %b or %B) and %d, or %Y and %j; the time of day is 00:00:00 where it is not given"}}
	}
	return pieces, nil
}

func appendDate(dst []byte, letter byte, t time.Time, offset int) []byte {
	switch letter {
	case 'Y':
		return append(dst, value.ISOYear(t.Year())...)
	case 'm':
		return fmt.Appendf(dst, "%02d", t.Month())
	case 'd':
		return fmt.Appendf(dst, "%02d", t.Day())
	case 'H':
		return fmt.Appendf(dst, "%02d", t.Hour())
	case 'M':
		return fmt.Appendf(dst, "%02d", t.Minute())
	case 'S':
		return fmt.Appendf(dst, "%02d", t.Second())
	case 'L':
		return fmt.Appendf(dst, "%03d", t.Nanosecond()/1e6)
	case 'j':
		return fmt.Appendf(dst, "%03d", t.YearDay())
	case 'b':
		return append(dst, t.Month().String()[:3]...)
	case 'B':
		return append(dst, t.Month().String()...)
	case 'a':
		return append(dst, t.Weekday().String()[:3]...)
	case 'A':
		return append(dst, t.Weekday().String()...)
	case 'u':
		return strconv.AppendInt(dst, int64((t.Weekday()+6)%7+1), 10)
	case 'G':
		y, _ := t.ISOWeek()
		return append(dst, value.ISOYear(y)...)
	case 'V':
		_, w := t.ISOWeek()
		return fmt.Appendf(dst, "%02d", w)
	}
	sign := '+' // z
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = fmt.Appendf(dst, "%c%02d%02d", sign, offset/3600, offset/60%60)
	if s := offset % 60; s != 0 { // before there were zones, places had their own time
		dst = fmt.Appendf(dst, "%02d", s)
	}
	return dst
}

var monthNames = func() []string {
	var names []string
	for m := time.January; m <= time.December; m++ {
		names = append(names, m.String())
	}
	return names
}()

// readDate reads a text by a format; fault says what is wrong with it, in a few words.
func readDate(text string, pieces []datePiece, l *time.Location) (at time.Time, fault string) {
	has := map[byte]int{'m': 1, 'd': 1}
	rest := text
	digits := func(least, most int) (int, bool) {
		n := 0
		for n < len(rest) && n < most && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		v, err := strconv.Atoi(rest[:n])
		rest = rest[n:]
		return v, err == nil && n >= least
	}
	offset := zone.AnyOffset
	for _, p := range pieces {
		var ok bool
		switch p.letter {
		case 0:
			rest, ok = strings.CutPrefix(rest, p.text)
			if !ok {
				return at, diag.Quote(p.text, 20) + " is not where it should be"
			}
		case 'Y':
			has['Y'], rest, ok = readYear(rest)
		case 'L':
			has['L'], ok = digits(3, 3)
		case 'j':
			has['j'], ok = digits(1, 3)
		case 'b', 'B':
			has['m'], rest, ok = readMonth(rest, p.letter == 'b')
		case 'z':
			offset, rest, ok = readOffset(rest)
		default:
			has[p.letter], ok = digits(1, 2)
		}
		if !ok {
			return at, "%" + string(rune(p.letter)) + " does not fit"
		}
	}
	if rest != "" {
		return at, diag.Quote(rest, 20) + " is left over"
	}
	y, m, d := has['Y'], time.Month(has['m']), has['d']
	if j, ok := has['j']; ok {
		if t := time.Date(y, 1, j, 0, 0, 0, 0, time.UTC); j >= 1 && t.Year() == y {
			m, d = t.Month(), t.Day()
		} else {
			return at, "there is no such day"
		}
	}
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return at, "there is no such day"
	}
	if has['H'] > 23 || has['M'] > 59 || has['S'] > 59 {
		return at, "there is no such time of day"
	}
	shown := time.Date(y, m, d, has['H'], has['M'], has['S'], has['L']*1e6, time.UTC)
	if offset != zone.AnyOffset {
		return time.Unix(shown.Unix()-int64(offset), int64(shown.Nanosecond())), ""
	}
	at, gap := zone.Instant(shown, l, zone.AnyOffset)
	if !gap.IsZero() {
		return at, "the clocks of " + l.String() + " are put forward past it"
	}
	return at, ""
}

// readYear reads four digits, or a sign and six to nine.
func readYear(s string) (year int, rest string, ok bool) {
	n, least, most := 0, 4, 4
	if s != "" && (s[0] == '+' || s[0] == '-') {
		n, least, most = 1, 6, 9
	}
	first := n
	for n < len(s) && n-first < most && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	year, err := strconv.Atoi(s[:n])
	return year, s[n:], err == nil && n-first >= least
}

func readMonth(s string, short bool) (month int, rest string, ok bool) {
	i := slices.IndexFunc(monthNames, func(name string) bool {
		if short {
			name = name[:3]
		}
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) {
			rest = s[len(name):]
			return true
		}
		return false
	})
	return i + 1, rest, i >= 0
}

// readOffset reads Z, +hh:mm, +hhmm or +hhmmss.
func readOffset(s string) (offset int, rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "Z"); ok {
		return 0, rest, true
	}
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, s, false
	}
	two := func(at int) int {
		if at+2 > len(s) || s[at] < '0' || s[at] > '9' || s[at+1] < '0' || s[at+1] > '9' {
			return -1
		}
		return int(s[at]-'0')*10 + int(s[at+1]-'0')
	}
	end := 5
	h, m, sec := two(1), two(3), 0
	if s[3] == ':' {
		m, end = two(4), 6
	} else if n := two(5); n >= 0 {
		sec, end = n, 7
	}
	if h < 0 || m < 0 || h > 23 || m > 59 || sec > 59 {
		return 0, s, false
	}
	offset = h*3600 + m*60 + sec
	if s[0] == '-' {
		offset = -offset
	}
	return offset, s[end:], true
}
