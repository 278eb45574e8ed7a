package enforce

// What is observed of structure: shard keys, options that cannot be changed, and
// what the server lacks. In: an observation; out: conflicts. Comparing and the commands are
// pure, and apart (runtime/structure: indexes.go, options.go, shard.go).

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/structure"
)

// noteShardKeysUnread is a note of a report.
//
//js:table
const noteShardKeysUnread = "this user may not read the shard keys of the destination (find on config.collections): writes go by _id, and changes of a shard key are left to the server to refuse"

// noteUntried is a note of a report: why: one of the other two; features: in words.
// database: of what runs remember; message: the server's.
//
//js:table
const (
	noteUntried     = "what the server can do was not tried ({why}): it is taken to have, as MongoDB has: {features}"
	whyNotAllowed   = "this user may not: `mongocd privileges` lists the rights on the database {database}"
	whyNothingTaken = "it took nothing: {message}"
)

// shardKeys reads the shard keys of those of the collections that are sharded:
// a role on the destination's databases does not give that; without it there are none.
func (o *observing) shardKeys(ctx context.Context, collections []*desired.Collection) (map[string][]doc.Path, error) {
	m := o.memory
	if !m.db.Keeps() || !o.hello.Cluster.Sharded() {
		return nil, nil
	}
	namespaces := make([]string, len(collections))
	for i, collection := range collections {
		namespaces[i] = o.namespace(collection).String()
	}
	reply, err := m.db.Send(ctx, "config", structure.ShardKeysCommand(namespaces))
	if stores.Code(err) == stores.CodeUnauthorized {
		o.note(noteShardKeysUnread)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return structure.ShardKeysOf(reply), nil
}

// movesShard reports a write that changes the shard key: it would move the
// document to another shard.
func (l *observation) movesShard(w *compare.Write) bool {
	p, before, after := structure.ShardKeyChange(l.shardKey, w.Before, w.After)
	if p == nil {
		return false
	}
	shown := func(exact bool, v bson.RawValue) string {
		if v.Type == 0 {
			return change.MissingText
		}
		return l.c.ShowValue(w.Wanted, exact, p, v)
	}
	l.conflict(change.ShardKeyChange, w.Wanted, []doc.Path{p}, "path", p.String(), "identity", l.identity(w.Wanted),
		"before", shown(false, before), "after", shown(true, after))
	return true
}

// fixedOptions reports options that cannot be changed, and what a server lacks for it.
func (l *observation) fixedOptions() {
	for _, o := range l.optionPlan.Fixed {
		l.structureConflict(change.OptionUnchangeable, "options",
			"option", change.Clean(o.Name), "before", change.ShowOr(o.Before), "after", change.ShowOr(o.After))
	}
}

// serverLacks reports features that the server has not.
func (l *observation) serverLacks(wire int32) {
	for _, f := range structure.Lacks(l.c.Collection, l.missing, &l.optionPlan, &l.indexPlan, wire) {
		l.structureConflict(change.ServerLacks, "", "feature", f.Name, "version", f.Version, "wire", strconv.Itoa(int(wire)))
	}
}

// structureConflict adds a conflict at the place of a rule.
func (l *observation) structureConflict(t change.ConflictText, rule string, pairs ...string) {
	l.conflict(t, -1, nil, pairs...)
	l.causedBy(rule)
}

// viewed finds out about what a view reads, where the view is made or enforced.
func (l *observation) viewed(links *compare.Links, infos map[stores.Namespace]*stores.CollectionInfo) {
	if !l.missing && !slices.Contains(l.c.SetOptions, "viewOn") && !slices.Contains(l.c.SetOptions, "pipeline") {
		return
	}
	var lacking []string
	for _, name := range l.c.Reads {
		ns := stores.Namespace{Database: l.ns.Database, Collection: name}
		if infos[ns] == nil && links.Position(l.c.Database, name) < 0 {
			lacking = append(lacking, change.Clean(ns.String()))
		}
	}
	if len(lacking) > 0 {
		l.conflict(change.ViewSourceMissing, -1, nil, "collections", strings.Join(lacking, ", "))
	}
}

// measure finds the size of a collection on which indexes are to be built.
func (o *observing) measure(ctx context.Context, l *observation) error {
	documents, bytes, err := o.store.Size(ctx, l.ns)
	if err != nil {
		return err
	}
	for _, i := range l.indexPlan.Builds {
		l.indexPlan.Items[i].Build = &change.Size{Documents: documents, Bytes: bytes}
	}
	return nil
}

// need is a feature, and what takes it.
type need struct {
	structure.Need
	about     int  // the desired document; -1: none
	ofOptions bool // options of the collection
}

// needsOf are the features beyond the core dialect that writing what was observed takes, each once.
func needsOf(l *observation) []need {
	var out []need
	for _, n := range structure.Needs(l.c.Collection, l.missing, &l.optionPlan, &l.indexPlan) {
		out = append(out, need{n, -1, n.Index == ""})
	}
	add := func(feature string, about int) {
		if !slices.ContainsFunc(out, func(n need) bool { return n.Feature == feature }) {
			out = append(out, need{structure.Need{Feature: feature}, about, false})
		}
	}
	for i := range l.writes {
		for _, feature := range l.writes[i].Needs() {
			add(feature, l.writes[i].Wanted)
		}
	}
	for i := range l.deletes {
		for _, feature := range l.deletes[i].Needs() {
			add(feature, -1)
		}
	}
	for _, s := range l.stages {
		if s.Whole {
			add(capability.CanTransactions, -1)
		}
	}
	return out
}

// FeatureNeed is a feature that a collection of a state takes.
type FeatureNeed struct {
	Feature    string // of runtime/capability
	Collection string // DATABASE.COLLECTION, at the destination
	Origin     string
	Documents  int // that cannot be written without it; 0: its structure
}

// Text is the need for people.
func (n FeatureNeed) Text() string {
	switch n.Documents {
	case 0:
		return n.Collection + " (" + n.Origin + ")"
	case 1:
		return n.Collection + " (" + n.Origin + ", 1 document)"
	}
	return fmt.Sprintf("%s (%s, %d documents)", n.Collection, n.Origin, n.Documents)
}

// Needs are the features that the structure of a state takes where nothing of it is there
// yet, and those that an apply now would take. It only reads; with an error they are those
// of the structure alone.
func Needs(ctx context.Context, store stores.Store, state *desired.State, options Options) ([]FeatureNeed, error) {
	var out []FeatureNeed
	for _, c := range state.Collections {
		for _, n := range structure.Needs(c, true, &structure.OptionPlan{}, &structure.IndexPlan{}) {
			out = append(out, FeatureNeed{Feature: n.Feature, Collection: options.Namespace(c).String(), Origin: c.Origin})
		}
	}
	e, err := newEnforcer(store, state, options, "plan")
	if err != nil {
		return out, err
	}
	seen, err := e.observe(ctx)
	if err != nil {
		return out, err
	}
	for _, l := range seen.all {
		documents := documentsOf(l)
		for _, n := range needsOf(l) {
			if documents[n.Feature] == 0 {
				documents[n.Feature] = 0
			}
		}
		for _, f := range capability.Features {
			n, is := documents[f.Name]
			need := FeatureNeed{f.Name, l.ns.String(), l.c.Origin, n}
			whole := FeatureNeed{f.Name, need.Collection, need.Origin, 0}
			if is && !slices.Contains(out, whole) {
				out = append(out, need)
			}
		}
	}
	return out, nil
}

// documentsOf counts the documents that take a feature to be written, by feature.
func documentsOf(l *observation) map[string]int {
	out := map[string]int{}
	count := func(features []string) {
		for _, feature := range features {
			out[feature]++
		}
	}
	for i := range l.writes {
		count(l.writes[i].Needs())
	}
	for i := range l.deletes {
		count(l.deletes[i].Needs())
	}
	return out
}

// probe finds what the server can do, where what was observed takes more than the core
// dialect and that is not known of this version: what is observed then takes it in.
func probe(ctx context.Context, w *writing) error {
	var features []string
	for _, l := range w.seen.all {
		for _, n := range needsOf(l) {
			features = append(features, n.Feature)
		}
	}
	if len(features) == 0 {
		return nil
	}
	db := w.memory.db
	server, err := db.Server(ctx)
	if err != nil || w.seen.memory.capabilities().Knows(server, features) {
		return err
	}
	found, err := db.Probe(ctx, server, w.seen.memory.hello.Cluster)
	if err != nil {
		return err
	}
	var untried []string
	for _, f := range capability.Features {
		if slices.Contains(features, f.Name) && slices.Contains(found.Untried, f.Name) {
			untried = append(untried, f.Words)
		}
	}
	if len(untried) > 0 {
		why := change.Fill(whyNotAllowed, "database", change.Clean(db.Name))
		if found.Refusal != "" {
			why = change.Fill(whyNothingTaken, "message", change.Clean(found.Refusal))
		}
		seen := *w.seen
		seen.notes = append(slices.Clone(seen.notes), change.Fill(noteUntried, "why", why, "features", strings.Join(untried, "; ")))
		w.seen = &seen
	}
	return nil
}

// cannot reports what the server was seen to lack of what is needed.
func (o *observing) cannot(l *observation) {
	if o.capabilities == nil || len(o.capabilities.Lacks) == 0 {
		return
	}
	for _, n := range needsOf(l) {
		if !o.capabilities.Lacking(n.Feature) {
			continue
		}
		words := capability.Words(n.Feature)
		if n.Index != "" {
			words += " (the index " + change.Clean(n.Index) + ")"
		}
		l.conflict(change.ServerCannot, n.about, nil, "version", change.Clean(o.capabilities.Server.Text()), "feature", words)
		if n.ofOptions {
			l.causedBy("options")
		}
	}
	change.SortConflicts(l.conflicts)
}
