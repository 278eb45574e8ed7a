package doc

// The wrappers of Extended JSON v2, {"$oid": …} and so on, read and recognised.
// A name counts as a wrapper only when it is the first of its object.

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type wrapper int

const (
	notWrapper wrapper = iota
	wrapOID
	wrapSymbol
	wrapInt
	wrapLong
	wrapDouble
	wrapDecimal
	wrapBinary
	wrapUUID
	wrapCode
	wrapScope
	wrapTimestamp
	wrapRegex
	wrapDBPointer
	wrapDate
	wrapMinKey
	wrapMaxKey
	wrapUndefined
)

var wrapperNames = [...]string{
	wrapOID: "$oid", wrapSymbol: "$symbol", wrapInt: "$numberInt", wrapLong: "$numberLong",
	wrapDouble: "$numberDouble", wrapDecimal: "$numberDecimal", wrapBinary: "$binary", wrapUUID: "$uuid",
	wrapCode: "$code", wrapScope: "$scope", wrapTimestamp: "$timestamp", wrapRegex: "$regularExpression",
	wrapDBPointer: "$dbPointer", wrapDate: "$date", wrapMinKey: "$minKey", wrapMaxKey: "$maxKey", wrapUndefined: "$undefined",
}

func (w wrapper) String() string { return wrapperNames[w] }

// wrapperOf tells which wrapper a name starts. The names are told apart by a
// switch on the text, which the compiler turns into a search by length.
func wrapperOf(name []byte) wrapper {
	switch string(name) {
	case "$oid":
		return wrapOID
	case "$symbol":
		return wrapSymbol
	case "$numberInt":
		return wrapInt
	case "$numberLong":
		return wrapLong
	case "$numberDouble":
		return wrapDouble
	case "$numberDecimal":
		return wrapDecimal
	case "$binary":
		return wrapBinary
	case "$uuid":
		return wrapUUID
	case "$code":
		return wrapCode
	case "$scope":
		return wrapScope
	case "$timestamp":
		return wrapTimestamp
	case "$regularExpression":
		return wrapRegex
	case "$dbPointer":
		return wrapDBPointer
	case "$date":
		return wrapDate
	case "$minKey":
		return wrapMinKey
	case "$maxKey":
		return wrapMaxKey
	case "$undefined":
		return wrapUndefined
	}
	return notWrapper
}

// wrapper reads the rest of a wrapper object, its name having been read, and
// appends the value.
func (r *reader) wrapper(w wrapper) (bson.Type, bool) {
	if !r.deeper(&r.wraps) || !r.expect(':', "after a field name") {
		return 0, false
	}
	r.space()
	valueAt := r.pos
	t, ok := r.wrapped(w, valueAt)
	if !ok {
		if r.err == nil {
			r.fail(valueAt, "this is no value for %s, which holds %s; a field that is really called %s cannot be written here", w, wrapperForm[w], w)
		}
		return 0, false
	}
	if r.space() != '}' {
		return 0, r.fail(r.pos, "%s must stand alone in its object, found %s", w, r.found())
	}
	r.pos++
	r.wraps--
	return t, true
}

var wrapperForm = [...]string{
	wrapOID:       `24 hex digits in quotes`,
	wrapSymbol:    `text`,
	wrapInt:       `an integer of 32 bits in quotes`,
	wrapLong:      `an integer of 64 bits in quotes`,
	wrapDouble:    `a number in quotes, "Infinity", "-Infinity" or "NaN"`,
	wrapDecimal:   `a number of at most 34 digits in quotes, "Infinity", "-Infinity" or "NaN"`,
	wrapBinary:    `{"base64": "…", "subType": "00"}`,
	wrapUUID:      `a UUID in quotes, 8-4-4-4-12 hex digits`,
	wrapCode:      `text, and after it nothing or "$scope" with a document`,
	wrapScope:     `the document after "$code"`,
	wrapTimestamp: `{"t": seconds, "i": increment}`,
	wrapRegex:     `{"pattern": "…", "options": "…"} without NUL`,
	wrapDBPointer: `{"$ref": "namespace", "$id": {"$oid": "…"}}`,
	wrapDate:      `a time like "2026-01-31T10:00:00.000Z" with at most milliseconds, or {"$numberLong": "…"}`,
	wrapMinKey:    `1`,
	wrapMaxKey:    `1`,
	wrapUndefined: `true`,
}

