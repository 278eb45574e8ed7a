package validator

// Regular expressions that mean the same to the server (PCRE2), to Go and to
// JavaScript. In: a pattern and its options; out: the same in what all three
// read alike, or nothing.
//
// Taken: characters, `.`, classes, \d \w \s and their opposites, \b \B, groups
// that do not name or look around, `|`, `* + ?` and counts (also lazy), `^` at
// any place and `$` at the end or before a top-level `|`; the options i and s.
// Classes are ASCII and `$` also stands before a last newline, as in PCRE2
// without UCP. Of ASCII, all but letters and digits is written as escapes.

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pattern is a regular expression that is understood here.
type pattern struct {
	text  string
	ascii bool // only ASCII text can be judged: letters are compared without case
	re    *regexp.Regexp
}

// compilePattern reads a pattern; false when it is left to the server.
func compilePattern(source, options string) (*pattern, bool) {
	fold, dotAll := strings.Contains(options, "i"), strings.Contains(options, "s")
	if strings.Trim(options, "isu") != "" || strings.ContainsRune(source, utf8.RuneError) {
		return nil, false
	}
	text, ok := translate(source, dotAll)
	if !ok || fold && !isASCII(source) {
		return nil, false
	}
	flags := ""
	if fold {
		flags = "(?i)"
	}
	re, err := regexp.Compile(flags + text)
	return &pattern{text, fold, re}, err == nil
}

// match judges a text, which it may stand anywhere in.
func (p *pattern) match(text string) Verdict {
	switch {
	case strings.ContainsRune(text, utf8.RuneError), p.ascii && !isASCII(text): // maybe not UTF-8
		return Unknown
	case p.re.MatchString(text):
		return Holds
	}
	return Broken
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 127 {
			return false
		}
	}
	return true
}

// The classes of escapes.
var classEscapes = map[rune]string{'d': `0-9`, 'w': `0-9A-Z_a-z`, 's': `\x09-\x0d\x20`}

// controlEscapes are characters that have a letter.
var controlEscapes = map[rune]rune{'n': '\n', 't': '\t', 'r': '\r', 'f': '\f'}

//js:table
const (
	// maxRepeat is how often something may be repeated by counts, nested ones multiplied.
	maxRepeat = 1000
	// maxGroups is how deep groups may be nested.
	maxGroups = 100
)

// translator reads a pattern.
type translator struct {
	in     []rune
	at     int
	out    strings.Builder
	dotAll bool
	depth  int
}

func translate(source string, dotAll bool) (string, bool) {
	t := &translator{in: []rune(source), dotAll: dotAll}
	_, ok := t.alternatives()
	return t.out.String(), ok && t.at == len(t.in)
}

func (t *translator) peek() rune {
	if t.at < len(t.in) {
		return t.in[t.at]
	}
	return -1
}

// alternatives reads up to the end or a closing bracket; repeat is the greatest
// product of counts in it.
func (t *translator) alternatives() (repeat int, ok bool) {
	repeat = 1
	for t.at < len(t.in) && t.peek() != ')' {
		c := t.in[t.at]
		if c == '|' {
			t.at++
			t.out.WriteByte('|')
			continue
		}
		inner, single, ok := t.atom()
		if !ok {
			return 0, false
		}
		count, ok := t.quantifier(single)
		if !ok || inner*count > maxRepeat {
			return 0, false
		}
		repeat = max(repeat, inner*count)
	}
	return repeat, true
}

// atom reads one thing; single: a quantifier may follow.
func (t *translator) atom() (repeat int, single, ok bool) {
	c := t.in[t.at]
	t.at++
	switch c {
	case '(':
		return t.group()
	case '[':
		return 1, true, t.class()
	case '.':
		if t.dotAll {
			t.out.WriteString(`[\s\S]`)
		} else {
			t.out.WriteString(`[^\x0a]`)
		}
		return 1, true, true
	case '^':
		t.out.WriteByte('^')
		return 1, false, true
	case '$':
		t.out.WriteString(`(?:\x0a?$)`)
		return 1, false, t.ends()
	case '\\':
		return t.escape()
	case '*', '+', '?', '{', '}':
		return 0, false, false
	}
	t.literal(c)
	return 1, true, true
}

// ends reports whether nothing can follow: the end, or a `|` outside of groups.
func (t *translator) ends() bool {
	depth, at := t.depth, t.at
	for at < len(t.in) && t.in[at] == ')' {
		depth, at = depth-1, at+1
	}
	return at == len(t.in) || depth == 0 && t.in[at] == '|'
}

