// Package editor is the `lsp` command, which editors start. In: the console and an
// editor's messages on stdin; out: answers on stdout.
package editor

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/internal/lsp"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/rendered"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
)

// Command is the command.
func Command(c *console.Console) *cobra.Command {
	var o compiled.Options
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "The language server for editors, on stdin and stdout",
		Long: `Speaks the Language Server Protocol 3.17 with an editor, which starts it: diagnostics with their edits while one types, completion from the
extracted data, and more (docs/lsp.md). It reads the folders that the editor has open, --workspace is not looked at, and writes nothing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inputs, err := o.InputValues()
			if err != nil {
				return err
			}
			done := func() error { return nil }
			if in, ok := c.Stdin.(io.Closer); ok {
				done = in.Close
			}
			err = lsp.Serve(cmd.Context(), c.Stdin, c.Stdout, done, lsp.Options{Version: strings.TrimPrefix(version.Program(), "mongocd "), Inputs: inputs, Log: c.Stderr, Further: rendered.Warning})
			if errors.Is(err, lsp.ErrExit) {
				return console.ExitError{Code: console.ExitFailed} // the protocol's own rule
			}
			return err
		},
	}
	cmd.Flags().StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	cmd.Flags().Bool("stdio", true, "speak on stdin and stdout, as it always does: editors give this flag")
	return cmd
}
