// Package watch runs a command again whenever the files that it reads change.
//
// In: a command that reads the workspace. Out: the same command with --watch: on a
// terminal the screen is cleared before each run, elsewhere the results follow one
// another (with --output json one document a run). files.go tells when files change.
package watch

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
)

// clearScreen puts the cursor home and clears the screen and what was scrolled out of
// it (ECMA-48 CUP and ED; ED 3 is xterm's).
const clearScreen = "\x1b[H\x1b[2J\x1b[3J"

// Add gives a command --watch. more are directories besides the workspace that it reads; nil: none.
func Add(c *console.Console, cmd *cobra.Command, more func() []string) {
	var on bool
	cmd.Flags().BoolVar(&on, "watch", false, "run again whenever a weave or extracted data changes, until interrupted; the exit code is then 0")
	once := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !on {
			return once(cmd, args)
		}
		dir, err := c.Workspace()
		if err != nil {
			return err
		}
		var others []string
		if more != nil {
			others = more()
		}
		return again(cmd.Context(), c, dir, others, func() error { return once(cmd, args) })
	}
}

// again runs a command, and once more after each change, until ctx ends. Wrong usage
// ends it, as no edit of a file mends that.
func again(ctx context.Context, c *console.Console, dir string, others []string, once func() error) (err error) {
	f, err := open(dir, others)
	if err != nil {
		return console.Failf("%s", err)
	}
	defer func() {
		if closing := f.close(); closing != nil && err == nil {
			err = console.Failf("stop watching the files: %s", closing)
		}
	}()
	c.Watching = true
	for {
		if c.Terminal(c.Stdout) {
			if err := c.Print(clearScreen); err != nil {
				return err
			}
		}
		var exit console.ExitError
		switch err := once(); {
		case ctx.Err() != nil:
			return nil
		case err != nil && (!errors.As(err, &exit) || exit.Code == console.ExitUsage):
			return err
		case exit.Message != "":
			if err := c.Log(console.LevelError, exit.Message); err != nil {
				return err
			}
		}
		if err := c.Log(console.LevelInfo, "waiting for a change of the files; Ctrl-C ends this"); err != nil {
			return err
		}
		if err := f.wait(ctx); err != nil {
			return console.Failf("%s", err)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}
