package cases

// Artefacts of many cases at the cost of a few processes. In: the generated
// artefacts, as they are. Out: one program that has every case's generated program
// as a package, linked once; and one mongosh process for a step of many scripts.
// Starting mongosh takes over a second, linking a program nearly as long, and what
// is in them besides the state is the same for all cases. Whole artefacts, one
// by one, are run by race_test.go, scale_test.go and examples_test.go.

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/runtime/desired"
)

// programs is the Go programs of cases, built together when the first one is run.
type programs struct {
	names  []string
	shared []codegen.File // go.mod, go.sum, internal/…: equal in all artefacts
	own    []codegen.File // below cases/NAME/
	folder string         // outlives the cases
	once   sync.Once
	path   string
}

// add takes in the artefact of a case. Its package and its function are given
// names that another package can import; that is all that is changed.
func (p *programs) add(t *testing.T, name string, state *desired.State) {
	t.Helper()
	files, err := gosync.Generate(render(t, state), nil)
	if err != nil {
		t.Fatalf("gosync: %v", err)
	}
	var shared []codegen.File
	for _, f := range files {
		switch {
		case strings.HasPrefix(f.Path, "internal/"), f.Path == "go.mod", f.Path == "go.sum":
			shared = append(shared, f)
			continue
		case f.Path == "main.go":
			f.Data = replaceOnce(t, f.Data, "\npackage main\n", "\npackage artefact\n")
			f.Data = replaceOnce(t, f.Data, "\nfunc main() {", "\nfunc Main() {")
		}
		f.Path = "cases/" + name + "/" + f.Path
		p.own = append(p.own, f)
	}
	if p.shared == nil {
		p.shared = shared
	} else if !slices.EqualFunc(p.shared, shared, func(a, b codegen.File) bool { return a.Path == b.Path && bytes.Equal(a.Data, b.Data) }) {
		t.Fatal("the artefact's module and runtime are not those of the other cases")
	}
	p.names = append(p.names, name)
}

func replaceOnce(t *testing.T, text []byte, old, by string) []byte {
	t.Helper()
	if bytes.Count(text, []byte(old)) != 1 {
		t.Fatalf("main.go has not one %q", old)
	}
	return bytes.Replace(text, []byte(old), []byte(by), 1)
}

// artefact is the program of one case.
func (p *programs) artefact(t *testing.T, name string) artefact {
	t.Helper()
	p.once.Do(func() { p.build(t) })
	if p.path == "" {
		t.Fatal("the programs could not be built: see the first case that failed")
	}
	return goArtefact(p.path, name)
}

func (p *programs) build(t *testing.T) {
	t.Helper()
	dir := filepath.Join(p.folder, "module")
	writeArtefact(t, dir, p.shared)
	writeArtefact(t, dir, p.own)
	var imports, calls strings.Builder
	for i, name := range p.names {
		fmt.Fprintf(&imports, "\tcase%d \"artefact/cases/%s\"\n", i, name)
		fmt.Fprintf(&calls, "\t%q: case%d.Main,\n", name, i)
	}
	writeFile(t, filepath.Join(dir, "main.go"), fmt.Appendf(nil, `// The programs of %d cases: the first argument names one.
package main

import (
	"os"

%s)

var programs = map[string]func(){
%s}

func main() {
	program := programs[os.Args[1]]
	os.Args = append(os.Args[:1], os.Args[2:]...)
	program()
}
`, len(p.names), &imports, &calls))
	goTool(t, dir, "vet", ".", "./cases/"+p.names[0])
	path := filepath.Join(p.folder, "programs")
	goBuild(t, dir, path)
	p.path = path
}

// scripts is the scripts of some cases, and what there is to see after each step.
type scripts struct {
	members []*member
	once    sync.Once
	ran     bool
}

// member is one case's script.
type member struct {
	c           *testCase
	destination *destination
	script      []byte
	exit        int
	approved    string                      // the digest that apply is held to
	program     func(t *testing.T) artefact // the other artefact
	undoes      bool                        // nothing but the run itself writes
	steps       steps
	undone      []undone
}

// add takes in the script of a case.
func (s *scripts) add(t *testing.T, c *testCase, state *desired.State, program func(t *testing.T) artefact) *member {
	t.Helper()
	files, err := mongosh.Generate(render(t, state))
	if err != nil {
		t.Fatalf("mongosh: %v", err)
	}
	m := &member{c: c, script: files[0].Data, exit: c.mongoshExit, program: program, undoes: !hasHooks(state) && c.notUndone == "",
		destination: newDestination(t, append(databasesOf(c.before, c.after), stateDatabases(state)...))}
	s.members = append(s.members, m)
	return m
}

// run takes all members through plan, apply, the other artefact's apply and apply.
func (s *scripts) run(t *testing.T, m *member) steps {
	t.Helper()
	s.once.Do(func() {
		s.all(t)
		s.ran = true
	})
	if !s.ran {
		t.Fatal("the scripts of this batch did not run: see the first case that failed")
	}
	return m.steps
}

