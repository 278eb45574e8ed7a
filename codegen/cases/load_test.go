package cases

import (
	"bytes"
	"os"
	"testing"
)

// What the engine does not keep byte for byte cannot be tested on it: such a
// case has to say so (directive "directory") and runs on the directory store.
func TestEngineKeepsTheCorpus(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for what, world := range map[string][]collection{"before": c.before, "after": c.after} {
				d := newDestination(t, databasesOf(world))
				d.load(t, world)
				wantWorld(t, what, d.dump(t), world)
			}
		})
	}
}

// docs/testing.md lists the cases that do not run everywhere.
func TestExceptionsAreListed(t *testing.T) {
	text, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := bytes.Cut(text, []byte("## What runs where"))
	for _, c := range readCases(t) {
		exception := c.directory != "" || c.notOnDirectory != "" || c.cannotHold || c.mongoshExit != c.exit
		if listed := bytes.Contains(list, []byte("`"+c.name+"`")); exception && !listed {
			t.Errorf("%s does not run everywhere and is not in docs/testing.md, What runs where", c.name)
		}
	}
}
