// Package pipeline is a run of pipelines, which a cluster does by itself
// (docs/pipeline.md): what is wanted and what is there meet in a collection of work, and
// go from there to the destination in ranges of the identity. No data passes through the
// program but counts, and the identities of a few documents and of those that are deleted.
//
// In: a State, a client, Options. Out: lines for people, and an exit code. state.go reads
// the state, stage.go makes the work and says what there is to do, write.go does it. The
// script has the JavaScript halves.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/hayone1/mongocd/runtime/change"
)

// DefaultRange is how many documents are written at a time.
const DefaultRange = 10_000

// Options of a run.
type Options struct {
	Mode string // plan, apply or verify
	// Range is how many documents are written at a time, from 1; Parallel how many ranges at once, from 1.
	Range, Parallel int
	// MaxTime is the limit of one command on the server; 0: none.
	MaxTime time.Duration
	// StateDatabase is where the work is kept.
	StateDatabase string
	// Say gets the lines, from one goroutine at a time.
	Say func(line string) error
}

// run is one run.
type run struct {
	Options
	client   *mongo.Client
	state    *mongo.Database
	progress *mongo.Collection
	wrote    atomic.Bool
	said     error // the first error of Say
}

// task is a collection in a run.
type task struct {
	Collection
	name         string // of its work
	work         *mongo.Collection
	source, into *mongo.Collection
	resumes      bool
	finished     []int32 // the ranges that are, of the run that is gone on with
	found        *found
}

// Run runs a state; it returns one of the exit codes of package change. The error is why a
// line could not be said.
func Run(ctx context.Context, client *mongo.Client, s *State, o Options) (int, error) {
	r := &run{Options: o, client: client}
	// The work is the run's own, and read as it was written.
	r.state = client.Database(o.StateDatabase, options.Database().SetReadConcern(readconcern.Local()).SetWriteConcern(writeconcern.Majority()))
	r.progress = r.state.Collection("pipeline.progress")
	code, err := r.run(ctx, s)
	if err != nil {
		what, code2 := "failed, nothing was written: ", change.ExitFailed
		if r.wrote.Load() {
			what, code2 = "stopped after writing: ", change.ExitStopped
		}
		code = code2
		r.say(what + message(err))
		if r.wrote.Load() {
			r.say("run it again: it goes on with the range that was not finished")
		}
	}
	return code, r.said
}

// message is what an error says, as the script has it.
func message(err error) string {
	var command mongo.CommandError
	if errors.As(err, &command) {
		return fmt.Sprintf("%s (code %d)", command.Message, command.Code)
	}
	return err.Error()
}

func (r *run) say(line string) {
	if err := r.Say(change.Clean(line)); err != nil && r.said == nil {
		r.said = err
	}
}

func (r *run) run(ctx context.Context, s *State) (int, error) {
	var tasks []*task
	refused := false
	for _, c := range s.Collections {
		t := r.task(c)
		tasks = append(tasks, t)
		lines, err := r.refusals(ctx, t)
		if err != nil {
			return 0, err
		}
		for _, line := range lines {
			r.say("refused: " + t.title() + ": " + line)
			refused = true
		}
	}
	if refused {
		return change.ExitRefused, nil
	}
	var differences, faults int64
	resumes := false
	for _, t := range tasks {
		if err := r.look(ctx, t); err != nil {
			return 0, err
		}
		resumes = resumes || t.resumes
		faults += t.found.n["fault"] + t.found.n["twice"] + t.found.n["inside"] + t.found.n["beside"]
		differences += t.todo()
	}
	var against []string
	if faults > 0 {
		against = append(against, fmt.Sprintf("%d documents are at fault, and nothing is written until the rules say what becomes of them", faults))
	}
	for _, t := range tasks {
		line, err := r.bound(ctx, t)
		if err != nil {
			return 0, err
		}
		if line != "" {
			against = append(against, line)
		}
	}
	if len(against) > 0 {
		for _, line := range against {
			r.say("refused: " + line)
		}
		return change.ExitRefused, r.dropAll(ctx, tasks)
	}
	if r.Mode != "apply" {
		code, line := change.ExitDone, "in sync"
		if differences > 0 {
			line = fmt.Sprintf("%d documents differ", differences)
			if r.Mode == "verify" {
				code = change.ExitDifferences
			}
		}
		r.say(line)
		return code, r.dropAll(ctx, tasks)
	}
	if differences == 0 && !resumes {
		r.say("in sync: nothing was written")
		return change.ExitDone, r.dropAll(ctx, tasks)
	}
	return r.apply(ctx, tasks)
}

