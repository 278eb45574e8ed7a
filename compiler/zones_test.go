package compiler_test

import (
	"context"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/eval/builtin"
	"github.com/hayone1/mongocd/compiler/workspace"
)

// The release of the time zone database is in the states of the weaves that need it.
func TestTimeZonesAreRecorded(t *testing.T) {
	for rule, want := range map[string]string{
		`set day = startOfDay(day, "Europe/Paris")`:                   builtin.ZoneDatabase,
		`where day is date { set day = addMonths(day, 1) }`:           builtin.ZoneDatabase,
		`check year(day, "UTC") > 2000`:                               builtin.ZoneDatabase,
		`set day = addHours(day, 1)`:                                  "",
		`set day = date("2026-01-01T00:00:00Z") create year = "2026"`: "",
	} {
		dir := unpack(t, txtar.Parse([]byte(`
-- h.weave --
weave h
environments prod
from shop into shop { sync h { `+rule+` } }
-- extracted/shop/h/collection.json --
{"format":1,"kind":"collection","options":{},"indexes":[]}
-- extracted/shop/h/documents.jsonl --
{"_id": "a", "day": {"$date": "2026-01-01T11:00:00Z"}}
`)))
		w, diags := workspace.LoadDir(dir)
		if w == nil {
			t.Fatal(diags)
		}
		result, diags := compiler.Compile(context.Background(), w, workspace.Options{Compiler: "mongocd test"})
		if result == nil {
			t.Fatal(diags)
		}
		if got := result.States[0].TimeZones; got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}
