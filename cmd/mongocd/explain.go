package main

// The `explain` command: a diagnostic's code in, its page out: what it means,
// an example that gives it, what mongocd says to that, the example mended.

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/lang/diag"
)

func (a *app) explainCommand() *cobra.Command {
	var document documentOptions
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a message by its code, or where a document's values come from",
		Long: `Explains a message of mongocd by its code, the word in brackets: error[unknown-field].
Without a code it lists all codes.

With --document it tells where the values of one document come from: the file it was extracted to, the
filters that select it, every statement that changes it with the value before and after, the result.`,
		Example: `  mongocd explain unknown-field
  mongocd explain --document 'flags[name=new-checkout]' --path rollout --env prod`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if document.document != "" {
				if len(args) > 0 {
					return usagef("explain a code or a document, not both")
				}
				return a.explainDocument(cmd.Context(), document)
			}
			for _, flag := range []string{"path", "env", "weave", "input", "output"} {
				if cmd.Flags().Changed(flag) {
					return usagef("--%s goes with --document", flag)
				}
			}
			if len(args) == 0 {
				return a.listCodes()
			}
			return a.explainCode(args[0])
		},
	}
	document.bind(cmd)
	return cmd
}

// listCodes prints every code with its title.
func (a *app) listCodes() error {
	var b strings.Builder
	for _, c := range diag.Codes {
		fmt.Fprintf(&b, "%-22s %s\n", c.Code, c.Title)
	}
	return a.print(b.String())
}

// explainCode prints the page of a code; `error[unknown-field]`, as a message
// begins, is taken too.
func (a *app) explainCode(word string) error {
	if _, inside, ok := strings.Cut(word, "["); ok && strings.HasSuffix(inside, "]") {
		word = strings.TrimSuffix(inside, "]")
	}
	names := make([]string, len(diag.Codes))
	known := false
	for i, c := range diag.Codes {
		names[i] = string(c.Code)
		known = known || names[i] == word
	}
	if !known {
		hint := "`mongocd explain` lists the codes"
		if near := diag.Suggest(word, names); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return usagef("there is no message with the code %s; %s", diag.Quote(word, 64), hint)
	}
	page, err := diag.Explain(diag.Code(word))
	if err != nil {
		return failf("%s", err)
	}
	return a.print(showPage(page))
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
