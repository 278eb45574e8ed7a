package main

// The `fmt` command: weave files in, the same files in the one style out.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/disk"
)

func (a *app) fmtCommand() *cobra.Command {
	var check, diff bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Format .weave files in the one style",
		Long: `Formats the .weave files of the workspace, or the named ones, in place and prints the names of those that changed.
With - as the only file, standard input is formatted to standard output.
--check changes nothing, names the files that are not formatted and exits with 2; --diff shows the changes instead of making them.
A file with syntax errors is left alone and its errors are shown; then the exit code is 1.`,
		RunE: func(_ *cobra.Command, files []string) error {
			if len(files) == 1 && files[0] == "-" {
				return formatStdin(a.Console)
			}
			if len(files) > 0 {
				return formatFiles(a.Console, files, func(name string) (*disk.Folder, string, error) {
					f, err := disk.Open(filepath.Dir(name))
					return f, filepath.Base(name), err
				}, check, diff)
			}
			dir, err := a.Workspace()
			if err != nil {
				return err
			}
			if files, err = weaveFiles(dir); err != nil {
				return console.Failf("%s", err)
			}
			return formatFiles(a.Console, files, func(name string) (*disk.Folder, string, error) {
				within, err := filepath.Rel(dir, name)
				if err != nil {
					return nil, "", err
				}
				f, err := disk.Open(dir)
				return f, within, err
			}, check, diff)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit with 2 and name the files that are not formatted")
	cmd.Flags().BoolVar(&diff, "diff", false, "change nothing; print what would change")
	return cmd
}

func formatStdin(a *console.Console) error {
	text, err := io.ReadAll(a.Stdin)
	if err != nil {
		return console.Failf("read standard input: %s", err)
	}
	formatted, diagnostics := format.Format(source.NewFile("<stdin>", string(text)))
	if diagnostics.HasErrors() {
		return a.Report(diagnostics, console.DiagnosticOptions{})
	}
	_, err = io.WriteString(a.Stdout, formatted)
	return err
}

// formatFiles formats files, each through the folder that open gives with its path
// there; one that leads out of it is an error like one of syntax.
func formatFiles(a *console.Console, files []string, open func(string) (*disk.Folder, string, error), check, diff bool) error {
	var broken diag.List
	changed := 0
	for _, name := range files {
		folder, at, err := open(name)
		if err != nil {
			return console.Failf("%s", diag.Safe(err.Error(), 400))
		}
		differs, found, err := formatFile(a, folder, at, name, check, diff)
		if err := errors.Join(err, folder.Close()); err != nil {
			return console.Failf("%s", diag.Safe(err.Error(), 400))
		}
		broken = append(broken, found...)
		if differs {
			changed++
		}
	}
	if len(broken) > 0 {
		return a.Report(broken, console.DiagnosticOptions{})
	}
	if check && changed > 0 {
		return console.ExitError{Code: console.ExitDifferences}
	}
	return nil
}

func formatFile(a *console.Console, folder *disk.Folder, at, name string, check, diff bool) (changed bool, broken diag.List, err error) {
	text, err := folder.ReadFile(at)
	if disk.Escapes(err) {
		return false, diag.List{{Code: diag.OutsideWorkspace,
			Message: diag.Quote(filepath.ToSlash(name), 200) + " cannot be read: it is a link that leads out of the workspace"}}, nil
	}
	if err != nil {
		return false, nil, err
	}
	formatted, diagnostics := format.Format(source.NewFile(filepath.ToSlash(name), string(text)))
	switch {
	case diagnostics.HasErrors():
		return false, diagnostics, nil
	case lineFeeds(formatted) == lineFeeds(string(text)): // a checkout may have other line ends
		return false, nil, nil
	case diff:
		err = a.Print(shownLines(format.Diff(outputs.ShownPath(name), lineFeeds(string(text)), lineFeeds(formatted))))
		return true, nil, err
	case !check:
		if err := outputs.WriteInPlace(folder.Root(), at, formatted); err != nil {
			return true, nil, err
		}
	}
	_, err = fmt.Fprintln(a.Stdout, outputs.ShownPath(name))
	return true, nil, err
}

// shownLines are lines of files as a terminal and a runner may have them: what they
// would not show, or take for a command, by its number.
func shownLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(diag.Safe(strings.TrimSuffix(line, "\n"), len(line)))
		b.WriteString("\n")
	}
	return b.String()
}

// lineFeeds is a text with the line ends of the language.
func lineFeeds(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// weaveFiles lists the .weave files below dir, sorted; folders that hold data,
// output or version control are not entered.
func weaveFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != dir && (strings.HasPrefix(name, ".") || name == "extracted" || name == "build") {
			return filepath.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(name, ".weave") {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
