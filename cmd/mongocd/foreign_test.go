package main

// What somebody who may do nothing but open a pull request can do to those who run the
// commands of a review on it: names of files and folders are theirs, and the pipeline's
// environment, its files and its network are not.

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostileNames act on a terminal, on a log that a runner reads, or on a table.
var hostileNames = []string{
	"\n::error::forged\n", "::error file=x::forged", "\r::set-output name=a::b", "##[error]forged", "\n##[add-matcher]x", "\x1b[2J\x1b[31mred", "\x1b]8;;http://example.com\x07x", "\u202efdp", "\u2066x",
	"\u200b", "\u2028::error::x", "\x07\x08\x7f", "\u009b31m", "a\tb", "| a | b", "</details><img src=x>", "`x`", "$(touch x)", "-rf", "\xff\xfe", "error: forged", "%0A::error::x", "@everyone",
}

// reviews are the commands that a review runs, each in every form.
var reviews = [][]string{
	{"check"}, {"check", "--hints"}, {"check", "--output", "json"}, {"test"}, {"test", "--output", "json"}, {"diff"}, {"diff", "--output", "markdown"}, {"diff", "--output", "json"}, {"fmt", "--check"}, {"fmt", "--diff"},
	{"compile", "--check"}, {"compile", "--check", "--output", "json"}, {"compile"}, {"compile", "--output", "json"}, {"compile", "--check", "--env", "prod"},
}

// wantQuietNames: nothing in an output is more than text.
func wantQuietNames(t *testing.T, what, out string) {
	t.Helper()
	for i, r := range out {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError && !strings.HasPrefix(out[i:], "\ufffd")) {
			t.Errorf("%s writes a raw %U: %q", what, r, out[max(0, i-80):min(len(out), i+80)])
			return
		}
	}
	for line := range strings.Lines(out) { // a runner skips blanks before a command
		if at := strings.TrimSpace(line); strings.HasPrefix(at, "::") || strings.HasPrefix(at, "##[") {
			t.Errorf("%s writes a command for the runner: %q", what, line)
		}
	}
}

func TestHostileFileNames(t *testing.T) {
	tries := 0
	for i, name := range hostileNames {
		for place, files := range map[string]map[string]string{
			"a broken weave":           {name + ".weave": "weave w {{{\n"},
			"a weave in a folder":      {name + "/w.weave": linkedWeave, "extracted/src/items/documents.jsonl": "{\"_id\":1,\"name\":\"a\"}\n"},
			"an unformatted weave":     {name + ".weave": "weave   w\nenvironments prod\n", name + "/" + name + ".weave": "weave   v\nenvironments prod\n"},
			"a folder of a broken one": {"x" + name + "/" + name + ".weave": "weave w\nenvironments prod\nfrom src {\n"},
			"a folder of data":         {"w.weave": linkedWeave, "extracted/src/items/documents/" + name + ".json": "{\"_id\": 1, \"name\": 2", "extracted/" + name + "/" + name + "/documents.jsonl": "{"},
			"a file among the data":    {"w.weave": linkedWeave, "extracted/src/items/documents/" + name: "x", "extracted/src/items/documents/a.json": "{\"_id\": 1, \"name\": \"a\"}"},
			"a file of the build":      {"w.weave": linkedWeave, "extracted/src/items/documents.jsonl": "{\"_id\":1,\"name\":\"a\"}\n", "build/prod/w/" + name: "x", "build/prod/" + name + "/manifest.json": "{}"},
			"a name in a rule":         {"w.weave": strings.ReplaceAll(linkedWeave, "src", quotedName(name)), "extracted/src/items/documents.jsonl": "{\"_id\":1,\"name\":\"a\"}\n"},
		} {
			dir := filepath.Join(t.TempDir(), "w")
			for file, text := range files {
				if strings.Contains(file, "\x00") {
					continue
				}
				put(t, filepath.Join(dir, filepath.FromSlash(file)), text)
			}
			t.Chdir(dir) // names stand at the beginning of lines
			for _, command := range reviews {
				tries++
				if command[0] == "compile" {
					command = append(slices.Clone(command), "--target", "mongosh")
				}
				_, out := inWorkspace(t, ".", command...)
				what := fmt.Sprintf("%s, %s (%d %q)", strings.Join(command, " "), place, i, name)
				wantQuietNames(t, what, out)
				if strings.Contains(out, "internal-error") {
					t.Errorf("%s: %s", what, out)
				}
			}
		}
	}
	t.Logf("%d commands", tries)
}

