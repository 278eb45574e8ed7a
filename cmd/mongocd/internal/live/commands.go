package live

// `plan --output commands`: what apply would send. In: a state and a
// destination; out: commands, in order, with the values masked that nobody may
// see. The engine applies to a store that reads from the destination and writes
// nothing down but the commands.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// plannedCommand is one line of `plan --output commands`.
type plannedCommand struct {
	database string
	command  bson.Raw
	// transaction: it is part of one, in which the guards are read first.
	transaction bool
}

// line is canonical Extended JSON: {"database": …, "command": …}.
func (c plannedCommand) line() string {
	b := doc.NewBuilder(len(c.command)+64).AppendString("database", c.database)
	if c.transaction {
		b.Append("transaction", bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}})
	}
	return string(doc.AppendCanonical(nil, b.AppendDocument("command", c.command).Raw())) + "\n"
}

// plannedCommands records the commands that apply would send, beside the report of
// the plan; none when apply would refuse.
func (l *Session) plannedCommands(ctx context.Context, o *Options, state *desired.State) (*recorder, *change.Report, error) {
	f := o.FlagsFor(state)
	report, closing, err := cli.Run(ctx, "plan", state, f, nil, l.LookupEnv)
	if err != nil {
		return nil, nil, console.Usagef("%s", view.Printable(err.Error()))
	}
	if closing != nil {
		return nil, nil, console.Failf("%s", view.Printable(closing.Error()))
	}
	if report.Outcome != change.Changes {
		return &recorder{}, report, nil
	}
	for _, c := range report.Collections { // the recorder, which keeps no ledger, would not know
		if c.Counts.Kept > 0 {
			return nil, nil, console.Failf("%s.%s: %s kept as at the destination, which commands cannot say: run apply, or say with --repair-drift that this is written over",
				change.Clean(c.Database), change.Clean(c.Collection), console.PluralOf(c.Counts.Kept, "document is", "documents are"))
		}
	}
	uri, err := cli.Destination(l.LookupEnv, state.Environment)
	if err != nil {
		return nil, nil, console.Usagef("%s", view.Printable(err.Error()))
	}
	secrets, err := cli.Secrets(l.LookupEnv, state.SecretNames())
	if err != nil {
		return nil, nil, console.Usagef("%s", view.Printable(err.Error()))
	}
	store, err := cli.Open(ctx, uri, state, f.Timeout)
	if err != nil {
		return nil, nil, console.Failf("%s", view.Printable(err.Error()))
	}
	var hello bson.Raw // what the server is decides what is sent to it
	if server, ok := store.(stores.Server); ok {
		if hello, err = server.Command(ctx, "admin", doc.NewBuilder(32).AppendInt32("hello", 1).Raw()); err != nil {
			return nil, nil, console.Failf("%s", view.Printable(errors.Join(err, store.Close(context.WithoutCancel(ctx))).Error()))
		}
	}
	state = f.FanOut.Chosen(state)
	r := newRecorder(store, state, f.Databases)
	recorded, err := enforce.Apply(ctx, r, state, enforce.Options{Databases: f.Databases, BatchSize: f.BatchSize, Secrets: secrets, SameCluster: true, Hello: hello})
	if closing := store.Close(context.WithoutCancel(ctx)); err == nil && closing != nil {
		err = closing
	}
	if err != nil {
		return nil, nil, console.Failf("%s", view.Printable(err.Error()))
	}
	if len(r.commands) == 0 && recorded.Outcome != change.InSync {
		return &recorder{}, recorded, nil // it needs what plan does not, such as a secret
	}
	for _, h := range report.Hooks { // those of before were run, as far as the recorder knows
		if h.When != "after" {
			continue
		}
		r.commands = append(r.commands, plannedCommand{database: h.Database, command: h.Command.Document()})
		r.changes.Hook(h.Database, h.Command.Document())
	}
	return r, report, nil
}

// recorder is a destination that is read and not written to. It has every
// method of a store itself, so that one that is new cannot reach the destination.
type recorder struct {
	destination stores.Store
	comment     string
	masks       map[stores.Namespace]*mask
	commands    []plannedCommand
	// changes are the same, each operation by itself, with what is read again before.
	changes  changeset.Recorder
	identity map[stores.Namespace][]doc.Path
}

var _ stores.Store = (*recorder)(nil)