func (s *scripts) all(t *testing.T) {
	t.Helper()
	proxy := s.members[0].destination.proxy
	for _, m := range s.members {
		m.destination.load(t, m.c.before)
	}
	s.step(t, proxy, s.members, "plan", false)
	s.step(t, proxy, s.members, "apply", true)
	var done []*member
	for _, m := range s.members {
		if m.exit != 0 {
			continue
		}
		m.steps = append(m.steps, m.destination.step(t, m.program(t), "apply", true))
		done = append(done, m)
	}
	if len(done) > 0 {
		s.step(t, proxy, done, "apply", true)
		s.undo(t, proxy, done)
	}
}

// undo takes back by the program what the scripts have applied, and by the
// scripts what the programs then apply.
func (s *scripts) undo(t *testing.T, proxy *wire.Proxy, members []*member) {
	t.Helper()
	var again []*member
	for _, m := range members {
		if !m.undoes || len(m.steps[1].writes) == 0 { // it was in sync: there is no run
			continue
		}
		d, program := m.destination, m.program(t)
		m.undone = append(m.undone, undone{d.step(t, program, lastRun, true), d})
		for _, mode := range []string{"release-hold", "apply"} {
			if r := d.step(t, program, mode, true); r.code != 0 {
				t.Errorf("%s: %s: exit %d\n%s%s", m.c.name, r.what, r.code, r.stdout, r.stderr)
			}
		}
		again = append(again, m)
	}
	if len(again) == 0 {
		return
	}
	s.step(t, proxy, again, lastRun, true)
	for _, m := range again {
		last := m.steps[len(m.steps)-1]
		m.steps = m.steps[:len(m.steps)-1]
		if last.unsendable() {
			last = m.destination.step(t, m.program(t), lastRun, true)
		}
		m.undone = append(m.undone, undone{last, m.destination})
	}
}

// step runs the scripts of members in one process.
func (s *scripts) step(t *testing.T, proxy *wire.Proxy, members []*member, mode string, asJSON bool) {
	t.Helper()
	output := "text"
	if asJSON {
		output = "json"
	}
	proxy.Reset()
	calls := make([]call, len(members))
	for i, m := range members {
		calls[i] = call{name: m.c.name, script: m.script, redirects: m.destination.redirects(), approved: m.approved}
	}
	mode, last, _ := strings.Cut(mode, " --")
	results := together(t, proxy.URI(), calls, "MONGOCD_MODE="+mode, "MONGOCD_OUTPUT="+output, "MONGOCD_RUN="+last)
	commands := proxy.Commands()
	for i, m := range members {
		d := m.destination
		mine := slices.DeleteFunc(slices.Clone(commands), func(c wire.Command) bool { return !strings.HasPrefix(c.Database, d.prefix) })
		m.steps = append(m.steps, step{
			what: "mongosh " + mode, result: results[i],
			commands: len(mine), writes: wire.Names(wire.Writes(mine)), world: d.dump(t), remembered: d.remembered(t),
		})
	}
}

// call is one script among several, and its destination.
type call struct {
	name      string
	script    []byte
	redirects []string
	approved  string
}

// together runs scripts in one process: the engine once, then every state with its
// call. A line that no report can have ends each one's output.
func together(t *testing.T, uri string, calls []call, env ...string) []result {
	t.Helper()
	const end = "\x00end "
	var script strings.Builder
	for i, c := range calls {
		before, after, ok := strings.Cut(string(c.script), "const mongocdState = ")
		data, rest, found := strings.Cut(after, "\nquit(mongocdMain(mongocdSource, mongocdState));\n")
		if !ok || !found || rest != "" {
			t.Fatal("the script is not engine, state and call any more")
		}
		if i == 0 {
			script.WriteString(before)
		}
		fmt.Fprintf(&script, "process.env.MONGOCD_DATABASE = %q;\nprocess.env.MONGOCD_STATE_DATABASE = %q;\nprocess.env.MONGOCD_APPROVED = %q;\n{\nconst mongocdState = %s\nprint('\\x00end ' + mongocdMain(mongocdSource, mongocdState));\n}\n",
			strings.Join(c.redirects, ","), stateDatabase(c.redirects), c.approved, data)
	}
	file := filepath.Join(t.TempDir(), "batch.js")
	writeFile(t, file, []byte(script.String()))
	run := engine.Mongosh(t, uri, file, env...)
	if run.Code != 0 {
		t.Fatalf("mongosh: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	var results []result
	stdout := run.Stdout
	for _, c := range calls {
		text, rest, ok := strings.Cut(stdout, end)
		code, rest, found := strings.Cut(rest, "\n")
		var exit int
		if _, err := fmt.Sscan(code, &exit); !ok || !found || err != nil {
			t.Fatalf("%s: mongosh ended early\n%s%s", c.name, run.Stdout, run.Stderr)
		}
		stdout = rest
		results = append(results, result{code: exit, stdout: text, stderr: run.Stderr})
	}
	return results
}
