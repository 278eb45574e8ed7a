package main

// The `plan`, `apply` and `verify` commands: the workspace, or a build folder,
// and a live destination in; the reports of the same engine that the artefacts
// run (runtime/cli, runtime/enforce) and their exit code out.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

type liveOptions struct {
	cli.Flags
	command     string
	environment string
	weaves      []string
	inputs      []string
	withEdits   bool
	databases   []string
	labels      []string
	approved    []string
	from        string
	yes         bool
	group       bool
	commands    bool       // plan prints commands
	another     bool       // reports of another environment were printed
	out         string     // where plan saves itself
	saved       *savedPlan // what apply was given

	// workspace is what was compiled; nil for a build folder.
	workspace   *workspace.Workspace
	inputValues map[string]string
}

func (o *liveOptions) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.environment, "env", "", "the `environment`, or a group of them: one after the other, up to the first that fails (default: the only one of the workspace)")
	flags.StringArrayVar(&o.weaves, "weave", nil, "a `weave` (repeatable; default: all, in order of name)")
	flags.StringArrayVar(&o.inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	withEditsFlag(flags, &o.withEdits)
	flags.StringVar(&o.from, "from", "", "a build `folder`, such as build/prod/shop, or build/prod for all its weaves: what was compiled there, without compiling again")
	flags.StringArrayVar(&o.databases, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.StringVar(&o.Output, "output", "text", "`form` of the reports: text, markdown, or json, one document on stdout")
	flags.IntVar(&o.BatchSize, "batch-size", cli.DefaultBatchSize, "operations in one write batch, 1 to 1000")
	flags.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "limit of one call to the server")
	flags.BoolVar(&o.group, "group", false, fmt.Sprintf("say changes that documents have in common once (default: in collections with more than %d updates, unless -v)", view.GroupOver))
	flags.BoolVarP(&o.Verbose, "verbose", "v", false, "list every document and conflict in the text or markdown, not only the first 20 of each kind, and say on stderr what defaults supply")
	flags.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
	flags.BoolVar(&o.SameCluster, "same-cluster", false, "write even to the collections that the data was extracted from")
}

func (o *liveOptions) bindUnknown(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.AllowUnknown, "allow-unknown", false, "secrets that are not given, and so not compared, are no reason to exit with 2")
}

func (o *liveOptions) bindApply(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.StringArrayVar(&o.approved, "approved", nil, "refuse when the plan is not the one with this `digest` (repeatable: one for each weave)")
	flags.StringArrayVar(&o.labels, "label", nil, "a label in the record of the run, `NAME=VALUE` (repeatable)")
	flags.DurationVar(&o.Wait, "wait", 0, "wait as long for another run that is writing")
	flags.StringVar(&o.ForceUnlock, "force-unlock", "", "take over from the `run` that is said to be writing, when it is not any more")
}

const liveHelp = `

The destination's connection string is in MONGOCD_DESTINATION_URI_<ENVIRONMENT>, in capitals and with _ for what is no letter or
digit (prod-eu: MONGOCD_DESTINATION_URI_PROD_EU), else in MONGOCD_DESTINATION_URI; with _FILE behind the name, in the file that the
variable names. With a group, each of its environments needs a variable of its own. dir:PATH is a directory in the extracted layout.
A secret is in the environment variable of its name, in the file that NAME_FILE names, or in a file of that name in the
directory MONGOCD_SECRETS_DIR; plan and verify run without them, and say what they could not compare.

The rules are compiled from the workspace, in memory; with --from, what a build folder holds is used as it is. It does what
the artefact of that folder does, with the same engine and the same report.`

func (a *app) planCommand() *cobra.Command {
	o := &liveOptions{command: "plan"}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would do at a destination; change nothing",
		Long: `Compares a destination with what the rules want of it, and shows every difference. It only reads.` + liveHelp + `

--output commands prints what apply would send instead of a report: the commands in order, one a line, as canonical Extended JSON
{"database": …, "command": …}; secrets and redacted fields are masked, so that it is nothing to run. It needs the secrets.

Exit codes: 0 done; 1 failed; 2 differences, with --detailed-exitcode; 3 apply would refuse; 64 wrong usage.
With several weaves each is planned, and the code is the most severe: 3, then 1, then 2.`,
		Example: `  MONGOCD_DESTINATION_URI_PROD=mongodb://… mongocd plan --env prod
  mongocd plan --from build/prod/shop --detailed-exitcode
  mongocd plan --env prod --weave shop --database shop=shop_copy
  mongocd plan --env prod --out prod.plan         # for mongocd apply prod.plan`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.live(cmd, o) },
	}
	o.bind(cmd)
	cmd.Flags().Lookup("output").Usage = "`form` of the reports: text, markdown, or json, one document on stdout; or commands"
	cmd.Flags().BoolVar(&o.DetailedExit, "detailed-exitcode", false, "exit with 2 when there are differences, or secrets that could not be compared")
	o.bindUnknown(cmd)
	cmd.Flags().StringVar(&o.out, "out", "", "save the plan in this `file`, for apply FILE; secrets are masked in it")
	return cmd
}

