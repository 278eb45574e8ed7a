package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/eval/zone"
)

// Rows with `=> "…"` are dates written in UTC.
func TestDates(t *testing.T) {
	const d = `{"at":{"$date":{"$numberLong":"1774661400250"}},"late":{"$date":{"$numberLong":"1769900399999"}},"first":{"$date":{"$numberLong":"-9223372036854775808"}},
		"last":{"$date":{"$numberLong":"9223372036854775807"}},"old":{"$date":{"$numberLong":"-62198755200000"}},"zone":"Asia/Tokyo","bad":"Mars/Olympus","s":"28.3.2026","n":null,"i":3}`
	tests := []struct{ row, expr, want string }{
		// adding
		{"hours", `addHours(at, 25)`, `2026-03-29T02:30:00.250Z`},
		{"hours back", `addHours(at, -2)`, `2026-03-27T23:30:00.250Z`},
		{"hours beyond", `addHours(last, 1)`, `error number-overflow`},
		{"hours beyond", `addHours(at, 9223372036854775807)`, `error number-overflow`},
		{"days in UTC", `addDays(at, 1)`, `2026-03-29T01:30:00.250Z`},
		{"days keep the local time", `addDays(at, 2, "Europe/Paris")`, `2026-03-30T00:30:00.250Z`},
		{"days into a gap", `addDays(at, 1, "Europe/Paris")`, `2026-03-29T01:30:00.250Z`},
		{"no days", `addDays(date("2026-10-25T01:30:00Z"), 0, "Europe/Paris")`, `2026-10-25T01:30:00.000Z`},
		{"days before the beginning", `addDays(first, -1)`, `error number-overflow`},
		{"days beyond", `addDays(first, 9223372036854775807, "Asia/Tokyo")`, `error number-overflow`},
		{"months", `addMonths(at, 1)`, `2026-04-28T01:30:00.250Z`},
		{"months clamp", `addMonths(date("2026-01-31T12:00:00Z"), 1)`, `2026-02-28T12:00:00.000Z`},
		{"months clamp in leap years", `addMonths(date("2026-01-31T12:00:00Z"), 25)`, `2028-02-29T12:00:00.000Z`},
		{"months back over a year", `addMonths(date("2026-01-31T12:00:00Z"), -2)`, `2025-11-30T12:00:00.000Z`},
		{"months before year 0", `addMonths(old, -1)`, `-000002-12-01T00:00:00.000Z`},
		{"months by the local day", `addMonths(late, 1, "Europe/Paris")`, `2026-02-28T22:59:59.999Z`},
		{"months by the local day", `addMonths(late, 1, "Asia/Tokyo")`, `2026-02-28T22:59:59.999Z`},
		{"months over the change of clocks", `addMonths(at, 1, "Europe/Paris")`, `2026-04-28T00:30:00.250Z`},
		{"months beyond", `addMonths(last, 1)`, `error number-overflow`},
		{"months beyond", `addMonths(at, 9223372036854775807)`, `error number-overflow`},
		// starts
		{"day", `startOfDay(at, "UTC")`, `2026-03-28T00:00:00.000Z`},
		{"day", `startOfDay(late, "Europe/Paris")`, `2026-01-30T23:00:00.000Z`},
		{"day of the zone", `startOfDay(late, zone)`, `2026-01-31T15:00:00.000Z`},
		{"midnight left out", `startOfDay(date("2018-11-04T12:00:00Z"), "America/Sao_Paulo")`, `2018-11-04T03:00:00.000Z`},
		{"month", `startOfMonth(at, "Europe/Paris")`, `2026-02-28T23:00:00.000Z`},
		{"start before the beginning", `startOfDay(first, "UTC")`, `error number-overflow`},
		// parts
		{"parts", `[year(late, "UTC"), month(late, "UTC"), dayOfMonth(late, "UTC")]`, `[{"$numberInt":"2026"},{"$numberInt":"1"},{"$numberInt":"31"}]`},
		{"parts in a zone", `[year(late, zone), month(late, zone), dayOfMonth(late, zone)]`, `[{"$numberInt":"2026"},{"$numberInt":"2"},{"$numberInt":"1"}]`},
		{"parts at the ends", `[year(first, "UTC"), year(last, "UTC"), year(old, "UTC")]`, `[{"$numberInt":"-292275055"},{"$numberInt":"292278994"},{"$numberInt":"-1"}]`},
		{"days between", `[daysBetween(late, at), daysBetween(at, late), daysBetween(at, at)]`, `[{"$numberInt":"56"},{"$numberInt":"-56"},{"$numberInt":"0"}]`},
		{"days between midnights", `daysBetween(date("2026-01-01T23:59:59Z"), date("2026-01-02T00:00:00Z"))`, `{"$numberInt":"1"}`},
		{"days between in a zone", `daysBetween(date("2026-01-01T23:59:59Z"), date("2026-01-02T00:00:00Z"), "Europe/Paris")`, `{"$numberInt":"0"}`},
		{"days between over the change of clocks", `daysBetween(date("2026-03-28T23:30:00Z"), date("2026-03-29T22:00:00Z"), "Europe/Paris")`, `{"$numberInt":"1"}`},
		{"days between both ends", `daysBetween(first, last)`, `error number-overflow`},
		// formats
		{"format", `formatDate(at, "%Y-%m-%dT%H:%M:%S.%L%z", "Europe/Paris")`, `"2026-03-28T02:30:00.250+0100"`},
		{"format", `formatDate(at, "%a %A %u %b %B %j %G-W%V 100%%", "UTC")`, `"Sat Saturday 6 Mar March 087 2026-W13 100%"`},
		{"format ISO week", `formatDate(date("2027-01-03T00:00:00Z"), "%G-W%V-%u", "UTC")`, `"2026-W53-7"`},
		{"format without letters", `formatDate(at, "été", "UTC")`, `error bad-date-format`},
		{"format far years", `[formatDate(old, "%Y", "UTC"), formatDate(last, "%Y", "UTC")]`, `["-000001","+292278994"]`},
		{"format old offsets", `formatDate(date("1850-01-01T00:00:00Z"), "%H:%M:%S %z", "Europe/Paris")`, `"00:09:21 +000921"`},
		{"format unknown letter", `formatDate(at, "%Q", "UTC")`, `error bad-date-format`},
		{"format ends in %", `formatDate(at, "%Y%", "UTC")`, `error bad-date-format`},
		{"format null", `formatDate(n, "%Y", "UTC")`, `error null-value`},
		{"format text", `formatDate(s, "%Y", "UTC")`, `error wrong-type`},
		{"parse", `parseDate("2026-03-28", "%Y-%m-%d", "UTC")`, `2026-03-28T00:00:00.000Z`},
		{"parse in a zone", `parseDate("2026-03-28 14:05:09.007", "%Y-%m-%d %H:%M:%S.%L", "Europe/Paris")`, `2026-03-28T13:05:09.007Z`},
		{"parse one digit", `parseDate(s, "%d.%m.%Y", "Europe/Berlin")`, `2026-03-27T23:00:00.000Z`},
		{"parse names", `parseDate("3 FEB 2026", "%d %b %Y", "UTC")`, `2026-02-03T00:00:00.000Z`},
		{"parse names", `parseDate("february 3, 2026", "%B %d, %Y", "UTC")`, `2026-02-03T00:00:00.000Z`},
		{"parse day of the year", `parseDate("2024/366", "%Y/%j", "UTC")`, `2024-12-31T00:00:00.000Z`},
		{"parse offset", `parseDate("20260328T020000+05:30", "%Y%m%dT%H%M%S%z", "Europe/Paris")`, `2026-03-27T20:30:00.000Z`},
		{"parse Z", `parseDate("20260328T020000Z", "%Y%m%dT%H%M%S%z", "Europe/Paris")`, `2026-03-28T02:00:00.000Z`},
		{"parse far years", `parseDate("-000001-01-01", "%Y-%m-%d", "UTC")`, `-000001-01-01T00:00:00.000Z`},
		{"parse what comes twice", `parseDate("2026-10-25 02:30", "%Y-%m-%d %H:%M", "Europe/Paris")`, `2026-10-25T00:30:00.000Z`},
		{"parse what is left out", `parseDate("2026-03-29 02:30", "%Y-%m-%d %H:%M", "Europe/Paris")`, `error bad-constant`},
		{"parse no such day", `parseDate("2026-02-29", "%Y-%m-%d", "UTC")`, `error bad-constant`},
		{"parse no such day", `parseDate("2026/366", "%Y/%j", "UTC")`, `error bad-constant`},
		{"parse no such time", `parseDate("2026-02-20 24:00", "%Y-%m-%d %H:%M", "UTC")`, `error bad-constant`},
		{"parse left over", `parseDate("2026-02-20Z", "%Y-%m-%d", "UTC")`, `error bad-constant`},
		{"parse too short", `parseDate("2026-02", "%Y-%m-%d", "UTC")`, `error bad-constant`},
		{"parse other text", `parseDate("2026/02/20", "%Y-%m-%d", "UTC")`, `error bad-constant`},
		{"parse two-digit years", `parseDate("26-02-20", "%Y-%m-%d", "UTC")`, `error bad-constant`},
		{"parse without a day", `parseDate("2026-02", "%Y-%m", "UTC")`, `error bad-date-format`},
		{"parse a letter twice", `parseDate(s, "%Y-%m-%d %m", "UTC")`, `error bad-date-format`},
		{"parse day in two ways", `parseDate(s, "%Y-%j-%d", "UTC")`, `error bad-date-format`},
		{"parse a letter for formatDate", `parseDate(s, "%A %Y-%m-%d", "UTC")`, `error bad-date-format`},
		// zones
		{"unknown zone", `year(at, "Europe/Pariss")`, `error unknown-zone`},
		{"unknown zone in a document", `year(at, bad)`, `error unknown-zone`},
		{"zones have one spelling", `year(at, "europe/paris")`, `error unknown-zone`},
		{"the machine's zone is no zone", `year(at, "Local")`, `error unknown-zone`},
		{"zone missing", `year(at, nope)`, `error field-missing`},
		{"zone null", `year(at, n)`, `error null-value`},
		{"zone is a number", `year(at, i)`, `error wrong-type`},
	}
	for _, tt := range tests {
		got, err := evaluate(t, &Env{Name: "prod"}, tt.expr, d)
		if v, ok := strings.CutPrefix(got, `{"$date":{"$numberLong":"`); ok {
			var ms int64
			if _, err := fmt.Sscan(strings.TrimSuffix(v, `"}}`), &ms); err != nil {
				t.Fatal(err)
			}
			text, _ := value.AppendText(nil, value.Date(ms))
			got = string(text)
		}
		if got != tt.want {
			t.Errorf("%s: %s is %s, want %s (%v)", tt.row, tt.expr, got, tt.want, err)
		}
	}
}

