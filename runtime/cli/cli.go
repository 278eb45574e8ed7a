// Package cli is the command line of the Go artefact: plan, apply, verify, status,
// undo, runs, claim, release-hold, doctor, version.
//
// In: arguments, streams, an environment lookup and the embedded state. Out:
// a report on stdout, diagnostics on stderr, and an exit code
// (docs/enforcement.md, Exit codes). run.go is one run and its flags, which
// mongocd's commands of these names share; destination.go finds the destination.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/near"
	"github.com/hayone1/mongocd/runtime/parallel"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Info says what the artefact is.
type Info struct {
	Weave       string
	Environment string
	Compiler    string // "mongocd VERSION"
	Engine      string // the digest of the program's code, which plan prints
}

const usage = `%[1]s for %[2]s, made by %[3]s

usage: PROGRAM COMMAND [FLAGS]

commands:
  plan          show what apply would do; change nothing
  apply         bring the destination to the desired state, and verify it
  verify        exit with 2 when the destination differs from the desired state, or may
  undo RUN      take back what a run wrote, where it is still so; undo --last: the newest run
  status        say which run changed the destination last, and how it differs now; change nothing
  runs          list the runs that have changed something, newest first
  runs show RUN show what a run wrote, document by document; runs show last: the newest run
  release-hold  let an artefact that was undone be applied again
  claim         take over the databases and collections from another environment, cluster or weave
  doctor        say what the destination is, how it is reached, what it can do, and what of that this state needs
  version       print what this program is
  help          print this text

flags of all these but doctor, version and help:
  --output FORM         form of the report: text (default), markdown or json
  --timeout DURATION    limit of one call to the server, such as 30s or 5m (default %[4]s)
  -v                    list every document and conflict, not only the first of each kind
  --quiet               write the result, conflicts and a failure alone
  --report FILE         write the report as JSON into FILE, too; as JSON lines, one a document, where FILE
                        ends with .jsonl or .ndjson: then they are never all in memory
  --max-size BYTES      of markdown: so many bytes at most (65536: a comment); what is left out is counted
  --state-database NAME the database at the destination that keeps what runs remember (default %[7]s)

flags of plan, apply, verify, status, claim and undo:
  --database OLD=NEW    use the database NEW where the weave says OLD (repeatable)
  --database NAME       of the databases of a fan-out this one alone (repeatable)

flags of plan, apply and verify:
  --collection NAME     show this collection only, NAME or DATABASE.NAME (repeatable)
  --path PATH           show only what is at, above or below this path: prices.amount
  --detailed-exitcode   plan, status: exit with 2 when there are differences, or apply would refuse
  --allow-unknown       plan, verify: secrets that are not given are no reason to exit with 2
  --repair-drift        write over what the destination changed by itself, whatever the weave says of drift
  --same-cluster        write even to the collections that the data was extracted from

flags of verify:
  --metrics FILE        write what was found into FILE as metrics (OpenMetrics), too

flags of apply and undo:
  --batch-size N        operations in one write batch, 1 to 1000 (default 1000)
  --wait DURATION       wait as long for another run that is writing (default 0s)
  --force-unlock RUN    take over from the run that is said to be writing, when it is not any more

flags of undo, release-hold and claim:
  --plan                only show what would be done

flags of undo:
  --journal DIGEST      refuse when the journal of the run is not the one with this digest (run.journal in its report)

flags of apply:
  --approved DIGEST     refuse when the plan is not the one with this digest
  --label NAME=VALUE    a label in the record of the run (repeatable)
  --canary NAME         begin with this database of a fan-out, and go on when it is as wanted (repeatable)
  --waves N,N           go through the databases of a fan-out in waves of these sizes, the last one of all that are left
  --stop-on-failure     begin no other database of a fan-out after one that failed

flags of doctor:
  --output FORM, --timeout DURATION, --state-database NAME, --database OLD=NEW as above; FORM is text or json
  --probe WHEN          when the server is tried, in collections that are dropped after: auto (it is not known yet), always or never

key of the journal, as a secret is given (16 bytes or more):
  MONGOCD_JOURNAL_KEY seals and encrypts what undo writes back; undo needs the one that the run had

destination, the first of these environment variables that is set:
  %[5]s, %[5]s_FILE, %[6]s, %[6]s_FILE
  a connection string (mongodb://… or mongodb+srv://…), or dir:PATH for a directory in
  the extracted layout; with _FILE, the name of a file that holds it

secrets, each by the first of these that is there:
  the environment variable NAME, the file that NAME_FILE names, the file NAME in the
  directory that MONGOCD_SECRETS_DIR names; plan and verify run without them too,
  and say what they could not compare

exit codes:
  0 done, or nothing to do    1 failed, nothing written    2 differences found
  3 refused, nothing written  4 stopped after writing      64 wrong usage
`