func (a *app) applyCommand() *cobra.Command {
	o := &liveOptions{command: "apply"}
	cmd := &cobra.Command{
		Use:   "apply [FILE]",
		Short: "Bring a destination to the wanted state, and verify it",
		Long: `Compares a destination with what the rules want of it, shows the differences, asks, writes them, and verifies.
When nothing differs, nothing is asked. Where stdin is no terminal, --yes is needed; it answers the question and raises no bound.` + liveHelp + `

Exit codes: 0 done, or nothing to do; 1 failed, nothing written; 3 refused by a guard or not approved, nothing written;
4 stopped after something was written; 64 wrong usage.
With several weaves all are planned first, and the question is asked once; when apply would refuse one of them, nothing is written
at all. Then one after the other is applied, each held to its plan; those behind one that stops are not begun.

apply FILE carries out a plan that ` + "`plan --out FILE`" + ` saved, without a question. It compiles the workspace again (or takes --from),
and refuses, naming what changed, when the artefact, the destination or a value that was read is another one now.`,
		Example: `  mongocd apply --env prod
  mongocd apply --env prod --yes                  # in a pipeline
  mongocd apply --from build/prod/shop --yes
  mongocd plan --env prod --out prod.plan && mongocd apply prod.plan`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := o.load(args[0]); err != nil {
					return err
				}
			}
			return a.live(cmd, o)
		},
	}
	o.bind(cmd)
	o.bindApply(cmd)
	return cmd
}

