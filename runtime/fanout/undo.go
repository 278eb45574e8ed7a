package fanout

// What one apply wrote to many databases, taken back. In: the runs that have a group in
// common; out: a report. Each is an undo of its own: one that cannot be undone keeps
// no other.

import (
	"context"
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/undo"
)

// Undo takes back the run that is named or, without a name, the newest one with all
// that are of the same apply; Only leaves those about its databases.
func Undo(ctx context.Context, store stores.Store, state *desired.State, which undo.Options, o Options, options enforce.Options) (*change.Report, error) {
	if _, server := store.(stores.Server); !server || which.Run != "" {
		return undo.Undo(ctx, store, state, which, options)
	}
	db := control.NewDatabase(store, stores.NewClock(options.Now, options.Sleep), options.StateName(), "")
	known, err := db.Runs(ctx, state.Weave, state.Environment)
	runs := newest(known, o.Only, options)
	if err != nil || len(runs) == 0 || len(runs) == 1 && len(o.Only) == 0 {
		return undo.Undo(ctx, store, state, which, options) // which says why, where there is none
	}
	if which.Journal != "" && len(runs) > 1 {
		return nil, fmt.Errorf("the digest of a journal is of one run, and %d are undone: name the run", len(runs))
	}
	all := func(plan bool, options enforce.Options) (*change.Report, error) {
		r := &run{state: state, command: "undo", options: options}
		for _, one := range runs {
			p := &part{database: one.Databases[0]}
			p.report, err = undo.Undo(ctx, store, state, undo.Options{Run: one.ID, Known: known, Plan: plan, Journal: which.Journal}, options)
			if err != nil {
				return nil, err
			}
			r.parts = append(r.parts, p)
		}
		r.options.Databases = nil // runs name databases as they are at the destination
		return r.joined("undo"), nil
	}
	if which.Plan || options.Approve == nil {
		return all(which.Plan, options)
	}
	approve := options.Approve
	options.Approve = nil
	plan, err := all(true, options)
	if err != nil || plan.Outcome != change.Changes {
		return plan, err
	}
	asked := *plan
	if asked.Command = "plan"; !approve(&asked) {
		plan.Outcome, plan.Exit = change.Refused, change.ExitRefused
		return plan, nil
	}
	return all(false, options)
}

// newest are the runs that are not undone of the newest apply, newest first; of chosen
// databases the newest run of each.
func newest(runs []control.RunRecord, only []string, options enforce.Options) []control.RunRecord {
	var out []control.RunRecord
	for _, r := range runs {
		if r.Undone != "" || len(r.Databases) == 0 {
			continue
		}
		if len(only) == 0 {
			if len(out) == 0 || r.Group != "" && r.Group == out[0].Group {
				out = append(out, r)
			}
			continue
		}
		chosen := slices.ContainsFunc(only, func(name string) bool {
			if to, ok := options.Databases[name]; ok {
				name = to
			}
			return slices.Contains(r.Databases, name)
		})
		if chosen && !slices.ContainsFunc(out, func(o control.RunRecord) bool { return slices.Equal(o.Databases, r.Databases) }) {
			out = append(out, r)
		}
	}
	return out
}