func TestZoneMessages(t *testing.T) {
	_, err := evaluate(t, &Env{Name: "prod"}, `year(at, "Europe/Pariss")`, `{}`)
	if err == nil || err.Label != `did you mean "Europe/Paris"?` || err.Span.Text() != `"Europe/Pariss"` {
		t.Errorf("%+v", err)
	}
	_, err = evaluate(t, &Env{Name: "prod"}, `formatDate(at, "%Q", "UTC")`, `{}`)
	if err == nil || err.Span.Text() != `"%Q"` || !strings.Contains(strings.Join(err.Notes, ""), "%Y %m %d") {
		t.Errorf("%+v", err)
	}
	if builtin.ZoneDatabase != zone.Version || len(builtin.ZoneDatabase) != 5 {
		t.Error(builtin.ZoneDatabase)
	}
}

// What formatDate writes, parseDate reads; the parts of a date make the date.
func TestDatesReverse(t *testing.T) {
	names, err := zone.Names()
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Name: "prod"}
	x, errs := env.Expression(expression(t, `parseDate(formatDate(at, "%Y-%m-%d %H:%M:%S.%L %z", zone), "%Y-%m-%d %H:%M:%S.%L %z", zone)`))
	if errs != nil {
		t.Fatal(errs[0])
	}
	start, errs := env.Expression(expression(t, `startOfDay(at, zone)`))
	if errs != nil {
		t.Fatal(errs[0])
	}
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		ms := r.Int64N(8e12) - 4e12
		if r.IntN(10) == 0 {
			ms = r.Int64N(math.MaxInt64/2) - math.MaxInt64/4
		}
		name := names[r.IntN(len(names))]
		d, err := bson.Marshal(bson.D{{Key: "at", Value: time.UnixMilli(ms)}, {Key: "zone", Value: name}})
		if err != nil {
			t.Fatal(err)
		}
		v, fault := x.Eval(d)
		if fault != nil || string(v.BSON.Value) != string(value.Date(ms).BSON.Value) {
			t.Errorf("seed %d: %d in %s: %v, %v", seed, ms, name, v.BSON, fault)
		}
		s, fault := start.Eval(d)
		if fault != nil {
			t.Fatal(fault)
		}
		if before := s.BSON.DateTime(); before > ms || ms-before >= (26*time.Hour).Milliseconds() {
			t.Errorf("seed %d: the day of %d in %s starts at %d", seed, ms, name, before)
		}
	}
}
