package cli

// The command line of a program of pipelines (docs/pipeline.md): plan, apply, verify,
// version. In: arguments, streams, an environment lookup and pipelines.json. Out: lines on
// stdout, diagnostics on stderr, an exit code.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/near"
	"github.com/hayone1/mongocd/runtime/pipeline"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

const pipelineUsage = `%[1]s for %[2]s by aggregations, made by %[3]s

usage: PROGRAM COMMAND [FLAGS]

commands:
  plan          show what apply would do; change nothing but the collection of work
  apply         bring the destination to what is wanted, and verify it; run again, it goes on where it was interrupted
  verify        exit with 2 when the destination differs from what is wanted
  version       print what this program is
  help          print this text

flags of plan, apply and verify:
  --max-time DURATION   limit of one command on the server, such as 30m (default: none)
  --state-database NAME the database that keeps the work (default %[4]s)

flags of apply:
  --range N             documents that are written at a time (default %[5]d)
  --parallel N          ranges that are written at the same time (default 1)

destination, the first of these environment variables that is set:
  %[6]s, %[6]s_FILE, %[7]s, %[7]s_FILE
  a connection string (mongodb://… or mongodb+srv://…); with _FILE, the name of a file that holds it

exit codes:
  0 done, or nothing to do    1 failed, nothing written    2 differences found
  3 refused, nothing written  4 stopped after writing      64 wrong usage
`

// untimed is a limit that no command meets: of more than 2^31 ms the driver tells the server nothing.
const untimed = 10 * 365 * 24 * time.Hour

// answering is how long the server has to say that a command has met its limit.
const answering = 30 * time.Second

// Pipelines runs the command line and returns the exit code. lookup is os.LookupEnv;
// files holds pipelines.json. SIGINT and SIGTERM end the run; the next one goes on with it.
func Pipelines(args []string, stdout, stderr io.Writer, lookup func(string) (string, bool), files fs.FS, info Info) (code int) {
	p := &program{stdout: stdout, stderr: stderr, lookup: lookup, files: files, info: info}
	defer func() {
		if value := recover(); value != nil {
			code = p.mistake(args, value, debug.Stack())
		}
	}()
	if len(args) == 0 {
		return p.usageError(errors.New("no command given"))
	}
	help := func() int {
		return p.print(fmt.Sprintf(pipelineUsage, info.Weave, info.Environment, info.Compiler, enforce.DefaultStateDatabase, pipeline.DefaultRange,
			ownVariable(destinationVariable, info.Environment), destinationVariable))
	}
	commands := []string{"plan", "apply", "verify"}
	switch command := args[0]; {
	case slices.Contains([]string{"help", "--help", "-help", "-h"}, command):
		return help()
	case slices.Contains([]string{"version", "--version", "-version"}, command):
		return p.print(fmt.Sprintf("%s for %s\nmade by %s\nengine %s\n", info.Weave, info.Environment, info.Compiler, info.Engine))
	case !slices.Contains(commands, command):
		err := fmt.Errorf("unknown command %q", command)
		if meant := near.Command(command, append(commands, "version", "help")); meant != "" {
			err = fmt.Errorf("%w; did you mean `%s`?", err, meant)
		}
		return p.usageError(err)
	}
	o, limit, err := pipelineFlags(args[0], args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return help()
	}
	if err != nil {
		return p.usageError(err)
	}
	ctx, stop := interruptible()
	defer stop()
	return p.pipelines(ctx, o, limit)
}

func pipelineFlags(command string, args []string) (o pipeline.Options, limit time.Duration, err error) {
	o.Mode, o.Range, o.Parallel = command, pipeline.DefaultRange, 1
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.DurationVar(&limit, "max-time", 0, "")
	set.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "")
	if command == "apply" {
		set.IntVar(&o.Range, "range", pipeline.DefaultRange, "")
		set.IntVar(&o.Parallel, "parallel", 1, "")
	}
	if err := set.Parse(args); err != nil {
		return o, limit, unknownFlag(set, err)
	}
	switch {
	case set.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.Range < 1:
		err = fmt.Errorf("--range is %d: it can be 1 or more", o.Range)
	case o.Parallel < 1:
		err = fmt.Errorf("--parallel is %d: it can be 1 or more", o.Parallel)
	case limit < 0:
		err = fmt.Errorf("--max-time is %s: it cannot be less than nothing", limit)
	case o.StateDatabase == "":
		err = errors.New("--state-database is empty: it is the name of a database")
	}
	return o, limit, err
}

func (p *program) pipelines(ctx context.Context, o pipeline.Options, limit time.Duration) int {
	state, err := pipeline.Read(p.files)
	if err != nil {
		return p.fail(change.ExitFailed, fmt.Errorf("the pipelines in this program cannot be read: %w", err))
	}
	uri, err := Destination(p.lookup, state.Environment)
	if err != nil {
		return p.usageError(err)
	}
	o.MaxTime = limit
	if limit += answering; o.MaxTime == 0 {
		limit = untimed
	}
	store, err := mongo.Open(ctx, uri, mongo.Options{Comment: "mongocd " + state.Weave + "/" + state.Environment, Timeout: limit})
	if err != nil {
		return p.fail(change.ExitFailed, err)
	}
	o.Say = func(line string) error {
		_, err := io.WriteString(p.stdout, store.Redact(line)+"\n")
		return err
	}
	code, said := pipeline.Run(ctx, store.Client(), state, o)
	if closing := p.closed(store.Close(context.WithoutCancel(ctx))); closing != change.ExitDone {
		return max(code, closing)
	}
	if said != nil {
		return p.fail(max(code, change.ExitFailed), fmt.Errorf("writing to stdout: %w", said))
	}
	return code
}
