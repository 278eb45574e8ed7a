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
	"github.com/hayone1/mongocd/runtime/stores"
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

const answersHead = `# What servers answer

The error codes of servers that a run or an extract meets, what each means and what to do: what mongocd says below the server's own words. Made by
` + "`UPDATE_GOLDEN=1 go test ./cmd/mongocd -run ServerMessages`" + ` from ` + "`runtime/stores/answers.go`" + `, which both artefacts and ` + "`extract`" + ` have; which of them are tried again is in [enforcement.md](enforcement.md), Retries.
` + "`mongocd doctor`" + ` shows version, rights and abilities of a server. Where a service says when to come again (` + "`RetryAfterMs=…`" + `), the message has it.

`

// TestServerMessages holds that docs/server-messages.md lists what is said of servers' answers.
func TestServerMessages(t *testing.T) {
	var b strings.Builder
	b.WriteString(answersHead + "| code | name | means | what to do |\n|--:|---|---|---|\n")
	last := 0
	for _, a := range stores.Answers {
		if a.Code <= last {
			t.Errorf("%d stands behind %d", a.Code, last)
		}
		last = a.Code
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", a.Code, a.Name, a.Means, a.Fix)
	}
	b.WriteString("\nWithout a code, by what a driver or the network says:\n\n| trouble | known by | means | what to do |\n|---|---|---|---|\n")
	for _, trouble := range stores.Troubles {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", trouble.Name, strings.Join(trouble.Says, "`, `"), trouble.Means, trouble.Fix)
	}
	const path = "../../docs/server-messages.md"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("docs/server-messages.md is out of date (UPDATE_GOLDEN=1 rewrites it)")
	}
}