func (a *app) verifyCommand() *cobra.Command {
	o := &liveOptions{command: "verify"}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Exit with 2 when a destination differs from the wanted state",
		Long: `Compares a destination with what the rules want of it, for pipelines that watch for drift. It only reads.` + liveHelp + `

Exit codes: 0 in sync; 1 failed; 2 differences, or secrets that are not given and were not compared (--allow-unknown: 0); 3 apply would refuse; 64 wrong usage.
With several weaves each is verified, and the code is the most severe: 3, then 1, then 2.`,
		Example: `  mongocd verify --env prod
  mongocd verify --from build/prod/shop --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.live(cmd, o) },
	}
	o.bind(cmd)
	o.bindUnknown(cmd)
	return cmd
}

// live runs the command for each state, in order of the weaves' names.
func (a *app) live(cmd *cobra.Command, o *liveOptions) error {
	ctx := cmd.Context()
	o.Quiet, o.Progress = a.Quiet, a.LiveProgress()
	switch given := cmd.Flags().Changed("group"); {
	case given && o.group:
		o.Group = 1
	case !given && !o.Verbose:
		o.Group = view.GroupOver + 1
	}
	for _, text := range o.databases {
		if err := o.Redirect(text); err != nil {
			return console.Usagef("--database %q: %s", text, err)
		}
	}
	for _, text := range o.approved {
		if err := new(cli.Flags).Approve(text); err != nil {
			return console.Usagef("--approved %q: %s", text, err)
		}
	}
	for _, text := range o.labels {
		if err := o.Label(text); err != nil {
			return console.Usagef("--label %q: %s", text, err)
		}
	}
	if o.commands = o.command == "plan" && o.Output == "commands"; o.commands {
		o.Output = "text"
	}
	if err := o.Check(o.command); err != nil {
		return console.Usagef("%s", err)
	}
	states, err := a.states(ctx, o)
	if err != nil {
		return err
	}
	if err := o.redirectable(states); err != nil {
		return err
	}
	if o.Verbose {
		if err := a.showDefaults(cmd, states, o.workspace, o.inputValues); err != nil {
			return err
		}
	}
	if o.commands {
		return a.planCommands(ctx, o, states)
	}
	environments := environmentsOf(states)
	if o.command == "undo" && len(states) > len(environments) {
		return console.Usagef("undo undoes a run of one weave, and there are %d: name it with --weave", len(states)/len(environments))
	}
	if len(states) == 1 && len(o.approved) > 1 {
		return console.Usagef("--approved is given %d times, and there is one weave", len(o.approved))
	}
	reports, code, err := a.liveIn(ctx, o, states, environments)
	if err != nil {
		return err
	}
	if o.Output == "json" {
		named := environments[0]
		if len(environments) > 1 {
			named = o.environment
		}
		err := a.WriteJSON(liveJSON{Format: 1, Command: o.command, Environment: named, Exit: code, Reports: reports, Refusal: strings.Join(a.refusals, "\n")})
		if err != nil {
			return console.ExitError{Code: max(code, console.ExitFailed), Message: err.Error()}
		}
	}
	if o.out != "" {
		if err := a.savePlan(o, states, reports); err != nil {
			return err
		}
	}
	if code != console.ExitDone {
		return console.ExitError{Code: code}
	}
	return nil
}

// liveIn runs the command in one environment after the other, in order; those
// behind one that fails are not begun. code is the exit code of all.
func (a *app) liveIn(ctx context.Context, o *liveOptions, states []*desired.State, environments []string) (reports []*change.Report, code int, err error) {
	for i, environment := range environments {
		of, found, exit := ofEnvironment(states, environment), []*change.Report(nil), 0
		if o.command == "apply" && (len(states) > 1 || o.saved != nil) {
			found, exit, err = a.applyAll(ctx, o, of)
		} else {
			o.Approved = strings.Join(o.approved, "") // none or one
			found, err = a.runEach(ctx, o, of)
			exit = severest(found)
		}
		reports, o.another = append(reports, found...), true
		if err != nil {
			return nil, 0, err
		}
		if code = worse(code, exit); code != console.ExitDone && wrote(reports) {
			code = change.ExitStopped
		}
		if rest := environments[i+1:]; len(rest) > 0 && exit != console.ExitDone && exit != change.ExitDifferences {
			if err := a.Log(console.LevelWarning, fmt.Sprintf("not begun, since %s ended with %d: %s", diag.Safe(environment, 80), exit, strings.Join(rest, ", "))); err != nil {
				return nil, 0, console.ExitError{Code: max(code, console.ExitFailed), Message: err.Error()}
			}
			break
		}
	}
	return reports, code, nil
}

// runEach runs the command for one state after the other.
func (a *app) runEach(ctx context.Context, o *liveOptions, states []*desired.State) ([]*change.Report, error) {
	var reports []*change.Report
	for i, state := range states {
		report, err := a.runLive(ctx, o, state, o.another || i > 0)
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// liveJSON is what plan, apply and verify write with --output json: the report
// of each weave, as its artefact writes it.
type liveJSON struct {
	Format      int              `json:"format"` // 1
	Command     string           `json:"command"`
	Environment string           `json:"environment"`
	Exit        int              `json:"exit"`
	Reports     []*change.Report `json:"reports"`
	// Refusal is why nothing was written that could have been.
	Refusal string `json:"refusal,omitempty"`
}

// severest is the exit code of a run over several weaves.
func severest(reports []*change.Report) int {
	code := change.ExitDone
	for _, r := range reports {
		code = worse(code, r.Exit)
	}
	if code != change.ExitDone && wrote(reports) {
		return change.ExitStopped // something was written, whatever the others say
	}
	return code
}

// worse is the more severe one of two exit codes.
func worse(a, b int) int {
	order := []int{change.ExitDone, change.ExitDifferences, change.ExitFailed, change.ExitRefused, change.ExitStopped}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// wrote reports whether one of the runs has written something.
func wrote(reports []*change.Report) bool {
	return slices.ContainsFunc(reports, func(r *change.Report) bool { return r.Outcome == change.Applied || r.Outcome == change.Undone })
}

// redirectable reports a --database that no state has; with several weaves, a
// state may lack one that another has.
func (o *liveOptions) redirectable(states []*desired.State) error {
	var all []string
	for _, s := range states {
		for _, c := range s.Collections {
			all = append(all, c.Database)
		}
	}
	slices.Sort(all)
	for _, text := range o.databases {
		if name, _, _ := strings.Cut(text, "="); !slices.Contains(all, name) {
			return console.Usagef("--database %q: nothing is written to a database %q; there are %s", text, name, strings.Join(slices.Compact(all), ", "))
		}
	}
	return nil
}

// flagsFor are the flags for one of several states: with the redirections of
// its own databases.
func (o *liveOptions) flagsFor(state *desired.State) *cli.Flags {
	f := o.Flags
	f.Databases = map[string]string{}
	for _, c := range state.Collections {
		if to, ok := o.Databases[c.Database]; ok {
			f.Databases[c.Database] = to
		}
	}
	return &f
}

// show prints a report as text, and what there is to say beside it.
func (a *app) show(o *liveOptions, report *change.Report, closing error, refusal string, another bool) error {
	var said error
	if o.Output != "json" {
		text := view.Report(report, o.Form())
		if another {
			text = "\n" + text
		}
		said = a.Print(text)
	}
	if closing != nil {
		said = errors.Join(said, a.Log(console.LevelWarning, view.Printable(closing.Error())))
	}
	if report.Failure != nil {
		said = errors.Join(said, a.Log(console.LevelError, view.Printable(report.Failure.Message)))
	}
	if refusal != "" {
		said = errors.Join(said, a.refused(o, refusal))
	}
	if said != nil {
		return console.ExitError{Code: max(report.Exit, console.ExitFailed), Message: said.Error()}
	}
	return nil
}

// runLive runs the command for one state and prints its report as text;
// another: one was printed before.
func (a *app) runLive(ctx context.Context, o *liveOptions, state *desired.State, another bool) (*change.Report, error) {
	var refusal string
	var approve func(*change.Report) bool
	if !o.yes && (o.command == "apply" || o.command == "undo" || o.command == "claim") {
		approve = func(plan *change.Report) bool {
			refusal = a.ask(ctx, o, plan)
			return refusal == ""
		}
	}
	a.changing = o.command == "apply" || o.command == "undo"
	report, closing, err := cli.Run(ctx, o.command, state, o.flagsFor(state), approve, a.LookupEnv)
	a.changing = false
	if err != nil {
		return nil, console.Usagef("%s", view.Printable(err.Error()))
	}
	return report, a.show(o, report, closing, refusal, another)
}