// Collections implements stores.Store.
func (r *recorder) Collections(ctx context.Context, database string, names []string) ([]stores.CollectionInfo, error) {
	return r.destination.Collections(ctx, database, names)
}

// Indexes implements stores.Store.
func (r *recorder) Indexes(ctx context.Context, ns stores.Namespace) ([]bson.Raw, error) {
	return r.destination.Indexes(ctx, ns)
}

// Count implements stores.Store.
func (r *recorder) Count(ctx context.Context, ns stores.Namespace) (int64, error) {
	return r.destination.Count(ctx, ns)
}

// Find implements stores.Store.
func (r *recorder) Find(ctx context.Context, ns stores.Namespace, query stores.Query) iter.Seq2[bson.Raw, error] {
	return r.destination.Find(ctx, ns, query)
}

// Close implements stores.Store: who opened the destination closes it.
func (r *recorder) Close(context.Context) error { return nil }

// mask is what nobody may see of a collection.
type mask struct {
	redact  []desired.Pattern
	secrets []desired.Secret
}

func newRecorder(store stores.Store, state *desired.State, databases map[string]string) *recorder {
	r := &recorder{destination: store, comment: "mongocd " + state.Weave + "/" + state.Environment, masks: map[stores.Namespace]*mask{}, identity: map[stores.Namespace][]doc.Path{}}
	r.changes.Comment = r.comment
	for _, c := range state.Collections {
		ns := stores.Namespace{Database: c.Database, Collection: c.Name}
		if to, ok := databases[c.Database]; ok {
			ns.Database = to
		}
		m := &mask{redact: slices.Concat(c.Redact, c.Omit)}
		seen := map[string]bool{}
		for _, d := range c.Documents {
			for _, s := range d.Secrets {
				if key := strings.Join(s.Path, "\x00"); !seen[key] {
					seen[key] = true
					m.secrets = append(m.secrets, s)
				}
			}
		}
		r.masks[ns], r.identity[ns] = m, c.Identity
	}
	return r
}

// last is the command that was recorded last.
func (r *recorder) last() bson.Raw { return r.commands[len(r.commands)-1].command }

func (r *recorder) add(ns stores.Namespace, command bson.Raw) {
	r.commands = append(r.commands, plannedCommand{database: ns.Database, command: command})
}

// CreateCollection implements stores.Store.
func (r *recorder) CreateCollection(_ context.Context, ns stores.Namespace, options bson.Raw) error {
	r.add(ns, mongo.CreateCommand(ns, options, r.comment))
	r.changes.Structure("create", ns, r.last(), doc.NewBuilder(64).AppendString("drop", ns.Collection).Raw())
	return nil
}

// CreateIndexes implements stores.Store.
func (r *recorder) CreateIndexes(_ context.Context, ns stores.Namespace, specs []bson.Raw) error {
	r.add(ns, mongo.CreateIndexesCommand(ns, specs, r.comment))
	var back []bson.Raw
	for _, spec := range specs {
		back = append(back, mongo.DropIndexCommand(ns, stores.IndexName(spec), r.comment))
	}
	r.changes.Structure("create an index of", ns, r.last(), back...)
	return nil
}

// DropIndex implements stores.Store.
func (r *recorder) DropIndex(_ context.Context, ns stores.Namespace, name string) error {
	r.add(ns, mongo.DropIndexCommand(ns, name, r.comment))
	r.changes.Structure("drop an index of", ns, r.last())
	return nil
}

// Modify implements stores.Store.
func (r *recorder) Modify(_ context.Context, ns stores.Namespace, change bson.Raw) error {
	r.add(ns, mongo.ModifyCommand(ns, change, r.comment))
	r.changes.Structure("change options of", ns, r.last())
	return nil
}

// Size implements stores.Store.
func (r *recorder) Size(ctx context.Context, ns stores.Namespace) (documents, bytes int64, err error) {
	return r.destination.Size(ctx, ns)
}

// Write implements stores.Store: every operation is done, as far as anybody is told.
func (r *recorder) Write(_ context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	shown, result := r.shown(ns, ops)
	for _, command := range mongo.WriteCommands(ns, shown, r.comment) {
		r.add(ns, command)
	}
	for i, op := range ops {
		if !bytes.Equal(mongo.WriteCommands(ns, ops[i:i+1], "")[0], mongo.WriteCommands(ns, shown[i:i+1], "")[0]) {
			r.changes.Refuse("%s has secrets or redacted fields, and a file would show them", change.Clean(ns.String()))
		}
		r.changes.Write(ns, op, r.identity[ns])
	}
	return result, nil
}

