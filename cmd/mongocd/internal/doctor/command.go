// Package doctor is `mongocd doctor`: runtime/doctor for destinations of a workspace.
//
// In: flags, the workspace or a build folder; out: results on stdout, and an exit code.
package doctor

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/doctor"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Command is `mongocd doctor`.
func Command(c *console.Console) *cobra.Command {
	o, d := &live.Options{Command: "doctor"}, &doctor.Options{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what a destination is, how it is reached, and what it can do",
		Long: `Looks at a destination as a pipeline that fails is looked at: version, topology and members, TLS, user and roles, latency and clock; then what the
server can do beyond the core dialect, and what of that, and of the user's rights, the weaves need: for their structure, and for the documents that a plan now would write.
With a group each of its destinations is looked at; with --uri it is about that server alone.

What a server can do is tried once for each version of it, in collections of mongocd's own in the state database, which are dropped
after; plan and apply refuse from then on what it lacks, and an
apply that has something to write tries by itself what it needs and nobody has tried on that version yet. --probe always tries it again, --probe never tries nothing.

Exit codes: 0 all that the weaves need is there; 1 something is not, or the server cannot be reached; 64 wrong usage.` + live.DestinationHelp,
		Example: `  MONGOCD_DESTINATION_URI_PROD=mongodb://… mongocd doctor --env prod
  mongocd doctor --uri mongodb://127.0.0.1:27017 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !slices.Contains([]string{"text", "json"}, o.Output):
				return console.Usagef("--output is %q: it can be text or json", o.Output)
			case !slices.Contains(doctor.Probes, d.Probe):
				return console.Usagef("--probe is %q: it can be auto, always or never", d.Probe)
			case d.URI != "" && (o.Environment != "" || o.From != "" || len(o.Weaves) > 0):
				return console.Usagef("--uri is about a server alone: --env, --from and --weave do not go with it")
			}
			return run(cmd, c, o, d)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Environment, "env", "", "the `environment` (default: the only one of the workspace)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all, in order of name)")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	flags.StringVar(&o.From, "from", "", "a build `folder`, such as build/prod/shop, or build/prod for all its weaves: what was compiled there, without compiling again")
	flags.StringArrayVar(&o.Redirections, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.StringVar(&d.URI, "uri", "", "the `connection string` of a server, without a password, instead of a destination of the workspace")
	flags.StringVar(&d.Probe, "probe", "auto", "`when` the server is tried: auto, where it is not known yet, always or never")
	flags.StringVar(&o.Output, "output", "text", "`form`: text or json")
	flags.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
	return cmd
}

// results are those of all destinations, as JSON.
type results struct {
	Format      int              `json:"format"` // 1
	Command     string           `json:"command"`
	Environment string           `json:"environment,omitempty"` // or the group
	Exit        int              `json:"exit"`
	Results     []*doctor.Result `json:"results"`
}

func run(cmd *cobra.Command, c *console.Console, o *live.Options, d *doctor.Options) error {
	d.StateDatabase, d.Timeout = o.StateDatabase, o.Timeout
	all := results{Format: 1, Command: "doctor", Environment: o.Environment, Results: []*doctor.Result{}}
	if d.URI != "" {
		r, err := examine(cmd, "", *d)
		if err != nil {
			return err
		}
		all.Results = append(all.Results, r)
	} else if err := ofWorkspace(cmd, c, o, d, &all); err != nil {
		return err
	}
	var text []string
	for _, r := range all.Results {
		all.Exit = max(all.Exit, r.Exit)
		text = append(text, doctor.Text(r))
	}
	var err error
	if o.Output == "json" {
		err = c.WriteJSON(all)
	} else {
		err = c.Print(strings.Join(text, "\n"))
	}
	if err == nil && all.Exit != console.ExitDone {
		err = console.ExitError{Code: all.Exit}
	}
	return err
}

// ofWorkspace examines the destination of each environment.
func ofWorkspace(cmd *cobra.Command, c *console.Console, o *live.Options, d *doctor.Options, all *results) error {
	for _, text := range o.Redirections {
		if err := o.Redirect(text); err != nil {
			return console.Usagef("--database %q: %s", text, err)
		}
	}
	states, err := (&live.Session{Console: c}).States(cmd.Context(), o)
	if err != nil {
		return err
	}
	if err := o.Redirectable(states); err != nil {
		return err
	}
	environments := compiled.EnvironmentsOf(states)
	for _, environment := range environments {
		of := *d
		for _, s := range states {
			if s.Environment == environment {
				of.States = append(of.States, doctor.State{State: s, Databases: o.FlagsFor(s).Databases})
			}
		}
		if of.URI, err = cli.Destination(c.LookupEnv, environment); err != nil {
			return console.Usagef("%s", view.Printable(err.Error()))
		}
		r, err := examine(cmd, environment, of)
		switch {
		case err != nil && len(environments) == 1:
			return err
		case err != nil: // the others are looked at, too
			r = doctor.Unreachable(err)
		}
		r.Environment = environment
		all.Results = append(all.Results, r)
	}
	if all.Environment == "" {
		all.Environment = environments[0]
	}
	return nil
}

func examine(cmd *cobra.Command, environment string, o doctor.Options) (*doctor.Result, error) {
	if strings.HasPrefix(o.URI, "dir:") {
		return nil, console.Failf("the destination%s is a directory: doctor examines servers", strings.TrimSuffix(" of "+view.Printable(environment), " of "))
	}
	r, err := doctor.Examine(cmd.Context(), o)
	if err != nil {
		return nil, console.Failf("%s", view.Printable(err.Error()))
	}
	return r, nil
}
