//go:build linux

package cases

// How much memory the Go program takes, as the kernel counts it (proc(5): the most
// that was resident, with what it has read of its own file), and that it does its work under
// a limit beyond which it is killed. In: documents of 1 KiB; out: bytes a run. What is held is
// bounded by the size of the data, so that the bound means the same at every size.

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// A program may take 1.5 times its data, and what any program takes that has a driver in it:
// for 98,000 documents about twice the data, and beyond manyDocuments no more than manyBytes. What
// prune deletes is held whole.
const (
	footprintTimes = 1.5
	footprintBase  = 64 << 20
	manyDocuments  = 100_000
	manyBytes      = 300_000_000
)

// mostResident is what a program of so many documents and bytes of data may have resident.
func mostResident(documents int, data int64) int64 {
	most := int64(footprintTimes*float64(data)) + footprintBase
	if documents > manyDocuments {
		most = min(most, manyBytes)
	}
	return most
}

// hardLimit is what a program of so many documents may take at all: 256 MiB for 98,000, as a
// small Kubernetes Job has it; of manyDocuments and more it is the same for all.
func hardLimit(documents int) int64 {
	if documents > manyDocuments {
		return manyBytes
	}
	return 68<<20 + 188<<20*int64(documents)/98_000
}

// footprint runs a program as a user would and returns the most that it had resident.
func footprint(t testing.TB, limit memoryLimit, program, uri string, args ...string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd := limit.command(ctx, program, args...)
	cmd.Env = append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	most, err := engine.HighWater(t, cmd, program)
	if err != nil {
		t.Fatalf("%s%s: %v, %d bytes\n%s", strings.Join(args, " "), limit.text(), err, most, &out)
	}
	return most
}

// footprintWorkspace is a workspace of MONGOCD_FOOTPRINT documents, or so many where that is not set.
func footprintWorkspace(t *testing.T, documents int) (int, string) {
	t.Helper()
	if text := os.Getenv("MONGOCD_FOOTPRINT"); text != "" {
		var err error
		if documents, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "scale.weave"), []byte(scaleWeave))
	writeFile(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), scaleDocuments(documents))
	return documents, dir
}

// MONGOCD_FOOTPRINT is how many documents there are: `make bench` and `make soak` take 98,000. Of more
// than are in every run of the tests, a release that changes all of them is measured, too.
func TestFootprint(t *testing.T) {
	documents, dir := footprintWorkspace(t, 20_000)
	state := compile(t, dir, "prod")
	data := render(t, state).Size()
	program := buildGo(t, state)
	d := newDestination(t, []string{"dst"})
	flags := []string{"--quiet", "--state-database", stateDatabase(d.redirects())}
	release := slices.Concat([]string{"release-hold"}, flags)
	for _, r := range d.redirects() {
		flags = append(flags, "--database", r)
	}
	another := func(edits ...string) string {
		writeFile(t, filepath.Join(dir, "scale.weave"), []byte(strings.NewReplacer(edits...).Replace(scaleWeave)))
		return buildGo(t, compile(t, dir, "prod"))
	}
	changed := another("price + 0.10", "price + 0.20")
	type measured struct {
		name, command string
		limit         memoryLimit
		program       string
		most          int64 // 0: mostResident
	}
	limit := newMemoryLimit(t, hardLimit(documents))
	runs := []measured{{"a plan of what is missing", "plan", memoryLimit{}, program, 0}}
	if documents > 20_000 { // then the numbers are for docs/scale.md
		no := memoryLimit{}
		runs = append(runs, measured{"into an empty destination", "apply", no, program, 0}, measured{"in sync", "apply", no, program, 0}, measured{"taken back", lastRun, no, program, 0},
			measured{"", strings.Join(release, " "), no, program, 0})
	}
	runs = append(runs, measured{"into an empty destination", "apply", limit, program, 0}, measured{"in sync", "apply", limit, program, 0},
		measured{"every document changed", "apply", limit, changed, 0}, measured{"that taken back", lastRun, limit, changed, 0})
	if documents > 20_000 {
		pruned := another("prune where archived == false at most 1%", "prune all at most 100%", "archived == false", `sku == "SKU-000007"`)
		runs = append(runs, measured{"all but one deleted", "apply", limit, pruned, hardLimit(documents)}, measured{"that taken back", lastRun, limit, pruned, 0})
	}
	runs = append(runs, measured{"taken back", lastRun, limit, program, 0})
	for _, run := range runs {
		args := strings.Fields(run.command)
		if run.name != "" {
			args = append(args, flags...)
		}
		took := footprint(t, run.limit, run.program, d.proxy.URI(), args...)
		if run.name == "" {
			continue
		}
		t.Logf("%s%s: %d MB for %d MB of data", run.name, run.limit.text(), took/1e6, data/1e6)
		if most := cmp.Or(run.most, mostResident(documents, data)); took > most {
			t.Errorf("%s: %d bytes, and at most %d may be: see where they are held (docs/scale.md)", run.name, took, most)
		}
	}
	importer, err := exec.LookPath("mongoimport")
	if err != nil {
		t.Log("mongoimport: no row, as it is not on PATH")
		return
	}
	took := footprint(t, memoryLimit{}, importer, d.proxy.URI(), "--quiet", "--uri="+d.proxy.URI(), "--db="+strings.TrimPrefix(d.redirects()[0], "dst="), "--collection=items",
		"--mode=upsert", "--file="+filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"))
	t.Logf("mongoimport --mode=upsert: %d MB", took/1e6)
}
