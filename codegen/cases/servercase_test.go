package cases

// Cases about a server of another make ("server: PROFILE"): it is asked what it can do
// before the first write, by both engines. In: a case that ends with a refusal. Out: what
// the run says, and that nothing was written to the destination.

import (
	"slices"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/profile"
	"github.com/hayone1/mongocd/runtime/desired"
)

// runOnServer takes both artefacts to the case's server: a plan, of which nobody knows
// yet that it cannot be carried out, the apply that finds it out, and the plan after it,
// which is report.txt.
func (c *testCase) runOnServer(t *testing.T, state *desired.State) {
	t.Helper()
	p, err := profile.Named(c.server)
	if err != nil {
		t.Fatal(err)
	}
	server := p.Handler()
	type outcome struct{ first, apply, second, remembered string }
	var seen []outcome
	for _, a := range []artefact{goProgram(t, state), scriptArtefact(buildScript(t, state))} {
		d, why := c.prepared(t, server, state)
		if why != "" {
			t.Fatal(why)
		}
		step := func(mode string, asJSON bool, exit int) *step {
			s := d.profileStep(t, a, mode, asJSON)
			if s.code != exit || len(s.writes) > 0 {
				t.Errorf("%s: exit %d, want %d; it wrote %q\n%s%s", s.what, s.code, exit, s.writes, s.stdout, s.stderr)
			}
			wantWorld(t, s.what, s.world, c.before)
			return s
		}
		first := step("plan", false, 0)
		if first.remembered != "" {
			t.Errorf("%s left records:\n%s", first.what, first.remembered)
		}
		apply := step("apply", true, c.exit)
		report := apply.report(t, d.original)
		if got := codes(report.Conflicts); !slices.Equal(got, c.conflicts) {
			t.Errorf("%s: conflicts %q, want %q", apply.what, got, c.conflicts)
		}
		second := step("plan", false, c.exit)
		seen = append(seen, outcome{undigested(d.original(first.stdout)), indented(t, report), d.original(second.stdout), second.remembered})
	}
	c.checkReport(t, seen[0].second)
	for what, pair := range map[string][2]string{
		"plans before the server was tried": {seen[0].first, seen[1].first}, "reports of apply": {seen[0].apply, seen[1].apply},
		"plans": {seen[0].second, seen[1].second}, "records": {seen[0].remembered, seen[1].remembered},
	} {
		if pair[0] != pair[1] {
			t.Errorf("the %s differ, - by Go, + by mongosh:\n%s", what, lineDiff(pair[0], pair[1]))
		}
	}
}
