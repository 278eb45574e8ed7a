//go:build linux

package cases

// How much memory the Go program takes, as the kernel counts it (proc(5): the most
// that was resident, with what it has read of its own file). In: documents of 1 KiB; out: bytes a
// run. What is held is bounded by the size of the data, so that the bound means the same
// at every size.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A program may take twice its data, and what any program takes that has a driver in it.
const (
	footprintTimes = 2
	footprintBase  = 64 << 20
)

// footprint runs a program as a user would and returns the most that it had resident, as
// its last look at VmHWM says, which only grows. (What wait4 says is no less than what this
// process had when it was forked.)
func footprint(t testing.TB, program, uri string, args ...string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "MONGOCD_DESTINATION_URI="+uri)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := int64(0)
	for tick := time.Tick(5 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err != nil || most == 0 {
				t.Fatalf("%s: %v, %d bytes\n%s", strings.Join(args, " "), err, most, &out)
			}
			return most
		case <-tick:
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if name, _, _ := strings.Cut(string(status), "\n"); err != nil || !strings.HasSuffix(name, "\t"+filepath.Base(program)) {
				continue // not yet, or no more
			}
			if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
				kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				most = max(most, kib<<10)
			}
		}
	}
}

// MONGOCD_FOOTPRINT is how many documents there are: `make bench` takes 98,000.
func TestFootprint(t *testing.T) {
	documents := 20_000
	if text := os.Getenv("MONGOCD_FOOTPRINT"); text != "" {
		var err error
		if documents, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "scale.weave"), []byte(scaleWeave))
	writeFile(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), scaleDocuments(documents))
	state := compile(t, dir, "prod")
	data := int64(len(render(t, state).Files[1].Data))
	program := buildGo(t, state)
	d := newDestination(t, []string{"dst"})
	flags := []string{"--quiet", "--state-database", stateDatabase(d.redirects())}
	for _, r := range d.redirects() {
		flags = append(flags, "--database", r)
	}
	for _, run := range []struct{ name, command string }{
		{"a plan of what is missing", "plan"}, {"into an empty destination", "apply"}, {"in sync", "apply"}, {"taken back", lastRun},
	} {
		took := footprint(t, program, d.proxy.URI(), append(strings.Fields(run.command), flags...)...)
		t.Logf("%s: %d MB for %d MB of data", run.name, took/1e6, data/1e6)
		if most := footprintTimes*data + footprintBase; took > most {
			t.Errorf("%s: %d bytes, and at most %d may be: see where they are held (docs/scale.md)", run.name, took, most)
		}
	}
	importer, err := exec.LookPath("mongoimport")
	if err != nil {
		t.Log("mongoimport: no row, as it is not on PATH")
		return
	}
	took := footprint(t, importer, d.proxy.URI(), "--quiet", "--uri="+d.proxy.URI(), "--db="+strings.TrimPrefix(d.redirects()[0], "dst="), "--collection=items",
		"--mode=upsert", "--file="+filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"))
	t.Logf("mongoimport --mode=upsert: %d MB", took/1e6)
}