// quotedName is a name as a weave can say it.
func quotedName(name string) string {
	return "'" + strings.Map(func(r rune) rune {
		if r == '\'' || r == '\n' || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name) + "'"
}

// TestForeignPullRequest: the commands of a review read the workspace alone. Every variable of
// their environment, and every file about, has the canary; addresses and proxies are those of
// a listener that nobody may call.
func TestForeignPullRequest(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	var calls atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			if err := c.Close(); err != nil {
				return
			}
		}
	}()
	address := listener.Addr().String()
	about := t.TempDir()
	dir := filepath.Join(about, "w")
	for _, name := range []string{".env", "w.weave", "extracted/src/items/documents.jsonl", "home/.netrc", "home/.mongocd", "home/.config/mongocd/config", "secrets/TOK", "tok"} {
		put(t, filepath.Join(about, name), canary)
	}
	put(t, filepath.Join(about, "home", ".gitconfig"), "[user]\n\tname = "+canary+"\n\temail = x@example.com\n")
	put(t, filepath.Join(dir, "w.weave"), `weave w
environments prod
input region: string

from src into dst {
  sync items by name {
    create token = secret("TOK")
    create home = secret("HOME")
    create area = region
  }
}
`)
	put(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), `{"_id":1,"name":"${HOME} $HOME %PATH% $(env) ../../secrets/TOK"}`+"\n")
	environment := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(about, "home"), "MONGOCD_SECRETS_DIR=" + filepath.Join(about, "secrets"), "TOK_FILE=" + filepath.Join(about, "tok"),
		"HTTP_PROXY=http://" + canary + "@" + address, "HTTPS_PROXY=http://" + address, "ALL_PROXY=socks5://" + address, "GOPROXY=http://" + address, "GOFLAGS=-mod=mod", "GOMODCACHE=" + filepath.Join(about, canary), "GOCACHE=" + filepath.Join(about, "cache")}
	for _, name := range []string{"MONGOCD_SOURCE_URI", "MONGOCD_SOURCE_URI_SRC", "MONGOCD_DESTINATION_URI", "MONGOCD_DESTINATION_URI_PROD"} {
		environment = append(environment, name+"=mongodb://user:"+canary+"@"+address+"/?serverSelectionTimeoutMS=500&connectTimeoutMS=500")
	}
	for _, name := range []string{"TOK", "region", "REGION", "USER", "LOGNAME", "HOSTNAME", "EMAIL", "GITHUB_TOKEN", "CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY", "MONGOCD_JOURNAL_KEY", "MONGOCD_INPUT_REGION", "MONGOCD_APPROVED", "MONGOCD_STATE_DATABASE", "EDITOR", "PAGER", "GIT_PAGER"} {
		environment = append(environment, name+"="+canary)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func(program string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Args, cmd.Dir, cmd.Env = args, dir, environment
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "first"}} {
		if out, err := start("git", append([]string{"git"}, args...)...); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	put(t, filepath.Join(dir, "extracted", "src", "items", "documents.jsonl"), `{"_id":1,"name":"b"}`+"\n")
	for i, command := range append(reviews, []string{"diff", "--from", "HEAD"}, []string{"diff", "--from", "HEAD", "--output", "json"}, []string{"explain", "--document", "dst.items", "--env", "prod"}, []string{"version"}) {
		for _, input := range [][]string{nil, {"--input", "region=eu"}} {
			args := append([]string{"mongocd"}, command...)
			if input != nil && (command[0] == "fmt" || command[0] == "version") {
				continue
			}
			out, err := start(self, append(args, input...)...)
			if strings.Contains(out, canary) {
				t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
			}
			if i < 3 && input != nil && err != nil { // what is looked at is something
				t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
	}
	found := contents(t, filepath.Join(dir, "build"))
	for name, text := range found {
		if strings.Contains(text, canary) || strings.Contains(text, about) || bytes.Contains([]byte(text), []byte(address)) {
			t.Errorf("%s has something of the environment", name)
		}
	}
	if len(found) < 10 {
		t.Errorf("%d files were compiled", len(found))
	}
	if n := calls.Load(); n > 0 {
		t.Errorf("%d calls to the network", n)
	}
}
