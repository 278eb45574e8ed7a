package cli

// One run of a command that works at the destination, and the flags of it. In: a
// state, flags, an environment lookup; out: a report. Nothing is printed here.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/fanout"
	"github.com/hayone1/mongocd/runtime/undo"
)

// DefaultBatchSize is the number of operations of a write batch, which is also the most.
const DefaultBatchSize = 1000

// minSize is the least that --max-size takes, in bytes: what is never left out needs it.
//
//js:table
const minSize = 2000

// Flags are the flags of the commands that work at the destination.
type Flags struct {
	Databases    map[string]string // the weave's name to the destination's
	FanOut       fanout.Options    // which databases of fan-outs, in which order
	Output       string            // text, markdown or json
	DetailedExit bool
	AllowUnknown bool // as that of enforce.Options
	BatchSize    int
	Timeout      time.Duration // of one call to the server
	Verbose      bool          // nothing is left out for people
	Quiet        bool          // conflicts, the failure and the result alone
	Colors       bool          // text is for a terminal
	Filter       view.Filter   // what is shown
	MaxSize      int           // as that of view.Form
	// Report is a file that the report is written into as JSON, or as JSON lines (view.AsLines), besides;
	// empty: none.
	Report string
	// Metrics is a file for monitoring that verify writes, besides; empty: none.
	Metrics string
	// Of what runs remember (docs/state.md); see enforce.Options.
	StateDatabase string
	SameCluster   bool
	RepairDrift   bool
	Wait          time.Duration
	ForceUnlock   string
	Labels        []change.Label
	Approved      string
	// Undo is the run that undo undoes; empty: the newest.
	Undo string
	// Show is the run that runs shows, or "last"; empty: it lists them.
	Show string
	// Journal is the digest that the journal of that run must have; empty: any.
	Journal string
	// Engine is the digest of the program's code; empty: of none that was generated.
	Engine string
	// Plan: undo, claim and release-hold only show.
	Plan bool
	// Items is as that of enforce.Options.
	Items int
	// Progress is told how far a run is; a zero value: something else is written.
	Progress func(enforce.Progress)
}

// Redirect takes a value of --database: OLD=NEW, or the database of a fan-out alone.
func (f *Flags) Redirect(text string) error {
	from, to, ok := strings.Cut(text, "=")
	if !ok && from != "" {
		if !slices.Contains(f.FanOut.Only, from) {
			f.FanOut.Only = append(f.FanOut.Only, from)
		}
		return nil
	}
	if !ok || from == "" || to == "" {
		return errors.New("it has the form OLD=NEW")
	}
	if other, twice := f.Databases[from]; twice && other != to {
		return fmt.Errorf("%s is redirected twice", from)
	}
	if f.Databases == nil {
		f.Databases = map[string]string{}
	}
	f.Databases[from] = to
	return nil
}

// Canary takes a value of --canary.
func (f *Flags) Canary(text string) error {
	if text == "" {
		return errors.New("it is the name of a database")
	}
	f.FanOut.Canary = append(f.FanOut.Canary, text)
	return nil
}

// Waves takes a value of --waves: numbers of databases, joined by commas.
func (f *Flags) Waves(text string) error {
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return errors.New("it is numbers of databases from 1, such as 10,100")
		}
		f.FanOut.Waves = append(f.FanOut.Waves, n)
	}
	return nil
}

// Approve takes a value of --approved: what a variable of a pipeline holds, if
// not a digest, must not approve anything.
func (f *Flags) Approve(text string) error {
	if !isDigest(text) {
		return errors.New("it is not the digest of a plan, which is sha256: and 64 hex digits")
	}
	f.Approved = text
	return nil
}

// KeepTo takes a value of --journal.
func (f *Flags) KeepTo(text string) error {
	if !isDigest(text) {
		return errors.New("it is not the digest of a journal, which is sha256: and 64 hex digits")
	}
	f.Journal = text
	return nil
}

