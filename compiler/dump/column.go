package dump

// Columns of CSV. In: a name, which may say the type as mongoimport's
// --columnsHaveTypes has it (MongoDB Database Tools, mongoimport, "--columnsHaveTypes"):
// NAME.type(argument); out: what a cell is as BSON. A column without a type is of the
// narrowest of int, long, double, ObjectId and string that all its cells spell exactly:
// 007 and 1.10 stay text, as they do not come back from a number.

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// types are those of columns. objectId is none of mongoimport's: its exports write ObjectId(…).
var types = []string{"auto", "binary", "boolean", "date", "date_go", "date_ms", "date_oracle", "decimal", "double", "int32", "int64", "objectId", "string"}

var typed = regexp.MustCompile(`^(.*)\.(\w+)\((.*)\)$`)

// column is one column.
type column struct {
	path   doc.Path
	kind   string // one of types; auto until settle
	format string // of a date, Go's; of binary, its encoding
	auto   bool   // the type is that of the cells

	seen                                bool
	notInt32, notInt64, notDouble, nots bool // some cell is none; nots: no ObjectId
}

type columnError struct{ message, hint string }

func (e *columnError) Error() string { return e.message }

func parseColumn(name string) (column, error) {
	c := column{kind: "auto", auto: true}
	if m := typed.FindStringSubmatch(name); m != nil {
		name, c.kind, c.format = m[1], m[2], m[3]
		if problem := c.typed(); problem != nil {
			return c, problem
		}
	}
	c.path = strings.Split(name, ".")
	for _, part := range c.path {
		if part == "" {
			return c, &columnError{fmt.Sprintf("%s is no name of a column: a part of it is empty", diag.Quote(name, 64)), "a dot in a name is a field within a field"}
		}
		if strings.ContainsRune(part, 0) {
			return c, &columnError{"the name of a column has the character U+0000, which no field has", ""}
		}
	}
	return c, nil
}

// typed checks the type and its argument.
func (c *column) typed() error {
	c.auto = c.kind == "auto"
	hint := "the types are " + strings.Join(types, "(), ") + "()"
	switch c.kind {
	case "binary":
		if c.format != "base64" && c.format != "base32" && c.format != "hex" {
			return &columnError{fmt.Sprintf("%s is no encoding of binary", diag.Quote(c.format, 40)), "write binary(base64), binary(base32) or binary(hex)"}
		}
		return nil
	case "date", "date_go":
		if c.kind = "date"; c.format == "" || strings.Trim(c.format, "0123456789") == c.format {
			return &columnError{fmt.Sprintf("%s is no form of a date", diag.Quote(c.format, 40)), "write how 2 January 2006, 15:04:05 is written: date(2006-01-02), date(02.01.2006 15:04)"}
		}
		return nil
	case "date_ms":
		c.kind, c.format = "date", goFormat(c.format, microsoft)
		return nil
	case "date_oracle":
		c.kind, c.format = "date", goFormat(c.format, oracle)
		return nil
	}
	for _, t := range types {
		if t == c.kind {
			if c.format != "" {
				return &columnError{fmt.Sprintf("the type %s takes no argument", c.kind), "write " + c.kind + "()"}
			}
			return nil
		}
	}
	if near := diag.Suggest(c.kind, types); near != "" {
		hint = "did you mean " + near + "()?"
	}
	return &columnError{fmt.Sprintf("%s is no type of a column", diag.Quote(c.kind, 40)), hint}
}

// The forms of dates of mongoimport's other two dialects, longest first.
var (
	microsoft = []string{"yyyy", "2006", "yy", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "M", "1", "dddd", "Monday", "ddd", "Mon", "dd", "02", "d", "2",
		"HH", "15", "hh", "03", "h", "3", "mm", "04", "ss", "05", "fff", "000", "tt", "PM", "zzz", "-07:00", "K", "Z07:00"}
	oracle = []string{"YYYY", "2006", "YY", "06", "MONTH", "January", "MON", "Jan", "MM", "01", "DAY", "Monday", "DY", "Mon", "DD", "02",
		"HH24", "15", "HH12", "03", "HH", "03", "MI", "04", "SS", "05", "FF3", "000", "AM", "PM", "PM", "PM", "TZH:TZM", "-07:00"}
)