// look makes the work of a task, or finds that of a run that was interrupted, and says what there is to do.
func (r *run) look(ctx context.Context, t *task) (err error) {
	if r.Mode == "apply" {
		if t.resumes, err = r.resume(ctx, t); err != nil {
			return err
		}
	}
	if !t.resumes {
		if err := r.stage(ctx, t); err != nil {
			return err
		}
	}
	if t.found, err = r.count(ctx, t); err != nil {
		return err
	}
	return r.show(ctx, t)
}

func (r *run) apply(ctx context.Context, tasks []*task) (int, error) {
	for _, t := range tasks {
		if err := r.write(ctx, t); err != nil {
			return 0, err
		}
	}
	for _, t := range slices.Backward(tasks) {
		if err := r.remove(ctx, t); err != nil {
			return 0, err
		}
	}
	var kept int64
	for _, t := range tasks {
		var err error
		if err = r.stage(ctx, t); err != nil {
			return 0, err
		}
		t.resumes = false
		if t.found, err = r.count(ctx, t); err != nil {
			return 0, err
		}
		if left := t.todo(); left > 0 {
			kept += left
			ids := slices.Concat(t.found.ids["update"], t.found.ids["insert"], t.found.ids["prune"])
			r.say(fmt.Sprintf("%s: %d documents differ again: somebody changed them meanwhile, and they are as they were left.%s", t.title(), left, first(ids)))
		}
		if err := r.drop(ctx, t); err != nil {
			return 0, err
		}
	}
	if kept > 0 {
		r.say(fmt.Sprintf("applied; %d documents were kept: run it again", kept))
		return change.ExitStopped, nil
	}
	r.say("applied and verified")
	return change.ExitDone, nil
}

// task has its work under another name where it is only looked at: nothing is gone on with then.
func (r *run) task(c Collection) *task {
	t := &task{Collection: c, name: "pipeline." + c.Digest}
	if r.Mode != "apply" {
		t.name += ".looked-at"
	}
	t.work = r.state.Collection(t.name)
	t.source = r.client.Database(c.Source[0]).Collection(c.Source[1])
	t.into = r.client.Database(c.Into[0]).Collection(c.Into[1])
	return t
}

func (t *task) title() string { return strings.Join(t.Into, ".") }

// gone are the values of `done` that documents have of which nothing is to be done any more.
func (t *task) gone() bson.A {
	out := bson.A{true}
	for _, number := range t.finished {
		out = append(out, number)
	}
	return out
}

// todo is what of the documents of work is still to be written.
func (t *task) todo() int64 {
	n := t.found.n["prune"]
	if t.Inserts {
		n += t.found.n["insert"]
	}
	if t.Updates {
		n += t.found.n["update"]
	}
	return n
}

// aggregateOptions have the limit as a field of the command: of the client's own limit the
// driver tells the server nothing where a cursor is returned.
func (r *run) aggregateOptions() *options.AggregateOptionsBuilder {
	o := options.Aggregate().SetAllowDiskUse(true).SetCollation(&options.Collation{Locale: "simple"})
	if r.MaxTime > 0 {
		o.SetCustom(bson.M{"maxTimeMS": max(1, r.MaxTime.Milliseconds())}) //nolint:staticcheck // nothing else of the driver sends it with an aggregation
	}
	return o
}

// all gives the results of a pipeline, which are few.
func (r *run) all(ctx context.Context, from *mongo.Collection, stages bson.A) ([]bson.Raw, error) {
	cursor, err := from.Aggregate(ctx, stages, r.aggregateOptions())
	if err != nil {
		return nil, err
	}
	var out []bson.Raw
	return out, cursor.All(ctx, &out)
}

// merge ends a pipeline in $merge.
func (r *run) merge(ctx context.Context, from *mongo.Collection, stages bson.A, into *mongo.Collection, on []string, matched any, unmatched string) error {
	_, err := r.all(ctx, from, append(stages[:len(stages):len(stages)], bson.D{{Key: "$merge", Value: bson.D{
		{Key: "into", Value: bson.D{{Key: "db", Value: into.Database().Name()}, {Key: "coll", Value: into.Name()}}},
		{Key: "on", Value: on}, {Key: "whenMatched", Value: matched}, {Key: "whenNotMatched", Value: unmatched}}}}))
	return err
}

// stages is a list of pipelines' parts.
func stages(parts ...any) bson.A {
	var out bson.A
	for _, p := range parts {
		switch p := p.(type) {
		case []bson.Raw:
			for _, s := range p {
				out = append(out, s)
			}
		default:
			out = append(out, p)
		}
	}
	return out
}

func one(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }
