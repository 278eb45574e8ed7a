package cases

import (
	"regexp"
	"slices"
	"testing"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
)

// TestCasesWithoutSecrets takes every case with secrets to where a reviewer has
// none: both artefacts say the same in unknown.txt, call nothing in sync that
// they could not compare, and give the digest that the release stage, which has
// the secrets, may carry out.
func TestCasesWithoutSecrets(t *testing.T) {
	programs := &programs{folder: t.TempDir()}
	states := map[string]*desired.State{}
	cases := slices.DeleteFunc(readCases(t), func(c *testCase) bool {
		return len(c.secrets)+len(c.secretFiles)+len(c.secretsInDirectory) == 0 || c.directory != "" || c.cannotHold
	})
	for _, c := range cases {
		dir := t.TempDir()
		c.writeWorkspace(t, dir)
		states[c.name], _ = compileWith(t, dir, c.options())
		programs.add(t, c.name, states[c.name])
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := states[c.name]
			artefacts := []artefact{programs.artefact(t, c.name), scriptArtefact(buildScript(t, state))}
			d := newDestination(t, append(databasesOf(c.before, c.after), stateDatabases(state)...))
			d.load(t, c.before)
			run := func(a artefact, mode string, wantExit int) result {
				r := a.run(t, mode, d.proxy.URI(), d.redirects(), false)
				if r.code != wantExit {
					t.Errorf("%s %s: exit %d, want %d\n%s%s", a.name, mode, r.code, wantExit, r.stdout, r.stderr)
				}
				return r
			}
			digest := func(r result) string { return planDigest.FindString(r.stdout) }

			plan := run(artefacts[0], "plan", c.exit)
			c.checkGolden(t, "unknown.txt", c.unknown, undigested(d.original(plan.stdout)))
			if byScript := run(artefacts[1], "plan", c.exit); byScript.stdout != plan.stdout {
				t.Errorf("the plans differ, + by mongosh:\n%s", lineDiff(plan.stdout, byScript.stdout))
			}
			want := max(c.exit, enforce.ExitDifferences)
			verified := run(artefacts[0], "verify", want)
			allowed := want
			if unknownResult.MatchString(verified.stdout) {
				allowed = enforce.ExitDone
			}
			if allowed != want {
				run(artefacts[1], "verify", want)
				run(artefacts[0], "verify --allow-unknown", allowed)
			}
			run(artefacts[1], "verify --allow-unknown", allowed)
			if c.exit != 0 {
				return
			}
			if digest(plan) == "" {
				t.Fatalf("no digest:\n%s", plan.stdout)
			}

			c.giveSecrets(t, secretsDirectory(t))
			for _, a := range artefacts {
				if known := run(a, "plan", 0); digest(known) != digest(plan) {
					t.Errorf("%s: the plan with secrets has another digest; without, and with them:\n%s%s", a.name, plan.stdout, known.stdout)
				}
			}
			run(artefacts[len(c.name)%len(artefacts)], "apply --approved "+digest(plan), 0)
			wantWorld(t, "apply of what was approved without secrets", d.dump(t), c.after)
		})
	}
}

var unknownResult = regexp.MustCompile(`(?m)^result: unknown, exit 2$`)
