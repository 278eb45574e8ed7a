package enforce

// The records of runs, as undo, `runs` and `release-hold` read them. In: a
// store; out: records, and the list of them (docs/state.md).

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Collections of the state database.
const (
	runsCollection    = "runs"
	journalCollection = "journal"
	controlCollection = "control"
	ledgerCollection  = "ledger"
)

// ErrNoState is the error for a destination that keeps nothing of runs.
var ErrNoState = fmt.Errorf("this destination is a directory: it keeps no runs, git does")

// runRecord is the record of a run, with what proves its journal.
type runRecord struct {
	change.RunRecord
	seal           string
	collections    []string
	chain, journal []byte // nil: none
	records        int64
}

// Runs lists the runs that have changed something. It only reads. The error is
// for a destination that keeps none, or options that do not fit; everything else
// is in the list.
func Runs(ctx context.Context, store stores.Store, weave, environment string, options Options) (*change.RunList, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, ErrNoState
	}
	if err := options.Check(&desired.State{}); err != nil {
		return nil, err
	}
	list := &change.RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []change.RunRecord{}}
	runs, err := readRuns(ctx, stores.Retrying(store, stores.NewClock(options.Now, options.Sleep)), options.stateDatabase(), weave, environment)
	if err != nil {
		return failedList(list, "read", err), nil
	}
	for _, r := range runs {
		list.Runs = append(list.Runs, r.RunRecord)
	}
	return list, nil
}

// RunsNotConnected is the list of a destination that could not be reached.
func RunsNotConnected(weave, environment string, err error) *change.RunList {
	list := &change.RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []change.RunRecord{}}
	return failedList(list, "connect", err)
}

func failedList(l *change.RunList, stage string, err error) *change.RunList {
	l.Exit, l.Failure = change.ExitFailed, &change.Failure{Stage: stage, Message: err.Error()}
	return l
}

// readRuns reads the records of a weave and environment, newest first.
func readRuns(ctx context.Context, store stores.Store, database, weave, environment string) ([]runRecord, error) {
	filter := doc.NewBuilder(64).AppendString("weave", weave).AppendString("environment", environment).Raw()
	runs := []runRecord{}
	for d, err := range store.Find(ctx, stores.Namespace{Database: database, Collection: runsCollection}, stores.Query{Filter: filter}) {
		if err != nil {
			return nil, err
		}
		r, err := readRun(d)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b runRecord) int { return cmp.Compare(b.N, a.N) })
	return runs, nil
}

// readRun reads the record of a run.
func readRun(d bson.Raw) (runRecord, error) {
	if err := checkRecord("run", d); err != nil {
		return runRecord{}, err
	}
	text := func(name string) string {
		s, _ := d.Lookup(name).StringValueOK()
		return s
	}
	date := func(name string) string {
		ms, ok := d.Lookup(name).DateTimeOK()
		if !ok {
			return ""
		}
		return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	r := runRecord{
		RunRecord: change.RunRecord{
			ID: text("_id"), Outcome: text("outcome"), Artefact: text("artefact"), Compiler: text("compiler"), Engine: text("engine"),
			Databases: texts(d.Lookup("databases")), Labels: []change.Label{}, Started: date("started"), Ended: date("ended"), Undone: date("undone"),
		},
		seal: text("seal"), collections: texts(d.Lookup("collections")), chain: binaryBytes(d.Lookup("chain")), journal: binaryBytes(d.Lookup("journal")),
	}
	if r.Databases == nil {
		r.Databases = []string{}
	}
	r.N = d.Lookup("n").Int64()
	r.records, _ = d.Lookup("records").Int64OK()
	switch {
	case r.ID != text("weave")+"/"+text("environment")+"/"+strconv.FormatInt(r.N, 10):
		return r, damaged("run", d, "its _id is not made of its weave, environment and n")
	case (r.seal == "") != (r.chain == nil) || (r.seal == "") != (d.Lookup("collections").Type == 0) || r.seal == "" && r.journal != nil:
		return r, damaged("run", d, "of seal, chain and collections not all are there")
	case (r.journal == nil) != (d.Lookup("records").Type == 0) || r.journal != nil && r.Ended == "" || r.journal == nil && r.seal != "" && r.Outcome == change.Applied:
		return r, damaged("run", d, "outcome, ended, records and journal do not fit each other")
	}
	if labels, ok := d.Lookup("labels").ArrayOK(); ok {
		for _, v := range doc.Fields(bson.Raw(labels)) {
			l, _ := v.DocumentOK()
			name, _ := l.Lookup("name").StringValueOK()
			value, _ := l.Lookup("value").StringValueOK()
			r.Labels = append(r.Labels, change.Label{Name: name, Value: value})
		}
	}
	if counts, ok := d.Lookup("counts").DocumentOK(); ok {
		for name, to := range map[string]*int64{
			"inserted": &r.Counts.Inserted, "updated": &r.Counts.Updated, "deleted": &r.Counts.Deleted,
			"collections": &r.Counts.Collections, "indexes": &r.Counts.Indexes, "options": &r.Counts.Options,
		} {
			*to, _ = counts.Lookup(name).AsInt64OK()
		}
	}
	return r, nil
}

// findRun finds the run that a person names, N or WEAVE/ENVIRONMENT/N, or the
// newest that is not undone for an empty name; -1 when there is none.
func findRun(runs []runRecord, name string) int {
	return slices.IndexFunc(runs, func(r runRecord) bool {
		if name == "" {
			return r.Undone == ""
		}
		return r.ID == name || strconv.FormatInt(r.N, 10) == name
	})
}
