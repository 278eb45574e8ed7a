package status

// The command. In: flags, the workspace, its builds and destinations; out: a Result on
// stdout, metrics in a file where they are asked for, and an exit code.

import (
	"context"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/page"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Options are the flags.
type Options struct {
	compiled.Options
	flags        cli.Flags
	build        string
	metrics      string
	html         string
	detailedExit bool
}

// Command is `mongocd status`.
func Command(c *console.Console) *cobra.Command {
	var o Options
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say for each environment what is built, what was applied, and whether it drifts",
		Long: `For each environment and weave of the workspace: whether the build is what the workspace compiles to; the run that last
changed the destination, its date and labels, and whether it applied this very state; how the destination differs from the
state now, and how much of that is the destination's own doing since then; what would keep apply from writing; and which run
writes to it right now, since when, and until when it may. Where the data of an environment is pinned (mongocd promote): how far
the pin is behind what is extracted. It only reads.

Environments whose connection string is not given are listed, and not looked at. One that cannot be reached does not keep the
others from being looked at.

--html writes a page with what plan says of each, change by change, and whose doing it is.
--metrics writes the same in the text format of OpenMetrics, for a file that a node exporter reads:
mongocd_status_up, mongocd_differences, mongocd_drifted, mongocd_refused, mongocd_lease_held, mongocd_build_stale, mongocd_last_run_timestamp_seconds.` + live.DestinationHelp + `

Exit codes: 0 done; 1 a destination could not be looked at; with --detailed-exitcode 2 when one differs or would refuse an apply; 64 wrong usage.`,
		Example: `  mongocd status
  mongocd status --env prod --output markdown
  mongocd status --metrics /var/lib/node_exporter/mongocd.prom --detailed-exitcode`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), c, o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Environments, "env", nil, "an `environment` or a group of them (repeatable; default: all)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all)")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	compiled.WithEditsFlag(flags, &o.WithEdits)
	flags.StringVar(&o.build, "build", "build", "the `folder` that compile writes to")
	flags.StringVar(&o.Output, "output", "text", "`form`: text, markdown or json")
	flags.StringVar(&o.metrics, "metrics", "", "write metrics into this `file`, too")
	page.Bind(flags, &o.html)
	flags.BoolVar(&o.detailedExit, "detailed-exitcode", false, "exit with 2 when a destination differs or would refuse an apply")
	flags.DurationVar(&o.flags.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to a server")
	flags.StringVar(&o.flags.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destinations that keeps what runs remember")
	return cmd
}

func run(ctx context.Context, c *console.Console, o Options) error {
	if !slices.Contains([]string{"text", "markdown", "json"}, o.Output) {
		return console.Usagef("--output is %q; it takes text, markdown or json", o.Output)
	}
	o.flags.BatchSize, o.flags.Output, o.flags.Progress = cli.DefaultBatchSize, "text", c.LiveProgress()
	if err := o.flags.Check("plan"); err != nil {
		return console.Usagef("%s", err)
	}
	form := o.Output
	o.Output, o.Targets = "text", []string{"go"}
	result, diagnostics, err := compiled.Run(ctx, c, o.Options)
	if err != nil {
		return err
	}
	if err := c.ReportBeside(diagnostics, form); err != nil {
		return err
	}
	dir, err := c.Workspace()
	if err != nil {
		return err
	}
	r, err := Look(ctx, result.States, dir, o.build, &o.flags, c.LookupEnv)
	if err != nil {
		return err
	}
	options, err := o.CompilerOptions()
	if err != nil {
		return err
	}
	if found := r.pins(ctx, result.Workspace, compiled.EnvironmentsOf(result.States), options); found.HasErrors() {
		return c.ReportBeside(found, form)
	}
	if o.detailedExit && r.Exit == console.ExitDone && r.differs() {
		r.Exit = console.ExitDifferences
	}
	if o.metrics != "" {
		text, err := r.Metrics()
		if err == nil {
			err = os.WriteFile(o.metrics, []byte(text), 0o644)
		}
		if err != nil {
			return console.Failf("write the metrics: %s", err)
		}
	}
	if err := page.Save(c, o.html, r.reports, view.Filter{}, nil); err != nil {
		return err
	}
	if form == "json" {
		err = c.WriteJSON(r)
	} else {
		err = c.Print(r.Text(form == "markdown"))
	}
	if err == nil && r.Exit != console.ExitDone {
		err = console.ExitError{Code: r.Exit}
	}
	return err
}