// isDigest: sha256: and 64 hex digits.
func isDigest(text string) bool {
	rest, ok := strings.CutPrefix(text, "sha256:")
	return ok && len(rest) == 64 && strings.Trim(rest, "0123456789abcdef") == ""
}

// Label takes a value of --label.
func (f *Flags) Label(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("it has the form NAME=VALUE")
	}
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return errors.New("it is not UTF-8 text")
	}
	if slices.ContainsFunc(f.Labels, func(l change.Label) bool { return l.Name == name }) {
		return fmt.Errorf("%s is given twice", name)
	}
	f.Labels = append(f.Labels, change.Label{Name: name, Value: value})
	return nil
}

// Form is how a report is written for people.
func (f *Flags) Form() view.Form {
	return view.Form{Markdown: f.Output == "markdown", Quiet: f.Quiet, Verbose: f.Verbose, Colors: f.Colors, MaxSize: f.MaxSize, Filter: f.Filter}
}

// Check reports the first flag that has no possible value.
func (f *Flags) Check(command string) error {
	switch {
	case f.Output != "text" && f.Output != "markdown" && f.Output != "json":
		return fmt.Errorf("--output is %q: it can be text, markdown or json", f.Output)
	case f.Quiet && f.Verbose:
		return errors.New("--quiet and -v do not go together: leave one of them out")
	case (len(f.Filter.Collections) > 0 || f.Filter.Path != "") && f.Output == "json":
		return errors.New("--collection and --path say what people are shown: JSON has all of it, and does not go with them")
	case f.MaxSize != 0 && f.MaxSize < minSize:
		return fmt.Errorf("--max-size is %d: it can be %d or more", f.MaxSize, minSize)
	case f.BatchSize < 1 || f.BatchSize > DefaultBatchSize:
		return fmt.Errorf("--batch-size is %d: it can be 1 to %d", f.BatchSize, DefaultBatchSize)
	case f.Timeout <= 0:
		return fmt.Errorf("--timeout is %s: it must be longer than nothing", f.Timeout)
	case f.Wait < 0:
		return fmt.Errorf("--wait is %s: it cannot be less than nothing", f.Wait)
	case f.DetailedExit && command != "plan" && command != "status":
		return fmt.Errorf("--detailed-exitcode is a flag of plan and status, not of %s", command)
	case view.AsLines(f.Report) && (command == "status" || command == "runs" && f.Show == ""):
		return fmt.Errorf("--report is %q: %s makes no report, and is one JSON document in a file whose name ends with .json", f.Report, command)
	case command == "status" && f.Output == "markdown":
		return errors.New("--output is \"markdown\": status can be text or json")
	}
	return nil
}

func (f *Flags) options(approve func(*change.Report) bool) enforce.Options {
	return enforce.Options{Databases: f.Databases, BatchSize: f.BatchSize, DetailedExit: f.DetailedExit, AllowUnknown: f.AllowUnknown, Approve: approve,
		Approved: f.Approved, StateDatabase: f.StateDatabase, Items: f.Items, Wait: f.Wait, ForceUnlock: f.ForceUnlock, Labels: f.Labels, SameCluster: f.SameCluster, RepairDrift: f.RepairDrift, Engine: f.Engine, Progress: f.Progress}
}

