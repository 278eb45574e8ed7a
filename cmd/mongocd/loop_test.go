package main

// Holds docs/guides/loop.md against the session that runs it, testdata/server/loop.txtar. Each command of the guide is a
// line of the script, in the guide's order, and what the guide shows of its output is what the script compares.

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestLoopGuide(t *testing.T) {
	raw, err := os.ReadFile("testdata/server/loop.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(raw)
	files := "\n"
	for _, f := range archive.Files {
		files += string(f.Data) + "\n"
	}
	script := strings.Split(string(archive.Comment), "\n")
	commands := 0
	for _, f := range readMarkdown(t, "../../docs/guides/loop.md").fences() {
		if _, part := f.info["fragment"]; part {
			continue // compiled by TestGuidesCompile
		}
		shown := "" // by the command before
		for line := range strings.Lines(f.text) {
			command, is := strings.CutPrefix(line, "$ ")
			if f.kind != "console" || !is {
				shown += line
				continue
			}
			if !strings.Contains(files, "\n"+shown) {
				t.Errorf("line %d: the script compares no such output:\n%s", f.line, shown)
			}
			shown = ""
			commands++
			at := 0
			for at < len(script) && strings.TrimPrefix(script[at], "! ") != "exec "+strings.TrimSpace(command) {
				at++
			}
			if at == len(script) {
				t.Fatalf("line %d: the script does not run this, or not at this place: %s", f.line, command)
			}
			script = script[at+1:]
		}
		if !strings.Contains(files, "\n"+shown) {
			t.Errorf("line %d: it is not in the script:\n%s", f.line, shown)
		}
	}
	if commands < 30 {
		t.Errorf("only %d commands were found", commands)
	}
}
