package live

// The flags of commands on destinations, which most of them share.

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/review"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Options are the flags of commands on destinations.
type Options struct {
	cli.Flags
	Command      string
	Environment  string
	Weaves       []string
	Inputs       []string
	withEdits    bool
	Redirections []string
	labels       []string
	canaries     []string
	waves        string
	approved     []string   // as they were given
	approvals    []approval // what they approve
	From         string
	Yes          bool
	commands     bool       // plan prints commands
	changeset    string     // plan prints them in this one of changeset.Forms
	another      bool       // reports of another environment were printed
	Out          string     // where plan saves itself
	HTML         string     // where plan writes its page
	saved        *savedPlan // what apply was given

	// workspace is what was compiled; nil for a build folder.
	workspace   *workspace.Workspace
	diagnostics diag.List // of compiling
	inputValues map[string]string
}

// Bind adds the flags of plan, apply and verify.
func (o *Options) Bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.bindShared(flags, "reports", "in the text or markdown, not only the first 20 of each kind, and say on stderr what defaults supply",
		", or build/prod for all its weaves: what was compiled there, without compiling again")
	o.BindInputs(flags)
	compiled.WithEditsFlag(flags, &o.withEdits)
	flags.StringArrayVar(&o.Redirections, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW`; or NAME: of the databases of a fan-out this one alone (repeatable)")
	flags.IntVar(&o.BatchSize, "batch-size", cli.DefaultBatchSize, "operations in one write batch, 1 to 1000")
	review.BindFilter(flags, &o.Filter)
	flags.BoolVar(&o.RepairDrift, "repair-drift", false, "write over what the destination changed by itself, whatever the weave says of drift")
	flags.BoolVar(&o.SameCluster, "same-cluster", false, "write even to the collections that the data was extracted from")
}

// BindRemember adds those of the commands on what runs remember.
func (o *Options) BindRemember(cmd *cobra.Command) {
	o.bindShared(cmd.Flags(), "result", "in the text or markdown, not only the first 20 of each kind", ", instead of the workspace")
	o.BatchSize = cli.DefaultBatchSize
}

// bindShared adds what all of them have.
func (o *Options) bindShared(flags *pflag.FlagSet, shown, verbose, from string) {
	flags.StringVar(&o.Environment, "env", "", "the `environment`, or a group of them: one after the other, up to the first that fails (default: the only one of the workspace)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all, in order of name)")
	flags.StringVar(&o.From, "from", "", "a build `folder`, such as build/prod/shop"+from)
	flags.StringVar(&o.Output, "output", "text", "`form` of the "+shown+": text, markdown, or json, one document on stdout")
	flags.StringVar(&o.Report, "report", "", "write the "+shown+" as JSON into this `file`, too; as JSON lines where its name ends with .jsonl or .ndjson")
	review.BindSize(flags, &o.MaxSize)
	flags.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "leave nothing out: every document, change and conflict, whole values "+verbose)
	flags.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
}

func (o *Options) BindInputs(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
}

// BindWriting adds those of the commands that write.
func (o *Options) BindWriting(flags *pflag.FlagSet) {
	flags.BoolVar(&o.Yes, "yes", false, "do not ask")
	flags.DurationVar(&o.Wait, "wait", 0, "wait as long for another run that is writing")
	flags.StringVar(&o.ForceUnlock, "force-unlock", "", "take over from the `run` that is said to be writing, when it is not any more")
}

// BindMetrics is verify's.
func (o *Options) BindMetrics(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.Metrics, "metrics", "", "write what was found into this `file` as metrics (OpenMetrics), too")
}

func (o *Options) BindUnknown(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.AllowUnknown, "allow-unknown", false, "secrets that are not given, and so not compared, are no reason to exit with 2")
}

func (o *Options) BindApply(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.BindWriting(flags)
	flags.StringArrayVar(&o.approved, "approved", nil, "refuse when the plan is not this one: its `digest`, or the file with the report of plan, and then show what differs (repeatable)")
	flags.StringArrayVar(&o.canaries, "canary", nil, "begin with this `database` of a fan-out, and go on when it is as it is wanted (repeatable)")
	flags.StringVar(&o.waves, "waves", "", "go through the databases of a fan-out in waves of these `sizes`, such as 10,100; the last one is of all that are left")
	flags.BoolVar(&o.FanOut.StopOnFailure, "stop-on-failure", false, "begin no other database of a fan-out after one that failed")
	flags.StringArrayVar(&o.labels, "label", nil, "a label in the record of the run, `NAME=VALUE` (repeatable)")
}

// DestinationHelp says where a connection string is given.
const DestinationHelp = `

The destination's connection string is in MONGOCD_DESTINATION_URI_<ENVIRONMENT>, in capitals and with _ for what is no letter or
digit (prod-eu: MONGOCD_DESTINATION_URI_PROD_EU). MONGOCD_DESTINATION_URI counts, too, where the command is about one environment:
with several, each needs a variable of its own. With _FILE behind the name, it is in the file that the variable names.`

const Help = DestinationHelp + ` dir:PATH is a directory in the extracted layout.
A secret is in the environment variable of its name, in the file that NAME_FILE names, or in a file of that name in the
directory MONGOCD_SECRETS_DIR; plan and verify run without them, and say what they could not compare.

The rules are compiled from the workspace, in memory; with --from, what a build folder holds is used as it is. It does what
the artefact of that folder does, with the same engine and the same report.`

const RememberHelp = DestinationHelp + ` A directory (dir:PATH) remembers no runs: git does.`
