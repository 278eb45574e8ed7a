//go:build linux

package cases

// That a mongosh script does its work under a limit beyond which mongosh is killed. In:
// documents of 1 KiB, which the script reads from beside it; out: what was taken at most. What
// is held grows with the documents that are wanted and not with what is written of them.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/codegen/mongosh"
)

// scriptLimit is what mongosh may take at all with a script of so many documents: 640 MiB for
// 98,000, of which it takes about 100 for itself.
func scriptLimit(documents int) int64 { return 100<<20 + 540<<20*int64(documents)/98_000 }

// MONGOCD_FOOTPRINT is how many documents there are: `make bench` and `make soak` take 98,000.
func TestScriptFootprint(t *testing.T) {
	t.Parallel()
	documents, dir := footprintWorkspace(t, 10_000)
	state := render(t, compile(t, dir, "prod"))
	files, err := mongosh.GenerateBeside(state)
	if err != nil {
		t.Fatal(err)
	}
	settleSoon(t, files, "mongosh.js", "const SETTLE_SECONDS = 60;", "const SETTLE_SECONDS = 2;")
	writeArtefact(t, dir, files)
	for _, f := range state.Files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data)
	}
	d := newDestination(t, []string{"dst"})
	limit := newMemoryLimit(t, scriptLimit(documents))
	for _, run := range []struct{ name, mode, outcome string }{
		{"into an empty destination", "apply", "applied"}, {"in sync", "apply", "in-sync"}, {"taken back", "undo", "undone"},
	} {
		out := scriptUnder(t, limit, d.uri, filepath.Join(dir, mongosh.FileName), "MONGOCD_MODE="+run.mode, "MONGOCD_RUN=last", "MONGOCD_QUIET=1",
			"MONGOCD_DATABASE="+d.redirects()[0], "MONGOCD_STATE_DATABASE="+stateDatabase(d.redirects()))
		if !strings.Contains(out, ": "+run.outcome+", exit 0") {
			t.Errorf("%s: %s", run.name, out)
		}
		t.Logf("%s%s: so far at most %d MB, for %d MB of data", run.name, limit.text(), limit.taken(t)/1e6, state.Size()/1e6)
	}
}

// scriptUnder runs a script under a limit and returns what it prints.
func scriptUnder(t *testing.T, limit memoryLimit, uri, script string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*runTimeout)
	defer cancel()
	cmd := limit.command(ctx, engine.MongoshPath(t), "--quiet", "--norc", uri, "--file", script)
	if limit.group == "" { // then what JavaScript holds is limited alone
		env = append(env, fmt.Sprintf("NODE_OPTIONS=--max-old-space-size=%d", limit.bytes>>21))
	}
	cmd.Env = slices.Concat(os.Environ(), []string{"HOME=" + engine.MongoshHome(t)}, env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s%s: %v\n%s", strings.Join(env, " "), limit.text(), err, tail(out.String()))
	}
	return out.String()
}

// tail is the end of a text.
func tail(text string) string { return text[max(0, len(text)-2000):] }
