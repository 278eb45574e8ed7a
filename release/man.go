package main

// Manual pages. In: docs/commands.md, which a test of mongocd holds equal to the help of every command; out: mongocd.1,
// with the list of them, and mongocd-COMMAND.1.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
)

// page is a manual page, and what it says of itself in one line.
type page struct{ name, short, text string }

// section is `## mongocd NAME`, its one line, and its help; the first one is that of the flags of all commands.
var section = regexp.MustCompile("(?ms)^## (mongocd ([a-z-]+)|Flags of all commands)\n\n(?:([^`\n][^\n]*)\n\n)?```\n(.*?)^```$")

// pages are the manual pages of docs/commands.md, in roff.
func pages(commands, date string) ([]page, error) {
	var out []page
	var common string
	for _, m := range section.FindAllStringSubmatch(commands, -1) {
		if m[2] == "" {
			common = m[4]
			continue
		}
		help, rest, ok := strings.Cut(m[4], "Usage:\n")
		if !ok {
			return nil, fmt.Errorf("mongocd %s: its help has no usage", m[2])
		}
		use, rest, _ := strings.Cut(rest, "\n\n")
		p := page{name: "mongocd-" + m[2], short: strings.TrimSuffix(m[3], ".")}
		body := "# SYNOPSIS\n\n" + verbatim(use)
		if help != "" {
			body += "# DESCRIPTION\n\n" + verbatim(help)
		}
		for _, part := range []struct{ head, title string }{{"Examples:\n", "EXAMPLES"}, {"Flags:\n", "OPTIONS"}} {
			text, more, found := strings.Cut(rest, "\n\n")
			if after, is := strings.CutPrefix(text, part.head); is {
				body += "# " + part.title + "\n\n" + verbatim(after)
				if rest = more; !found {
					rest = ""
				}
			}
		}
		if strings.TrimSpace(rest) != "" {
			return nil, fmt.Errorf("mongocd %s: its help has a part that is not known here: %.60q", m[2], rest)
		}
		p.text = body + "# OPTIONS OF ALL COMMANDS\n\n" + verbatim(common) + "# SEE ALSO\n\n**mongocd(1)**\n"
		out = append(out, p)
	}
	if len(out) == 0 || common == "" {
		return nil, errors.New("no command was found: is this docs/commands.md?")
	}
	all := page{name: "mongocd", short: "GitOps for MongoDB data"}
	all.text = "# SYNOPSIS\n\n" + verbatim("mongocd COMMAND [flags]") +
		"# DESCRIPTION\n\nmongocd brings chosen, transformed documents from one MongoDB to another, reviewed in git. Each command has a page of its own.\n\n# COMMANDS\n\n"
	for _, p := range out {
		all.text += fmt.Sprintf("**%s(1)**\n:   %s\n\n", p.name, p.short)
	}
	all.text += "# OPTIONS OF ALL COMMANDS\n\n" + verbatim(common) +
		"# EXIT STATUS\n\n0 done or nothing to do; 1 failed, nothing written; 2 differences found; 3 refused, nothing written; 4 stopped after something was written; 64 wrong usage.\n"
	out = append(out, all)
	for i, p := range out {
		out[i].text = string(md2man.Render([]byte(fmt.Sprintf("%% %s 1 %q mongocd\n\n# NAME\n\n%s - %s\n\n%s", strings.ToUpper(p.name), date, p.name, p.short, p.text))))
	}
	return out, nil
}

// verbatim is text as it is, in a block.
func verbatim(text string) string {
	return "```\n" + strings.Trim(text, "\n") + "\n```\n\n"
}

func writeManual(commands, dir, date string) error {
	text, err := os.ReadFile(commands)
	if err != nil {
		return err
	}
	found, err := pages(string(text), date)
	if err != nil {
		return fmt.Errorf("%s: %w", commands, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range found {
		if err := os.WriteFile(filepath.Join(dir, p.name+".1"), []byte(p.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