// wrapped reads the value of a wrapper. When it is false without r.err, the value has the wrong form.
func (r *reader) wrapped(w wrapper, at int) (bson.Type, bool) {
	switch w {
	case wrapOID:
		s, ok := r.quoted()
		return bson.TypeObjectID, ok && r.appendHex(s, 12)
	case wrapSymbol:
		return bson.TypeSymbol, r.peek('"') && r.stringBytes()
	case wrapInt:
		s, ok := r.quoted()
		n, fits := parseInt(s)
		r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(n))
		return bson.TypeInt32, ok && fits && n >= math.MinInt32 && n <= math.MaxInt32
	case wrapLong:
		s, ok := r.quoted()
		n, fits := parseInt(s)
		r.dst = binary.LittleEndian.AppendUint64(r.dst, uint64(n))
		return bson.TypeInt64, ok && fits
	case wrapDouble:
		s, ok := r.quoted()
		return bson.TypeDouble, ok && r.quotedDouble(at, s)
	case wrapDecimal:
		s, ok := r.quoted()
		h, l, exact := parseDecimal(s)
		r.dst = binary.LittleEndian.AppendUint64(r.dst, l)
		r.dst = binary.LittleEndian.AppendUint64(r.dst, h)
		return bson.TypeDecimal128, ok && exact
	case wrapDate:
		return bson.TypeDateTime, r.date()
	case wrapBinary:
		return bson.TypeBinary, r.binary()
	case wrapUUID:
		s, ok := r.quoted()
		if !ok || len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return 0, false
		}
		r.dst = append(r.dst, 16, 0, 0, 0, bson.TypeBinaryUUID)
		return bson.TypeBinary, r.appendHex(bytes.ReplaceAll(s, []byte("-"), nil), 16)
	case wrapCode:
		return r.code()
	case wrapTimestamp:
		return bson.TypeTimestamp, r.timestamp()
	case wrapRegex:
		return bson.TypeRegex, r.regex()
	case wrapDBPointer:
		return bson.TypeDBPointer, r.dbPointer()
	case wrapMinKey:
		n, ok := r.integer()
		return bson.TypeMinKey, ok && n == 1
	case wrapMaxKey:
		n, ok := r.integer()
		return bson.TypeMaxKey, ok && n == 1
	case wrapUndefined:
		return bson.TypeUndefined, r.peek('t') && r.word("true")
	}
	return 0, false
}

// quoted reads a string. The result is good until the next call.
func (r *reader) quoted() ([]byte, bool) {
	if !r.peek('"') {
		return nil, false
	}
	var ok bool
	r.scratch, ok = r.str(r.scratch[:0])
	return r.scratch, ok
}

// integer reads a plain integer.
func (r *reader) integer() (int64, bool) {
	r.space()
	end, integer, ok := scanNumber(r.src, r.pos)
	if !ok || !integer {
		return 0, false
	}
	n, ok := parseInt(r.src[r.pos:end])
	r.pos = end
	return n, ok
}

func (r *reader) appendHex(s []byte, size int) bool {
	if len(s) != 2*size {
		return false
	}
	var err error
	r.dst, err = hex.AppendDecode(r.dst, s)
	return err == nil
}

func (r *reader) quotedDouble(at int, s []byte) bool {
	var bits uint64
	switch string(s) {
	case "NaN":
		bits = canonicalNaN
	case "Infinity":
		bits = math.Float64bits(math.Inf(1))
	case "-Infinity":
		bits = math.Float64bits(math.Inf(-1))
	default:
		if end, _, ok := scanNumber(s, 0); !ok || end != len(s) {
			return false
		}
		return r.double(at, s)
	}
	r.dst = binary.LittleEndian.AppendUint64(r.dst, bits)
	return true
}

// canonicalNaN is the NaN that "NaN" stands for: what servers and JavaScript make.
const canonicalNaN = 0x7ff8000000000000

// members reads { "name": value, … }; each is called at a value. A name must
// be one of names and come once; all of them must come.
func (r *reader) members(names [2]string, each func(i int) bool) bool {
	if !r.peek('{') {
		return false
	}
	r.pos++
	seen := [2]bool{}
	for n := range 2 {
		if n == 1 && !r.expect(',', "between the two fields") {
			return false
		}
		s, ok := r.quoted()
		if !ok {
			return false
		}
		i := 0
		if string(s) == names[1] {
			i = 1
		} else if string(s) != names[0] {
			return false
		}
		if seen[i] || !r.expect(':', "after a field name") || !each(i) {
			return false
		}
		seen[i] = true
	}
	return r.expect('}', "after the two fields")
}

func (r *reader) binary() bool {
	var payload, subtype []byte
	ok := r.members([2]string{"base64", "subType"}, func(i int) bool {
		s, ok := r.quoted()
		if !ok {
			return false
		}
		var err error
		if i == 0 {
			payload, err = base64.StdEncoding.Strict().AppendDecode(nil, s)
			return err == nil && !bytes.ContainsAny(s, "\r\n")
		}
		if len(s) == 1 {
			s = []byte{'0', s[0]}
		}
		subtype, err = hex.AppendDecode(nil, s)
		return err == nil && len(subtype) == 1
	})
	if !ok {
		return false
	}
	size := len(payload)
	if subtype[0] == bson.TypeBinaryBinaryOld {
		r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(size+4))
		r.dst = append(r.dst, subtype[0])
		r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(size))
	} else {
		r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(size))
		r.dst = append(r.dst, subtype[0])
	}
	r.dst = append(r.dst, payload...)
	return true
}