// shown are operations that may be shown, with the result of all of them.
func (r *recorder) shown(ns stores.Namespace, ops []stores.Op) ([]stores.Op, stores.Result) {
	var result stores.Result
	shown := make([]stores.Op, len(ops))
	for i, op := range ops {
		switch op.Action {
		case stores.Insert:
			result.Inserted++
		case stores.Delete:
			result.Deleted++
		default:
			result.Matched++
		}
		shown[i] = r.masks[ns].op(op)
	}
	return shown, result
}

// Transact implements stores.Store, as Write does.
func (r *recorder) Transact(_ context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	shown, result := r.shown(ns, ops)
	r.changes.Refuse("documents of %s can be written in one transaction only", change.Clean(ns.String()))
	for _, command := range mongo.TransactCommands(ns, shown, r.comment) {
		r.commands = append(r.commands, plannedCommand{database: ns.Database, command: command, transaction: true})
	}
	return result, nil
}

// Run implements stores.Store.
func (r *recorder) Run(_ context.Context, database string, command bson.Raw) error {
	r.commands = append(r.commands, plannedCommand{database: database, command: command})
	r.changes.Hook(database, command)
	return nil
}

// op is an operation that may be shown.
func (m *mask) op(op stores.Op) stores.Op {
	if m == nil || len(m.redact)+len(m.secrets) == 0 {
		return op
	}
	whole := func(d bson.Raw) bson.Raw {
		if d == nil {
			return nil
		}
		return describe.Mask(d, m.redact, m.secrets)
	}
	fields := func(of []stores.Field) []stores.Field {
		out := make([]stores.Field, len(of))
		for i, f := range of {
			out[i] = stores.Field{Path: f.Path, Value: m.value(f)}
		}
		return out
	}
	op.Document, op.Set = whole(op.Document), fields(op.Set)
	op.Guard.ID = m.value(stores.Field{Path: doc.Path{"_id"}, Value: op.Guard.ID})
	op.Guard.Present, op.Guard.Whole = fields(op.Guard.Present), whole(op.Guard.Whole)
	return op
}

// value is a value at a path that may be shown. What is above a path that
// nobody may see below is masked within.
func (m *mask) value(f stores.Field) bson.RawValue {
	if f.Value.Type == 0 {
		return f.Value
	}
	d := doc.NewBuilder(len(f.Value.Value)+16).Append(f.Path[len(f.Path)-1], f.Value).Raw()
	for i := len(f.Path) - 2; i >= 0; i-- {
		d = doc.NewBuilder(len(d)+16).AppendDocument(f.Path[i], d).Raw()
	}
	d = describe.Mask(d, m.redact, m.secrets)
	for n := range f.Path { // the nearest value that is left: a mask, where a parent is masked
		v, ok := doc.Get(d, f.Path[:n+1])
		if ok && (n == len(f.Path)-1 || v.Type != bson.TypeEmbeddedDocument) {
			return v
		}
	}
	return doc.String(desired.MaskedSecret)
}

// planCommands prints the commands of every state.
func (l *Session) planCommands(ctx context.Context, o *Options, states []*desired.State) error {
	var reports []*change.Report
	for _, state := range states {
		r, report, err := l.plannedCommands(ctx, o, state)
		if err != nil {
			return err
		}
		reports = append(reports, report)
		if o.changeset != "" && report.Outcome == change.Changes {
			if err := l.printChangeset(o, state, r, report); err != nil {
				return err
			}
		}
		for _, c := range r.commands {
			if o.changeset != "" {
				break
			}
			if err := l.Print(c.line()); err != nil {
				return err
			}
		}
		if len(report.Conflicts) == 0 && report.Failure == nil {
			continue
		}
		text := view.Report(report, view.Form{Quiet: true})
		if err := l.Log(console.LevelError, fmt.Sprintf("no commands of %s: apply would not send any\n%s", view.Printable(state.Weave), strings.TrimSuffix(text, "\n"))); err != nil {
			return err
		}
	}
	if code := severest(reports); code != console.ExitDone {
		return console.ExitError{Code: code}
	}
	return nil
}
