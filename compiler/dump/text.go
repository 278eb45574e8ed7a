package dump

// JSON. In: an array of documents, or documents one after the other; out: these,
// with the places where they begin.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// maxText is the length of one document's text; canonical Extended JSON has many times
// the bytes of the BSON.
const maxText = 10 * maxDocument

// splitter cuts a text into documents by their braces alone; what is in them is
// parsed by doc.
type splitter struct {
	file *File
	r    *bufio.Reader
	line int // from 1, of the next byte
	// column counts characters of the line, from 1, of the next byte.
	column int
}

func (f *File) text(r *bufio.Reader, take func(d bson.Raw, line, column int) error) error {
	s := &splitter{file: f, r: r, line: 1, column: 1}
	var text []byte
	array, first := false, true
	for {
		c, err := s.space()
		if errors.Is(err, io.EOF) {
			if array {
				return s.fault("the array `[` of the file has no end", "the file is cut off: export it again")
			}
			return nil
		}
		if err != nil {
			return f.system(err)
		}
		switch {
		case c == '[' && first:
			array = true
			s.skip()
			if c, err = s.space(); err == nil && c == ']' {
				s.skip()
				return s.ended()
			}
			first = false
			continue
		case c == ']' && array && !first:
			s.skip()
			return s.ended()
		case c != '{':
			return s.fault(fmt.Sprintf("a document begins with `{`, and here is %s", diag.Quote(string(c), 12)), hintOf(c))
		}
		line, column := s.line, s.column
		if text, err = s.document(text[:0], line, column); err != nil {
			return err
		}
		d, err := doc.ParseExtJSON(text)
		if err != nil {
			return s.syntax(text, line, column, err)
		}
		if err := take(d, line, column); err != nil {
			return err
		}
		first = false
		if !array {
			continue
		}
		switch c, err = s.space(); {
		case errors.Is(err, io.EOF): // said above
		case err != nil:
			return f.system(err)
		case c == ',':
			s.skip()
		case c != ']':
			return s.fault(fmt.Sprintf("between two documents of an array is a comma, and here is %s", diag.Quote(string(c), 12)), "")
		}
	}
}

// hintOf says what a file seems to be that begins a document otherwise.
func hintOf(c rune) string {
	switch c {
	case '[':
		return "an array of documents is the whole file, and not in another one"
	case '\x1f':
		return "it seems to be compressed: name it .gz"
	case ',':
		return "documents that stand one after the other have nothing between them"
	}
	return "is it JSON? --type csv or bson says what it is"
}

// ended is an error when something stands behind the array.
func (s *splitter) ended() error {
	c, err := s.space()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return s.file.system(err)
	}
	return s.fault(fmt.Sprintf("the array has ended, and here is %s", diag.Quote(string(c), 12)), "one file holds one array")
}

// space passes over white space and returns the character behind it, which is not taken.
func (s *splitter) space() (rune, error) {
	for {
		c, _, err := s.r.ReadRune()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, s.r.UnreadRune()
		}
		s.count(byte(c))
	}
}

// skip takes the character that space returned.
func (s *splitter) skip() {
	if b, err := s.r.ReadByte(); err == nil {
		s.count(b)
	}
}

// count moves the place behind a byte.
func (s *splitter) count(b byte) {
	switch {
	case b == '\n':
		s.line, s.column = s.line+1, 1
	case utf8.RuneStart(b):
		s.column++
	}
}

// document appends the text of one document, up to the brace that closes it.
func (s *splitter) document(text []byte, line, column int) ([]byte, error) {
	depth, quoted, escaped := 0, false, false
	for {
		b, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, s.file.fault(line, column, "this document has no end: the file ends within it", "the file is cut off: export it again")
		}
		if err != nil {
			return nil, s.file.system(err)
		}
		s.count(b)
		if text = append(text, b); len(text) > maxText {
			return nil, s.file.fault(line, column, fmt.Sprintf("this document has more than %d MiB of text", maxText>>20), "a server takes 16 MiB of BSON at most; is a quote or a brace missing in it?")
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '{':
			depth++
		case b == '}':
			if depth--; depth == 0 {
				return text, nil
			}
		}
	}
}

// fault is one at the next character.
func (s *splitter) fault(message, hint string) error {
	return s.file.fault(s.line, s.column, message, hint)
}

// syntax places an error of a document's text, which begins at a line and column.
func (s *splitter) syntax(text []byte, line, column int, err error) error {
	var syntax *doc.SyntaxError
	if !errors.As(err, &syntax) {
		return s.file.fault(line, column, err.Error(), "")
	}
	before := text[:min(syntax.Offset, len(text))]
	if lines := bytes.Count(before, []byte{'\n'}); lines > 0 {
		line, column = line+lines, 1
		before = before[bytes.LastIndexByte(before, '\n')+1:]
	}
	return s.file.fault(line, column+utf8.RuneCount(before), syntax.Message, "")
}
