package doc

// Lines of a .jsonl file, and what Extended JSON can carry. In: a document or
// a line; out: the other one.

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Line returns a document as one line without its newline: canonical Extended
// JSON when that is lossless, else a JSON string with the base64 of its BSON.
func Line(d bson.Raw) []byte {
	return AppendLine(nil, d)
}

// AppendLine appends what Line returns.
func AppendLine(dst []byte, d bson.Raw) []byte {
	if Lossless(d) {
		return AppendCanonical(dst, d)
	}
	return AppendBase64Line(dst, d)
}

// AppendBase64Line appends a document as a JSON string with the base64 of its BSON.
func AppendBase64Line(dst []byte, d bson.Raw) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, d)
	return append(dst, '"')
}

// ParseLine reverses Line; any Extended JSON that ParseExtJSON takes will do as
// well. The error is a *SyntaxError.
func ParseLine(line []byte) (bson.Raw, error) {
	if text, is := base64Line(line); is {
		return fromBase64(nil, text)
	}
	return ParseExtJSON(line)
}

// ParseLineInto is ParseLine; the document is in the memory of buf where that is large enough.
func ParseLineInto(buf, line []byte) (bson.Raw, error) {
	if text, is := base64Line(line); is {
		return fromBase64(buf[:0], text)
	}
	r := readers.Get().(*reader)
	own := r.dst
	defer func() {
		r.dst = own
		readers.Put(r)
	}()
	r.dst = buf
	t, ok := r.whole(line)
	if !ok {
		return nil, r.err
	}
	return document(t, r.dst)
}

// base64Line is a line without the space around it, where it is a document as text.
func base64Line(line []byte) ([]byte, bool) {
	text := bytes.TrimSpace(line)
	return text, len(text) >= 2 && text[0] == '"'
}

func fromBase64(dst, text []byte) (bson.Raw, error) {
	d, err := base64.StdEncoding.Strict().AppendDecode(dst, text[1:len(text)-1])
	if err != nil || text[len(text)-1] != '"' {
		return nil, &SyntaxError{Message: "a document that is text must be the base64 of its BSON, in double quotes"}
	}
	if err := ValidateStructure(d); err != nil {
		return nil, &SyntaxError{Message: "the base64 of this line holds no BSON document: " + err.Error()}
	}
	return d, nil
}

// Lossless reports whether ParseExtJSON(AppendCanonical(d)), and of
// AppendReview as well, gives d back byte for byte. Not so: documents that look
// like a type wrapper ({"$oid": …}), text that is not UTF-8, NaN with a payload,
// non-canonical decimals, array elements not named 0, 1, …; duplicate names are fine.
func Lossless(d bson.Raw) bool {
	return lossless(d, 1, true)
}

func lossless(d []byte, depth int, names bool) bool {
	w := newWalk(d)
	if !w.ok || depth > MaxDepth {
		return false
	}
	for i := 0; w.next(); i++ {
		if names {
			if i == 0 && len(w.name) > 3 && w.name[0] == '$' && wrapperOf(w.name) != notWrapper || !validText(w.name) {
				return false
			}
		} else if !isIndex(w.name, i) {
			return false
		}
		if !losslessValue(w.typ, w.data, depth) {
			return false
		}
	}
	return w.ok
}

func losslessValue(t bson.Type, data []byte, depth int) bool {
	switch t {
	case bson.TypeString, bson.TypeSymbol, bson.TypeJavaScript:
		return validText(text(data))
	case bson.TypeDouble:
		bits := uint64at(data)
		return bits&(1<<63-1) <= 0x7ff0000000000000 || bits == canonicalNaN
	case bson.TypeEmbeddedDocument:
		return lossless(data, depth+1, true)
	case bson.TypeArray:
		return lossless(data, depth+1, false)
	case bson.TypeBoolean:
		return data[0] <= 1
	case bson.TypeDecimal128:
		return splitDecimal(uint64at(data[8:]), uint64at(data)).canonical
	case bson.TypeBinary:
		_, _, exact := BinaryParts(data)
		return exact
	case bson.TypeRegex:
		return utf8.Valid(data)
	case bson.TypeDBPointer:
		return validText(text(data[:len(data)-12]))
	case bson.TypeCodeWithScope:
		code, scope := codeParts(data)
		return validText(code) && lossless(scope, depth+1, true)
	}
	return true
}

func validText(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return utf8.Valid(s)
		}
	}
	return true
}

func isIndex(name []byte, i int) bool {
	if i < 10 {
		return len(name) == 1 && name[0] == '0'+byte(i)
	}
	var buf [20]byte
	return string(strconv.AppendInt(buf[:0], int64(i), 10)) == string(name)
}