func (r *reader) timestamp() bool {
	var parts [2]int64
	ok := r.members([2]string{"i", "t"}, func(i int) bool {
		n, ok := r.integer()
		parts[i] = n
		return ok && n >= 0 && n <= math.MaxUint32
	})
	r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(parts[0]))
	r.dst = binary.LittleEndian.AppendUint32(r.dst, uint32(parts[1]))
	return ok
}

func (r *reader) regex() bool {
	var parts [2][]byte
	ok := r.members([2]string{"pattern", "options"}, func(i int) bool {
		s, ok := r.quoted()
		parts[i] = bytes.Clone(s)
		return ok && bytes.IndexByte(s, 0) < 0
	})
	r.dst = append(append(r.dst, parts[0]...), 0)
	r.dst = append(append(r.dst, parts[1]...), 0)
	return ok
}

func (r *reader) code() (bson.Type, bool) {
	start := len(r.dst)
	r.dst = append(r.dst, 0, 0, 0, 0)
	if !r.peek('"') || !r.stringBytes() {
		return 0, false
	}
	if !r.peek(',') {
		r.dst = append(r.dst[:start], r.dst[start+4:]...)
		return bson.TypeJavaScript, true
	}
	r.pos++
	if name, ok := r.quoted(); !ok || string(name) != "$scope" {
		return 0, false
	}
	if !r.expect(':', "after a field name") || !r.peek('{') {
		return 0, false
	}
	t, ok := r.value()
	if !ok || t != bson.TypeEmbeddedDocument {
		return 0, false
	}
	binary.LittleEndian.PutUint32(r.dst[start:], uint32(len(r.dst)-start))
	return bson.TypeCodeWithScope, true
}

func (r *reader) dbPointer() bool {
	var ref []byte
	var id [12]byte
	ok := r.members([2]string{"$ref", "$id"}, func(i int) bool {
		if i == 0 {
			s, ok := r.quoted()
			ref = bytes.Clone(s)
			return ok
		}
		start := len(r.dst)
		t, ok := r.value()
		if !ok || t != bson.TypeObjectID {
			return false
		}
		copy(id[:], r.dst[start:])
		r.dst = r.dst[:start]
		return true
	})
	r.dst = append(appendString(r.dst, ref), id[:]...)
	return ok
}

// date reads an ISO time or milliseconds in any integer form.
func (r *reader) date() bool {
	if !r.peek('"') {
		start := len(r.dst)
		t, ok := r.value()
		if ok && t == bson.TypeInt32 {
			n := int32(uint32at(r.dst[start:]))
			r.dst = binary.LittleEndian.AppendUint64(r.dst[:start], uint64(int64(n)))
			return true
		}
		return ok && t == bson.TypeInt64
	}
	s, ok := r.quoted()
	if !ok {
		return false
	}
	ms, ok := parseDate(s)
	r.dst = binary.LittleEndian.AppendUint64(r.dst, uint64(ms))
	return ok
}

// parseDate reads 2026-01-31T10:00:00[.000](Z|+01:00|+0100) exactly, in milliseconds since 1970.
func parseDate(s []byte) (int64, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	good := true
	num := func(from, to, low, high int) int {
		n, err := strconv.Atoi(string(s[from:to]))
		good = good && err == nil && s[from] >= '0' && s[from] <= '9' && n >= low && n <= high
		return n
	}
	year, month, day := num(0, 4, 0, 9999), num(5, 7, 1, 12), num(8, 10, 1, 31)
	hour, minute, second := num(11, 13, 0, 23), num(14, 16, 0, 59), num(17, 19, 0, 59)
	millis, i := 0, 19
	if s[i] == '.' {
		start := i + 1
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			switch digit := int(s[i] - '0'); i - start {
			case 0:
				millis += 100 * digit
			case 1:
				millis += 10 * digit
			case 2:
				millis += digit
			default:
				good = good && digit == 0 // finer than a BSON date
			}
		}
		good = good && i > start
	}
	zone := 0
	switch rest := len(s) - i; {
	case rest == 1 && s[i] == 'Z':
	case (rest == 5 || rest == 6 && s[i+3] == ':') && (s[i] == '+' || s[i] == '-'):
		zone = num(i+1, i+3, 0, 23)*60 + num(len(s)-2, len(s), 0, 59)
		if s[i] == '-' {
			zone = -zone
		}
	default:
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if !good || t.Day() != day {
		return 0, false // no 31st of April
	}
	return t.UnixMilli() - int64(zone)*60000 + int64(millis), true
}
