package main

// What a command line that is not understood may have meant. In: cobra's complaint;
// out: the same with a hint, where there is one.

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/lang/diag"
)

// otherCommands are the words of other tools.
var otherCommands = map[string]string{
	"status": "plan", "preview": "plan", "dry-run": "plan", "drift": "verify", "deploy": "apply", "release": "apply", "sync": "apply", "push": "apply", "run": "apply",
	"rollback": "undo", "revert": "undo", "validate": "check", "lint": "check", "build": "compile", "generate": "compile", "pull": "extract", "fetch": "extract",
	"dump": "extract", "export": "extract", "new": "init", "format": "fmt", "history": "runs", "log": "runs", "unlock": "release-hold", "resume": "release-hold",
}

// otherFlags are the letters and words of other tools, of those that a command has.
var otherFlags = map[string][]string{
	"e": {"env"}, "y": {"yes"}, "w": {"workspace"}, "o": {"output", "out"}, "q": {"quiet"}, "f": {"from", "force"}, "d": {"database"}, "c": {"collection"}, "t": {"target", "timeout"},
	"auto-approve": {"yes"}, "stage": {"env"}, "format": {"output"}, "dir": {"workspace"}, "folder": {"workspace"}, "db": {"database"}, "silent": {"quiet"}, "dry-run": {"plan"},
}

// suggesting adds hints to the complaints about a command's flags and arguments.
func suggesting(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if !errors.As(err, &unknown) {
			return err
		}
		if near := nearFlag(cmd.Flags(), unknown.GetSpecifiedName()); near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
		return err
	})
	arguments := cmd.Args
	if arguments == nil { // it takes any
		return
	}
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		err := arguments(cmd, given)
		if err == nil || len(given) == 0 {
			return err
		}
		if !cmd.HasParent() {
			if near := nearCommand(cmd, given[0]); near != "" {
				return fmt.Errorf("unknown command %q; did you mean `mongocd %s`?", given[0], near)
			}
			return err
		}
		last := given[len(given)-1]
		for _, flag := range []string{"env", "collection"} {
			if f := cmd.Flags().Lookup(flag); f != nil && !f.Changed {
				return fmt.Errorf("mongocd %s does not take %q; did you mean --%s %s?", cmd.Name(), last, flag, diag.Safe(last, 80))
			}
		}
		return err
	}
}

func nearCommand(root *cobra.Command, word string) string {
	var names []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			names = append(names, cmd.Name())
		}
	}
	if near := diag.Suggest(word, names); near != "" {
		return near
	}
	return otherCommands[strings.ToLower(word)]
}

func nearFlag(flags *pflag.FlagSet, word string) string {
	for _, name := range otherFlags[strings.ToLower(word)] {
		if flags.Lookup(name) != nil {
			return name
		}
	}
	var names []string
	begins := ""
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		names = append(names, f.Name)
		if len(word) > 2 && (strings.HasPrefix(word, f.Name) || strings.HasPrefix(f.Name, word)) {
			begins = f.Name
		}
	})
	if len(word) < 3 {
		return begins
	}
	if near := diag.Suggest(word, names); near != "" {
		return near
	}
	return begins
}