// Run runs a command of a state at the destination that the environment names:
// plan, apply, verify, undo, claim or release-hold; release-hold needs
// nothing of the state but weave and environment, and undo the names of the
// collections besides. approve is
// enforce.Options.Approve. The error is wrong usage; every other failure is in
// the report. closing is what went wrong when the run was over already.
func Run(ctx context.Context, command string, state *desired.State, f *Flags, approve func(*change.Report) bool, lookup func(string) (string, bool)) (report *change.Report, closing, err error) {
	over := func() {
		if f.Progress != nil {
			f.Progress(enforce.Progress{})
		}
	}
	defer over()
	options := f.options(approve)
	if approve != nil {
		options.Approve = func(plan *change.Report) bool { over(); return approve(plan) }
	}
	if command == "apply" && state.Commit == "" {
		known := *state
		known.Commit, state = Commit(lookup), &known
	}
	if slices.Contains([]string{"apply", "undo"}, command) {
		if options.JournalKey, err = JournalKey(lookup); err != nil {
			return nil, nil, err
		}
	}
	if err := cmp.Or(options.Check(state), f.FanOut.Check(state, command)); err != nil {
		return nil, nil, err
	}
	if slices.Contains([]string{"plan", "apply", "verify"}, command) {
		if options.Secrets, err = Secrets(lookup, state.SecretNames()); err != nil {
			return nil, nil, err
		}
	}
	uri, err := Destination(lookup, state.Environment)
	if err != nil {
		return nil, nil, err
	}
	store, err := Open(ctx, uri, state, f.Timeout)
	if err != nil {
		return enforce.FailedToConnect(state, command, err), nil, nil
	}
	if len(state.Apart) > 0 && slices.Contains([]string{"plan", "apply", "verify"}, command) {
		report, err = fanout.Enforce(ctx, store, state, command, f.FanOut, options)
		return report, store.Close(context.WithoutCancel(ctx)), err
	}
	switch command {
	case "plan":
		report, err = enforce.Plan(ctx, store, state, options)
	case "apply":
		report, err = enforce.Apply(ctx, store, state, options)
	case "undo":
		report, err = fanout.Undo(ctx, store, state, undo.Options{Run: f.Undo, Plan: f.Plan, Journal: f.Journal}, f.FanOut, options)
	case "claim":
		report, err = enforce.Claim(ctx, store, f.FanOut.Chosen(state), f.Plan, options)
	case "release-hold":
		report, err = enforce.ReleaseHold(ctx, store, state.Weave, state.Environment, f.Plan, options)
	default:
		report, err = enforce.Verify(ctx, store, state, options)
	}
	return report, store.Close(context.WithoutCancel(ctx)), err
}

// Runs lists the runs of a weave and environment, which is all that it needs of
// the state. It is otherwise as Run.
func Runs(ctx context.Context, state *desired.State, f *Flags, lookup func(string) (string, bool)) (list *change.RunList, closing, err error) {
	uri, err := Destination(lookup, state.Environment)
	if err != nil {
		return nil, nil, err
	}
	store, err := Open(ctx, uri, state, f.Timeout)
	if err != nil {
		return enforce.RunsNotConnected(state.Weave, state.Environment, err), nil, nil
	}
	list, err = enforce.Runs(ctx, store, state.Weave, state.Environment, f.options(nil))
	return list, store.Close(context.WithoutCancel(ctx)), err
}

// Show is the report of the run Flags.Show. It is otherwise as Runs.
func Show(ctx context.Context, state *desired.State, f *Flags, lookup func(string) (string, bool)) (report *change.Report, closing, err error) {
	options := f.options(nil)
	if options.JournalKey, err = JournalKey(lookup); err != nil {
		return nil, nil, err
	}
	uri, err := Destination(lookup, state.Environment)
	if err != nil {
		return nil, nil, err
	}
	store, err := Open(ctx, uri, state, f.Timeout)
	if err != nil {
		return enforce.FailedToConnect(state, "runs", err), nil, nil
	}
	name := f.Show
	if name == "last" {
		name = ""
	}
	report, err = undo.Show(ctx, store, state.Weave, state.Environment, name, options)
	return report, store.Close(context.WithoutCancel(ctx)), err
}

// ShownRun takes the arguments of runs: none, or `show RUN`.
func (f *Flags) ShownRun(args []string) error {
	switch {
	case len(args) == 0:
	case args[0] != "show":
		return fmt.Errorf("unexpected argument %q: runs lists all runs, `runs show RUN` shows one", args[0])
	case len(args) != 2 || args[1] == "":
		return errors.New("runs show takes one run: a number that runs lists, or `last`")
	default:
		f.Show = args[1]
	}
	return nil
}
