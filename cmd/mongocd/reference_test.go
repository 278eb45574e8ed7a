package main

// Holds that docs/commands.md has the help of every command and every flag.
// UPDATE_GOLDEN=1 writes it.

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/format"
)

const referenceHead = `# Commands

What ` + "`mongocd COMMAND --help`" + ` says, of every command. Made by ` + "`UPDATE_GOLDEN=1 go test ./cmd/mongocd -run CommandReference`" + `; exit codes are the same everywhere
([enforcement.md](enforcement.md), Exit codes).

`

func TestCommandReference(t *testing.T) {
	root := (&app{Console: &console.Console{LookupEnv: func(string) (string, bool) { return "", false }}}).rootCommand()
	var b strings.Builder
	b.WriteString(referenceHead)
	fmt.Fprintf(&b, "## Flags of all commands\n\n```\n%s```\n", root.PersistentFlags().FlagUsages())
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" || cmd.Hidden {
			continue
		}
		fmt.Fprintf(&b, "\n## mongocd %s\n\n%s.\n\n```\n", cmd.Name(), cmd.Short)
		if cmd.Long != "" {
			b.WriteString(cmd.Long + "\n\n")
		}
		b.WriteString("Usage:\n  " + cmd.UseLine() + "\n")
		if cmd.Example != "" {
			b.WriteString("\nExamples:\n" + cmd.Example + "\n")
		}
		if usages := cmd.LocalFlags().FlagUsages(); usages != "" {
			b.WriteString("\nFlags:\n" + usages)
		}
		b.WriteString("```\n")
	}
	const path = "../../docs/commands.md"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("docs/commands.md is out of date (UPDATE_GOLDEN=1 rewrites it):\n%s", format.Diff("commands.md", string(text), b.String()))
	}
}
