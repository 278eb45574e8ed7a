package control

// The records of runs, as undo and `runs` read them. In: the state database; out:
// records, newest first (docs/state.md, runs).

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// RunRecord is the record of a run, with what proves its journal.
type RunRecord struct {
	change.RunRecord
	Collections []string // that it wrote to; nil in one of an earlier version

	seal           string // empty in one of an earlier version
	chain, journal []byte // nil: none
	records        int64
}

// Runs reads the records of a weave and environment, newest first.
func (d *Database) Runs(ctx context.Context, weave, environment string) ([]RunRecord, error) {
	filter := doc.NewBuilder(64).AppendString("weave", weave).AppendString("environment", environment).Raw()
	runs := []RunRecord{}
	for raw, err := range d.store.Find(ctx, stores.Namespace{Database: d.Name, Collection: runsCollection}, stores.Query{Filter: filter}) {
		if err != nil {
			return nil, err
		}
		r, err := readRun(raw)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b RunRecord) int { return cmp.Compare(b.N, a.N) })
	return runs, nil
}

// readRun reads the record of a run.
func readRun(d bson.Raw) (RunRecord, error) {
	if err := checkRecord("run", d); err != nil {
		return RunRecord{}, err
	}
	date := func(name string) string { return dateOf(d, name) }
	r := RunRecord{RunRecord: change.RunRecord{ID: textOf(d, "_id"), Outcome: textOf(d, "outcome"), Artefact: textOf(d, "artefact"), Compiler: textOf(d, "compiler"), Engine: textOf(d, "engine"), Group: textOf(d, "group"),
		Databases: doc.StringsOf(d.Lookup("databases")), Labels: []change.Label{}, Started: date("started"), Ended: date("ended"), Undone: date("undone")},
		Collections: doc.StringsOf(d.Lookup("collections")), seal: textOf(d, "seal"), chain: doc.BinaryBytes(d.Lookup("chain")), journal: doc.BinaryBytes(d.Lookup("journal"))}
	if r.Databases == nil {
		r.Databases = []string{}
	}
	r.N = d.Lookup("n").Int64()
	r.records, _ = d.Lookup("records").Int64OK()
	switch {
	case r.ID != textOf(d, "weave")+"/"+textOf(d, "environment")+"/"+strconv.FormatInt(r.N, 10):
		return r, damaged("run", d, "its _id is not made of its weave, environment and n")
	case (r.seal == "") != (r.chain == nil) || (r.seal == "") != (d.Lookup("collections").Type == 0) || r.seal == "" && r.journal != nil:
		return r, damaged("run", d, "of seal, chain and collections not all are there")
	case (r.journal == nil) != (d.Lookup("records").Type == 0) || r.journal != nil && r.Ended == "" || r.journal == nil && r.seal != "" && r.Outcome == change.Applied:
		return r, damaged("run", d, "outcome, ended, records and journal do not fit each other")
	}
	if labels, ok := d.Lookup("labels").ArrayOK(); ok {
		for _, v := range doc.Fields(bson.Raw(labels)) {
			l, _ := v.DocumentOK()
			r.Labels = append(r.Labels, change.Label{Name: textOf(l, "name"), Value: textOf(l, "value")})
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

// dateOf is a date of a record, empty when there is none.
func dateOf(d bson.Raw, name string) string {
	ms, ok := d.Lookup(name).DateTimeOK()
	if !ok {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// FindRun finds the run that a person names, N or WEAVE/ENVIRONMENT/N, or the
// newest that is not undone for an empty name; -1 when there is none.
func FindRun(runs []RunRecord, name string) int {
	return slices.IndexFunc(runs, func(r RunRecord) bool {
		if name == "" {
			return r.Undone == ""
		}
		return r.ID == name || strconv.FormatInt(r.N, 10) == name
	})
}