func parseFlags(command string, args []string) (*Flags, error) {
	f := &Flags{BatchSize: DefaultBatchSize}
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.Output, "output", "text", "")
	set.DurationVar(&f.Timeout, "timeout", mongo.DefaultTimeout, "")
	set.BoolVar(&f.Verbose, "v", false, "")
	set.BoolVar(&f.Quiet, "quiet", false, "")
	set.StringVar(&f.Report, "report", "", "")
	set.IntVar(&f.MaxSize, "max-size", 0, "")
	set.StringVar(&f.StateDatabase, "state-database", enforce.DefaultStateDatabase, "")
	in := func(commands ...string) bool { return slices.Contains(commands, command) }
	last := false
	if in("plan", "apply", "verify", "status", "claim", "undo") {
		set.Func("database", "", f.Redirect)
	}
	if in("plan", "apply", "verify") {
		set.BoolVar(&f.DetailedExit, "detailed-exitcode", false, "")
		set.BoolVar(&f.RepairDrift, "repair-drift", false, "")
		set.BoolVar(&f.SameCluster, "same-cluster", false, "")
		set.Func("collection", "", func(name string) error { f.Filter.Collections = append(f.Filter.Collections, name); return nil })
		set.StringVar(&f.Filter.Path, "path", "", "")
	}
	if in("status") {
		set.BoolVar(&f.DetailedExit, "detailed-exitcode", false, "")
	}
	if in("plan", "verify") {
		set.BoolVar(&f.AllowUnknown, "allow-unknown", false, "")
	}
	if in("verify") {
		set.StringVar(&f.Metrics, "metrics", "", "")
	}
	if in("plan", "apply", "verify", "undo") { // the first three take the same command line
		set.IntVar(&f.BatchSize, "batch-size", DefaultBatchSize, "")
	}
	if in("apply", "undo") {
		set.DurationVar(&f.Wait, "wait", 0, "")
		set.StringVar(&f.ForceUnlock, "force-unlock", "", "")
	}
	if in("apply") {
		set.Func("approved", "", f.Approve)
		set.Func("label", "", f.Label)
		set.Func("canary", "", f.Canary)
		set.Func("waves", "", f.Waves)
		set.BoolVar(&f.FanOut.StopOnFailure, "stop-on-failure", false, "")
	}
	if in("undo", "claim", "release-hold") {
		set.BoolVar(&f.Plan, "plan", false, "")
	}
	if in("undo") {
		set.BoolVar(&last, "last", false, "")
		set.Func("journal", "", f.KeepTo)
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") { // flags may stand behind the run
			f.Undo, args = args[0], args[1:]
		}
	}
	var words []string // of runs; flags may stand behind them
	for in("runs") && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		words, args = append(words, args[0]), args[1:]
	}
	if err := set.Parse(args); err != nil {
		return nil, unknownFlag(set, err)
	}
	rest := append(words, set.Args()...)
	if in("undo") && f.Undo == "" && len(rest) > 0 {
		f.Undo, rest = rest[0], rest[1:]
	}
	if in("runs") {
		if err := f.ShownRun(rest); err != nil {
			return nil, err
		}
		rest = nil
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unexpected argument %q", rest[0])
	}
	if in("undo") && last == (f.Undo != "") {
		return nil, errors.New("undo takes a run, or --last")
	}
	return f, f.Check(command)
}

// unknownFlag says which flag was probably meant, where the error is of one that is not
// there. Package flag has no other way to tell than its text.
func unknownFlag(set *flag.FlagSet, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	set.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	err = fmt.Errorf("unknown flag: --%s", name)
	if meant := near.Flag(name, names); meant != "" {
		err = fmt.Errorf("%w; did you mean --%s?", err, meant)
	}
	return err
}

