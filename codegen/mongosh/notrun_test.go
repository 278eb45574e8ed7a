package mongosh

// Failures without a report, in the summary of a job: the script writes them as the Go
// program does.

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
)

// TestNotRun: wrong usage is said in Markdown, too, where that is asked for.
func TestNotRun(t *testing.T) {
	_, uri := connect(t)
	path := script(t, state(collection(t, "shop", "c", desired.Exact, `{"_id": 1}`)), "")
	wrong := `MONGOCD_MODE is "aply": it can be plan, apply, verify, status, undo, runs, release-hold, claim, doctor; did you mean apply?`
	if run := engine.Mongosh(t, uri, path, "MONGOCD_MODE=aply", "MONGOCD_OUTPUT=markdown"); run.Code != 64 || run.Stdout != view.NotRun("aply", "w", "e", wrong) || !strings.HasPrefix(run.Stderr, "mongocd: "+wrong) {
		t.Errorf("exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	notRun := newVM(t).Function(`(command, weave, environment, message) => engine.notRun(command, weave, environment, message)`)
	for _, said := range [][4]string{
		{"plan", "w", "e", "one line"}, {"", "", "", ""}, {"a--b -->", "-->\n<b>`", "prod é", "``` \x1b[31m\n<!-- -->\n"}, {"plan", "w", "e", strings.Repeat("line é\n", 20_000)}, {"plan", "w", "e", strings.Repeat("x", 70_000) + "\nmore"},
	} {
		want := view.NotRun(said[0], said[1], said[2], said[3])
		if got := notRun(said[0], said[1], said[2], said[3]).String(); got != want || len(want) > 65_000 {
			t.Errorf("%.100q: got %d bytes, want %d\n%.1000s\n%.1000s", said, len(got), len(want), got, want)
		}
	}
}
