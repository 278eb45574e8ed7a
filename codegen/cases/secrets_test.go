package cases

import (
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/runtime/change"
)

// unknowing is a case with secrets, at a destination for each artefact.
type unknowing struct {
	*testCase
	program artefact
	script  *member
	folder  string // a directory, where the program applies what was approved
	plans   []result
}

// TestCasesWithoutSecrets takes every case with secrets to where a reviewer has
// none: both artefacts say the same in unknown.txt, call nothing in sync that
// they could not compare, and give the digest that the release stage, which has
// the secrets, may carry out.
func TestCasesWithoutSecrets(t *testing.T) {
	programs, batch := &programs{folder: t.TempDir()}, &scripts{}
	var cases []*unknowing
	for _, c := range readCases(t) {
		if len(c.secrets)+len(c.secretFiles)+len(c.secretsInDirectory) == 0 || c.directory != "" || c.cannotHold || c.server != "" {
			continue
		}
		u := &unknowing{testCase: c, folder: t.TempDir()}
		dir := t.TempDir()
		c.writeWorkspace(t, dir)
		state, _ := compileWith(t, dir, c.options())
		programs.add(t, c.name, state)
		u.script = batch.add(t, c, state, nil)
		u.script.destination.load(t, c.before)
		writeDirectory(t, u.folder, c.before)
		cases = append(cases, u)
	}
	proxy := batch.members[0].destination.proxy
	all := func(mode string) { batch.step(t, proxy, batch.members, mode, false) }
	all("plan")
	all("verify")
	t.Setenv("MONGOCD_ALLOW_UNKNOWN", "1")
	all("verify")
	t.Setenv("MONGOCD_ALLOW_UNKNOWN", "")
	for _, u := range cases {
		u.program = programs.artefact(t, u.name)
		for _, mode := range []string{"plan", "verify", "verify --allow-unknown"} {
			u.run(t, mode)
		}
		u.plans = append(u.plans, u.program.run(t, "plan", "dir:"+u.folder, nil, false))
	}

	directory := secretsDirectory(t)
	for _, u := range cases {
		u.giveSecrets(t, directory)
	}
	all("plan")
	var approved []*member
	for _, u := range cases {
		u.run(t, "plan")
		u.script.approved = planDigest.FindString(u.script.steps[0].stdout)
		if u.exit == 0 {
			approved = append(approved, u.script)
		}
	}
	batch.step(t, proxy, approved, "apply", false)
	for _, u := range cases {
		t.Run(u.name, func(t *testing.T) { u.judgeUnknown(t) })
	}
}

// run adds a run of the program where the script runs.
func (u *unknowing) run(t *testing.T, mode string) {
	t.Helper()
	d := u.script.destination
	u.plans = append(u.plans, u.program.run(t, mode, d.proxy.URI(), d.redirects(), false))
}

// judgeUnknown holds the runs against each other and the case: plan, verify and
// verify that may not know, without secrets, then plan with them.
func (u *unknowing) judgeUnknown(t *testing.T) {
	d, steps := u.script.destination, u.script.steps
	byGo := slices.Delete(slices.Clone(u.plans), 3, 4)
	differs := max(u.exit, change.ExitDifferences)
	allowed := differs
	if strings.HasSuffix(byGo[1].stdout, "\nresult: unknown, exit 2\n") {
		allowed = change.ExitDone
	}
	for i, want := range []int{u.exit, differs, allowed, u.exit} {
		script := steps[i].result
		if byGo[i].code != want || script.code != want {
			t.Errorf("%s: exit %d by Go, %d by mongosh, want %d\n%s%s", steps[i].what, byGo[i].code, script.code, want, byGo[i].stdout, byGo[i].stderr)
		}
		if withoutEngine(script.stdout) != withoutEngine(byGo[i].stdout) {
			t.Errorf("%s: the reports differ, + by mongosh:\n%s", steps[i].what, lineDiff(byGo[i].stdout, script.stdout))
		}
	}
	u.checkGolden(t, "unknown.txt", u.unknown, undigested(d.original(byGo[0].stdout)))
	if u.exit != 0 {
		return
	}
	if known := planDigest.FindString(byGo[3].stdout); known == "" || known != u.script.approved {
		t.Errorf("the plan with secrets has another digest; without, and with them:\n%s%s", byGo[0].stdout, byGo[3].stdout)
	}
	if applied := steps[4]; applied.code != 0 {
		t.Errorf("mongosh: apply of what was approved: exit %d\n%s%s", applied.code, applied.stdout, applied.stderr)
	}
	wantWorld(t, "mongosh", steps[4].world, u.after)
	applied := u.program.run(t, "apply --approved "+planDigest.FindString(u.plans[3].stdout), "dir:"+u.folder, nil, false)
	if applied.code != 0 {
		t.Errorf("directory: apply of what was approved: exit %d\n%s%s", applied.code, applied.stdout, applied.stderr)
	}
	wantWorld(t, "directory", readDirectory(t, u.folder), u.after)
}