// commands are those that work at the destination.
var commands = []string{"plan", "apply", "verify", "status", "undo", "runs", "claim", "release-hold"}

// unknownCommand is the error for a command that is not there.
func unknownCommand(name string) error {
	err := fmt.Errorf("unknown command %q", name)
	if meant := near.Command(name, append(slices.Clone(commands), doctorCommand, "version", "help")); meant != "" {
		err = fmt.Errorf("%w; did you mean `%s`?", err, meant)
	}
	return err
}

// gcPercent is what GOGC is where it is not set: how much garbage there may be, in percent
// of what is held, before it is collected. GOMEMLIMIT is the Go runtime's, as in every program.
const gcPercent = 50

// Main runs the artefact's command line and returns the exit code. lookup is
// os.LookupEnv; state holds manifest.json and desired/. SIGINT and SIGTERM
// end the run after the batch that is being sent.
func Main(args []string, _ io.Reader, stdout, stderr io.Writer, lookup func(string) (string, bool), state fs.FS, info Info) (code int) {
	p := &program{stdout: stdout, stderr: stderr, lookup: lookup, files: state, info: info}
	if view.AsksMarkdown(args) {
		p.summary = args[0]
	}
	defer func() {
		if value := recover(); value != nil {
			code = p.mistake(args, value, debug.Stack())
		}
	}()
	if len(args) == 0 {
		return p.usageError(errors.New("no command given"))
	}
	command := args[0]
	switch command {
	case "help", "--help", "-help", "-h":
		return p.print(p.usage())
	case "version", "--version", "-version":
		return p.print(fmt.Sprintf("%s for %s\nmade by %s\n", info.Weave, info.Environment, info.Compiler))
	}
	if command == doctorCommand {
		ctx, stop := interruptible()
		defer stop()
		return p.doctor(ctx, args[1:])
	}
	if !slices.Contains(commands, command) {
		return p.usageError(unknownCommand(command))
	}
	f, err := parseFlags(command, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return p.print(p.usage())
	}
	if err != nil {
		return p.usageError(err)
	}
	if _, set := lookup("GOGC"); !set { // half of what is held may be garbage: memory before speed
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := interruptible()
	defer stop()
	return p.run(ctx, command, f)
}

// interruptible is a context that SIGINT and SIGTERM end; a second one ends the program.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// mistake reports a panic, of this program.
func (p *program) mistake(args []string, value any, stack []byte) int {
	code, written := change.ExitFailed, "nothing was written"
	if len(args) > 0 && (args[0] == "apply" || args[0] == "undo") {
		code, written = change.ExitStopped, "something may have been written: `plan` shows what is left to do"
	}
	what, where := parallel.Describe(value, stack)
	return p.fail(code, fmt.Errorf("this program made a mistake: %s\n%s\nPlease report it with what `version` prints, the command, and this: %s", what, written, where))
}

type program struct {
	stdout, stderr io.Writer
	lookup         func(string) (string, bool)
	files          fs.FS
	info           Info
	// summary is the command where stdout is a summary, which is to say why there is no report.
	summary string
}

func (p *program) usage() string {
	own, common := ownVariable(destinationVariable, p.info.Environment), destinationVariable
	return fmt.Sprintf(usage, p.info.Weave, p.info.Environment, p.info.Compiler, mongo.DefaultTimeout, own, common, enforce.DefaultStateDatabase)
}

// print writes a result. A stdout that takes nothing is a failed run.
func (p *program) print(text string) int {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return p.fail(change.ExitFailed, fmt.Errorf("writing to stdout: %w", err))
	}
	return change.ExitDone
}

func (p *program) fail(code int, err error) int {
	if _, failed := fmt.Fprintf(p.stderr, "error: %s\n", view.Printable(err.Error())); failed != nil {
		return max(code, change.ExitFailed) // nowhere is left to say it
	}
	return code
}

// notRun is a failure without a report; hint stands behind it on stderr.
func (p *program) notRun(code int, err error, hint string) int {
	if p.summary != "" {
		if _, failed := io.WriteString(p.stdout, view.NotRun(p.summary, p.info.Weave, p.info.Environment, err.Error())); failed != nil {
			return p.fail(change.ExitFailed, fmt.Errorf("writing to stdout: %w", failed))
		}
	}
	return p.fail(code, fmt.Errorf("%w%s", err, hint))
}

