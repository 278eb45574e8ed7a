//go:build linux

package cases

// That a mongosh script does its work under a limit beyond which mongosh is killed. In:
// documents of 1 KiB, which the script reads from beside it, and what becomes of them; out: what was
// taken at most. What is held grows with the documents that are wanted and not with what is written of
// them; what prune deletes is held whole, and then nothing is wanted.

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
// 98,000, of which it takes about 110 for itself and for a batch of writes.
func scriptLimit(documents int) int64 { return 110<<20 + 530<<20*int64(documents)/98_000 }

// MONGOCD_FOOTPRINT is how many documents there are: `make bench` and `make soak` take 98,000.
func TestScriptFootprint(t *testing.T) {
	t.Parallel()
	documents, dir := footprintWorkspace(t, 5_000)
	var data int64
	script := func(edits ...string) string {
		writeFile(t, filepath.Join(dir, "scale.weave"), []byte(strings.NewReplacer(edits...).Replace(scaleWeave)))
		state := render(t, compile(t, dir, "prod"))
		files, err := mongosh.GenerateBeside(state)
		if err != nil {
			t.Fatal(err)
		}
		settleSoon(t, files, "mongosh.js", "const SETTLE_SECONDS = 60;", "const SETTLE_SECONDS = 2;")
		to := t.TempDir()
		writeArtefact(t, to, files)
		for _, f := range state.Files {
			writeFile(t, filepath.Join(to, filepath.FromSlash(f.Path)), f.Data)
		}
		data = max(data, state.Size())
		return filepath.Join(to, mongosh.FileName)
	}
	first, changed, pruned := script(), script("price + 0.10", "price + 0.20"), script("prune where archived == false at most 1%", "prune all at most 100%", "archived == false", `sku == "SKU-000007"`)
	d := newDestination(t, []string{"dst"})
	for _, run := range []struct{ name, script, mode, outcome string }{
		{"into an empty destination", first, "apply", "applied"}, {"in sync", first, "apply", "in-sync"},
		{"a plan of changing every document", changed, "plan", "changes"}, {"every document changed", changed, "apply", "applied"}, {"that taken back", changed, "undo", "undone"},
		{"a plan of deleting all but one", pruned, "plan", "changes"}, {"all but one deleted", pruned, "apply", "applied"}, {"that taken back", pruned, "undo", "undone"},
		{"taken back", first, "undo", "undone"},
	} {
		if run.mode == "plan" && documents <= 5_000 { // of it, apply says enough
			continue
		}
		limit := newMemoryLimit(t, scriptLimit(documents)) // each of its own, which says what that run took
		out := scriptUnder(t, limit, d.uri, run.script, "MONGOCD_MODE="+run.mode, "MONGOCD_RUN=last", "MONGOCD_QUIET=1",
			"MONGOCD_DATABASE="+d.redirects()[0], "MONGOCD_STATE_DATABASE="+stateDatabase(d.redirects()))
		if !strings.Contains(out, ": "+run.outcome+", exit 0") {
			t.Errorf("%s: %s", run.name, out)
		}
		t.Logf("%s%s: at most %d MB, for %d MB of data", run.name, limit.text(), limit.taken(t)/1e6, data/1e6)
	}
}

// scriptUnder runs a script under a limit and returns what it prints.
func scriptUnder(t *testing.T, limit memoryLimit, uri, script string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
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
