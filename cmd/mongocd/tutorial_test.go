package main

// Runs docs/tutorial.md. In: the document. Its blocks with file=NAME are
// written, the lines of its console blocks that begin with `$ ` are run, all in
// one shell in an empty folder and in the document's order; what they print
// must be what the document shows. UPDATE_GOLDEN=1 rewrites the document.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// endOfCommand stands between the outputs of two commands.
const endOfCommand = "\x1eend of command\n"

func TestTutorial(t *testing.T) {
	uri := engine.ForTest(t)
	mongosh := engine.MongoshPath(t)
	m := readMarkdown(t, "../../docs/tutorial.md")

	type command struct{ block, line int }
	var commands []command
	script := "exec 2>&1\n"
	fences := m.fences()
	for i, f := range fences {
		if name := f.info["file"]; name != "" {
			script += "cat > '" + name + "' <<'END OF FILE'\n" + f.text + "END OF FILE\n"
		}
		if f.kind != "console" {
			continue
		}
		for n, line := range strings.Split(f.text, "\n") {
			if text, ok := strings.CutPrefix(line, "$ "); ok {
				commands = append(commands, command{i, n})
				script += text + "\nprintf '\\036end of command\\n'\n"
			}
		}
	}
	if len(commands) < 15 {
		t.Fatalf("%d commands: are they still found?", len(commands))
	}

	outputs := strings.Split(session(t, script, uri, mongosh), endOfCommand)
	if len(outputs) != len(commands)+1 || outputs[len(commands)] != "" {
		t.Fatalf("%d outputs of %d commands, the last:\n%s", len(outputs)-1, len(commands), outputs[len(outputs)-1])
	}
	texts := map[int]string{}
	for i, c := range commands {
		outputs[i] = planDigest.ReplaceAllString(outputs[i], "sha256:…")
		texts[c.block] += strings.Split(fences[c.block].text, "\n")[c.line] + "\n" + outputs[i]
	}
	for block, text := range texts {
		m.replace(fences[block].start, fences[block].end, text)
	}
	m.settle(t)
}

// planDigest is over what the version of mongocd is part of.
var planDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// session runs a script in a shell of its own, with the server where a local one would be.
func session(t *testing.T, script, uri, mongosh string) string {
	t.Helper()
	dir := t.TempDir()
	work, home := filepath.Join(dir, "shop-rules"), filepath.Join(dir, "home")
	config := filepath.Join(home, ".mongodb", "mongosh")
	for _, d := range []string{work, config} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(config, "config"), []byte(`{"enableTelemetry":false,"disableLogging":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh")
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = work, strings.NewReader(script), 5*time.Second
	// TestMain put this program into PATH as mongocd.
	cmd.Env = []string{
		"PATH=" + filepath.Dir(mongosh) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + dir,
		"URI=" + uri, "LC_ALL=C", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
	}
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB", "GOROOT"} {
		if value := goEnv(t, name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the session: %v\n%s", err, out)
	}
	host := regexp.MustCompile(`mongodb://([^/?]+)`).FindStringSubmatch(uri)
	if host == nil {
		t.Fatal(fmt.Errorf("no host in the server's URI"))
	}
	return strings.ReplaceAll(string(out), host[1], "localhost:27017")
}
