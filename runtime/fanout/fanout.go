// Package fanout enforces a state of which databases are apart: a run for each of them,
// in waves, and one report of all. A failure or conflict in one of them stops or touches
// no other, unless that is asked for. The rules are docs/enforcement.md, Fan-outs.
//
// In: a stores.Store and a desired.State with databases apart; out: a change.Report.
// report.go joins the reports of the databases, undo.go takes back what one apply wrote.
package fanout

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Options say which databases are enforced, and in which order.
type Options struct {
	// Only are the databases, as the weave names them; empty: all.
	Only []string
	// Canary are the databases of the first wave; Waves are the numbers of databases of
	// those after it, the last one of all that are left. With either, apply goes on to the
	// next wave only when all databases of the one before are as they are wanted.
	Canary []string
	Waves  []int
	// StopOnFailure: apply begins no other database after one that failed.
	StopOnFailure bool
}

// Check reports whether the options fit a state.
func (o Options) Check(state *desired.State, command string) error {
	if len(o.Canary)+len(o.Waves) > 0 || o.StopOnFailure {
		switch {
		case command != "apply":
			return fmt.Errorf("--canary, --waves and --stop-on-failure are flags of apply, not of %s", command)
		case len(state.Apart) == 0:
			return fmt.Errorf("--canary, --waves and --stop-on-failure are for the databases of a fan-out (`for each`), and this weave has none")
		}
	}
	for _, name := range slices.Concat(o.Only, o.Canary) {
		if len(state.Apart) == 0 && len(state.Collections) > 0 {
			return fmt.Errorf("--database %s: only databases of a fan-out (`for each`) can be chosen, and this weave has none; to use another database write OLD=NEW", change.Clean(name))
		}
		if len(state.Apart) > 0 && !slices.Contains(state.Apart, name) {
			return fmt.Errorf("no fan-out of this weave writes the database %q: it has %s", name, some(state.Apart))
		}
	}
	for _, name := range o.Canary {
		if len(o.Only) > 0 && !slices.Contains(o.Only, name) {
			return fmt.Errorf("the canary %q is not among the databases that --database chooses", name)
		}
	}
	for _, n := range o.Waves {
		if n < 1 {
			return fmt.Errorf("a wave has %d databases: it needs 1 or more", n)
		}
	}
	return nil
}

// some lists a few names.
func some(names []string) string {
	const most = 10
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more", n)
	}
	return change.Clean(strings.Join(names, ", ")) + more
}

// Chosen is the state with nothing but what Only leaves.
func (o Options) Chosen(state *desired.State) *desired.State {
	if len(o.Only) == 0 || len(state.Apart) == 0 {
		return state
	}
	less := *state
	not := func(name string) bool { return !slices.Contains(o.Only, name) }
	less.Apart = slices.DeleteFunc(slices.Clone(state.Apart), not)
	less.Collections = slices.DeleteFunc(slices.Clone(state.Collections), func(c *desired.Collection) bool { return not(c.Database) })
	less.Before = slices.DeleteFunc(slices.Clone(state.Before), func(c desired.Command) bool { return not(c.For) })
	less.After = slices.DeleteFunc(slices.Clone(state.After), func(c desired.Command) bool { return not(c.For) })
	return &less
}

// run is one command over the databases.
type run struct {
	store   stores.Store
	state   *desired.State
	command string
	o       Options
	options enforce.Options
	parts   []*part
}

// part is what one run is about.
type part struct {
	state    *desired.State
	database string         // as the weave names it; empty: all that are in no fan-out
	wave     int            // from 1
	report   *change.Report // nil: not begun
	digest   string         // of the plan that may be carried out; empty: any
}

// Enforce runs plan, apply or verify. The error is for options that do not fit the state.
func Enforce(ctx context.Context, store stores.Store, state *desired.State, command string, o Options, options enforce.Options) (*change.Report, error) {
	r := &run{store: store, state: o.Chosen(state), command: command, o: o, options: options}
	r.divide()
	if command != "apply" {
		for _, p := range r.parts {
			if err := r.one(ctx, p, command, options); err != nil {
				return nil, err
			}
		}
		return r.joined(r.command), nil
	}
	return r.apply(ctx)
}

