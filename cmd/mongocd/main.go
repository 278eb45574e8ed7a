// Command mongocd is GitOps for MongoDB data.
//
// In: arguments, the environment, a workspace. Out: results on stdout,
// diagnostics and progress on stderr, an exit code. One file per command; this
// one has main, the root command and how errors become exit codes.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/doctor"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/drift"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/editor"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground/serve"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/promotion"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/status"
	"github.com/hayone1/mongocd/compiler/mistake"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}

// run is the whole program; tests call it in process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	a := &app{Console: &console.Console{Stdin: stdin, Stdout: stdout, Stderr: stderr, LookupEnv: lookupEnv, LogFormat: console.LogText}}
	defer func() {
		if value := recover(); value != nil {
			code = a.mistake(value, debug.Stack())
		}
	}()
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if cmd, _, err := root.Find(args); err == nil && cmd != root {
		a.Command = cmd.Name()
	}
	err := root.ExecuteContext(ctx)
	var exit console.ExitError
	switch {
	case err == nil:
		return console.ExitDone
	case errors.As(err, &exit):
		if exit.Message != "" {
			if err := summarize(a, args, exit.Message); err != nil {
				return max(exit.Code, console.ExitFailed)
			}
			if err := a.Log(console.LevelError, exit.Message); err != nil {
				return max(exit.Code, console.ExitFailed) // nowhere is left to say it
			}
		}
		return exit.Code
	default: // cobra's own complaints: unknown command or flag, wrong number of arguments
		if err := summarize(a, args, err.Error()); err != nil {
			return console.ExitUsage
		}
		if err := a.Log(console.LevelError, err.Error()+"\nRun `mongocd --help` for the commands and their flags."); err != nil {
			return console.ExitUsage // nowhere is left to say it
		}
		return console.ExitUsage
	}
}

// summarize writes a failure without a report where Markdown is asked for, so that a
// summary says why there is nothing else in it.
func summarize(a *app, args []string, message string) error {
	if !view.AsksMarkdown(args) {
		return nil
	}
	return a.Print(view.Failure(a.Command, "mongocd failed", message))
}

// app is the command line: what every command works with, and where they begin.
type app struct {
	*console.Console
}

// mistake reports a panic, of this program, and returns the exit code.
func (a *app) mistake(value any, stack []byte) int {
	d, code := mistake.Diagnostic("running this command", value, stack), console.ExitFailed
	if a.Changing {
		d.Notes[0] = "something may have been written to the destination: `mongocd plan` shows what is left to do"
		code = change.ExitStopped
	}
	say := func() error { return diag.Render(a.Stderr, diag.List{d}, diag.RenderOptions{Bare: true}) }
	if a.LogFormat == console.LogJSON {
		say = func() error { return a.LogDiagnostics(diag.List{d}, false) }
	}
	if err := say(); err != nil {
		return max(code, console.ExitFailed) // nowhere is left to say it
	}
	return code
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mongocd",
		Short: "GitOps for MongoDB data",
		Long: `mongocd brings chosen, transformed documents from one MongoDB to another, reviewed in git.

  init      a workspace with example rules and data that compile at once
  extract   source database -> extracted/ (documents, indexes, options; only what the weave names)
  import    a file of mongoexport or mongodump, or a CSV -> extracted/
  check     errors of the rules, then those that the extracted data shows, offline
  test      run the tests that stand beside the rules, offline
  diff      what the rules change about the extracted data, offline
  render    the documents that the rules want, as text or files, offline
  promote   pin the data of an environment, in releases/: all of it, collections or documents
  compile   rules + extracted data -> build/<environment>/<weave>/: a mongosh script and a Go program
            that bring a destination to the wanted state; run them with plan, apply, verify
  plan      what a destination would get, live, without a program; then apply, and verify for drift
  status    for each environment what is built, what was applied, and whether it drifts
  capture   what a person changed at a destination -> a patch of the rules; adopt does it for indexes and options
  show      a saved plan or a report, as text, Markdown or an HTML page
  lsp       what editors start: diagnostics, completion from the data and more while one types
  playground  a page on this machine to try rules and data in
  undo      take back what a run wrote; runs lists them
            privileges: the least role with which these can be run
  doctor    what a destination is, how it is reached, and what it can do

Exit codes: 0 done or nothing to do; 1 failed, nothing written; 2 differences found; 3 refused, nothing written;
4 stopped after something was written; 64 wrong usage.
The environment variable CONFIGFOLDER is the workspace when --workspace is not given. What was compiled is kept for the next time in
the folder mongocd of the user's cache folder ($XDG_CACHE_HOME, else ~/.cache), or in the one that MONGOCD_CACHE names.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&a.WorkspaceFlag, "workspace", "", "the workspace `directory` (default: $CONFIGFOLDER, else the current one)")
	root.PersistentFlags().StringVar(&a.LogFormat, "log-format", console.LogText, "`form` of what is said on stderr: text, or json, one document a line")
	root.PersistentFlags().BoolVar(&a.Quiet, "quiet", false, "say nothing on stderr but errors; of a report, conflicts, the failure and the result alone")
	root.PersistentFlags().BoolVar(&a.NoCache, "no-cache", false, "compile everything anew, and keep nothing of it for the next time (so does MONGOCD_CACHE=off)")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if format := a.LogFormat; format != console.LogText && format != console.LogJSON {
			a.LogFormat = console.LogText
			return console.Usagef("--log-format is %q; it takes text or json", format)
		}
		return nil
	}
	root.AddCommand(drift.Adopt(a.Console), a.applyCommand(), drift.Capture(a.Console), a.checkCommand(), a.claimCommand(), a.compileCommand(), a.completionCommand(), a.diffCommand(), doctor.Command(a.Console), a.explainCommand(),
		a.extractCommand(), a.fmtCommand(), a.importCommand(), a.initCommand(), editor.Command(a.Console), a.planCommand(), promotion.Command(a.Console), serve.Command(a.Console), a.privilegesCommand(), a.releaseHoldCommand(), a.renderCommand(), a.runsCommand(), a.showCommand(), status.Command(a.Console), a.testCommand(), a.undoCommand(), a.verifyCommand(), a.versionCommand())
	for _, cmd := range append(root.Commands(), root) {
		a.completeFlags(cmd)
		suggesting(cmd)
	}
	return root
}
