package main

// Lists of processes: what anybody on the machine (the arguments), or the same user
// (the environment), can read of mongocd and of what it starts while it runs.

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listed is what a list of processes said of one.
type listed struct{ arguments, environment string }

// listWhile starts a command and lists it and what it starts until it ends.
func listWhile(t *testing.T, cmd *exec.Cmd) (self, children []listed, output string) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ends is said in its output
		close(ended)
	}()
	mine := map[int]bool{cmd.Process.Pid: true}
	seen := map[string]bool{}
	for {
		select {
		case <-ended:
			return self, children, out.String()
		default:
		}
		entries, err := os.ReadDir("/proc")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			pid, err := strconv.Atoi(e.Name())
			if err != nil {
				continue
			}
			if !mine[pid] {
				stat, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "stat")) // it may be gone
				_, rest, _ := strings.Cut(string(stat), ") ")
				if fields := strings.Fields(rest); len(fields) > 1 {
					parent, _ := strconv.Atoi(fields[1])
					mine[pid] = mine[parent]
				}
			}
			if !mine[pid] {
				continue
			}
			arguments, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
			environment, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
			l := listed{string(arguments), string(environment)}
			if key := e.Name() + l.arguments; len(arguments) > 0 && !seen[key] {
				seen[key] = true
				// A child is a copy of its parent until it becomes another program.
				if pid == cmd.Process.Pid || strings.HasPrefix(l.arguments, "mongocd\x00") {
					self = append(self, l)
				} else {
					children = append(children, l)
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// TestProcessLists runs the commands that take secrets, given by variables and by
// files: no argument of any process has one, no program that mongocd starts is given
// one, and with files mongocd's own environment has none either. What is started is
// recorded by stand-ins for git and go besides, which are too quick to be listed.
func TestProcessLists(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	c := newCell(t)
	c.file("all.weave", "weave w\nenvironments prod\n\nfrom "+c.source.Name()+" into "+c.to.Name()+" {\n  sync items by name {\n    create token = secret(\"SHOP_TOKEN\")\n  }\n}\n")
	c.insert("items", map[string]any{"_id": 1, "name": "a"})
	c.must("extract")
	folder := t.TempDir()
	record := filepath.Join(folder, "record")
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(folder, "bin", "git"), fmt.Sprintf("#!/bin/sh\n{ echo \"$0 $*\"; env; } >>%s\nexec %s \"$@\"\n", record, git))
	put(t, filepath.Join(folder, "bin", "go"), fmt.Sprintf("#!/bin/sh\n{ echo \"$0 $*\"; env; } >>%s\nexit 1\n", record))
	for _, name := range []string{"git", "go"} {
		if err := os.Chmod(filepath.Join(folder, "bin", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	secrets := map[string]string{"SHOP_TOKEN": "secret-token-1", "MONGOCD_JOURNAL_KEY": "secret-key-0123456789abcdef0123456789abcdef", "MONGOSOURCEPASSWORD": "secret-password-3"}
	connections := map[string]string{ // connection strings; a user makes this server refuse, when it knows users
		"MONGOCD_SOURCE_URI": c.uri, "MONGOCD_DESTINATION_URI": c.uri + "&appName=secret-name-4",
	}
	if !strings.Contains(c.uri, "?") {
		connections["MONGOCD_DESTINATION_URI"] = c.uri + "/?appName=secret-name-4"
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"}} {
		cmd := exec.Command(git, args...)
		cmd.Dir = c.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	commands := [][]string{
		{"extract"}, {"check"}, {"compile"}, {"plan", "--env", "prod"}, {"plan", "--env", "prod", "--out", filepath.Join(folder, "saved.plan")}, {"apply", "--env", "prod", "--yes"}, {"verify", "--env", "prod"},
		{"undo", "--last", "--env", "prod", "--yes"}, {"runs", "--env", "prod"}, {"diff", "--from", "HEAD"}, {"compile", "--build"}, {"compile", "--vendor"},
	}
	for _, byFile := range []bool{false, true} {
		c.environment = map[string]string{"PATH": filepath.Join(folder, "bin") + ":" + os.Getenv("PATH"), "HOME": folder}
		for name, value := range connections {
			if byFile {
				put(t, filepath.Join(folder, name), value)
				c.environment[name+"_FILE"] = filepath.Join(folder, name)
				continue
			}
			c.environment[name] = value
		}
		for name, value := range secrets {
			switch {
			case !byFile:
				c.environment[name] = value
			case name != "MONGOSOURCEPASSWORD": // it has no file of its own; a connection string has
				put(t, filepath.Join(folder, "secrets", name), value)
				c.environment["MONGOCD_SECRETS_DIR"] = filepath.Join(folder, "secrets")
			}
		}
		selfSeen, recorded := 0, 0
		for _, command := range commands {
			if err := os.RemoveAll(record); err != nil {
				t.Fatal(err)
			}
			self, children, output := listWhile(t, c.program(command...))
			started, _ := os.ReadFile(record) // none, where nothing is started
			if len(started) > 0 {
				recorded++
			}
			selfSeen += len(self)
			for _, l := range self {
				if strings.Contains(l.arguments, "secret-") {
					t.Errorf("files %v: %q: arguments %q", byFile, command, l.arguments)
				}
				if byFile && strings.Contains(l.environment, "secret-") {
					t.Errorf("%q: the environment has a secret that is in a file", command)
				}
				if !byFile && !strings.Contains(l.environment, "secret-") && l.environment != "" {
					t.Errorf("%q: the environment that is read is not that of the command", command)
				}
			}
			for _, l := range children {
				if strings.Contains(l.arguments+l.environment, "secret-") {
					t.Errorf("files %v: %q starts %q with a secret", byFile, command, l.arguments)
				}
			}
			if bytes.Contains(started, []byte("secret-")) {
				t.Errorf("files %v: %q hands on a secret:\n%s", byFile, command, started)
			}
			if strings.Contains(output, "secret-") {
				t.Errorf("files %v: %q says a secret:\n%s", byFile, command, output)
			}
			switch command[0] {
			case "apply", "undo", "extract", "diff":
				if strings.Contains(output, "error") {
					t.Errorf("files %v: %q does not work, and shows nothing:\n%s", byFile, command, output)
				}
			}
		}
		if selfSeen < len(commands) || recorded < 3 { // diff, both builds, and plan --out where it has something to say
			t.Errorf("files %v: %d processes were listed, %d commands started another one", byFile, selfSeen, recorded)
		}
	}
}