func (t *translator) group() (repeat int, single, ok bool) {
	if t.peek() == '?' {
		if t.at+1 >= len(t.in) || t.in[t.at+1] != ':' {
			return 0, false, false
		}
		t.at += 2
	}
	if t.peek() == '*' || t.depth == maxGroups { // (*VERB)
		return 0, false, false
	}
	t.depth++
	t.out.WriteString("(?:")
	repeat, ok = t.alternatives()
	if !ok || t.peek() != ')' {
		return 0, false, false
	}
	t.depth--
	t.at++
	t.out.WriteByte(')')
	return repeat, true, true
}

func (t *translator) escape() (repeat int, single, ok bool) {
	c := t.peek()
	t.at++
	lower := c | 0x20
	switch {
	case c == 'b' || c == 'B':
		t.out.WriteString(`\` + string(c))
		return 1, false, true
	case c < 128 && classEscapes[lower] != "" && c >= 'A':
		not := ""
		if c != lower {
			not = "^"
		}
		t.out.WriteString("[" + not + classEscapes[lower] + "]")
		return 1, true, true
	}
	literal, ok := literalEscape(c)
	if !ok {
		return 0, false, false
	}
	t.literal(literal)
	return 1, true, true
}

// literalEscape is the character that an escape stands for.
func literalEscape(c rune) (rune, bool) {
	if control, ok := controlEscapes[c]; ok {
		return control, true
	}
	return c, c > 32 && c < 127 && !alphanumeric(c)
}

func alphanumeric(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// literal writes a character so that it means itself.
func (t *translator) literal(c rune) {
	if c < 128 && !alphanumeric(c) {
		fmt.Fprintf(&t.out, `\x%02x`, c)
		return
	}
	t.out.WriteRune(c)
}

// class reads `[…]`.
func (t *translator) class() bool {
	t.out.WriteByte('[')
	if t.peek() == '^' {
		t.at++
		t.out.WriteByte('^')
	}
	for n := 0; ; n++ {
		c := t.peek()
		if c == ']' && n > 0 {
			t.at++
			t.out.WriteByte(']')
			return true
		}
		from, class, ok := t.member()
		if !ok || c == ']' {
			return false
		}
		if class != "" {
			t.out.WriteString(class)
			continue
		}
		t.literal(from)
		if t.peek() != '-' || t.at+1 >= len(t.in) || t.in[t.at+1] == ']' {
			continue
		}
		t.at++
		to, class, ok := t.member()
		if !ok || class != "" || to < from {
			return false
		}
		t.out.WriteByte('-')
		t.literal(to)
	}
}

// member reads one character or escape of a class.
func (t *translator) member() (c rune, class string, ok bool) {
	c = t.peek()
	t.at++
	switch c {
	case -1:
		return 0, "", false
	case '[':
		next := t.peek()
		return c, "", next != ':' && next != '.' && next != '='
	case '\\':
		c = t.peek()
		t.at++
		if class := classEscapes[c]; class != "" {
			return 0, class, true
		}
		c, ok = literalEscape(c)
		return c, "", ok
	}
	return c, "", true
}

// quantifier reads what repeats the thing before it; count is the number of its
// copies, 1 where none are written out.
func (t *translator) quantifier(single bool) (count int, ok bool) {
	count = 1
	switch t.peek() {
	case '*', '+', '?':
		t.out.WriteRune(t.peek())
		t.at++
	case '{':
		end := t.at + 1
		for end < len(t.in) && t.in[end] != '}' {
			end++
		}
		if end == len(t.in) {
			return 0, false
		}
		bounds := string(t.in[t.at+1 : end])
		low, high, ranged := strings.Cut(bounds, ",")
		least, ok := bound(low)
		if !ok {
			return 0, false
		}
		if count = least; ranged && high != "" {
			if count, ok = bound(high); !ok || count < least {
				return 0, false
			}
		}
		count = max(1, count)
		t.out.WriteString("{" + bounds + "}")
		t.at = end + 1
	default:
		return 1, true
	}
	if t.peek() == '?' { // lazy: it matches the same texts
		t.at++
	}
	next := t.peek()
	return count, single && next != '*' && next != '+' && next != '?' && next != '{'
}

// bound reads a count of one to four digits.
func bound(s string) (int, bool) {
	if s == "" || len(s) > 4 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= maxRepeat
}
