// Package drift brings into git what a person changed at a destination: `mongocd capture`
// for documents, `mongocd adopt` for indexes and options.
//
// In: flags, the workspace, a destination. Out: a patch of the weave files, or the files
// written, and on stderr what could not be said.
package drift

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/compiler/capture"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// options are the flags.
type options struct {
	compiled.Options
	command      string
	flags        cli.Flags
	environment  string
	redirections []string
	documents    []string
	capture      capture.Options
	write        bool
}

// Capture is `mongocd capture`.
func Capture(c *console.Console) *cobra.Command {
	o := options{command: "capture"}
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "Propose the rules that say what a person changed at a destination",
		Long: `Compares a destination with what the rules want of it, as plan does, and writes a patch of the weave files after which the rules
want what the destination has: an edit of the statement that made a value, where that is a constant for these documents in
this environment alone; else amend … for the environment, with set, create and remove for the documents by their identity; document
and except where for documents that only one side has; preserve for fields that only the destination has, and for those that
have another value in most documents. It only reads the destination.

It takes the differences that the destination made itself since the last run, which the ledger knows (docs/state.md). With
--document those of a document, and with --all every one, whoever made it: a directory has no ledger, so it needs one of them.

Every proposal is compiled before it is given: it comes to exactly the captured values, with their types, changes no other document and
no other environment, and the destination then differs there no more. What cannot be said is listed on stderr with the reason.
Secrets, redacted fields, and what looks like a secret are listed by name, never with a value.

The patch is on stdout, for git apply or patch -p1 in the workspace; --write edits the files. The guide is docs/guides/drift.md.` + live.DestinationHelp + `

Exit codes: 0 done, or nothing to capture; 1 failed, nothing written; 64 wrong usage.`,
		Example: `  mongocd capture --env prod | git apply
  mongocd capture --env prod --write
  mongocd capture --env prod --document 'flags[name=new-checkout]'
  mongocd capture --env prod --collection flags --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), c) },
	}
	flags := o.bind(cmd)
	flags.StringArrayVar(&o.documents, "document", nil, "all differences of this document: `COLLECTION[field=value,…]`, values as JSON or bare text (repeatable)")
	flags.BoolVar(&o.capture.All, "all", false, "every difference, whoever made it")
	return cmd
}

// Adopt is `mongocd adopt`.
func Adopt(c *console.Console) *cobra.Command {
	o := options{command: "adopt", capture: capture.Options{Structure: true}}
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Propose the rules that declare the indexes and options found at a destination",
		Long: `Looks for indexes, validators and other options of the destination's collections that the rules do not want as they are there, and
writes a patch of the weave files that declares them: index on and options in amend … for the environment, each with a comment that
says where it was found. Nothing is dropped by it, here or at the destination; it only reads the destination.

Every proposal is compiled before it is given: the rules then want the very indexes and options, and nothing else of them has changed.

The patch is on stdout, for git apply or patch -p1 in the workspace; --write edits the files. The guide is docs/guides/drift.md.` + live.DestinationHelp + `

Exit codes: 0 done, or nothing to adopt; 1 failed, nothing written; 64 wrong usage.`,
		Example: `  mongocd adopt --env prod | git apply
  mongocd adopt --env prod --collection flags --write`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), c) },
	}
	o.bind(cmd)
	return cmd
}

// bind adds the flags that both have.
func (o *options) bind(cmd *cobra.Command) *pflag.FlagSet {
	flags := cmd.Flags()
	flags.StringVar(&o.environment, "env", "", "the `environment` (default: the only one of the workspace)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all)")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(flags, &o.WithEdits)
	flags.StringArrayVar(&o.capture.Collections, "collection", nil, "a `collection`, by its name at the destination or the source (repeatable; default: all)")
	flags.StringArrayVar(&o.redirections, "database", nil, "look at the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.BoolVar(&o.write, "write", false, "edit the weave files, instead of printing a patch")
	flags.StringVar(&o.Output, "output", "text", "`form`: text, the patch alone, or json, with what was captured and what was not")
	flags.DurationVar(&o.flags.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.StringVar(&o.flags.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
	return flags
}

// check completes the options; the error is wrong usage.
func (o *options) check(c *console.Console) error {
	if o.Output != "text" && o.Output != "json" {
		return console.Usagef("--output is %q; it takes text or json", o.Output)
	}
	for _, text := range o.redirections {
		if !strings.Contains(text, "=") {
			return console.Usagef("--database %q: it has the form OLD=NEW", text)
		}
		if err := o.flags.Redirect(text); err != nil {
			return console.Usagef("--database %q: %s", text, err)
		}
	}
	for _, text := range o.documents {
		s, err := describe.ParseSelector(text)
		if err != nil {
			return console.Usagef("--document: %s", err)
		}
		o.capture.Documents = append(o.capture.Documents, s)
	}
	if o.capture.All && len(o.documents) > 0 {
		return console.Usagef("--all and --document are two choices: give one of them")
	}
	o.flags.BatchSize, o.flags.Output, o.flags.Progress = cli.DefaultBatchSize, "text", c.LiveProgress()
	o.flags.RepairDrift = true // what is kept is captured, too
	if err := o.flags.Check("plan"); err != nil {
		return console.Usagef("%s", err)
	}
	return nil
}

func (o *options) run(ctx context.Context, c *console.Console) (err error) {
	if err := o.check(c); err != nil {
		return err
	}
	dir, err := c.Workspace()
	if err != nil {
		return err
	}
	w, found := workspace.LoadDir(dir)
	if err := c.ReportBeside(found, o.Output); err != nil || w == nil {
		return err
	}
	named, err := compiled.OneEnvironment(c, o.environment)
	if err != nil {
		return err
	}
	members := w.Members(named[0])
	switch {
	case len(members) == 0:
		return c.ReportBeside(append(found, w.NoEnvironment(named[0])), o.Output)
	case len(members) > 1:
		return compiled.GroupError(named[0], members, "a destination is of one")
	}
	o.capture.Environment, o.capture.Weaves = members[0], o.Weaves
	for _, name := range o.Weaves {
		if _, known := w.Jobs(workspace.Options{Environments: members, Weaves: []string{name}}); known.HasErrors() {
			return c.ReportBeside(known, o.Output)
		}
	}
	if o.capture.Workspace, err = o.CompilerOptions(); err != nil {
		return err
	}
	files, err := disk.Open(dir)
	if err != nil {
		return console.Failf("open the workspace: %s", err)
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	uri, err := cli.Destination(c.LookupEnv, members[0])
	if err != nil {
		return console.Usagef("%s", view.Printable(err.Error()))
	}
	store, err := cli.Open(ctx, uri, &desired.State{Weave: o.command, Environment: members[0]}, o.flags.Timeout)
	if err != nil {
		return console.Failf("%s", view.Printable(err.Error()))
	}
	defer func() { err = errors.Join(err, store.Close(context.WithoutCancel(ctx))) }()
	r, found, err := capture.Make(ctx, files, o.capture, capture.Destination{Store: store, Plan: func(ctx context.Context, s *desired.State) (*change.Report, error) {
		return o.plan(ctx, c, s)
	}})
	switch {
	case found.HasErrors():
		return c.ReportBeside(found, o.Output)
	case ctx.Err() != nil:
		return console.Failf("interrupted: nothing was written")
	case err != nil:
		return console.Failf("%s", view.Printable(err.Error()))
	}
	return o.show(c, files, r)
}

// plan compares the destination with a state.
func (o *options) plan(ctx context.Context, c *console.Console, s *desired.State) (*change.Report, error) {
	f := o.flags
	f.Databases = map[string]string{}
	for _, n := range s.Collections {
		if to, ok := o.flags.Databases[n.Database]; ok {
			f.Databases[n.Database] = to
		}
	}
	report, closing, err := cli.Run(ctx, "plan", s, &f, nil, c.LookupEnv)
	if err == nil && closing != nil {
		err = fmt.Errorf("close the destination: %w", closing)
	}
	return report, err
}
