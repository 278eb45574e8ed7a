package builtin

// Functions on dates. A date is an instant, in milliseconds; what needs a
// calendar takes the name of a zone, UTC where it may be left out.

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/eval/zone"
	"github.com/hayone1/mongocd/lang/diag"
)

// ZoneDatabase is the release of the IANA Time Zone Database that dates are
// calculated with.
const ZoneDatabase = zone.Version

func (c *call) milliseconds(i int) int64 {
	return int64(binary.LittleEndian.Uint64(c.args[i].BSON.Value))
}

// location is the zone that an argument names, UTC without the argument.
func (c *call) location(i int) (*time.Location, *value.Error) {
	if i >= len(c.args) {
		return time.UTC, nil
	}
	l, err := location(c.text(i))
	return l, c.arg(i, err)
}

func location(name string) (*time.Location, *value.Error) {
	l, ok, err := zone.Load(name)
	if err != nil {
		return nil, &value.Error{Code: diag.InternalError, Message: "the time zone database cannot be read: " + diag.Safe(err.Error(), 80)}
	}
	if ok {
		return l, nil
	}
	e := &value.Error{Code: diag.UnknownZone, Message: "there is no time zone " + diag.Quote(name, 40), Notes: []string{"zones are named as in the IANA database: \"Europe/Paris\", \"UTC\""}}
	names, err := zone.Names()
	if near := diag.Suggest(name, names); err == nil && near != "" {
		e.Label = "did you mean \"" + near + "\"?"
	}
	return nil, e
}

func checkZone(name string) *value.Error {
	_, err := location(name)
	return err
}

// local is what the clocks of a zone show at a date, as if it were UTC.
func local(ms int64, l *time.Location) (shown time.Time, offset int) {
	at := time.UnixMilli(ms).In(l)
	_, offset = at.Zone()
	return time.Unix(at.Unix()+int64(offset), int64(at.Nanosecond())).UTC(), offset
}

// dateOf makes a date of an instant; false when BSON cannot hold it.
func dateOf(at time.Time) (value.Value, *value.Error) {
	if s := at.Unix(); s <= math.MinInt64/1000 || s >= math.MaxInt64/1000 {
		return outOfRange()
	}
	return value.Date(at.UnixMilli()), nil
}

func outOfRange() (value.Value, *value.Error) {
	return value.Value{}, &value.Error{Code: diag.NumberOverflow, Message: "the date is beyond what BSON can hold"}
}

const (
	hour = 60 * 60 * 1000
	day  = 24 * hour
)

// plus adds n units of so many milliseconds.
func plus(ms, n, unit int64) (int64, bool) {
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, false
	}
	sum := ms + n*unit
	return sum, (sum > ms) == (n > 0) || n == 0
}

func addHours(c *call) (value.Value, *value.Error) {
	ms, ok := plus(c.milliseconds(0), c.integer(1), hour)
	if !ok {
		return outOfRange()
	}
	return value.Date(ms), nil
}

func addDays(c *call) (value.Value, *value.Error) {
	l, err := c.location(2)
	if err != nil {
		return value.Value{}, err
	}
	if _, ok := plus(c.milliseconds(0), c.integer(1), day); !ok {
		return outOfRange()
	}
	shown, offset := local(c.milliseconds(0), l)
	at, _ := zone.Instant(time.Unix(shown.Unix()+c.integer(1)*day/1000, int64(shown.Nanosecond())).UTC(), l, offset)
	return dateOf(at)
}

// maxMonths are more than all the months that BSON dates span.
const maxMonths = 600_000_000 * 12

func addMonths(c *call) (value.Value, *value.Error) {
	l, err := c.location(2)
	if err != nil {
		return value.Value{}, err
	}
	n := c.integer(1)
	if n > maxMonths || n < -maxMonths {
		return outOfRange()
	}
	shown, offset := local(c.milliseconds(0), l)
	y, m, d := shown.Date()
	months := int64(y)*12 + int64(m) - 1 + n
	y, m = int(months/12), time.Month(months%12)+1
	if m < 1 {
		y, m = y-1, m+12
	}
	d = min(d, daysIn(y, m))
	at, _ := zone.Instant(time.Date(y, m, d, shown.Hour(), shown.Minute(), shown.Second(), shown.Nanosecond(), time.UTC), l, offset)
	return dateOf(at)
}

func daysIn(y int, m time.Month) int {
	return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// startOf makes startOfDay or startOfMonth: the first instant of it.
func startOf(month bool) func(c *call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) {
		l, err := c.location(1)
		if err != nil {
			return value.Value{}, err
		}
		shown, _ := local(c.milliseconds(0), l)
		y, m, d := shown.Date()
		if month {
			d = 1
		}
		at, gap := zone.Instant(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), l, zone.AnyOffset)
		if !gap.IsZero() {
			at = gap
		}
		return dateOf(at)
	}
}

// calendar makes a function that reads a part of a date in a zone.
func calendar(part func(time.Time) int) func(c *call) (value.Value, *value.Error) {
	return func(c *call) (value.Value, *value.Error) {
		l, err := c.location(1)
		if err != nil {
			return value.Value{}, err
		}
		shown, _ := local(c.milliseconds(0), l)
		return value.Int(int32(part(shown))), nil // BSON's years fit
	}
}

func daysBetween(c *call) (value.Value, *value.Error) {
	l, err := c.location(2)
	if err != nil {
		return value.Value{}, err
	}
	var days [2]int64
	for i := range days {
		shown, _ := local(c.milliseconds(i), l)
		days[i] = floorDiv(shown.Unix(), day/1000)
	}
	n := days[1] - days[0]
	if n != int64(int32(n)) {
		return value.Value{}, &value.Error{Code: diag.NumberOverflow, Message: "the number of days does not fit an int", Evidence: strconv.FormatInt(n, 10)}
	}
	return value.Int(int32(n)), nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func formatDate(c *call) (value.Value, *value.Error) {
	l, err := c.location(2)
	if err != nil {
		return value.Value{}, err
	}
	pieces, err := writtenFormat(c.text(1))
	if err != nil {
		return value.Value{}, c.arg(1, err)
	}
	shown, offset := local(c.milliseconds(0), l)
	var out []byte
	for _, p := range pieces {
		if p.letter == 0 {
			out = append(out, p.text...)
		} else {
			out = appendDate(out, p.letter, shown, offset)
		}
	}
	return value.String(string(out)), nil
}

func parseDate(c *call) (value.Value, *value.Error) {
	l, err := c.location(2)
	if err != nil {
		return value.Value{}, err
	}
	pieces, err := parseFormat(c.text(1))
	if err != nil {
		return value.Value{}, c.arg(1, err)
	}
	at, fault := readDate(c.text(0), pieces, l)
	if fault != "" {
		return value.Value{}, c.arg(0, &value.Error{Code: diag.BadConstant, Message: c.Shown[0] + " is no date of the form " + diag.Quote(c.text(1), 40),
			Evidence: c.args[0].Evidence() + ": " + fault})
	}
	return dateOf(at)
}
