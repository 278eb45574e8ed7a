package main

// The `explain` command: a diagnostic's code in, its page out: what it means,
// an example that gives it, what mongocd says to that, the example mended. Or
// the code of a run's conflict: what the run says, and where the rules stand.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
)

func (a *app) explainCommand() *cobra.Command {
	var document documentOptions
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a message by its code, or where a document's values come from",
		Long: `Explains a message of mongocd by its code, the word in brackets: error[unknown-field]; or a conflict of a
run: conflict link-missing in shop.orders. Without a code it lists all codes.

With --document it tells where the values of one document come from: the file it was extracted to, the
filters that select it, every statement that changes it with the value before and after, the result.`,
		Example: `  mongocd explain unknown-field
  mongocd explain --document 'flags[name=new-checkout]' --path rollout --env prod`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeCodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			if document.document != "" {
				if len(args) > 0 {
					return console.Usagef("explain a code or a document, not both")
				}
				return explainDocument(cmd.Context(), a.Console, document)
			}
			for _, flag := range []string{"path", "env", "weave", "input", "output"} {
				if cmd.Flags().Changed(flag) {
					return console.Usagef("--%s goes with --document", flag)
				}
			}
			if len(args) == 0 {
				return listCodes(a.Console)
			}
			return explainCode(a.Console, args[0])
		},
	}
	document.bind(cmd)
	return cmd
}

// completeCodes offers the codes with their titles.
func completeCodes(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var out []string
	if len(args) == 0 {
		for _, c := range diag.Codes {
			out = append(out, string(c.Code)+"\t"+c.Title)
		}
		for _, c := range change.ConflictInfos() {
			out = append(out, c.Code+"\ta conflict of a run")
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// listCodes prints every code of messages with its title, and every conflict
// of a run with its text.
func listCodes(a *console.Console) error {
	var b strings.Builder
	for _, c := range diag.Codes {
		fmt.Fprintf(&b, "%-22s %s\n", c.Code, c.Title)
	}
	b.WriteString("\nConflicts of a run:\n\n")
	for _, c := range change.ConflictInfos() {
		fmt.Fprintf(&b, "%-22s %s\n", c.Code, c.Texts[0].Message)
	}
	return a.Print(b.String())
}

// explainCode prints the page of a code; `error[unknown-field]`, as a message
// begins, is taken too.
func explainCode(a *console.Console, word string) error {
	if _, inside, ok := strings.Cut(word, "["); ok && strings.HasSuffix(inside, "]") {
		word = strings.TrimSuffix(inside, "]")
	}
	var names, pages []string
	for _, c := range diag.Codes {
		names = append(names, string(c.Code))
		if string(c.Code) == word {
			page, err := diag.Explain(c.Code)
			if err != nil {
				return console.Failf("%s", err)
			}
			pages = append(pages, showPage(page))
		}
	}
	for _, c := range change.ConflictInfos() { // wrong-kind is a message too
		names = append(names, c.Code)
		if c.Code == word {
			pages = append(pages, showConflict(c))
		}
	}
	if len(pages) > 0 {
		return a.Print(strings.Join(pages, "\n"))
	}
	hint := "`mongocd explain` lists the codes"
	if near := diag.Suggest(word, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return console.Usagef("there is no message with the code %s; %s", diag.Quote(word, 64), hint)
}

// showConflict is the page of a conflict as text.
func showConflict(c change.ConflictInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: a conflict of a run\n\n", c.Code)
	if c.Writing {
		b.WriteString("It is found while a run writes, and stops it: exit 4, or 3 when nothing was written yet.\n")
	} else {
		b.WriteString("It refuses the run: exit 3, nothing is written; or it stops one that has begun to write: exit 4.\n")
	}
	b.WriteString("The run says, with its own values for the words in braces:\n")
	for _, t := range c.Texts {
		fmt.Fprintf(&b, "\n    %s\n    fix: %s\n", t.Message, t.Fix)
	}
	fmt.Fprintf(&b, "\nThe rules: %s.\n", c.Rules)
	return b.String()
}

// showPage is a page as text; examples are indented.
func showPage(p diag.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", p.Code, p.Title, p.Text)
	files := func(what string, files []diag.PageFile) {
		for _, f := range files {
			fmt.Fprintf(&b, "\n%s%s:\n\n%s", what, f.Name, indented(f.Text))
		}
	}
	files("", p.Both)
	files("Broken, ", p.Broken)
	if p.Says != "" {
		fmt.Fprintf(&b, "\nmongocd says:\n\n%s", indented(p.Says))
	}
	files("Mended, ", p.Mended)
	if slices.Contains(diag.Acceptable, p.Code) {
		what := "A warning or hint"
		if p.Code == diag.LinkNeeded {
			what = "One"
		}
		fmt.Fprintf(&b, "\n%s that is as it should be is accepted below its statement, or first in the block: accept %s \"REASON\"\n", what, p.Code)
	}
	return b.String()
}

// indented puts four spaces before every line that is not empty.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}