// divide makes the parts, in the order and waves in which they are applied.
func (r *run) divide() {
	var rest []*part
	wave := 1
	for _, s := range r.state.Parts() {
		p := &part{state: s}
		if len(s.Collections) > 0 && slices.Contains(r.state.Apart, s.Collections[0].Database) {
			p.database = s.Collections[0].Database
		}
		if p.database != "" && slices.Contains(r.o.Canary, p.database) {
			p.wave = wave
			r.parts = append(r.parts, p)
		} else {
			rest = append(rest, p)
		}
	}
	if len(r.parts) > 0 {
		wave++
	}
	for _, n := range r.o.Waves {
		for range min(n, len(rest)) {
			rest[0].wave = wave
			r.parts, rest = append(r.parts, rest[0]), rest[1:]
		}
		wave++
	}
	for _, p := range rest {
		p.wave = wave
		r.parts = append(r.parts, p)
	}
}

// apply looks at all databases before it writes to one, where somebody is to approve
// it; then it goes through the waves.
func (r *run) apply(ctx context.Context) (*change.Report, error) {
	options := r.options
	options.Approve, options.Approved = nil, ""
	if r.options.Approve != nil || r.options.Approved != "" {
		for _, p := range r.parts {
			if err := r.one(ctx, p, "plan", options); err != nil {
				return nil, err
			}
			p.digest = p.report.Digest
		}
		plan := r.joined("plan")
		switch {
		case plan.Outcome == change.InSync || plan.Digest == "":
			return r.joined("apply"), nil
		case r.options.Approved != "" && r.options.Approved != plan.Digest:
			return r.held(change.NotApproved.Conflict("found", plan.Digest, "approved", change.Clean(r.options.Approved))), nil
		case r.options.Approve != nil && !r.options.Approve(plan):
			return r.held(), nil
		}
		for _, p := range r.parts {
			if p.digest != "" {
				p.report = nil
			}
		}
	}
	group, err := token()
	if err != nil {
		return nil, err
	}
	options.Group = group
	for i := 0; i < len(r.parts); {
		wave, failed := r.parts[i].wave, false
		from := i
		for ; i < len(r.parts) && r.parts[i].wave == wave; i++ {
			if ctx.Err() != nil {
				return r.joined(r.command), nil
			}
			p := r.parts[i]
			held := options
			held.Approved = p.digest
			if p.report == nil { // else it stands in its own way, as the plan found
				if err := r.one(ctx, p, "apply", held); err != nil {
					return nil, err
				}
			}
			if failed = failed || !well(p.report); failed && r.o.StopOnFailure {
				return r.joined(r.command), nil
			}
		}
		if i < len(r.parts) && r.inWaves() {
			for _, p := range r.parts[from:i] {
				if ok, err := r.verified(ctx, p, options); err != nil || !ok {
					failed = true
					if err != nil {
						return nil, err
					}
				}
			}
			if failed {
				break
			}
		}
	}
	return r.joined(r.command), nil
}

func (r *run) inWaves() bool { return len(r.o.Canary)+len(r.o.Waves) > 0 }

// verified reports whether a database that was written to is as it is wanted, at the
// end of its wave.
func (r *run) verified(ctx context.Context, p *part, options enforce.Options) (bool, error) {
	if p.report == nil || p.report.Outcome != change.Applied {
		return p.report != nil && well(p.report), nil
	}
	applied := p.report
	if err := r.one(ctx, p, "verify", options); err != nil {
		return false, err
	}
	found := p.report
	p.report = applied
	if well(found) && found.Outcome != change.Changes {
		return true, nil
	}
	applied.Failure = found.Failure
	applied.Conflicts = append(applied.Conflicts, found.Conflicts...)
	if found.Outcome == change.Changes {
		applied.Conflicts = append(applied.Conflicts, change.WaveDiffers.Conflict("database", change.Clean(p.name(r.options))))
	}
	applied.Outcome, applied.Exit = change.Stopped, change.ExitStopped
	return false, nil
}

// one runs a command for one part.
func (r *run) one(ctx context.Context, p *part, command string, options enforce.Options) (err error) {
	options.Databases = map[string]string{}
	for _, c := range p.state.Collections {
		if to, ok := r.options.Databases[c.Database]; ok {
			options.Databases[c.Database] = to
		}
	}
	switch command {
	case "plan":
		p.report, err = enforce.Plan(ctx, r.store, p.state, options)
	case "apply":
		p.report, err = enforce.Apply(ctx, r.store, p.state, options)
	default:
		p.report, err = enforce.Verify(ctx, r.store, p.state, options)
	}
	return err
}

// name is the database at the destination.
func (p *part) name(o enforce.Options) string {
	if to, ok := o.Databases[p.database]; ok {
		return to
	}
	return p.database
}

// well reports whether a run ended without failure or conflict.
func well(r *change.Report) bool {
	return r.Exit == change.ExitDone || r.Exit == change.ExitDifferences
}

// token is what the runs of one apply have in common: 16 random hex digits.
func token() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
