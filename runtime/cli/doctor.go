package cli

// The command that examines the destination. In: flags; out: what was found, as text or
// JSON, and an exit code.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doctor"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// doctorCommand is its name: it has flags of its own.
const doctorCommand = "doctor"

// parseDoctor reads its flags; output is text or json.
func parseDoctor(args []string) (o doctor.Options, databases map[string]string, output string, err error) {
	f := &Flags{}
	set := flag.NewFlagSet(doctorCommand, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&output, "output", "text", "")
	set.DurationVar(&o.Timeout, "timeout", mongo.DefaultTimeout, "")
	set.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "")
	set.StringVar(&o.Probe, "probe", "auto", "")
	set.Func("database", "", f.Redirect)
	switch err := set.Parse(args); {
	case err != nil:
		return o, nil, "", unknownFlag(set, err)
	case len(set.Args()) > 0:
		return o, nil, "", fmt.Errorf("unexpected argument %q", set.Args()[0])
	case output != "text" && output != "json":
		return o, nil, "", fmt.Errorf("--output is %q: it can be text or json", output)
	case !slices.Contains(doctor.Probes, o.Probe):
		return o, nil, "", fmt.Errorf("--probe is %q: it can be auto, always or never", o.Probe)
	case o.Timeout <= 0:
		return o, nil, "", fmt.Errorf("--timeout is %s: it must be longer than nothing", o.Timeout)
	case len(f.FanOut.Only) > 0:
		return o, nil, "", errors.New("--database has the form OLD=NEW here: doctor is about all databases")
	}
	return o, f.Databases, output, nil
}

// doctor examines the destination.
func (p *program) doctor(ctx context.Context, args []string) int {
	p.summary = "" // there is no Markdown of it
	o, databases, output, err := parseDoctor(args)
	if errors.Is(err, flag.ErrHelp) {
		return p.print(p.usage())
	}
	if err != nil {
		return p.usageError(err)
	}
	state, err := desired.Read(p.files)
	if err != nil {
		return p.fail(change.ExitFailed, fmt.Errorf("the desired state in this program cannot be read: %w", err))
	}
	if err := (&enforce.Options{Databases: databases, StateDatabase: o.StateDatabase}).Check(state); err != nil {
		return p.usageError(err)
	}
	if o.URI, err = Destination(p.lookup, state.Environment); err != nil {
		return p.usageError(err)
	}
	if strings.HasPrefix(o.URI, "dir:") {
		return p.fail(change.ExitFailed, errors.New("the destination is a directory: doctor examines servers"))
	}
	o.States = []doctor.State{{State: state, Databases: databases}}
	r, err := doctor.Examine(ctx, o)
	if err != nil {
		return p.fail(change.ExitFailed, err)
	}
	r.Environment = state.Environment
	text := doctor.Text(r)
	if output == "json" {
		data, err := view.JSON(r)
		if err != nil {
			return p.fail(change.ExitFailed, err)
		}
		text = string(data)
	}
	return max(p.print(text), r.Exit)
}
