package doctor

// The command. In: flags, the workspace or a build folder; out: a Result on stdout, and an
// exit code.

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Command is `mongocd doctor`.
func Command(c *console.Console) *cobra.Command {
	o, d := &live.Options{Command: "doctor"}, &Options{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what a destination is, how it is reached, and what it can do",
		Long: `Looks at a destination as a pipeline that fails is looked at: version, topology and members, TLS, user and roles, latency and clock; then what the
server can do beyond the core dialect, and what of that, and of the user's rights, the weaves need. With --uri it is about that server alone.

What a server can do is tried once for each version of it, in collections of mongocd's own in the state database, which are dropped
after; plan and apply refuse from then on what it lacks, and an apply tries a new version by itself. --probe always tries it again, --probe never tries nothing.

Exit codes: 0 all that the weaves need is there; 1 something is not, or the server cannot be reached; 64 wrong usage.` + live.DestinationHelp,
		Example: `  MONGOCD_DESTINATION_URI_PROD=mongodb://… mongocd doctor --env prod
  mongocd doctor --uri mongodb://127.0.0.1:27017 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !slices.Contains([]string{"text", "json"}, o.Output):
				return console.Usagef("--output is %q: it can be text or json", o.Output)
			case !slices.Contains([]string{"auto", "always", "never"}, d.Probe):
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

func run(cmd *cobra.Command, c *console.Console, o *live.Options, d *Options) error {
	d.StateDatabase, d.Timeout = o.StateDatabase, o.Timeout
	environment := ""
	if d.URI == "" {
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
		environment = states[0].Environment
		for _, s := range states {
			if s.Environment != environment {
				return console.Usagef("--env names a group: a destination is examined at a time")
			}
			d.States = append(d.States, State{State: s, Databases: o.FlagsFor(s).Databases})
		}
		if d.URI, err = cli.Destination(c.LookupEnv, environment); err != nil {
			return console.Usagef("%s", view.Printable(err.Error()))
		}
	}
	if strings.HasPrefix(d.URI, "dir:") {
		return console.Failf("this destination is a directory: doctor examines servers")
	}
	r, err := Examine(cmd.Context(), *d)
	if err != nil {
		return console.Failf("%s", view.Printable(err.Error()))
	}
	r.Environment = environment
	if o.Output == "json" {
		err = c.WriteJSON(r)
	} else {
		err = c.Print(Text(r))
	}
	if err == nil && r.Exit != console.ExitDone {
		err = console.ExitError{Code: r.Exit}
	}
	return err
}