func (p *program) usageError(err error) int {
	return p.notRun(change.ExitUsage, err, "\nRun with `help` to see commands and flags")
}

// run runs a command that works at the destination.
func (p *program) run(ctx context.Context, command string, f *Flags) int {
	state, err := desired.Read(p.files)
	if err != nil {
		return p.notRun(change.ExitFailed, fmt.Errorf("the desired state in this program cannot be read: %w", err), "")
	}
	if command == "runs" {
		return p.runs(ctx, state, f)
	}
	if command == "status" {
		if !f.Quiet {
			f.Progress = ProgressLine(p.stderr)
		}
		return p.status(ctx, state, f)
	}
	if command == "undo" { // it asks for no document of the state
		state = state.WithoutDocuments()
	}
	f.Engine, f.Colors = p.info.Engine, colored(p.stdout, p.lookup)
	if f.Output == "text" && (f.Report == "" || view.AsLines(f.Report)) && !f.Verbose && f.Filter.Path == "" && len(state.Apart) == 0 { // no more of them are shown
		f.Items = view.Inserts
	}
	if !f.Quiet {
		f.Progress = ProgressLine(p.stderr)
	}
	report, closing, err := Run(ctx, command, state, f, nil, p.lookup)
	if err != nil {
		return p.usageError(err)
	}
	if code := p.closed(closing); code != change.ExitDone {
		return code
	}
	if f.Metrics != "" {
		if err := WriteMetrics(ctx, f.Metrics, []*desired.State{state}, []*change.Report{report}, func(*desired.State) *Flags { return f }, p.lookup); err != nil {
			return p.fail(max(report.Exit, change.ExitFailed), fmt.Errorf("writing the metrics: %w", err))
		}
	}
	return p.result(view.Report(report, f.Form()), report, report.Exit, report.Failure, f)
}

// closed says what went wrong when the run was over and its report true: this is
// no reason to hide it.
func (p *program) closed(closing error) int {
	if closing == nil {
		return change.ExitDone
	}
	if _, failed := fmt.Fprintf(p.stderr, "warning: %s\n", view.Printable(closing.Error())); failed != nil {
		return p.usageError(failed)
	}
	return change.ExitDone
}

// runs prints the list of runs, or one of them.
func (p *program) runs(ctx context.Context, state *desired.State, f *Flags) int {
	if f.Show != "" {
		report, closing, err := Show(ctx, state, f, p.lookup)
		if err != nil {
			return p.usageError(err)
		}
		if code := p.closed(closing); code != change.ExitDone {
			return code
		}
		return p.result(view.Report(report, f.Form()), report, report.Exit, report.Failure, f)
	}
	list, closing, err := Runs(ctx, state, f, p.lookup)
	if err != nil {
		return p.usageError(err)
	}
	if code := p.closed(closing); code != change.ExitDone {
		return code
	}
	return p.result(view.Runs(list, f.Form()), list, list.Exit, list.Failure, f)
}

// result prints what a command gives, a report or a list, and its failure to stderr.
func (p *program) result(text string, r any, exit int, failure *change.Failure, f *Flags) int {
	var data []byte
	report, ok := r.(*change.Report)
	lines := ok && view.AsLines(f.Report)
	if f.Output == "json" || f.Report != "" && !lines {
		var err error
		if data, err = view.JSON(r); err != nil {
			return p.fail(max(exit, change.ExitFailed), err)
		}
	}
	var err error
	switch {
	case lines:
		err = WriteLines(f.Report, []*change.Report{report}, "")
	case f.Report != "": // its owner's alone: values of the destination are in it
		err = os.WriteFile(f.Report, data, 0o600)
	}
	if err != nil {
		return p.fail(max(exit, change.ExitFailed), fmt.Errorf("writing the report: %w", err))
	}
	if f.Output == "json" {
		text = string(data)
	}
	if code := p.print(text); code != change.ExitDone {
		return max(code, exit)
	}
	if failure != nil {
		return p.fail(exit, errors.New(failure.Message))
	}
	return exit
}