func goFormat(format string, pairs []string) string {
	return strings.NewReplacer(pairs...).Replace(format)
}

var objectID = regexp.MustCompile(`^(?:ObjectId\(['"]?)?([0-9a-fA-F]{24})(?:['"]?\))?$`)

// see looks at a cell of a column without a type.
func (c *column) see(cell string) {
	if !c.auto || cell == "" {
		return
	}
	c.seen = true
	n, err := strconv.ParseInt(cell, 10, 64)
	exact := err == nil && strconv.FormatInt(n, 10) == cell
	c.notInt64 = c.notInt64 || !exact
	c.notInt32 = c.notInt32 || !exact || n != int64(int32(n))
	if !exact || n > 1<<53 || n < -1<<53 {
		x, err := strconv.ParseFloat(cell, 64)
		c.notDouble = c.notDouble || err != nil || math.IsInf(x, 0) || math.IsNaN(x) || strconv.FormatFloat(x, 'f', -1, 64) != cell
	}
	c.nots = c.nots || !strings.HasPrefix(cell, "ObjectId(") || !objectID.MatchString(cell)
}

// settle chooses the type that all cells have.
func (c *column) settle() {
	if !c.auto {
		return
	}
	switch {
	case !c.seen:
		c.kind = "string"
	case !c.notInt32:
		c.kind = "int32"
	case !c.notInt64:
		c.kind = "int64"
	case !c.notDouble:
		c.kind = "double"
	case !c.nots:
		c.kind = "objectId"
	default:
		c.kind = "string"
	}
}

// value is what a cell is; why says why it is none.
func (c *column) value(cell string) (v bson.RawValue, why string) {
	switch c.kind {
	case "string":
		return doc.String(cell), ""
	case "boolean":
		switch strings.ToLower(cell) {
		case "true", "1":
			return doc.Bool(true), ""
		case "false", "0":
			return doc.Bool(false), ""
		}
	case "int32":
		if n, err := strconv.ParseInt(cell, 10, 32); err == nil {
			return bson.RawValue{Type: bson.TypeInt32, Value: bsoncore.AppendInt32(nil, int32(n))}, ""
		}
	case "int64":
		if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
			return bson.RawValue{Type: bson.TypeInt64, Value: bsoncore.AppendInt64(nil, n)}, ""
		}
	case "double":
		if x, err := strconv.ParseFloat(cell, 64); err == nil {
			return bson.RawValue{Type: bson.TypeDouble, Value: bsoncore.AppendDouble(nil, x)}, ""
		}
	case "decimal":
		if v, ok := doc.DecimalOf(cell); ok {
			return v, ""
		}
	case "objectId":
		if m := objectID.FindStringSubmatch(cell); m != nil {
			if id, err := hex.DecodeString(m[1]); err == nil {
				return bson.RawValue{Type: bson.TypeObjectID, Value: id}, ""
			}
		}
	case "date":
		if t, err := time.Parse(c.format, cell); err == nil {
			return bson.RawValue{Type: bson.TypeDateTime, Value: bsoncore.AppendDateTime(nil, t.UnixMilli())}, ""
		}
		return v, "it is not written as " + diag.Safe(c.format, 60)
	case "binary":
		if data, err := c.decode(cell); err == nil {
			return doc.Binary(data), ""
		}
		return v, "it is no " + c.format
	}
	return v, "it is no " + c.kind
}

func (c *column) decode(cell string) ([]byte, error) {
	switch c.format {
	case "base32":
		return base32.StdEncoding.DecodeString(cell)
	case "hex":
		return hex.DecodeString(cell)
	}
	return base64.StdEncoding.DecodeString(cell)
}

// hint says what to do about a cell that is not of the column's type.
func (c *column) hint(cell string) string {
	switch {
	case cell == "":
		return "--ignore-blanks leaves the fields of empty cells out"
	case c.auto:
		return "the type of the column is that of its other cells"
	}
	return ""
}
