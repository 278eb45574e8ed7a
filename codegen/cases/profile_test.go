package cases

// The corpus on servers of other makes (cmd/testserver/profile), by both engines. In:
// every third case (in soaks all), applied twice, and a part of them planned and undone as well. Out: for each
// profile the list of cases that end otherwise than on MongoDB, testdata/profiles/NAME.txt,
// which says how, and at its head why: a case's destination cannot be made there, or the
// run is refused before anything is written.
//
// On a real server of a profile's make the same list has to come out:
// MONGOCD_TEST_URI=… MONGOCD_TEST_PROFILE=documentdb go test ./codegen/cases -run TestProfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/profile"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/desired"
)

const (
	profileVariable = "MONGOCD_TEST_PROFILE"
	profileGoldens  = "../../testdata/profiles"
	// scriptsAtOnce is how many scripts one mongosh runs.
	scriptsAtOnce = 60
)

func TestProfiles(t *testing.T) {
	real := os.Getenv(engine.TestURIVariable) != ""
	whole := real || os.Getenv("MONGOCD_SOAK") != "" || os.Getenv("UPDATE_GOLDEN") != ""
	cases, secrets := readCases(t), secretsDirectory(t)
	states := map[string]*desired.State{}
	cases = slices.DeleteFunc(cases, func(c *testCase) bool { return c.desiredOnly || c.directory != "" || c.server != "" })
	for _, c := range cases {
		c.giveSecrets(t, secrets)
		dir := t.TempDir()
		c.writeWorkspace(t, dir)
		states[c.name], _ = compileWith(t, dir, c.options())
	}
	// Two at once: most of the time is that of one mongosh, which has one thread. (Parallel does not go with Setenv.)
	var all sync.WaitGroup
	defer all.Wait()
	atOnce := make(chan struct{}, 2)
	profiled := func(name string, do func(t *testing.T)) {
		all.Go(func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			t.Run(name, do)
		})
	}
	for number, p := range profile.All {
		if real && os.Getenv(profileVariable) != p.Name {
			continue // the server is of another make, or MongoDB
		}
		profiled(p.Name, func(t *testing.T) {
			server := wire.Handler(nil) // the engine, or the real server, itself
			if !real && p.Handler != nil {
				server = p.Handler()
			}
			// Plan and undo of every fourth case, of others on each profile.
			all := func(c *testCase) bool { return real || (slices.Index(cases, c)+number)%4 == 0 }
			// Every third case, of others on each profile, and on the one that differs most all that its list has.
			var listed []string
			if p.Name == "documentdb" {
				listed = casesOf(t, p.Name)
			}
			some := slices.DeleteFunc(slices.Clone(cases), func(c *testCase) bool {
				return !whole && (slices.Index(cases, c)+number)%3 != 0 && !slices.Contains(listed, c.name)
			})
			var lines []string
			for _, c := range some { // a subtest each, so that its connections end with it
				t.Run(c.name, func(t *testing.T) {
					lines = append(lines, c.shownBy("go", c.byGo(t, server, states[c.name], all(c))))
				})
			}
			for part := range slices.Chunk(some, scriptsAtOnce) {
				t.Run("mongosh", func(t *testing.T) { lines = append(lines, byMongosh(t, server, part, states, all)...) })
			}
			checkProfile(t, p.Name, some, lines)
		})
	}
}

// shownBy is the line of a case, empty when it ends as on MongoDB.
func (c *testCase) shownBy(engine, ending string) string {
	if ending == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s: %s", c.name, engine, ending)
}

// checkProfile holds the lines of cases against the profile's golden; the lines of both
// engines become one where they are the same.
func checkProfile(t *testing.T, name string, cases []*testCase, lines []string) {
	t.Helper()
	if t.Failed() {
		return // a case without an ending
	}
	slices.Sort(lines)
	var text strings.Builder
	for i, line := range lines {
		subject, ending, _ := strings.Cut(line, ": ")
		base, by, _ := strings.Cut(subject, ", ")
		switch {
		case line == "":
		case by == "go" && i+1 < len(lines) && lines[i+1] == base+", mongosh: "+ending:
			fmt.Fprintf(&text, "%s: %s\n", base, ending)
		case by == "mongosh" && i > 0 && lines[i-1] == base+", go: "+ending:
		default:
			fmt.Fprintf(&text, "%s\n", line)
		}
	}
	file, want := listOf(t, name)
	reasons, expected := "", "" // reasons are written by hand: why these cases end so
	for line := range strings.Lines(want) {
		switch {
		case strings.HasPrefix(line, "#") && expected == "":
			reasons += line
		case slices.ContainsFunc(cases, func(c *testCase) bool { return c.name == caseOf(line) }):
			expected += line
		}
	}
	switch got := text.String(); {
	case expected == got:
	case os.Getenv("UPDATE_GOLDEN") != "":
		writeFile(t, file, []byte(reasons+got))
	default:
		t.Errorf("%s differs; UPDATE_GOLDEN=1 writes it:\n%s", file, lineDiff(expected, got))
	}
}

// listOf is the golden of a profile; it is empty where there is none yet.
func listOf(t *testing.T, name string) (file, text string) {
	t.Helper()
	file = filepath.Join(profileGoldens, name+".txt")
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return file, string(data)
}

// caseOf is the case that a line of a golden is about.
func caseOf(line string) string {
	subject, _, _ := strings.Cut(line, ": ")
	name, _, _ := strings.Cut(subject, ", ")
	return name
}

// casesOf are the cases that a profile's golden has.
func casesOf(t *testing.T, profile string) []string {
	t.Helper()
	_, text := listOf(t, profile)
	var names []string
	for line := range strings.Lines(text) {
		names = append(names, caseOf(line))
	}
	return names
}
