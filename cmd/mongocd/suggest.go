package main

// What a command line that is not understood may have meant. In: cobra's complaint;
// out: the same with a hint, where there is one.

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/near"
)

// suggesting adds hints to the complaints about a command's flags and arguments.
func suggesting(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if before := cmd.Flags().Args(); !cmd.HasParent() && len(before) > 0 { // the flag is of a command that is not there
			return unknownCommand(cmd, before[0])
		}
		var unknown *pflag.NotExistError
		if !errors.As(err, &unknown) {
			return err
		}
		if meant := nearFlag(cmd.Flags(), unknown.GetSpecifiedName()); meant != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, meant)
		}
		return err
	})
	arguments := cmd.Args
	if arguments == nil { // it takes any
		return
	}
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		err := arguments(cmd, given)
		if err == nil || len(given) == 0 || errors.As(err, new(console.ExitError)) { // the last one says what it takes
			return err
		}
		if !cmd.HasParent() {
			return unknownCommand(cmd, given[0])
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

func unknownCommand(root *cobra.Command, word string) error {
	err := fmt.Errorf("unknown command %q", word)
	if meant := nearCommand(root, word); meant != "" {
		err = fmt.Errorf("%w; did you mean `mongocd %s`?", err, meant)
	}
	return err
}

func nearCommand(root *cobra.Command, word string) string {
	var names []string
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			names = append(names, cmd.Name())
		}
	}
	return near.Command(word, names)
}

func nearFlag(flags *pflag.FlagSet, word string) string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return near.Flag(word, names)
}
