package value

// Values as texts: what interpolation and string() write.

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// AppendText appends a scalar as interpolation and string() write it; false
// for types that have no text form.
func AppendText(dst []byte, v Value) ([]byte, bool) {
	if v.loose != nil {
		if v.loose.num == nil {
			return dst, false
		}
		return append(dst, v.loose.num.String()...), true
	}
	r := v.BSON
	switch r.Type {
	case bson.TypeString:
		return append(dst, r.Value[4:len(r.Value)-1]...), true
	case bson.TypeBoolean:
		return strconv.AppendBool(dst, r.Value[0] != 0), true
	case bson.TypeObjectID:
		return hex.AppendEncode(dst, r.Value), true
	case bson.TypeDateTime:
		return append(dst, isoDate(int64(binary.LittleEndian.Uint64(r.Value)))...), true
	case bson.TypeBinary:
		if doc.TypeName(r) == "uuid" {
			return append(dst, uuidText(r.Value[5:])...), true
		}
		return dst, false
	}
	n, ok := number(v)
	if !ok {
		return dst, false
	}
	switch n.kind {
	case doubleNum:
		return append(dst, formatDouble(n.f)...), true
	case decimalNum:
		return append(dst, plain(n.d)...), true
	}
	return strconv.AppendInt(dst, n.i, 10), true
}

// isoDate is ISO 8601 in UTC with milliseconds; years outside 0 to 9999 have a
// sign and six digits or more.
func isoDate(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	return ISOYear(t.Year()) + t.Format("-01-02T15:04:05.000Z")
}

func uuidText(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// ISOYear writes a year with four digits, or a sign and six as ISO 8601 does
// outside of 0 to 9999.
func ISOYear(y int) string {
	if y < 0 || y > 9999 {
		return fmt.Sprintf("%+07d", y)
	}
	return fmt.Sprintf("%04d", y)
}
